"""Shares beside what is aimed at: a bar for each, with the target as a line across it."""

from collections.abc import Sequence
from dataclasses import dataclass

# Where bars begin and end and how far apart rows stand, in SVG units of a drawing 470 wide; a bar's end is 100 %.
TARGET_FULL, TARGET_STEP = 380.0, 60


@dataclass(frozen=True, slots=True)
class TargetBar:
    """One share: its words, what it is made of, and where its target stands. width: None where nothing is known."""

    label: str
    text: str
    made_of: str
    width: float | None
    mark: float
    reached: bool
    y: int

    @property
    def baseline(self) -> int:
        """Where the words above the bar stand."""
        return self.y + 11

    @property
    def bar_y(self) -> int:
        """Where the bar begins."""
        return self.y + 18

    @property
    def foot(self) -> int:
        """Where the words below the bar stand."""
        return self.y + 44


@dataclass(frozen=True, slots=True)
class TargetChart:
    """What `chart_targets.html` draws."""

    title: str
    bars: tuple[TargetBar, ...]
    height: int

    @property
    def values(self) -> str:
        """Every share in words, for the drawing's spoken name."""
        return "; ".join(f"{bar.label} {bar.text}" for bar in self.bars)


def targets(title: str, rows: Sequence[tuple[str, float | None, float, str, str]]) -> TargetChart | None:
    """A row is (label, percent or None, target percent, the percent in words, what it is made of). None for no rows."""
    bars = tuple(
        TargetBar(
            label,
            text,
            made_of,
            None if percent is None else round(min(max(percent, 0), 100) / 100 * TARGET_FULL, 1),
            round(target / 100 * TARGET_FULL, 1),
            percent is not None and percent >= target,
            index * TARGET_STEP,
        )
        for index, (label, percent, target, text, made_of) in enumerate(rows)
    )
    return TargetChart(title, bars, len(bars) * TARGET_STEP - 8) if bars else None
