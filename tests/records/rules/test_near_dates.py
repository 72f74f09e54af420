"""The dates a look-up asks for cover every birth date the rule calls close."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from records.rules.linkage.kinds import BIRTH
from records.rules.linkage.values import birth_value
from records.rules.near_dates import near_dates
from registry.rules.dates import PartialDate

days = st.dates(date(1925, 1, 1), date(2025, 12, 31))


def test_one_date() -> None:
    near = near_dates(PartialDate(date(1972, 3, 12)))
    expected = {date(1972, 12, 3), date(1972, 1, 1), date(1972, 3, 1), date(1973, 3, 12), date(1972, 3, 21)}
    assert expected <= set(near)
    assert date(1992, 3, 12) not in near
    assert len(near) < 60


@given(days, days)
def test_every_close_date_is_asked_for(one: date, other: date) -> None:
    level = BIRTH.compare(birth_value(PartialDate(one)), birth_value(PartialDate(other)))
    if BIRTH.steps[level].key in {"equal", "swapped", "slip"}:
        assert other in near_dates(PartialDate(one))


@given(days)
def test_what_is_near_is_near_both_ways(one: date) -> None:
    for other in near_dates(PartialDate(one)):
        if (other.day, other.month) != (1, 1) and other.day != 1:
            assert one in near_dates(PartialDate(other))
