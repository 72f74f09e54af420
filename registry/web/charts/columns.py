"""Two counts of each hour, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry.web.charts.scales import Scale

# Columns by hour in SVG units: where the highest ends and all begin, from one pair to the next, room for the scale's words.
COLUMN_TOP, COLUMN_BOTTOM, COLUMN_STEP, COLUMN_LEFT = 10.0, 146.0, 40.0, 40


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
    most: int  # what the highest column stands for

    @property
    def width(self) -> int:
        """Of the drawing."""
        return int(len(self.columns) * COLUMN_STEP) + COLUMN_LEFT


def hour_columns(title: str, names: tuple[str, str], hours: Sequence[tuple[int, int, int]]) -> ColumnChart | None:
    """Two counts of each hour (hour, first, second), hours without people between them included; None for an empty day."""
    if not hours:
        return None
    counted = {hour: (first, second) for hour, first, second in hours}
    most = max(max(pair) for pair in counted.values()) or 1
    scale = Scale(0, most, COLUMN_BOTTOM, COLUMN_TOP)
    columns = []
    for at, hour in enumerate(range(min(counted), max(counted) + 1)):
        first, second = counted.get(hour, (0, 0))
        columns.append(Column(f"{hour}h", COLUMN_LEFT + at * COLUMN_STEP, first, second, scale(first), scale(second)))
    return ColumnChart(title, *names, tuple(columns), most)
