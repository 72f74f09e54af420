"""Wards through the reform of 1 July 2025: which ward of today an older code means."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cache

from registry.rules.tables import reference_rows


@cache
def _successors() -> Mapping[str, str]:
    """Former code -> the only ward of today that took its people over; a ward that was split means none."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in reference_rows("unit_successions"):
        if row["level"] == "commune":
            found[row["former_code"]].add(row["successor_code"])
    return {former: next(iter(wards)) if len(wards) == 1 else "" for former, wards in found.items()}


@cache
def _wards_of_today() -> frozenset[str]:
    return frozenset(row["successor_code"] for row in reference_rows("unit_successions") if row["level"] == "commune")


def current_ward(code: str) -> str:
    """The ward of today that a code of any time means; "" where it was divided among several, the code itself where no
    list knows it.

    A code that wards of both times carry is read as today's: the greater part of the old ward is in it.
    """
    return code if code in _wards_of_today() else _successors().get(code, code)
