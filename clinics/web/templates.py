"""A doctor's templates of an examination: kept from a visit, looked at, changed, dropped."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.examination_templates import change_template, drop_template, keep_as_template
from clinics.queries.templates import get_own_template, get_templates, text_of
from clinics.rules.templates import SPECIALTIES, TemplateText
from clinics.web.forms import split_codes
from clinics.web.visit import visit_url
from records.rules.examination import SYSTEMS
from registry.kernel import Permission, Refused, in_language
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest


class TemplateForm(CommandForm):
    """One of the doctor's own templates; a field a body system."""

    name = forms.CharField(
        label=gettext_lazy("Tên mẫu"), max_length=120, error_messages={"required": gettext_lazy("Hãy đặt tên cho mẫu.")}
    )
    specialty = forms.ChoiceField(
        label=gettext_lazy("Chuyên khoa"), choices=[(key, gettext_lazy(one.name)) for key, one in SPECIALTIES.items()]
    )
    main = forms.CharField(label=gettext_lazy("Bệnh chính (ICD-10)"), max_length=10, required=False)
    codes = forms.CharField(label=gettext_lazy("Mã dịch vụ chỉ định"), max_length=600, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in (
            ("course", _("Bệnh sử")),
            ("conclusion", _("Kết luận và hướng xử trí")),
            ("advice", _("Tư vấn")),
        ):
            self.fields[name] = forms.CharField(
                label=label, max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2})
            )
        for key, system in SYSTEMS.items():
            widget = forms.Textarea(attrs={"rows": 1, "class": "one-line"})
            self.fields[key] = forms.CharField(
                label=in_language(system.name), max_length=2000, required=False, widget=widget
            )

    @property
    def said(self) -> TemplateText:
        """What was typed."""
        told = self.cleaned_data
        return TemplateText(
            specialty=told["specialty"],
            name=told["name"],
            course=told["course"],
            findings={key: told[key] for key in SYSTEMS if told[key]},
            main=told["main"],
            conclusion=told["conclusion"],
            advice=told["advice"],
            codes=split_codes(told["codes"]),
        )

    def systems(self) -> list[forms.BoundField]:
        """A field a body system, in the form's order."""
        return [self[key] for key in SYSTEMS]


@require_POST
@needs(Permission.DIAGNOSIS_RECORD)
def keep(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Keep the visit's sheet as one's own template."""
    try:
        row = keep_as_template(request.ctx, visit_id=visit_id, name=request.POST.get("ten-mau", "")[:200])
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        messages.success(
            request, _("Đã lưu mẫu “%(name)s”. Hãy bỏ khỏi mẫu điều riêng của người bệnh này.") % {"name": row.name}
        )
    return redirect(visit_url(visit_id))


@require_GET
@needs(Permission.DIAGNOSIS_RECORD)
def templates(request: StaffRequest) -> HttpResponse:
    """One's own templates and everybody's."""
    return render(request, "clinics/templates.html", {"page": get_templates(request.ctx)})


@require_http_methods(["GET", "POST"])
@needs(Permission.DIAGNOSIS_RECORD)
def template(request: StaffRequest, template_id: int) -> HttpResponse:
    """One of one's own templates, changed."""
    form = TemplateForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.said
        if form.run(lambda: change_template(request.ctx, template_id=template_id, said=said)) is not None:
            messages.success(request, _("Đã lưu mẫu khám."))
            return redirect("clinics:templates")
    row = get_own_template(request.ctx, template_id)
    if not form.is_bound:
        form.initial = _initial(text_of(row))
    context = {"form": form, "template_id": template_id}
    return render(request, "clinics/template.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Permission.DIAGNOSIS_RECORD)
def drop(request: StaffRequest, template_id: int) -> HttpResponse:
    """Take a template off the list."""
    drop_template(request.ctx, template_id=template_id)
    messages.success(request, _("Đã bỏ mẫu khám."))
    return redirect("clinics:templates")


def _initial(row: TemplateText) -> dict[str, Any]:
    """What the template says."""
    texts = {name: getattr(row, name) for name in ("name", "specialty", "main", "course", "conclusion", "advice")}
    return {**texts, "codes": "; ".join(row.codes), **row.findings}
