"""A signed prescription: shown as its paper, printed, replaced, cancelled."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from clinics.commands.drafts import begin_replacement
from clinics.commands.signing import cancel_prescription
from clinics.queries.prescriptions import PrescriptionPage, get_prescription
from clinics.rules.formulary import Kind
from clinics.rules.prescriptions import quantity_words
from registry.kernel import Permission, in_language, require
from registry.rules.phrases import Phrase
from registry.web.forms import CommandForm
from registry.web.paper import pdf_answer, qr_svg
from registry.web.requests import StaffRequest

SMALL_CHILD = 72  # months: the paper then says months and who brings the child [M: TT 52/2017, article 6]


class EndForm(CommandForm):
    """Why a prescription is replaced or cancelled."""

    reason = forms.CharField(
        label=gettext_lazy("Lý do thay hoặc huỷ đơn"),
        max_length=300,
        error_messages={"required": gettext_lazy("Hãy ghi lý do.")},
    )


@require_http_methods(["GET", "POST"])
def prescription(request: StaffRequest, prescription_id: uuid.UUID) -> HttpResponse:
    """GET shows the paper; POST replaces (`lam=thay`) or cancels it (`lam=huy`)."""
    if request.method == "GET":
        return _page(request, prescription_id)
    require(request.ctx, Permission.PRESCRIPTION_SIGN)
    form = EndForm(request.POST)
    said: dict[str, Any] = {"prescription_id": prescription_id}
    if form.is_valid():
        said["reason"] = form.cleaned_data["reason"]
        if request.POST.get("lam") == "thay":
            visit = form.run(lambda: begin_replacement(request.ctx, **said))
            if visit is not None:
                return redirect("clinics:prescribe", visit.pk)
        elif form.run(lambda: cancel_prescription(request.ctx, **said)) is not None:
            messages.success(request, _("Đã huỷ đơn thuốc."))
            return redirect("clinics:prescription", prescription_id)
    return _page(request, prescription_id, form)


@require_GET
def paper(request: StaffRequest, prescription_id: uuid.UUID) -> HttpResponse:
    """The prescription as PDF, A5, as TT 26/2025/TT-BYT has it [M: the order of its fields]."""
    page = get_prescription(request.ctx, prescription_id, action="print")
    data = paper_of(page) | {"printed": f"{timezone.localtime(request.ctx.at):%H:%M %d/%m/%Y}"}
    return pdf_answer("don_thuoc", data, at=request.ctx.at, filename=f"don-thuoc-{page.code}.pdf")


def _page(request: StaffRequest, prescription_id: uuid.UUID, form: EndForm | None = None) -> HttpResponse:
    page = get_prescription(request.ctx, prescription_id)
    may = request.ctx.may(Permission.PRESCRIPTION_SIGN) and page.state in {"standing", "expired"} and not page.dispensed
    context = {"page": page, "paper": paper_of(page), "form": form or EndForm(), "may_end": may}
    context["may_prescribe"] = request.ctx.may(Permission.PRESCRIPTION_SIGN)
    return render(request, "clinics/prescription.html", context, status=422 if form else 200)


def paper_of(page: PrescriptionPage) -> dict[str, Any]:
    """The paper's fields as plain text: an official form, always Vietnamese."""
    signed = timezone.localtime(page.signed_at)
    band = page.band
    months = (signed.year - _born(page).year) * 12 + signed.month - _born(page).month
    small = months < SMALL_CHILD
    return {
        "facility": page.facility.name,
        "address": page.facility.address,
        "code": page.code,
        "title": {Kind.NARCOTIC: "ĐƠN THUỐC “N”", Kind.PSYCHOTROPIC: "ĐƠN THUỐC “H”"}.get(page.kind, "ĐƠN THUỐC"),
        "kind": "" if page.kind is Kind.ORDINARY else page.kind_name,
        "name": band.name.upper(),
        "birth": f"{band.birth} ({page.age.text})",
        "sex": str(band.sex),
        "weight": f"{_plain(page.weight.value)} kg" if page.weight else "",
        "ids": [f"{one['label']}: {one['value']}" for one in band.ids],
        "place": band.place,
        "guardian": page.guardian if small else "",
        "small_child": small,
        "diagnoses": "; ".join(page.diagnoses),
        "allergies": "; ".join(str(one) for one in band.allergies),
        "lines": [
            {
                "name": f"{line.ingredient} {line.strength}",
                "brand": "" if line.name == f"{line.ingredient} {line.strength}" else line.name,
                "quantity": quantity_words(line.quantity, line.unit, page.kind),
                "words": line.words,
                "days": Phrase("Dùng {days} ngày.", days=line.days),
            }
            for line in page.lines
        ],
        "count": f"{len(page.lines):02d}",
        "advice": page.advice,
        "day": Phrase(
            "Ngày {day} tháng {month} năm {year}", day=f"{signed:%d}", month=f"{signed:%m}", year=f"{signed:%Y}"
        ),
        "time": f"{signed:%H:%M}",
        "doctor": page.signed_by,
        "until": f"{page.valid_until:%d/%m/%Y}",
        "void": str(in_language(page.ended)).upper() if page.ended else "",
        "replaces": page.replaces,
        "qr": qr_svg(page.code),
    }


def _born(page: PrescriptionPage) -> Any:
    return page.band.birth_date.value if page.band.birth_date else timezone.localdate(page.signed_at)


def _plain(value: Any) -> str:
    return f"{value.normalize():f}".replace(".", ",")
