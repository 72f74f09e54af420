"""Charts as plain shapes: numbers in, coordinates out; `templates/components/chart_*.html` draw them as SVG.

Nothing here knows colours, HTML or Django: classes in the style sheet colour what the templates draw.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from registry.web.display import Number, vi_date, vi_number, vi_percent

# The line chart's drawing area in SVG units; the room right of it is for the label of the last reading.
LINE_WIDTH, LINE_HEIGHT = 360, 96
PLOT_LEFT, PLOT_RIGHT, PLOT_TOP, PLOT_BOTTOM = 8.0, 308.0, 12.0, 76.0
# The ring of the failsafe clock: circumference of a circle of radius 8.
RING = 50.3


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


@dataclass(frozen=True, slots=True)
class _Scale:
    """A straight map from values to places."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        if self.high == self.low:
            return round((self.start + self.end) / 2, 1)
        place = self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
        return round(min(max(place, min(self.start, self.end)), max(self.start, self.end)), 1)


def _value_scale(values: Sequence[float], low: float | None, high: float | None) -> _Scale:
    """Fit values and the limits of normal with a tenth of air, so that a band is never a hairline at the edge."""
    known = [*values, *(limit for limit in (low, high) if limit is not None)]
    bottom, top = min(known), max(known)
    air = (top - bottom or abs(top) or 1.0) * 0.1
    return _Scale(bottom - air, top + air, PLOT_BOTTOM, PLOT_TOP)


def _band(scale: _Scale, low: float | None, high: float | None) -> tuple[float, float] | None:
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
    across = _Scale(first.at.toordinal(), last.at.toordinal(), PLOT_LEFT, PLOT_RIGHT)
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
    across = _Scale(ordered[0].at.toordinal(), ordered[-1].at.toordinal(), 2.0, SPARK_WIDTH - 3)
    up = _Scale(min(values), max(values), SPARK_HEIGHT - 3, 3.0)
    places = [(across(reading.at.toordinal()), up(reading.value)) for reading in ordered]
    said = "; ".join(vi_number(value) for value in values[-6:])
    return Sparkline(" ".join(f"{x},{y}" for x, y in places), *places[-1], said)


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a cascade: its bar before the ghost of the step it came from."""

    label: str
    y: int
    width: float
    ghost: float
    text: str
    share: str  # of the step before; empty on the first

    @property
    def baseline(self) -> int:
        """Where the words of this row stand."""
        return self.y + 16


@dataclass(frozen=True, slots=True)
class BarChart:
    """What `chart_bars.html` draws."""

    title: str
    bars: tuple[Bar, ...]
    height: int

    @property
    def values(self) -> str:
        """Every step in words, for the drawing's spoken name."""
        return "; ".join(f"{bar.label} {bar.text}" for bar in self.bars)


# Where bars begin, how long the longest is, and how far apart they stand, in SVG units of a drawing 470 wide.
BAR_FULL, BAR_STEP = 222.0, 34
SPLIT_LEFT, SPLIT_FULL = 96, 180.0


def cascade(title: str, steps: Sequence[tuple[str, int]]) -> BarChart:
    """Draw falling counts from step to step (label, count); each share is of the step before it."""
    full = max((count for _label, count in steps), default=0) or 1
    bars = []
    for index, (label, count) in enumerate(steps):
        before = steps[index - 1][1] if index else count
        share = vi_percent(count, before) if index else ""
        width, ghost = (round(n / full * BAR_FULL, 1) for n in (count, before))
        bars.append(Bar(label, 5 + index * BAR_STEP, width, ghost, vi_number(count), share))
    return BarChart(title, tuple(bars), 4 + len(bars) * BAR_STEP)


@dataclass(frozen=True, slots=True)
class Part:
    """One piece of a split bar; `kind` names its class in the style sheet."""

    kind: str
    label: str
    x: float
    width: float
    text: str


@dataclass(frozen=True, slots=True)
class SplitBar:
    """A whole and the parts it went to; `rest` is what is not accounted for (0 when the sum closes)."""

    label: str
    total: str
    parts: tuple[Part, ...]
    rest: int
    y: int

    @property
    def baseline(self) -> int:
        """Where the words of this row stand."""
        return self.y + 16


