"""Which door of a record is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.access import Door, Reading, Ties, decide_door, may_open_another, reason_is_told

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ties", "door"),
    [
        (Ties(has_grant=False), Door.CLOSED),
        (Ties(has_grant=True), Door.TREATMENT),
        (Ties(has_grant=False, emergency_until=NOW + timedelta(seconds=1)), Door.EMERGENCY),
        (Ties(has_grant=False, emergency_until=NOW), Door.CLOSED),
        (Ties(has_grant=True, emergency_until=NOW + timedelta(hours=1)), Door.TREATMENT),
    ],
)
def test_the_door(ties: Ties, door: Door) -> None:
    assert decide_door(ties, NOW) is door


@pytest.mark.parametrize("reason", ["", "cấp cứu", "aaaaaaaaaaaaaaa", "          ", "abcabcabcabc", "x  y"])
def test_no_reason(reason: str) -> None:
    assert not reason_is_told(reason)


def test_a_reason() -> None:
    assert reason_is_told("Hôn mê, cần biết tiền sử dị ứng")


@given(st.text(max_size=9))
def test_nothing_short_is_a_reason(text: str) -> None:
    assert not reason_is_told(text)


@pytest.mark.parametrize(
    ("reading", "may"),
    [
        (Reading(others=0, again=False, stops_at=None), True),
        (Reading(others=9, again=False, stops_at=10), True),
        (Reading(others=10, again=False, stops_at=10), False),
        (Reading(others=10, again=True, stops_at=10), True),
        (Reading(others=5000, again=False, stops_at=None), True),
    ],
)
def test_one_more_record(reading: Reading, may: bool) -> None:
    assert may_open_another(reading) is may


@pytest.mark.parametrize(
    ("ties", "door"),
    [
        (Ties(has_grant=True, restricted=True), Door.CLOSED),
        (Ties(has_grant=True, restricted=True, in_care=True), Door.TREATMENT),
        (Ties(has_grant=False, restricted=True, in_care=True), Door.CLOSED),
        (Ties(has_grant=True, restricted=True, emergency_until=NOW + timedelta(hours=1)), Door.EMERGENCY),
    ],
)
def test_a_restricted_record(ties: Ties, door: Door) -> None:
    assert decide_door(ties, NOW) is door
