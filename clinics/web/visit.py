"""The visit's page, and the steps of a visit that need no form of their own."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinics.commands.calls import call_again
from clinics.commands.consultation import start_consultation
from clinics.commands.departures import cancel_visit, record_left
from clinics.queries.visit_page import VisitPage, get_visit
from clinics.rules.sheet import FIELD_NAMES
from clinics.web.forms import CancelForm
from clinics.web.order_forms import OrderForm
from clinics.web.reception import safe_next
from clinics.web.sheet_forms import SheetForm, VitalsForm, initial_of
from clinics.web.worklist import rights
from registry.kernel import Permission, Refused, in_language
from registry.web.guards import needs
from registry.web.requests import StaffRequest


@require_GET
def visit(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The visit's page: what a role may do there depends on its rights, what it shows too. ?mau=: a template's orders."""
    return visit_page(request, visit_id)


@require_POST
@needs(Permission.DIAGNOSIS_RECORD)
def start(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The doctor begins."""
    return act(request, visit_id, lambda: start_consultation(request.ctx, visit_id=visit_id), "")


@require_POST
@needs(Permission.VISIT_CHECK_IN)
def cancel(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Take the visit back, with the reason."""
    form = CancelForm(request.POST)
    done = (
        form.is_valid() and form.run(lambda: cancel_visit(request.ctx, visit_id=visit_id, reason=form.why)) is not None
    )
    if done:
        messages.success(request, _("Đã huỷ lượt khám."))
        return redirect("clinics:worklist")
    return visit_page(request, visit_id, cancel_form=form)


@require_POST
@needs(Permission.VISIT_CHECK_IN)
def leave(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The person went home."""
    return act(request, visit_id, lambda: record_left(request.ctx, visit_id=visit_id), _("Đã ghi người bệnh bỏ về."))


@require_POST
@needs(Permission.QUEUE_CALL)
def recall(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Call the number once more."""
    return act(request, visit_id, lambda: call_again(request.ctx, visit_id=visit_id), _("Đã gọi lại số này."))


def act(request: StaffRequest, visit_id: uuid.UUID, command: Callable[[], object], said: str) -> HttpResponse:
    """Run a command that has no fields; its refusal is a message on the page it came from."""
    try:
        command()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        if said:
            messages.success(request, said)
    return redirect(safe_next(request, visit_url(visit_id)))


def visit_url(visit_id: uuid.UUID) -> str:
    """Where a visit stands."""
    return reverse("clinics:visit", args=[visit_id])


def visit_page(
    request: StaffRequest,
    visit_id: uuid.UUID,
    *,
    vitals_form: VitalsForm | None = None,
    sheet_form: SheetForm | None = None,
    cancel_form: CancelForm | None = None,
) -> HttpResponse:
    """The page with the forms as they were refused: 409 where somebody else was faster, else 422."""
    page = get_visit(request.ctx, visit_id, template=_template(request))
    forms = [one for one in (vitals_form, sheet_form, cancel_form) if one]
    if vitals_form:
        vitals_form.look_again(page.measured_mark)
    order_form = OrderForm(initial={"services": "; ".join(page.chart.template_codes) if page.chart else ""})
    context = {
        "page": page,
        "may": rights(request),
        "vitals_form": vitals_form or fresh_vitals(request, page),
        "sheet_form": _sheet_form(page, sheet_form),
        "held": [name for name, value in initial_of(page).items() if value and name != "seen"],
        "cancel_form": cancel_form or CancelForm(),
        "order_form": order_form,
        "compared": _compared(page, sheet_form) if sheet_form and "sheet-changed" in sheet_form.refused else None,
        "unsaved": sheet_form.typed_text() if sheet_form and "visit-ended" in sheet_form.refused else "",
    }
    late = {"sheet-changed", "visit-ended", "vitals-measured", "visit-state"}
    status = 409 if any(late & one.refused for one in forms) else 422 if forms else 200
    return render(request, "clinics/visit.html", context, status=status)


def fresh_vitals(request: StaffRequest, page: VisitPage) -> VitalsForm:
    """The empty form; a nurse begins to type at once, a doctor has other work on the page."""
    form = VitalsForm(asked=page.vitals_asked, seen=page.measured_mark)
    if not request.ctx.may(Permission.DIAGNOSIS_RECORD):
        form.fields["temperature"].widget.attrs["autofocus"] = True
    return form


def _template(request: StaffRequest) -> int | None:
    """?mau=: the template whose services the order form is to hold."""
    text = request.GET.get("mau", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - digits


def _sheet_form(page: VisitPage, form: SheetForm | None) -> SheetForm | None:
    """The doctor's form, with what stands or with what was typed; None where nobody writes a sheet."""
    sheet = page.chart.sheet if page.chart else None
    if page.chart is None or sheet is None:
        return form
    if form is None:
        return SheetForm(systems=list(page.chart.systems), initial=initial_of(page))
    form.systems = list(page.chart.systems)
    form.look_again(sheet)
    return form


def _compared(page: VisitPage, form: SheetForm) -> list[dict[str, str]]:
    """Each line that both changed: its name, what is saved, what was typed."""
    sheet = page.chart.sheet if page.chart else None
    saved = sheet.lines if sheet else {}
    return [
        {"label": in_language(FIELD_NAMES[name]), "saved": saved.get(name, ""), "typed": form.text_typed(name)}
        for name in FIELD_NAMES
        if name in form.clashing
    ]
