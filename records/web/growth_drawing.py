"""The growth chart as plain shapes: WHO's seven lines, the child's course, both scales, the table behind the drawing.

Nothing here knows colours or HTML; templates/records/_growth_chart.html draws it and the style sheet colours it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from records.rules.growth import LINES, Finding, Point, judge, value_at
from records.rules.growth_tables import DAYS_OF_A_MONTH, LAST_DAY, Measure
from registry.rules.phrases import Phrase
from registry.web.display import vi_date, vi_number

WIDTH, HEIGHT = 480, 346
LEFT, RIGHT, TOP, BOTTOM = 34.0, 446.0, 10.0, 312.0
SAMPLES = 61
MOST_TICKS = 10
YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Window:
    """A span of ages: key in the address, from and to in days, the step of the scale and how an age on it is written."""

    key: str
    first: int
    last: int
    step: float
    unit: str
    per_unit: float


WINDOWS = {
    window.key: window
    for window in (
        Window("2", 0, 730, 3, Phrase("tháng"), DAYS_OF_A_MONTH),
        Window("5", 0, LAST_DAY, 6, Phrase("tháng"), DAYS_OF_A_MONTH),
        Window("19", LAST_DAY + 1, 6940, 1, Phrase("tuổi"), YEAR),
    )
}


def window_for(age_days: int) -> Window:
    """The narrowest span that holds this age."""
    return next((one for one in WINDOWS.values() if age_days <= one.last), WINDOWS["19"])


@dataclass(frozen=True, slots=True)
class Line:
    """One of WHO's lines: name of its class, points, and its label at the right end."""

    kind: str
    points: str
    label: str
    label_y: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A measurement's place, its words, and whether it lies beyond a cut-off."""

    x: float
    y: float
    words: str
    off: bool


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table behind the drawing."""

    on: str
    age: str
    value: str
    z: str
    finding: Finding | None


@dataclass(frozen=True, slots=True)
class GrowthChart:
    """What the template draws; lengths in SVG units of a drawing WIDTH by HEIGHT, texts ready to read."""

    key: str
    title: str
    unit: str
    source: str
    lines: tuple[Line, ...]
    usual: str
    across: tuple[tuple[float, str], ...]
    across_unit: str
    up: tuple[tuple[float, str], ...]
    marks: tuple[Mark, ...]
    rows: tuple[Row, ...]
    next_x: float | None
    next_label: str

    @property
    def path(self) -> str:
        """The points of the child's line."""
        return " ".join(f"{mark.x},{mark.y}" for mark in self.marks)


Scale = Callable[[float], float]


def draw(
    measure: Measure,
    sex: str,
    points: Sequence[Point],
    window: Window,
    *,
    title: str,
    unit: str,
    age_words: Callable[[int], str],
    next_visit: tuple[int, date] | None = None,
) -> GrowthChart | None:
    """Place a child's points on WHO's lines. None where WHO has no lines for this sex and span."""
    curves = _curves(measure, sex, window)
    if not curves:
        return None
    inside = [point for point in points if window.first <= point.age_days <= window.last]
    ages = [age for age, _ in curves[0]]
    low = min([value for _, value in curves[0]] + [point.value for point in inside])
    high = max([value for _, value in curves[-1]] + [point.value for point in inside])
    across, up = _scale(ages[0], ages[-1], LEFT, RIGHT), _scale(low, high, BOTTOM, TOP)
    shown = [point for point in inside if point.age_days <= ages[-1]]
    return GrowthChart(
        key=measure.value,
        title=title,
        unit=unit,
        source="WHO 2007" if window.first > LAST_DAY else "WHO 2006",
        lines=tuple(_line(z, curve, across, up) for z, curve in zip(LINES, curves, strict=True)),
        usual=_area(curves[1], curves[-2], across, up),
        across=_ages(window, ages[-1], across),
        across_unit=window.unit,
        up=tuple((up(value), vi_number(value)) for value in _ticks(low, high)),
        marks=tuple(_mark(measure, point, across, up, unit) for point in shown),
        rows=tuple(_row(measure, point, age_words) for point in reversed(points)),
        next_x=across(next_visit[0]) if next_visit and ages[0] <= next_visit[0] <= ages[-1] else None,
        next_label=vi_date(next_visit[1]) if next_visit else "",
    )


@cache
def _curves(measure: Measure, sex: str, window: Window) -> tuple[tuple[tuple[float, float], ...], ...]:
    """Each line as (age in days, value); empty when the span is not in WHO's tables."""
    step = (window.last - window.first) / (SAMPLES - 1)
    days = [round(window.first + step * number) for number in range(SAMPLES)]
    told = [[(day, value_at(measure, sex, day, z)) for day in days] for z in LINES]
    curves = tuple(tuple((float(day), value) for day, value in line if value is not None) for line in told)
    return curves if all(len(curve) > 1 for curve in curves) else ()


def _scale(low: float, high: float, start: float, end: float) -> Scale:
    return lambda value: round(start + (value - low) / (high - low) * (end - start), 1)


def _line(z: int, curve: Sequence[tuple[float, float]], across: Scale, up: Scale) -> Line:
    points = " ".join(f"{across(age)},{up(value)}" for age, value in curve)
    label = "0" if z == 0 else f"{'+' if z > 0 else '−'}{abs(z)}"
    return Line(f"sd sd{abs(z)}", points, label, up(curve[-1][1]))


def _area(lower: Sequence[tuple[float, float]], upper: Sequence[tuple[float, float]], across: Scale, up: Scale) -> str:
    ring = [*lower, *reversed(upper)]
    return " ".join(f"{across(age)},{up(value)}" for age, value in ring)


def _ages(window: Window, last: float, across: Scale) -> tuple[tuple[float, str], ...]:
    first = -(-window.first / window.per_unit // window.step) * window.step
    marks, at = [], round(first)
    while at * window.per_unit <= last + 1:
        marks.append((across(max(at * window.per_unit, window.first)), str(at)))
        at += round(window.step)
    return tuple(marks)


def _ticks(low: float, high: float) -> list[int]:
    """Whole numbers between, in steps people count in."""
    step = next((one for one in (1, 2, 5, 10, 20, 50) if (high - low) / one <= MOST_TICKS), 100)
    first = int(-(-low // step)) * step
    return list(range(first, int(high) + 1, step))


def _mark(measure: Measure, point: Point, across: Scale, up: Scale, unit: str) -> Mark:
    words = f"{vi_date(point.on)}: {_value(measure, point.value)} {unit}, z {z_words(point.z)}"
    return Mark(across(point.age_days), up(point.value), words, judge(measure, point) is not None)


def _row(measure: Measure, point: Point, age_words: Callable[[int], str]) -> Row:
    return Row(
        vi_date(point.on),
        age_words(point.age_days),
        _value(measure, point.value),
        z_words(point.z),
        judge(measure, point),
    )


def _value(measure: Measure, value: float) -> str:
    return vi_number(value, 1) if measure is not Measure.WEIGHT else vi_number(round(value, 2))


def z_words(z: float | None) -> str:
    """−1,24: a z-score with its sign; – outside the tables."""
    return "–" if z is None else ("+" if z > 0 else "") + vi_number(z, 2)
