"""Measured values over time: the line chart with its normal range, and the sparkline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.web.charts.scales import Scale
from registry.web.display import vi_date, vi_number

# The line chart's drawing area in SVG units; the room right of it is for the label of the last reading.
LINE_WIDTH, LINE_HEIGHT = 360, 96
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 8.0, 308.0, 12.0, 76.0


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value on its day."""

    at: date
    value: float


@dataclass(frozen=True, slots=True)
class Dot:
    """A reading's place in the drawing; `state` is '', 'off' (out of range) or 'last'."""

    x: float
    y: float
    state: str
    label: str


@dataclass(frozen=True, slots=True)
class LineChart:
    """What `chart_line.html` draws; lengths in SVG units, texts ready to print."""

    title: str
    unit: str
    range_text: str
    dots: tuple[Dot, ...]
    band: tuple[float, float] | None  # top and height of the normal range
    latest: str
    latest_off: bool
    first_date: str
    last_date: str
    rows: tuple[tuple[str, str, bool], ...]  # date, value, out of range: the table behind the drawing

    @property
    def path(self) -> str:
        """The points of the polyline."""
        return " ".join(f"{dot.x},{dot.y}" for dot in self.dots)

    @property
    def values(self) -> str:
        """Every value in order, for the drawing's spoken name."""
        return "; ".join(value for _date, value, _off in self.rows)


def _arrow(value: float, low: float | None, high: float | None) -> str:
    if high is not None and value > high:
        return " ↑"
    return " ↓" if low is not None and value < low else ""


def _range_text(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f"{vi_number(low)}–{vi_number(high)}"
    if high is not None:
        return f"≤ {vi_number(high)}"
    return f"≥ {vi_number(low)}" if low is not None else ""


def _value_scale(values: Sequence[float], low: float | None, high: float | None) -> Scale:
    """Fit values and the limits of normal with a tenth of air, so that a band is never a hairline at the edge."""
    known = [*values, *(limit for limit in (low, high) if limit is not None)]
    bottom, top = min(known), max(known)
    air = (top - bottom or abs(top) or 1.0) * 0.1
    return Scale(bottom - air, top + air, PLOT_BOTTOM, PLOT_TOP)


def _band(scale: Scale, low: float | None, high: float | None) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    top = PLOT_TOP if high is None else scale(high)
    bottom = PLOT_BOTTOM if low is None else scale(low)
    return top, round(bottom - top, 1)


def _state(is_off: bool, is_last: bool) -> str:
    return "off" if is_off else "last" if is_last else ""


def line_chart(
    title: str, unit: str, readings: Sequence[Reading], low: float | None = None, high: float | None = None
) -> LineChart | None:
    """Place readings by time and value against the normal range; None when there is nothing to draw."""
    if not readings:
        return None
    ordered = sorted(readings, key=lambda reading: reading.at)
    first, last = ordered[0], ordered[-1]
    across = Scale(first.at.toordinal(), last.at.toordinal(), PLOT_LEFT, PLOT_RIGHT)
    up = _value_scale([reading.value for reading in ordered], low, high)
    rows = tuple(
        (vi_date(r.at), f"{vi_number(r.value)}{_arrow(r.value, low, high)}", bool(_arrow(r.value, low, high)))
        for r in ordered
    )
    dots = tuple(
        Dot(across(r.at.toordinal()), up(r.value), _state(row[2], r is last), f"{row[0]}: {row[1]} {unit}")
        for r, row in zip(ordered, rows, strict=True)
    )
    return LineChart(
        title=title, unit=unit, range_text=_range_text(low, high), dots=dots, band=_band(up, low, high),
        latest=rows[-1][1], latest_off=rows[-1][2], first_date=vi_date(first.at, "month"),
        last_date=vi_date(last.at, "month"), rows=rows,
    )  # fmt: skip


# The sparkline's drawing area; one number needs none.
SPARK_WIDTH, SPARK_HEIGHT = 72.0, 18.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """A course without scales, beside its last value: the points of its line and the place of the last one."""

    points: str
    x: float
    y: float
    values: str


def sparkline(readings: Sequence[Reading]) -> Sparkline | None:
    """Place readings by time and value; None when there are fewer than two."""
    if len(readings) < 2:  # noqa: PLR2004 - a line has two ends
        return None
    ordered = sorted(readings, key=lambda reading: reading.at)
    values = [reading.value for reading in ordered]
    across = Scale(ordered[0].at.toordinal(), ordered[-1].at.toordinal(), 2.0, SPARK_WIDTH - 3)
    up = Scale(min(values), max(values), SPARK_HEIGHT - 3, 3.0)
    places = [(across(reading.at.toordinal()), up(reading.value)) for reading in ordered]
    said = "; ".join(vi_number(value) for value in values[-6:])
    return Sparkline(" ".join(f"{x},{y}" for x, y in places), *places[-1], said)
