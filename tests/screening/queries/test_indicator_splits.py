"""Groups by facility and by period: each month says what the month asked for alone would say."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.kernel import Refused
from screening.models import ReportedRound
from screening.queries.indicators import Asked, Group, count_indicators
from screening.rules.indicators import Basis
from screening.rules.intervals import period_days
from tests.factories.city import NOW, City
from tests.factories.reported import report
from tests.factories.rounds import people

SINCE, UNTIL = date(2024, 1, 1), date(2024, 12, 31)
DAYS = st.dates(date(2023, 11, 1), date(2025, 2, 28))
# What belongs to a day of its own, and so to no month of the period: who is covered on the last day.
NOT_OF_A_MONTH = {"coverage_60_74"}


@st.composite
def rows(draw: Any) -> dict[str, str]:
    """A row as files hold it: invited in one month, tested in the same, the next, or never."""
    invited = draw(st.none() | DAYS)
    tested = draw(st.none() | DAYS) if invited is None else invited + timedelta(days=draw(st.integers(0, 70)))
    tested = tested if draw(st.booleans()) else None
    result = draw(st.sampled_from(["negative", "positive"])) if tested else ""
    seen = tested + timedelta(days=draw(st.integers(0, 60))) if tested and draw(st.booleans()) else None
    return {
        "person_id": str(uuid.uuid4()), "programme": "colorectal", "round": str(draw(st.integers(1, 2))),
        "target": draw(st.sampled_from("01")), "invited_on": str(invited or ""), "tested_on": str(tested or ""),
        "result": result, "assessed_on": str(seen or ""),
        "findings": draw(st.sampled_from(["", "none", "cancer", "advanced_adenoma"])) if seen else "",
    }  # fmt: skip


def ask(city: City, asked: Asked) -> dict[str, Group]:
    return {group.name: group for group in count_indicators(city.ctx("so.y.te", NOW), asked)}


def told(group: Group) -> dict[str, tuple[Any, ...]]:
    return {
        one.indicator: (one.numerator, one.denominator, one.value, one.unknown)
        for one in group.values
        if one.indicator not in NOT_OF_A_MONTH
    }


@pytest.mark.parametrize("basis", list(Basis))
@pytest.mark.parametrize("period", ["month", "quarter", "year"])
@given(found=st.lists(rows(), max_size=20))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_each_period_is_counted_as_if_it_were_asked_for_alone(
    city: City, period: str, basis: Basis, found: list[dict[str, str]]
) -> None:
    ReportedRound.objects.all().delete()
    report(city.here.pk, [next(people(1, **row)) for row in found])
    groups = ask(city, Asked("colorectal", SINCE, UNTIL, basis, by=(period,)))
    alone = ask(city, Asked("colorectal", SINCE, UNTIL, basis))["all"]
    assert told(groups.pop("all")) == told(alone), "the whole is not changed by being split"
    for name, group in groups.items():
        since, until = period_days(period, name)
        assert told(group) == told(ask(city, Asked("colorectal", since, until, basis))["all"]), name


def test_invited_in_march_and_tested_in_april_counts_once_in_each(city: City) -> None:
    row = {"programme": "colorectal", "invited_on": "2024-03-28", "tested_on": "2024-04-02", "result": "negative"}
    report(city.here.pk, people(6, person_id="a", **row))
    report(city.here.pk, people(3, person_id="never", programme="colorectal"))
    groups = ask(city, Asked("colorectal", SINCE, UNTIL, by=("sex", "month")))
    counts = {name: [group.counts[one] for one in ("target", "invited", "screened")] for name, group in groups.items()}
    assert counts == {
        "all": [9, 6, 6], "F": [9, 6, 6], "2024-03": [9, 6, 0], "2024-04": [9, 0, 6],
        "F, 2024-03": [9, 6, 0], "F, 2024-04": [9, 0, 6],
    }  # fmt: skip
    march = {one.indicator: one for one in groups["2024-03"].values}
    assert march["invitation_coverage"].denominator == pytest.approx(9 / 12), "a month is a twelfth of a year's target"


def test_facilities_are_told_by_their_code(city: City) -> None:
    row = {"programme": "colorectal", "invited_on": "2024-03-28", "tested_on": "2024-04-02", "result": "negative"}
    report(city.here.pk, people(5, person_id="a", **row))
    report(city.elsewhere.pk, people(7, person_id="a", **row))
    groups = ask(city, Asked("colorectal", SINCE, UNTIL, by=("facility", "round")))
    screened = {name: group.counts["screened"] for name, group in groups.items()}
    here, there = city.here.code, city.elsewhere.code
    assert screened == {"all": 12, here: 5, there: 7, "1": 12, f"{here}, 1": 5, f"{there}, 1": 7}


def test_one_period_at_a_time(city: City) -> None:
    with pytest.raises(Refused) as refusal:
        ask(city, Asked("colorectal", SINCE, UNTIL, by=("month", "year")))
    assert (refusal.value.code, refusal.value.field) == ("by", "by")
