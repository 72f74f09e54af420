"""The papers of an ending, as PDF. Forms: giấy ra viện, chuyển tuyến, nghỉ việc hưởng BHXH and báo tử as wards fill them in;
the fields are those of tables XML7, XML11 and XML13 of QĐ 130/QĐ-BYT."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinics.queries.stays.stay import StayPage, get_stay
from clinics.rules.outcomes import OUTCOMES
from clinics.rules.stay_papers import PAPER_NAMES, Paper
from clinics.rules.stays import leave_days_after
from registry.kernel import in_language
from registry.web.display import vi_date
from registry.web.paper import pdf_answer
from registry.web.requests import StaffRequest


@require_GET
def paper(request: StaffRequest, visit_id: uuid.UUID, kind: str) -> HttpResponse:
    """One paper of a stay that ended; 404 for one that this ending does not give rise to."""
    page = get_stay(request.ctx, visit_id)
    if kind not in {slug for slug, _name in page.papers}:
        raise Http404
    which = Paper(kind)
    data = _common(page, which) | {"texts": _TEXTS[which](page), "title": in_language(PAPER_NAMES[which]).upper()}
    return pdf_answer("stay_paper", data, at=request.ctx.at, filename=f"{kind}.pdf")


def _moment(value: Any) -> str:
    return f"{timezone.localtime(value):%H:%M %d/%m/%Y}"


def _common(page: StayPage, which: Paper) -> dict[str, Any]:
    ending, stay, band = page.ending, page.stay, page.band
    numbers = [[one["label"], one["value"]] for one in band.ids]
    return {
        "paper": "a5" if which is Paper.LEAVE else "a4",
        "letterhead": {
            "facility": page.visit.facility.name,
            "number": _("Số lưu trữ: ……………"),
            "note": "",
            "printed": _moment(ending.at) if ending else "",
        },
        "facts": [
            [_("Họ và tên"), band.name],
            [_("Ngày sinh"), band.birth],
            [_("Giới tính"), in_language(band.sex)],
            *numbers,
            [_("Nơi ở"), band.place],
            [_("Khoa"), stay.department.name if stay.department else ""],
            [_("Vào viện"), _moment(stay.admitted_at)],
            [_("Ra viện"), _moment(stay.ended_at) if stay.ended_at else ""],
        ],
        "signatures": [
            {
                "title": _("Bác sĩ điều trị"),
                "hint": _("(ký, ghi rõ họ tên)"),
                "name": ending.by.full_name if ending else "",
            },
            {"title": _("Thủ trưởng đơn vị"), "hint": _("(ký, đóng dấu)"), "name": ""},
        ],
    }


def _discharge(page: StayPage) -> list[list[str]]:
    ending = page.ending
    if ending is None:
        return []
    return [
        [_("Chẩn đoán"), page.diagnosis],
        [_("Phương pháp điều trị"), ending.treatment],
        [_("Kết quả điều trị"), in_language(OUTCOMES.get(ending.outcome_code, ""))],
        [_("Tình trạng khi ra viện"), ending.condition],
        [_("Lời dặn"), ending.advice],
    ]


def _referral(page: StayPage) -> list[list[str]]:
    ending = page.ending
    if ending is None:
        return []
    to = ending.referred_to
    return [
        [_("Kính gửi"), f"{to.code} · {to.name}" if to else ""],
        [_("Chẩn đoán"), page.diagnosis],
        [_("Tình trạng lúc chuyển"), ending.condition],
        [_("Thuốc, thủ thuật đã dùng"), ending.treatment],
        [_("Lý do chuyển"), ending.referral_reason],
        [_("Phương tiện, người đi kèm"), ""],
    ]


def _leave(page: StayPage) -> list[list[str]]:
    ending = page.ending
    if ending is None:
        return []
    first, last = leave_days_after(timezone.localdate(ending.at), ending.leave_days)
    period = _("%(days)d ngày, từ %(first)s đến hết %(last)s") % {
        "days": ending.leave_days, "first": vi_date(first), "last": vi_date(last)
    }  # fmt: skip
    return [[_("Chẩn đoán"), page.diagnosis], [_("Số ngày nghỉ"), period]]


def _death(page: StayPage) -> list[list[str]]:
    ending = page.ending
    if ending is None or ending.died_at is None:
        return []
    return [
        [_("Tử vong lúc"), _moment(ending.died_at)],
        [_("Nguyên nhân tử vong"), ending.cause],
        [_("Chẩn đoán"), page.diagnosis],
    ]


_TEXTS: Mapping[Paper, Callable[[StayPage], list[list[str]]]] = {
    Paper.DISCHARGE: _discharge,
    Paper.REFERRAL: _referral,
    Paper.LEAVE: _leave,
    Paper.DEATH: _death,
}
