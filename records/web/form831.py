"""The record as QĐ 831's form: on paper (PDF) and as the XML that provincial platforms take."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from records.queries.access import RecordAccess, open_record
from records.queries.form831 import MOST_ENCOUNTERS, get_form
from records.rules.qd831.form import Header, Message
from records.rules.qd831.paper import sections
from records.rules.qd831.xml import write
from registry.web.paper import pdf_answer
from registry.web.requests import StaffRequest

VERSION = "1.0"
ACTION = "EXPORT"
CUT = f"Hồ sơ có nhiều hơn {MOST_ENCOUNTERS} lượt khám: bản in này chỉ gồm {MOST_ENCOUNTERS} lượt gần nhất."
HIDDEN = "Hồ sơ có thông tin hạn chế không hiện trong bản in này."


@require_GET
def paper(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The form as PDF, to print and sign."""
    access = open_record(request.ctx, patient_id, action="print-form")
    found = get_form(access, coded=False)
    notes = [note for note, says in ((CUT, found.cut), (HIDDEN, _hides(access))) if says]
    data = {
        "title": "HỒ SƠ SỨC KHOẺ CÁ NHÂN",
        "subtitle": "Theo mẫu của Quyết định 831/QĐ-BYT ngày 11/03/2017",
        "letterhead": letterhead(access, notes),
        "sections": [asdict(section) for section in sections(found.record)],
        "signatures": [
            {"title": "Người được quản lý sức khoẻ", "hint": "(ký, ghi rõ họ tên)", "name": ""},
            {"title": "Người lập hồ sơ", "hint": "(ký, ghi rõ họ tên)", "name": access.ctx.actor.label},
        ],
    }
    return pdf_answer("sections", data, at=access.ctx.at, filename="ho-so-suc-khoe-qd831.pdf")


@require_GET
def xml(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The form as XML, unsigned: what the facility sends on, it signs."""
    access = open_record(request.ctx, patient_id, action="export-form")
    message = Message(_header(access), get_form(access, coded=True).record)
    answer = HttpResponse(write(message), content_type="application/xml; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="ho-so-suc-khoe-qd831.xml"'
    return answer


def letterhead(access: RecordAccess, notes: list[str]) -> dict[str, str]:
    """Who prints what when: on every sheet of a record."""
    at, facility = timezone.localtime(access.ctx.at), access.ctx.facility
    return {
        "facility": facility.name if facility else "",
        "number": f"Số hồ sơ: {access.patient_id}",
        "note": " ".join(notes),
        "printed": f"In lúc {at:%H:%M} ngày {at:%d/%m/%Y}, người in: {access.ctx.actor.label}",
    }


def _hides(access: RecordAccess) -> bool:
    return bool(access.restricted) and not access.sees_restricted


def _header(access: RecordAccess) -> Header:
    facility: Any = access.ctx.facility
    return Header(
        message_version=VERSION,
        sender_code=facility.code if facility else "",
        sender_name=facility.name if facility else "",
        transaction_type="QD831",
        transaction_name="Hồ sơ sức khoẻ cá nhân",
        transaction_date=f"{timezone.localtime(access.ctx.at):%d/%m/%Y}",
        transaction_id=str(access.ctx.request_id),
        request_id=str(access.ctx.request_id),
        action_type=ACTION,
    )