@dataclass(frozen=True, slots=True)
class SplitChart:
    """What `chart_split.html` draws."""

    title: str
    bars: tuple[SplitBar, ...]
    height: int

    @property
    def legend(self) -> tuple[Part, ...]:
        """The kinds in drawing order."""
        return self.bars[0].parts if self.bars else ()

    @property
    def values(self) -> str:
        """Every bar in words, for the drawing's spoken name."""
        return "; ".join(
            f"{b.label} {b.total}: " + ", ".join(f"{p.label} {p.text}" for p in b.parts) for b in self.bars
        )


def _parts(total: Number, parts: Sequence[tuple[str, str, int]]) -> tuple[Part, ...]:
    x, placed = float(SPLIT_LEFT), []
    for kind, label, count in parts:
        width = round(count / (float(total) or 1.0) * SPLIT_FULL, 1)
        placed.append(Part(kind, label, round(x, 1), width, vi_number(count)))
        x += width
    return tuple(placed)


def split_bars(title: str, rows: Sequence[tuple[str, int, Sequence[tuple[str, str, int]]]]) -> SplitChart:
    """Draw wholes split in parts, as rows in = loaded + linked + skipped + quarantined.

    A row is (label, total, parts) and a part (kind, label, count). Every bar is as long as its own whole: the question
    is whether it closes, so tables of very different size stay readable.
    """
    bars = tuple(
        SplitBar(label, vi_number(total), _parts(total, parts), total - sum(p[2] for p in parts), 5 + i * BAR_STEP)
        for i, (label, total, parts) in enumerate(rows)
    )
    return SplitChart(title, bars, 4 + len(bars) * BAR_STEP)


@dataclass(frozen=True, slots=True)
class Ring:
    """The failsafe clock: `arc` of RING is drawn, `state` is '', 'soon' or 'late'."""

    arc: float
    state: str
    days_left: int


def clock_ring(opened: date, due: date, today: date, soon_days: int = 7) -> Ring:
    """Show how much of the time from `opened` to `due` has run; full and late after the due day."""
    left, span = (due - today).days, max((due - opened).days, 1)
    used = min(max((span - left) / span, 0.0), 1.0)
    state = "late" if left < 0 else "soon" if left <= soon_days else ""
    return Ring(round(RING if left < 0 else RING * used, 1), state, left)


# Columns by hour: the drawing's height in SVG units, the widest column, the room left for words.
COLUMN_TOP, COLUMN_BOTTOM, COLUMN_STEP = 14.0, 96.0, 40.0


@dataclass(frozen=True, slots=True)
class Column:
    """Two counts of one hour, drawn side by side; heights and tops in SVG units."""

    label: str
    x: float
    first: int
    second: int
    first_top: float
    second_top: float

    @property
    def first_height(self) -> float:
        """From the baseline up."""
        return round(COLUMN_BOTTOM - self.first_top, 1)

    @property
    def second_height(self) -> float:
        """From the baseline up."""
        return round(COLUMN_BOTTOM - self.second_top, 1)


@dataclass(frozen=True, slots=True)
class ColumnChart:
    """What `chart_hours.html` draws: two counts an hour."""

    title: str
    first: str
    second: str
    columns: tuple[Column, ...]

    @property
    def width(self) -> int:
        """Of the drawing."""
        return int(len(self.columns) * COLUMN_STEP) + 8


def hour_columns(title: str, names: tuple[str, str], hours: Sequence[tuple[int, int, int]]) -> ColumnChart | None:
    """Two counts of each hour (hour, first, second), hours without people between them included; None for an empty day."""
    if not hours:
        return None
    counted = {hour: (first, second) for hour, first, second in hours}
    scale = _Scale(0, max(max(pair) for pair in counted.values()) or 1, COLUMN_BOTTOM, COLUMN_TOP)
    columns = []
    for at, hour in enumerate(range(min(counted), max(counted) + 1)):
        first, second = counted.get(hour, (0, 0))
        columns.append(Column(f"{hour}h", 8 + at * COLUMN_STEP, first, second, scale(first), scale(second)))
    return ColumnChart(title, *names, tuple(columns))
