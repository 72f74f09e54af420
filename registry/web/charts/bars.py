"""Counts lying down: the cascade from step to step, and wholes split in their parts."""

from collections.abc import Sequence
from dataclasses import dataclass

from registry.web.display import Number, vi_number, vi_percent


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
