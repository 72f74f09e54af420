"""How long people waited: a column a week, the limit marked."""

from collections.abc import Mapping
from dataclasses import dataclass

from registry.web.charts.scales import Scale
from registry.web.display import vi_number

WAIT_TOP, WAIT_BOTTOM, WAIT_LEFT, WAIT_STEP = 16.0, 146.0, 40.0, 32.0


@dataclass(frozen=True, slots=True)
class WaitColumn:
    """The week that begins after `label` days: how many people, where the column stands; late: past the limit."""

    label: str
    x: float
    top: float
    count: int
    text: str
    late: bool

    @property
    def height(self) -> float:
        """From the baseline up."""
        return round(WAIT_BOTTOM - self.top, 1)


@dataclass(frozen=True, slots=True)
class WaitChart:
    """What `chart_waits.html` draws; limit_x: where the limit falls between two columns."""

    title: str
    columns: tuple[WaitColumn, ...]
    limit_x: float
    limit_days: int
    most: str

    @property
    def width(self) -> int:
        """Of the drawing."""
        return int(WAIT_LEFT + len(self.columns) * WAIT_STEP)

    @property
    def values(self) -> str:
        """Every column in words, for the drawing's spoken name."""
        return "; ".join(f"{column.label}: {column.text}" for column in self.columns)


def wait_columns(title: str, weeks: Mapping[int, int], limit_days: int, last_week: int) -> WaitChart | None:
    """Draw people by completed weeks (0 first); the last stands for itself and all later. None where nobody waited."""
    if not any(weeks.values()):
        return None
    most = max(weeks.values())
    scale = Scale(0, most, WAIT_BOTTOM, WAIT_TOP)
    columns = []
    for week in range(last_week + 1):
        count = weeks.get(week, 0)
        first = week * 7
        label = f"{first}+" if week == last_week else str(first)
        late = first > limit_days
        columns.append(WaitColumn(label, WAIT_LEFT + week * WAIT_STEP, scale(count), count, vi_number(count), late))
    limit_x = round(WAIT_LEFT + (limit_days + 1) / 7 * WAIT_STEP, 1)
    return WaitChart(title, tuple(columns), limit_x, limit_days, vi_number(most))
