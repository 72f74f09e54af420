"""Where somebody stands: behind so many, by arrival, in time for a booking."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics.rules.queueing import EARLY, LATE, is_in_time, place_behind, place_by_arrival

EIGHT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "own", "count", "place"),
    [([], 4, 3, 4), ([7], 4, 3, 7), ([7, 8], 4, 3, 8), ([7, 8, 9, 10], 4, 3, 9), ([7, 8, 9], 4, 1, 7)],
)
def test_behind_so_many(line: list[int], own: int, count: int, place: int) -> None:
    assert place_behind(line, own, count) == place


@given(st.lists(st.integers(1, 99), min_size=1, max_size=30, unique=True).map(sorted), st.integers(1, 9))
def test_never_more_are_let_before_than_asked(line: list[int], count: int) -> None:
    place = place_behind(line, 100, count)
    assert sum(other <= place for other in line) == min(count, len(line))


def test_by_arrival_whoever_came_earlier_stays_before() -> None:
    line = [(1, EIGHT), (2, EIGHT + timedelta(minutes=20)), (3, EIGHT + timedelta(minutes=40))]
    assert place_by_arrival(line, EIGHT + timedelta(minutes=30), 9) == 2
    assert place_by_arrival(line, EIGHT - timedelta(minutes=1), 9) == 0
    assert place_by_arrival(line, EIGHT + timedelta(hours=2), 9) == 3
    assert place_by_arrival([], EIGHT, 9) == 9


@pytest.mark.parametrize(
    ("now", "so"),
    [
        (EIGHT - EARLY, True),
        (EIGHT - EARLY - timedelta(seconds=1), False),
        (EIGHT + LATE, True),
        (EIGHT + LATE + timedelta(seconds=1), False),
    ],
)
def test_in_time_for_a_booking(now: datetime, so: bool) -> None:
    assert is_in_time(EIGHT, now) is so
