"""Small numbers are kept back, and cannot be had by subtraction."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from screening.rules.indicators import SMALL, Unit, Value
from screening.rules.publishing import hidden_values, is_telling

counts = st.lists(st.integers(0, 60), min_size=2, max_size=12)


def _share(top: float, bottom: float, unknown: float = 0) -> Value:
    return Value("x", top, bottom, None, Unit.PERCENT, unknown)


def test_a_few_people_tell_nothing_and_nobody_does() -> None:
    assert [is_telling(_share(top, 100)) for top in (0, 1, 4, 5)] == [False, True, True, False]
    assert is_telling(_share(0, 3))
    assert is_telling(_share(20, 100, unknown=2))
    assert not is_telling(Value("annual_target", 100, 2, 50, Unit.PEOPLE, None)), "two years, not two people"


def test_one_small_group_takes_the_next_smallest_with_it() -> None:
    groups = [[_share(3, 50)], [_share(9, 50)], [_share(7, 50)], [_share(0, 50)]]
    assert hidden_values(groups) == {(0, "x"), (2, "x")}
    assert hidden_values(groups[1:]) == frozenset()


@given(counts)
def test_no_small_count_is_shown_and_none_follows_from_the_others(tops: list[int]) -> None:
    hidden = {place for place, _code in hidden_values([[_share(top, 100)] for top in tops])}
    assert all(place in hidden for place, top in enumerate(tops) if 0 < top < SMALL)
    rest = [top for place, top in enumerate(tops) if place not in hidden]
    if len(hidden) == 1:  # the only one with anybody: what is hidden is the whole itself, told or hidden as such
        assert not any(rest)
