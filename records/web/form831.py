"""The record as QĐ 831's form: on paper (PDF) and as the XML that provincial platforms take."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from records.commands.form831 import Receipt, receive_form
from records.queries.access import RecordAccess, open_record
from records.queries.form831 import MOST_ENCOUNTERS, get_form
from records.rules.qd831.form import Header, Message
from records.rules.qd831.paper import sections
from records.rules.qd831.xml import MAX_BYTES, write
from records.web.page import record_page
from registry.kernel import Permission, require
from registry.rules.phrases import Phrase
from registry.web.forms import CommandForm
from registry.web.paper import pdf_answer
from registry.web.requests import StaffRequest

VERSION = "1.0"
ACTION = "EXPORT"
CUT = Phrase("Hồ sơ có nhiều hơn {most} lượt khám: bản in này chỉ gồm {most} lượt gần nhất.", most=MOST_ENCOUNTERS)
HIDDEN = "Hồ sơ có thông tin hạn chế không hiện trong bản in này."


class ReceiveForm(CommandForm):
    """An XML file of the form."""

    file = forms.FileField(label=_("Tệp XML theo QĐ 831"), widget=forms.FileInput(attrs={"accept": ".xml,text/xml"}))


@require_http_methods(["GET", "POST"])
def form831(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The form's page: print it, send it on, receive one."""
    if request.method == "GET":
        return _page(request, patient_id, ReceiveForm())
    require(request.ctx, Permission.HISTORY_RECORD)
    form = ReceiveForm(request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, patient_id, form, status=422)
    content = form.cleaned_data["file"].read(MAX_BYTES + 1)  # one byte more tells a file that is too big
    receipt = form.run(lambda: receive_form(request.ctx, patient_id=patient_id, content=content))
    if receipt is None:
        return _page(request, patient_id, form, status=422)
    return _received(request, patient_id, receipt)


def _page(request: StaffRequest, patient_id: uuid.UUID, form: ReceiveForm, status: int = 200) -> HttpResponse:
    access = open_record(request.ctx, patient_id, action="read-form")
    may = request.ctx.may(Permission.HISTORY_RECORD)
    context = {"form": form, "patient_id": access.patient_id, "may_receive": may}
    return record_page(request, access, "records:documents", "records/form831.html", context, status=status)


def _received(request: StaffRequest, patient_id: uuid.UUID, receipt: Receipt) -> HttpResponse:
    """The receipt tells nothing of the person but what the file said: it needs no second look into the record."""
    context = {"receipt": receipt, "record_url": reverse("records:record", args=[patient_id])}
    return render(request, "records/form831_received.html", context)


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
        "number": Phrase("Số hồ sơ: {number}", number=str(access.patient_id)),
        "note": " ".join(notes),
        "printed": Phrase(
            "In lúc {time} ngày {day}, người in: {who}",
            time=f"{at:%H:%M}",
            day=f"{at:%d/%m/%Y}",
            who=access.ctx.actor.label,
        ),
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
