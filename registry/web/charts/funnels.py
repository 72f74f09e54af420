"""Shares of many places against how much each did: the funnel says which differ by more than chance."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from registry.web.charts.scales import Scale
from registry.web.display import vi_number, vi_percent

FUNNEL_WIDTH, FUNNEL_HEIGHT = 470, 220
FUNNEL_LEFT, FUNNEL_RIGHT, FUNNEL_TOP, FUNNEL_BOTTOM = 44.0, 420.0, 12.0, 184.0
_Z95, _Z998 = 1.959964, 3.090232  # control limits of Spiegelhalter 2005: two and three standard errors
_STEPS = 48


@dataclass(frozen=True, slots=True)
class FunnelDot:
    """A place in the drawing; off: outside the outer limits."""

    x: float
    y: float
    off: bool
    label: str


@dataclass(frozen=True, slots=True)
class FunnelChart:
    """What `chart_funnel.html` draws. inner and outer: upper and lower limit as polylines, 95 % and 99.8 %."""

    title: str
    dots: tuple[FunnelDot, ...]
    inner: tuple[str, str]
    outer: tuple[str, str]
    mean_y: float
    mean_text: str
    most: str
    top: str

    @property
    def off(self) -> int:
        """How many lie outside."""
        return sum(dot.off for dot in self.dots)

    @property
    def values(self) -> str:
        """The dots outside in words, for the drawing's spoken name."""
        return "; ".join(dot.label for dot in self.dots if dot.off)


def limits(mean: float, of: float, z: float) -> tuple[float, float]:
    """Where shares (0 to 1) of `of` people lie by chance around a mean."""
    spread = z * sqrt(mean * (1 - mean) / of)
    return max(0.0, mean - spread), min(1.0, mean + spread)


def funnel(title: str, places: Sequence[tuple[str, int, int]]) -> FunnelChart | None:
    """Draw places (name, part, whole); those without a whole are left out, None when nothing is left."""
    counted = [place for place in places if place[2] > 0]
    if not counted:
        return None
    most = max(whole for _name, _part, whole in counted)
    mean = sum(part for _name, part, _whole in counted) / sum(whole for _name, _part, whole in counted)
    along = Scale(0, most, FUNNEL_LEFT, FUNNEL_RIGHT)
    up = Scale(0, 1, FUNNEL_BOTTOM, FUNNEL_TOP)
    dots = []
    for name, part, whole in counted:
        low, high = limits(mean, whole, _Z998)
        share = part / whole
        label = f"{name}: {vi_percent(part, whole)} ({vi_number(part)}/{vi_number(whole)})"
        dots.append(FunnelDot(along(whole), up(share), not low <= share <= high, label))
    return FunnelChart(
        title,
        tuple(dots),
        _curves(mean, most, _Z95, along, up),
        _curves(mean, most, _Z998, along, up),
        up(mean),
        vi_percent(mean, 1),
        vi_number(most),
        vi_percent(1, 1, 0),
    )


def _curves(mean: float, most: int, z: float, along: Scale, up: Scale) -> tuple[str, str]:
    """Closer together where the funnel is narrow to look at: steps grow with their square."""
    wholes = [max(1.0, most * (step / _STEPS) ** 2) for step in range(1, _STEPS + 1)]
    low, high = [], []
    for whole in wholes:
        bottom, top = limits(mean, whole, z)
        low.append(f"{along(whole)},{up(bottom)}")
        high.append(f"{along(whole)},{up(top)}")
    return " ".join(high), " ".join(low)
