"""Figures and their table."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

BARE_READ = "bare audited ORM read"


@dataclass(frozen=True, slots=True)
class Figures:
    """One question over all rounds: the median of the rounds' rates, percentiles of all good answers in ms."""

    name: str
    per_second: float
    p50: float
    p95: float
    p99: float
    good: int
    bad: int
    ratio: float | None = None

    @classmethod
    def of(cls, name: str, rates: Sequence[float], latencies: Sequence[float], bad: int) -> Figures:
        """From each round's rate and every latency in seconds."""
        if not latencies:
            return cls(name, 0.0, 0.0, 0.0, 0.0, 0, bad)
        ordered = sorted(latencies)
        p50, p95, p99 = (
            ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.95, 0.99)
        )
        return cls(name, statistics.median(rates), p50, p95, p99, len(ordered), bad)


def with_ratios(figures: Sequence[Figures]) -> list[Figures]:
    """Each HTTP question's rate over that of the bare audited read of the same run."""
    floor = next((one.per_second for one in figures if one.name == BARE_READ), 0.0)
    return [
        one
        if not floor or one.name.startswith("psycopg2")
        else Figures(**{**asdict(one), "ratio": one.per_second / floor})
        for one in figures
    ]


def table(figures: Sequence[Figures], notes: Sequence[str]) -> str:
    """Markdown, as the README quotes it."""
    lines = [
        "| question | req/s | p50 ms | p95 ms | p99 ms | to bare audited read | bad |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for one in figures:
        ratio = "" if one.ratio is None else f"{one.ratio:.2f}"
        lines.append(
            f"| {one.name} | {one.per_second:,.0f} | {one.p50:.1f} | {one.p95:.1f} | {one.p99:.1f} | {ratio} | {one.bad} |"
        )
    return "\n".join([*lines, "", *notes])


def as_json(figures: Sequence[Figures], facts: dict[str, Any]) -> dict[str, Any]:
    """The same for machines."""
    return {"facts": facts, "questions": [asdict(one) for one in figures]}
