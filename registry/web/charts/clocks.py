"""The ring of the failsafe clock."""

from dataclasses import dataclass
from datetime import date

# The ring of the failsafe clock: circumference of a circle of radius 8.
RING = 50.3


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
