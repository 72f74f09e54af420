"""Which door of a record is open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.access import Door, Ties, decide_door, reason_is_told

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
