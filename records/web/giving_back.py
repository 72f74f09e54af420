"""The Department of Health's desk for single records: whose statements a person is made of, and giving one to its owner."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from records.commands.giving_back import give_back
from records.queries.band import SEX_NAMES
from records.queries.giving_back import RecordLine, RecordPreview, find_statements, get_record_preview
from records.web.forms import GiveBackForm
from records.web.review import KIND_NAMES, refused
from records.web.words import CHANNELS
from registry.web.requests import StaffRequest

MORE_KINDS = {
    "PatientIdentifier": gettext_lazy("Số giấy tờ"),
    "DiagnosticReport": gettext_lazy("Phiếu kết quả"),
    "ClinicalNote": gettext_lazy("Ghi chép lâm sàng"),
    "ExaminationFinding": gettext_lazy("Khám cơ quan"),
    "RelatedPerson": gettext_lazy("Người thân"),
    "Consent": gettext_lazy("Đồng ý"),
    "Document": gettext_lazy("Giấy tờ"),
    "RiskFactor": gettext_lazy("Yếu tố nguy cơ"),
    "FamilyMemberHistory": gettext_lazy("Tiền sử gia đình"),
    "SurgicalHistory": gettext_lazy("Tiền sử phẫu thuật"),
    "BirthHistory": gettext_lazy("Tình trạng lúc sinh"),
    "ReproductiveHistory": gettext_lazy("Sức khoẻ sinh sản"),
    "Disability": gettext_lazy("Khuyết tật"),
    "OtherIssue": gettext_lazy("Vấn đề khác"),
    "AskedAndNone": gettext_lazy("Đã hỏi, không có"),
    "Appointment": gettext_lazy("Lịch hẹn"),
    "Visit": gettext_lazy("Lượt tiếp nhận"),
}


@require_GET
def statements(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The records a person is made of; each can be given to whom it belongs."""
    person, found = find_statements(request.ctx, patient_id)
    return render(
        request, "records/review_statements.html", {"person": person, "rows": [_record(one) for one in found]}
    )


@require_http_methods(["GET", "POST"])
def give(request: StaffRequest, patient_id: uuid.UUID, record_id: uuid.UUID) -> HttpResponse:
    """What would go with one record, and giving it away."""
    if request.method == "GET":
        return _page(request, patient_id, record_id, GiveBackForm())
    form = GiveBackForm(request.POST)
    form.full_clean()
    status = refused(form, lambda: _give(request, patient_id, record_id, form))
    if status:
        return _page(request, patient_id, record_id, form, status=status)
    messages.success(request, _("Đã trả. Mọi điều ghi theo bản khai này đã đi cùng."))
    return redirect("records:review_statements", patient_id)


def _give(request: StaffRequest, patient_id: uuid.UUID, record_id: uuid.UUID, form: GiveBackForm) -> None:
    give_back(
        request.ctx,
        patient_id=patient_id,
        record_id=record_id,
        reason=request.POST.get("reason", ""),
        to=form.cleaned_data.get("to"),
        rows_seen=form.cleaned_data.get("rows"),
    )


def _page(
    request: StaffRequest, patient_id: uuid.UUID, record_id: uuid.UUID, form: GiveBackForm, *, status: int = 200
) -> HttpResponse:
    found = get_record_preview(request.ctx, patient_id, record_id)
    context = {
        "preview": found,
        "record": _record(found.record),
        "along": [_record(one) for one in found.along],
        "rows": _rows(found),
        "form": form,
        "chosen": str(form.data.get("to", "")) if form.is_bound else "",
    }
    return render(request, "records/give_back.html", context, status=status)


def _record(one: RecordLine) -> dict[str, Any]:
    return {
        "id": one.id,
        "at": one.at,
        "facility": one.facility,
        "how": CHANNELS.get(one.channel, one.channel),
        "name": one.name,
        "birth": one.birth.display,
        "sex": SEX_NAMES.get(one.sex, one.sex),
        "phone": one.phone,
        "merged": one.merged,
    }


def _rows(found: RecordPreview) -> list[dict[str, Any]]:
    names = {**MORE_KINDS, **KIND_NAMES}
    return [{"line": one, "kind": names.get(one.kind, one.kind)} for one in found.rows]
