"""Where somebody stands in a room's line. Pure: places are numbers of the room's series, the line is given in order.

The law orders groups, not people inside a group (see priorities.py); within a group whoever came first goes first. What is
fair to somebody who missed the call, came from another room or booked an hour is the clinic's choice: the figures below are
editable defaults, no rule of law.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

RETURN_AFTER = 3  # who missed the call goes after so many of those who kept their turn
BOOKED_AFTER = 2  # who booked and came in time goes after so many
EARLY = timedelta(minutes=15)  # a booked person is let in from so long before the hour...
LATE = timedelta(minutes=15)  # ...until so long after it; later they stand as everybody else
LONGEST_BLOCK = 200  # numbers a block for paper may hold
MOST_OF_A_ROOM = 500  # rows of one room's line that are looked at


class QueueStepKind(StrEnum):
    """What may happen to a turn."""

    SKIP = "skip"
    RETURN = "return"
    TRANSFER = "transfer"
    BOOKED = "booked"


STEP_NAMES: Mapping[QueueStepKind, str] = {
    QueueStepKind.SKIP: "Gọi không có mặt, gọi sau",
    QueueStepKind.RETURN: "Quay lại hàng chờ",
    QueueStepKind.TRANSFER: "Chuyển từ phòng khác",
    QueueStepKind.BOOKED: "Có hẹn, đến đúng giờ",
}


def place_behind(line: Sequence[int], own: int, count: int) -> int:
    """The place behind the count-th of those waiting (their places, in the order they will be called).

    With fewer in line it is behind the last of them; with nobody it is one's own number.
    """
    if not line:
        return own
    return line[min(count, len(line)) - 1]


def place_by_arrival(line: Sequence[tuple[int, datetime]], arrived: datetime, own: int) -> int:
    """Where somebody sent from another room stands: behind the last of those waiting who came to the clinic earlier.

    line: (place, when they came). Nobody earlier: before all (0). An empty line: one's own number.
    """
    if not line:
        return own
    return max((place for place, came in line if came <= arrived), default=0)


def is_in_time(slot: datetime, now: datetime) -> bool:
    """Whether a booked person came close enough to the hour to be let in before those without one."""
    return slot - EARLY <= now <= slot + LATE
