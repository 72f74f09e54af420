"""The law's clocks: weekends, fixed holidays, substitute days, and what a year's decree adds."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.working_days import Calendar, Term, calendar_of, deadlines

PLAIN = Calendar()
TERMS = {"reply": Term(2, "working"), "view": Term(10, "calendar"), "erase": Term(20, "calendar")}
days = st.dates(date(2025, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2026, 11, 23), True),
        (date(2026, 11, 21), False),  # Saturday
        (date(2027, 1, 1), False),
        (date(2026, 4, 30), False),
        (date(2026, 5, 1), False),
        (date(2026, 9, 2), False),
        (date(2028, 1, 3), True),
        (date(2028, 1, 1), False),
        (date(2027, 5, 3), False),  # 1 May 2027 is a Saturday: made up for on Monday
        (date(2027, 5, 4), True),
    ],
)
def test_a_day(day: date, works: bool) -> None:
    if day == date(2028, 1, 3):  # 1 January 2028 is a Saturday
        works = False
    assert PLAIN.is_working(day) is works


def test_what_the_year_adds_counts_once_it_is_confirmed() -> None:
    tet = [(date(2027, 2, 5) + timedelta(days=n), "off", True) for n in range(5)]  # Friday to Tuesday
    calendar = calendar_of([*tet, (date(2027, 2, 13), "working", True), (date(2027, 4, 16), "off", False)])
    assert [calendar.is_working(date(2027, 2, day)) for day in (4, 5, 8, 9, 10, 11, 12, 13, 15)] == [
        True, False, False, False, False, False, True, True, True,
    ]  # fmt: skip
    assert calendar.is_working(date(2027, 4, 16)), "an unconfirmed day is no day off"


def test_deadlines_of_a_request() -> None:
    found = deadlines("view", date(2026, 11, 26), TERMS, PLAIN)  # a Thursday
    assert found.reply_by == date(2026, 11, 30)
    assert found.act_by == date(2026, 12, 7), "6 December is a Sunday"
    assert deadlines("erase", date(2026, 12, 10), TERMS, PLAIN).act_by == date(2026, 12, 30)


@given(days, st.integers(1, 30))
def test_a_term_ends_on_a_working_day_with_so_many_in_it(start: date, count: int) -> None:
    end = PLAIN.after(start, count)
    assert PLAIN.is_working(end)
    assert sum(PLAIN.is_working(start + timedelta(days=n)) for n in range(1, (end - start).days + 1)) == count


@given(days)
def test_every_holiday_on_a_weekend_is_made_up_for(day: date) -> None:
    year = [date(day.year, 1, 1) + timedelta(days=n) for n in range(380)]
    weekdays_off = sum(not PLAIN.is_working(one) for one in year[:365] if one.weekday() < 5)
    assert 3 <= weekdays_off <= 6
