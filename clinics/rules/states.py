"""The states of a visit and the steps between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class VisitState(StrEnum):
    """Where a person stands in the clinic today."""

    WAITING = "waiting"
    TRIAGED = "triaged"
    IN_CONSULTATION = "in-consultation"
    AWAITING_RESULTS = "awaiting-results"
    ADMITTED = "admitted"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    LEFT = "left"


STATE_NAMES: Mapping[VisitState, str] = {
    VisitState.WAITING: "Chờ đo sinh hiệu",
    VisitState.TRIAGED: "Chờ khám",
    VisitState.IN_CONSULTATION: "Đang khám",
    VisitState.AWAITING_RESULTS: "Chờ kết quả",
    VisitState.ADMITTED: "Nằm viện",
    VisitState.CLOSED: "Đã khám xong",
    VisitState.CANCELLED: "Đã huỷ",
    VisitState.LEFT: "Bỏ về",
}

# A doctor may begin without vitals (emergency, a quiet afternoon without a nurse); nothing leaves a final state.
TRANSITIONS: Mapping[VisitState, frozenset[VisitState]] = {
    VisitState.WAITING: frozenset(
        {VisitState.TRIAGED, VisitState.IN_CONSULTATION, VisitState.CANCELLED, VisitState.LEFT}
    ),
    VisitState.TRIAGED: frozenset({VisitState.IN_CONSULTATION, VisitState.CANCELLED, VisitState.LEFT}),
    VisitState.IN_CONSULTATION: frozenset(
        {VisitState.CLOSED, VisitState.AWAITING_RESULTS, VisitState.ADMITTED, VisitState.LEFT}
    ),
    VisitState.AWAITING_RESULTS: frozenset({VisitState.IN_CONSULTATION, VisitState.LEFT}),
    VisitState.ADMITTED: frozenset({VisitState.CLOSED}),
    VisitState.CLOSED: frozenset(),
    VisitState.CANCELLED: frozenset(),
    VisitState.LEFT: frozenset(),
}

HERE_STATES: tuple[VisitState, ...] = (  # between the desk and the door of the outpatient rooms
    VisitState.WAITING,
    VisitState.TRIAGED,
    VisitState.IN_CONSULTATION,
    VisitState.AWAITING_RESULTS,
)
OPEN_STATES: tuple[VisitState, ...] = (*HERE_STATES, VisitState.ADMITTED)
QUEUED_STATES: tuple[VisitState, ...] = (VisitState.WAITING, VisitState.TRIAGED)


def may_follow(before: VisitState, after: VisitState) -> bool:
    """Whether a visit may step from one state to the other."""
    return after in TRANSITIONS[before]


def is_open(state: VisitState) -> bool:
    """Whether the person is still being waited for or examined."""
    return state in OPEN_STATES
