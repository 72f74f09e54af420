"""A board as rows: for the page's table, and for the files that leave the house with small numbers kept back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.utils.translation import gettext_lazy

from registry.kernel import in_language
from registry.web.display import NOTHING, vi_number
from screening.queries.indicator_board import IndicatorBoard
from screening.queries.indicators import Group
from screening.rules.indicators import SMALL, Section, Unit, Value, wilson
from screening.rules.lesions import LESIONS, outcome_names
from screening.rules.publishing import hidden_values
from screening.rules.standards import Standard
from screening.web.indicator_words import SECTIONS, UNITS, group_name, indicator_name, lesion_name, shown

KEPT_BACK = f"< {SMALL}"
_SCALES = {Unit.PERCENT: 100, Unit.PER_1000: 1000}


@dataclass(frozen=True, slots=True)
class Row:
    """One indicator of one group as texts. met: "good" (desirable), "fair" (acceptable, or all that is asked), "bad" or "";
    hidden: kept back."""

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
    name = group_name(group, board.names)
    return [
        _row(board.standards.get(value.indicator), name, value, value.indicator in hidden) for value in group.values
    ]


def published(board: IndicatorBoard) -> Iterator[tuple[Group, frozenset[str]]]:
    """The whole and every group, each with the indicators to keep back."""
    whole = hidden_values([board.everybody.values])
    yield board.everybody, frozenset(code for _place, code in whole)
    hidden = hidden_values([group.values for group in board.groups])
    for place, group in enumerate(board.groups):
        yield group, frozenset(code for at, code in hidden if at == place)


def _row(standard: Standard | None, group: str, value: Value, hidden: bool) -> Row:
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
    if standard.at_most is not None:
        return f"{vi_number(standard.acceptable)}–{vi_number(standard.at_most)} %"
    mark = ("<" if standard.strict else "≤") if standard.below else (">" if standard.strict else "≥")
    levels = (
        "" if level is None else f"{mark} {vi_number(level)} %" for level in (standard.acceptable, standard.desirable)
    )
    told = [level or NOTHING for level in levels]
    return told[0] if standard.desirable is None else " · ".join(told)


def _met(standard: Standard | None, value: Value) -> str:
    """Nothing is judged where nothing was counted, or nothing is known of anybody."""
    if standard is None or value.value is None or value.unknown == value.denominator:
        return ""
    return standard.met(value.value)


@dataclass(frozen=True, slots=True)
class Part:
    """A section of the page's table."""

    name: str
    rows: tuple[Row, ...]


def parts_of(board: IndicatorBoard) -> tuple[list[Part], int]:
    """The whole by sections, without what has nothing to divide by and no standard; and how many those are. What was found
    has tables of its own (found_tables); a count is its own value."""
    parts: dict[Section, list[Row]] = {}
    left_out = 0
    for value, row in zip(board.everybody.values, rows_of(board, board.everybody), strict=True):
        if value.section is Section.FOUND:
            continue
        if value.denominator == 0 and not value.unknown and not row.standard:
            left_out += 1
        else:
            shown_row = replace(row, numerator=NOTHING) if value.section is Section.PEOPLE else row
            parts.setdefault(value.section, []).append(shown_row)
    return [Part(str(in_language(SECTIONS[section])), tuple(rows)) for section, rows in parts.items()], left_out


FOUND_COLUMNS: Mapping[str, Any] = {
    "detection_rate_{}": gettext_lazy("Trên 1.000 đã xét nghiệm"),
    "detection_rate_{}_of_invited": gettext_lazy("Trên 1.000 được mời"),
    "ppv_{}": gettext_lazy("Trên 100 đã khám"),
    "ppv_{}_of_positive": gettext_lazy("Trên 100 dương tính"),
    "nns_{}": gettext_lazy("Số xét nghiệm cho một"),
}


@dataclass(frozen=True, slots=True)
class FoundTables:
    """lesions: (name, people, [(head, number, limits)]); outcomes: (name, people, share, limits), summing to `assessed`."""

    heads: tuple[str, ...]
    lesions: tuple[tuple[str, str, list[tuple[str, str, str]]], ...]
    outcomes: tuple[tuple[str, str, str, str], ...]
    assessed: str


def found_tables(board: IndicatorBoard) -> FoundTables:
    """What was found in the whole: each lesion by what it is divided by, and what the assessed were told."""
    rows = {row.code: row for row in rows_of(board, board.everybody)}
    heads = tuple(str(in_language(head)) for head in FOUND_COLUMNS.values())
    lesions = []
    for lesion in LESIONS[board.asked.family]:
        found = [rows[pattern.format(lesion)] for pattern in FOUND_COLUMNS]
        cells = [
            (head, row.value, "" if row.limits == NOTHING else row.limits)
            for head, row in zip(heads, found, strict=True)
        ]
        lesions.append((lesion_name(lesion), found[0].numerator, cells))
    told = [rows[f"outcome_{name}"] for name in outcome_names(board.asked.family)]
    outcomes = tuple((row.name, row.numerator, row.value, row.limits) for row in told if row.numerator != "0")
    return FoundTables(heads, tuple(lesions), outcomes, told[0].denominator)


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
        "rows": [(group_name(group, board.names), _cells(group, hidden, heads)) for group, hidden in groups],
    }


def _cells(group: Group, hidden: frozenset[str], heads: Sequence[str]) -> list[tuple[str, str]]:
    values = {value.indicator: value for value in group.values}
    told = (KEPT_BACK if code in hidden else shown(values[code]) for code in SPLIT_COLUMNS)
    return list(zip(heads, told, strict=True))
