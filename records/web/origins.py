"""The golden record in words: where each value comes from, how it is proved, what else was said and why not that."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.queries.band import SEX_NAMES
from records.queries.origins import NumberOrigin, Origins, Sourced
from records.rules.survivorship import Proof, Why, why_birth, why_by_proof, why_name, why_newest
from records.web.words import CHANNELS, IDENTIFIERS
from registry.kernel import in_language
from registry.web.display import vi_date

PROOFS = {
    Proof.CARD: gettext_lazy("Thẻ CCCD đã quét"),
    Proof.NUMBER: gettext_lazy("Khai kèm số CCCD"),
    Proof.NONE: gettext_lazy("Lời khai"),
    Proof.REPEATED: gettext_lazy("Nhắc lại hồ sơ đã có"),
}
REASONS = {
    Why.AGREED: gettext_lazy("Không nơi nào khai khác."),
    Why.NAMED: gettext_lazy("Tên thật của trẻ; nơi khác chỉ ghi là con của ai."),
    Why.CARD: gettext_lazy("Lấy theo thẻ CCCD đã quét, hơn lời khai."),
    Why.NUMBER: gettext_lazy("Lấy theo bản khai kèm số CCCD, hơn lời khai không có số."),
    Why.FULLER: gettext_lazy("Đầy đủ hơn và khớp với bản khai chắc chắn nhất."),
    Why.NEWEST: gettext_lazy("Mới nhất trong các bản khai chắc chắn như nhau."),
}
LATEST = gettext_lazy("Mới nhất: điều này thay đổi theo đời sống.")


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of the page: its statement that wins, and how a statement's value of it reads ("" when it says nothing)."""

    label: Any
    by: Sourced | None
    says: Callable[[Sourced], str]
    why: Callable[[tuple[Sourced, ...]], Why]
    changes: bool = False
    code: bool = False


def origin_rows(origins: Origins) -> list[dict[str, Any]]:
    """Rows of the table "where each value comes from": fields that somebody stated, then numbers."""
    rows = [_row(one, one.by, origins) for one in _fields(origins) if one.by is not None]
    return [*rows, *(_number_row(kind, one) for kind, one in origins.numbers.items())]


def _fields(origins: Origins) -> list[_Field]:
    won = origins.winners

    def newest(others: tuple[Sourced, ...]) -> Why:
        return why_newest(others)

    def proved(winner: Sourced) -> Callable[[tuple[Sourced, ...]], Why]:
        return lambda others: why_by_proof(winner, others)

    return [
        _Field(_("Họ và tên"), won.name, lambda one: one.name, lambda others: why_name(won.name, others)),
        _Field(_("Ngày sinh"), won.birth, lambda one: one.birth.display, lambda others: why_birth(won, others)),
        _Field(_("Giới tính"), won.sex, _sex, proved(won.sex)),
        _Field(_("Điện thoại"), won.phone, lambda one: one.phone, newest, changes=True, code=True),
        _Field(_("Nơi ở"), won.home, _place, newest, changes=True),
        _Field(_("Ngày mất"), won.deceased, _death, proved(won.deceased or won.identity)),
    ]


def _row(field: _Field, by: Sourced, origins: Origins) -> dict[str, Any]:
    value = field.says(by)
    others = tuple(one for one in origins.heard if field.says(one) not in {"", value})
    same = [one for one in origins.heard if one.id != by.id and field.says(one) == value]
    why = field.why(others)
    return {
        "label": field.label,
        "value": value,
        "code": field.code,
        "source": _source(by),
        "why": LATEST if why is Why.NEWEST and field.changes else REASONS[why],
        "same": len(same),
        "others": _others((field.says(one), one) for one in others),
    }


def _number_row(kind: str, origin: NumberOrigin) -> dict[str, Any]:
    why = why_newest(origin.others)
    return {
        "label": IDENTIFIERS.get(kind, kind),
        "value": origin.number.value,
        "code": True,
        "source": _source(origin.by),
        "why": _("Số khai mới nhất còn dùng.") if why is Why.NEWEST else REASONS[why],
        "same": 0,
        "others": _others(
            (f"{number.value} ({_('đã thay')})" if number.state == "old" else number.value, one)
            for number, one in origin.others
        ),
    }


def _others(told: Iterable[tuple[str, Sourced]]) -> list[dict[str, Any]]:
    """Other values, each once with whoever said it, newest first."""
    values: dict[str, list[dict[str, Any]]] = {}
    for value, one in told:
        values.setdefault(value, []).append(_source(one))
    return [{"value": value, "sources": sources} for value, sources in values.items()]


def _source(one: Sourced) -> dict[str, Any]:
    return {
        "facility": one.facility,
        "how": CHANNELS.get(one.channel, one.channel),
        "system": "" if one.system == "ehr" else one.system.upper(),
        "at": one.at,
        "proof": PROOFS[one.proof],
        "merged": one.merged,
    }


def _sex(one: Sourced) -> str:
    return "" if one.sex == "unknown" else str(in_language(SEX_NAMES.get(one.sex, one.sex)))


def _place(one: Sourced) -> str:
    return ", ".join(filter(None, (one.address, one.ward_name)))


def _death(one: Sourced) -> str:
    return vi_date(one.deceased_on) if one.deceased_on else ""
