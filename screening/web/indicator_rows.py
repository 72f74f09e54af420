"""A board as rows: for the page's table, and for the files that leave the house with small numbers kept back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy

from registry.kernel import in_language
from registry.web.display import NOTHING, vi_number
from screening.queries.indicator_board import IndicatorBoard
from screening.queries.indicators import Group
from screening.rules.indicators import SMALL, STANDARDS, Standard, Unit, Value, wilson
from screening.rules.publishing import hidden_values
from screening.web.indicator_words import UNITS, group_name, indicator_name, shown

KEPT_BACK = f"< {SMALL}"
_SCALES = {Unit.PERCENT: 100, Unit.PER_1000: 1000}


@dataclass(frozen=True, slots=True)
class Row:
    """One indicator of one group as texts. met: "good" (desirable), "fair" (acceptable), "bad" or ""; hidden: kept back."""

    code: str
    name: str
    group: str
    numerator: str
    denominator: str
    value: str
    unit: str
    limits: str
    unknown: str
    standard: str
    source: str
    unverified: bool
    met: str
    hidden: bool = False


def rows_of(board: IndicatorBoard, group: Group, hidden: frozenset[str] = frozenset()) -> list[Row]:
    """Every indicator of a group; those of `hidden` without their numbers."""
    name = group_name(group, board.ward_names)
    return [_row(board.asked.family, name, value, value.indicator in hidden) for value in group.values]


def published(board: IndicatorBoard) -> Iterator[tuple[Group, frozenset[str]]]:
    """The whole and every group, each with the indicators to keep back."""
    whole = hidden_values([board.everybody.values])
    yield board.everybody, frozenset(code for _place, code in whole)
    hidden = hidden_values([group.values for group in board.groups])
    for place, group in enumerate(board.groups):
        yield group, frozenset(code for at, code in hidden if at == place)


def _row(family: str, group: str, value: Value, hidden: bool) -> Row:
    standard = STANDARDS.get((family, value.indicator))
    unit = str(in_language(UNITS[value.unit]))
    told = (KEPT_BACK, KEPT_BACK, NOTHING, NOTHING, KEPT_BACK) if hidden else _numbers(value)
    numerator, denominator, number, limits, unknown = told
    return Row(
        value.indicator,
        indicator_name(value.indicator),
        group,
        numerator,
        denominator if value.denominator is not None else NOTHING,
        number,
        unit,
        limits,
        unknown if value.unknown is not None else NOTHING,
        _standard(standard),
        standard.source if standard else "",
        bool(standard and standard.unverified),
        "" if hidden else _met(standard, value),
        hidden,
    )


def _numbers(value: Value) -> tuple[str, str, str, str, str]:
    low_high = limits_of(value)
    places = 2 if value.unit is Unit.PER_1000 else 1
    limits = f"{vi_number(low_high[0], places)}–{vi_number(low_high[1], places)}" if low_high else NOTHING
    return _count(value.numerator), _count(value.denominator), shown(value), limits, _count(value.unknown)


def _count(count: float | None) -> str:
    """Whole people whole; a year's share of the target to one place."""
    if count is None:
        return NOTHING
    return vi_number(count, 0 if float(count).is_integer() else 1)


def limits_of(value: Value) -> tuple[float, float] | None:
    """The 95 % limits in the value's own unit; None for what is no share of people."""
    scale = _SCALES.get(value.unit)
    if scale is None or not value.denominator or value.numerator > value.denominator:
        return None
    if not float(value.denominator).is_integer():
        return None
    low, high = wilson(value.numerator, value.denominator)
    return low * scale, high * scale


def _standard(standard: Standard | None) -> str:
    if standard is None:
        return ""
    mark = "<" if standard.below else "≥"
    levels = [level for level in (standard.acceptable, standard.desirable) if level is not None]
    return " · ".join(f"{mark} {vi_number(level)} %" for level in levels)


def _met(standard: Standard | None, value: Value) -> str:
    if standard is None or value.value is None:
        return ""
    if _reaches(standard, standard.desirable, value.value):
        return "good"
    return "fair" if _reaches(standard, standard.acceptable, value.value) else "bad"


def _reaches(standard: Standard, level: float | None, value: float) -> bool:
    return level is not None and (value < level if standard.below else value >= level)


SPLIT_COLUMNS: Mapping[str, Any] = {
    "invited_count": gettext_lazy("Được mời"),
    "screened_count": gettext_lazy("Đã xét nghiệm"),
    "positive_count": gettext_lazy("Dương tính"),
    "assessed_count": gettext_lazy("Đã khám"),
    "participation": gettext_lazy("Tham gia, %"),
    "positivity": gettext_lazy("Dương tính, %"),
    "further_assessment_participation": gettext_lazy("Khám, %"),
    "detection_rate_cancer": gettext_lazy("Ung thư, ‰"),
}


def split_table(board: IndicatorBoard) -> dict[str, Any]:
    """The groups side by side with a few indicators each; small numbers kept back."""
    groups = list(published(board))[1:]
    heads = [in_language(name) for name in SPLIT_COLUMNS.values()]
    return {
        "heads": heads,
        "rows": [(group_name(group, board.ward_names), _cells(group, hidden, heads)) for group, hidden in groups],
    }


def _cells(group: Group, hidden: frozenset[str], heads: Sequence[str]) -> list[tuple[str, str]]:
    values = {value.indicator: value for value in group.values}
    told = (KEPT_BACK if code in hidden else shown(values[code]) for code in SPLIT_COLUMNS)
    return list(zip(heads, told, strict=True))
