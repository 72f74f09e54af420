"""The papers of an ending, whether of a stay or of an outpatient visit, as the data of one Typst form.

Forms: giấy ra viện, chuyển cơ sở, nghỉ việc hưởng BHXH, báo tử and hẹn khám lại as clinics fill them in; the fields are
those of tables XML7, XML11, XML13 and XML14 of QĐ 130/QĐ-BYT.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from clinics.rules.stay_papers import PAPER_NAMES, Paper, Words
from clinics.rules.stays import leave_days_after
from records.queries.band import Band
from registry.kernel import in_language
from registry.web.display import vi_date
from registry.web.paper import pdf_answer

_SMALL = frozenset({Paper.LEAVE, Paper.FOLLOW_UP})  # A5


def paper_answer(
    which: Paper, words: Words, band: Band, facility: str, facts: Sequence[Sequence[str]], *, at: datetime
) -> HttpResponse:
    """One paper as PDF. facts: (label, value) of where and when, after those of the person."""
    data = paper_data(which, words, band, facility, facts)
    return pdf_answer("stay_paper", data, at=at, filename=f"{which.value}.pdf")


def paper_data(which: Paper, words: Words, band: Band, facility: str, facts: Sequence[Sequence[str]]) -> dict[str, Any]:
    """The paper's fields as plain text."""
    return {
        "paper": "a5" if which in _SMALL else "a4",
        "letterhead": {
            "facility": facility,
            "number": _("Số lưu trữ: ……………"),
            "note": "",
            "printed": moment(words.ended_at),
        },
        "title": in_language(PAPER_NAMES[which]).upper(),
        "facts": [
            [_("Họ và tên"), band.name],
            [_("Ngày sinh"), band.birth],
            [_("Giới tính"), in_language(band.sex)],
            *([one["label"], one["value"]] for one in band.ids),
            [_("Nơi ở"), band.place],
            *facts,
        ],
        "texts": _TEXTS[which](words),
        "signatures": [
            {"title": _("Bác sĩ điều trị"), "hint": _("(ký, ghi rõ họ tên)"), "name": words.doctor},
            {"title": _("Thủ trưởng đơn vị"), "hint": _("(ký, đóng dấu)"), "name": ""},
        ],
    }


def moment(value: datetime | None) -> str:
    """An hour and day in Hanoi; "" for none."""
    return f"{timezone.localtime(value):%H:%M %d/%m/%Y}" if value else ""


def _discharge(words: Words) -> list[list[str]]:
    return [
        [_("Chẩn đoán"), words.diagnosis],
        [_("Phương pháp điều trị"), words.treatment],
        [_("Kết quả điều trị"), in_language(words.outcome)],
        [_("Tình trạng khi ra viện"), words.condition],
        [_("Lời dặn"), words.advice],
    ]


def _referral(words: Words) -> list[list[str]]:
    return [
        [_("Kính gửi"), words.referred_to],
        [_("Kết quả xét nghiệm, cận lâm sàng"), words.results],
        [_("Chẩn đoán"), words.diagnosis],
        [_("Phương pháp, thủ thuật, kỹ thuật, thuốc đã sử dụng"), words.treatment],
        [_("Tình trạng người bệnh lúc chuyển"), words.condition],
        [_("Lý do chuyển"), words.referral_reason],
        [_("Hướng điều trị"), words.advice],
        [_("Phương tiện vận chuyển, người hộ tống"), ""],
    ]


def _leave(words: Words) -> list[list[str]]:
    first, last = leave_days_after(timezone.localdate(words.ended_at), words.leave_days)
    period = _("%(days)d ngày, từ %(first)s đến hết %(last)s") % {
        "days": words.leave_days, "first": vi_date(first), "last": vi_date(last)
    }  # fmt: skip
    return [[_("Chẩn đoán"), words.diagnosis], [_("Số ngày nghỉ"), period]]


def _death(words: Words) -> list[list[str]]:
    return [
        [_("Tử vong lúc"), moment(words.died_at)],
        [_("Nguyên nhân tử vong"), words.cause],
        [_("Chẩn đoán"), words.diagnosis],
    ]


def _follow_up(words: Words) -> list[list[str]]:
    return [
        [_("Chẩn đoán"), words.diagnosis],
        [_("Hẹn khám lại lúc"), moment(words.returns_at)],
        [_("Tại"), words.returns_to],
        [_("Lý do khám lại"), words.returns_for],
        [
            _("Lưu ý"),
            _(
                "Mang theo giấy này, thẻ BHYT hoặc căn cước, đơn thuốc và kết quả cũ. Đến ngay nếu có dấu hiệu bất thường."
            ),
        ],
    ]


_TEXTS: Mapping[Paper, Callable[[Words], list[list[str]]]] = {
    Paper.DISCHARGE: _discharge,
    Paper.REFERRAL: _referral,
    Paper.LEAVE: _leave,
    Paper.DEATH: _death,
    Paper.FOLLOW_UP: _follow_up,
}
