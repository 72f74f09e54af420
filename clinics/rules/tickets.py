"""How queue numbers are written, and what of a name may be said aloud."""

from __future__ import annotations

from datetime import datetime, timedelta

from registry.rules.names import split_name

LATE = timedelta(minutes=30)  # waiting longer is shown in amber: an editable default, not a rule of law


def number_text(number: int) -> str:
    """Four digits at least: 0142."""
    return f"{number:04d}"


def spoken_name(full_name: str) -> str:
    """The given name only: walls and slips say no more of a person."""
    return split_name(full_name).given


def minutes_between(since: datetime, now: datetime) -> int:
    """Whole minutes, never negative (clocks of two desks may differ)."""
    return max(0, int((now - since).total_seconds() // 60))


def is_late(since: datetime, now: datetime) -> bool:
    """Whether somebody has waited longer than LATE."""
    return now - since > LATE


def short_room(name: str) -> str:
    """What is called out of a room's name: "Phòng 3" of "Phòng 3 · Nội tổng hợp"."""
    return name.split(" · ", 1)[0]
