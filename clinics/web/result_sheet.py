"""The sheet of an order's results, as PDF."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinics.queries.result_sheet import ResultSheet, SheetItem, get_result_sheet
from clinics.queries.results_shown import Shown
from clinics.rules.result_sheet import LEGEND, flag_sign, sheet_title
from registry.kernel import in_language
from registry.web.paper import pdf_answer
from registry.web.requests import StaffRequest


@require_GET
def result_sheet(request: StaffRequest, order_id: uuid.UUID) -> HttpResponse:
    """The verified results of one order, A4; 404 while there are none."""
    data = sheet_of(get_result_sheet(request.ctx, order_id), printed=request.ctx.at)
    return pdf_answer("result_sheet", data, at=request.ctx.at, filename="phieu-ket-qua.pdf")


def sheet_of(sheet: ResultSheet, *, printed: datetime) -> dict[str, Any]:
    """The sheet's fields as plain text."""
    order, band = sheet.order, sheet.band
    waiting = _("Chưa có kết quả: %(names)s.") % {"names": "; ".join(sheet.waiting)} if sheet.waiting else ""
    last = max(sheet.items, key=lambda one: one.verified_at)
    return {
        "letterhead": {
            "facility": order.facility.name,
            "number": _("Số phiếu: %(number)s") % {"number": order.number},
            "note": "" if order.urgency == "routine" else in_language(sheet.urgency),
            "printed": _("In lúc %(at)s") % {"at": _moment(printed)},
        },
        "title": in_language(sheet_title({one.kind for one in sheet.items})).upper(),
        "facts": [
            [_("Họ và tên"), band.name.upper()],
            [_("Ngày sinh"), f"{band.birth} ({in_language(band.age)})"],
            [_("Giới tính"), in_language(band.sex)],
            *([one["label"], one["value"]] for one in band.ids),
            [_("Nơi ở"), band.place],
            [_("Phòng khám"), sheet.visit.room.name],
            [_("Bác sĩ chỉ định"), order.ordered_by.full_name],
            [_("Chỉ định lúc"), _moment(order.ordered_at)],
        ],
        "diagnosis": [_("Chẩn đoán"), sheet.diagnosis],
        "head": [_("Chỉ số"), _("Kết quả"), _("Dấu"), _("Đơn vị"), _("Tham chiếu"), _("Lần trước")],
        "conclusion": _("Kết luận"),
        "items": [_item(one) for one in sheet.items],
        "legend": in_language(LEGEND) if any(one.values for one in sheet.items) else "",
        "waiting": waiting,
        "signatures": [
            {
                "title": _("Người thực hiện"),
                "hint": _("(ký, ghi rõ họ tên)"),
                "name": _names(one.performed_by for one in sheet.items),
            },
            {
                "title": _("Người duyệt kết quả"),
                "hint": _("(duyệt lúc %(at)s)") % {"at": _moment(last.verified_at)},
                "name": _names(one.verified_by for one in sheet.items),
            },
        ],
    }


def _item(one: SheetItem) -> dict[str, Any]:
    drawn = " ".join(filter(None, (in_language(one.specimen), one.specimen_number)))
    done = _("Lấy mẫu %(at)s") if one.specimen else _("Thực hiện %(at)s")
    signed = _("%(who)s duyệt %(at)s") % {"who": one.verified_by or "…", "at": _moment(one.verified_at)}
    who = one.performed_by or _("Máy xét nghiệm")
    told = (drawn, done % {"at": _moment(one.performed_at)}, _("%(who)s thực hiện") % {"who": who}, signed)
    return {
        "name": one.name,
        "told": " · ".join(filter(None, told)),
        "rows": [_row(value) for value in one.values],
        "result": one.result,
        "conclusion": one.conclusion,
        "corrected": _("Kết quả đã sửa. Lý do: %(why)s") % {"why": one.corrected} if one.corrected else "",
    }


def _row(one: Shown) -> dict[str, Any]:
    before = one.before
    earlier = f"{before.value}{'' if before.unit == one.unit else ' ' + before.unit}" if before else ""
    return {
        "cells": [one.name, one.value, flag_sign(one.flag), one.unit, one.reference],
        "before": earlier,
        "before_at": f"{timezone.localtime(before.at):%d/%m/%Y}, {before.facility}" if before else "",
        "off": one.flag not in {"", "N"},
        "critical": one.critical,
    }


def _names(names: Any) -> str:
    return "\n".join(dict.fromkeys(one for one in names if one))


def _moment(value: datetime) -> str:
    return f"{timezone.localtime(value):%H:%M %d/%m/%Y}"
