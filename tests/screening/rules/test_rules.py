"""The rules, by the rows of the programme's tables and by properties."""

from __future__ import annotations

import dataclasses
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.dates import PartialDate
from screening.rules.eligibility import Obstacle, PersonFacts, describe_obstacle, due_on, find_obstacles
from screening.rules.faults import UnusableRulesError
from screening.rules.intervals import add_months, age_on, latest_birth
from screening.rules.pathway import Facts, Verdict
from screening.rules.programme import ProgrammeRules, Sourced
from screening.rules.programme_data import parse_rules

TODAY = date(2026, 11, 23)
DAYS = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@given(DAYS, st.integers(-600, 600))
def test_months_keep_the_day_or_fall_to_the_last(day: date, months: int) -> None:
    moved = add_months(day, months)
    assert (moved.year * 12 + moved.month) - (day.year * 12 + day.month) == months
    assert moved.day == day.day or (moved.day < day.day and (moved + timedelta(days=1)).day == 1)


@given(DAYS, DAYS, st.integers(0, 110))
def test_old_enough_is_the_same_question_as_age(birth: date, on: date, age: int) -> None:
    assert (birth <= latest_birth(age, on)) == (age_on(birth, on) >= age)


def _born(day: date, precision: Any = "day") -> PersonFacts:
    return PersonFacts(PartialDate(day, precision), "female")


@pytest.mark.parametrize(
    ("birth", "precision", "found"),
    [
        (date(1986, 11, 23), "day", ()),  # 40 today
        (date(1986, 11, 24), "day", (Obstacle.TOO_YOUNG,)),  # 40 tomorrow
        (date(1986, 1, 1), "year", ()),  # may be 40 already
        (date(1987, 1, 1), "year", (Obstacle.TOO_YOUNG,)),
        (date(1920, 1, 1), "day", ()),  # Hanoi 2017-2019 states no upper age
    ],
)
def test_age_is_that_of_the_day(
    rules: ProgrammeRules, birth: date, precision: str, found: tuple[Obstacle, ...]
) -> None:
    assert find_obstacles(rules, _born(birth, precision), TODAY) == found


@pytest.mark.parametrize(
    ("scheme", "low", "high", "birth", "found"),
    [  # rows of the eligibility table that state FIT ages
        ("EU 2013", 50, 74, date(1976, 11, 23), ()),
        ("EU 2013", 50, 74, date(1976, 11, 24), (Obstacle.TOO_YOUNG,)),
        ("EU 2013", 50, 74, date(1951, 11, 24), ()),
        ("EU 2013", 50, 74, date(1951, 11, 23), (Obstacle.TOO_OLD,)),
        ("Veneto", 50, 69, date(1956, 11, 23), (Obstacle.TOO_OLD,)),
        ("England", 60, 74, date(1966, 11, 24), (Obstacle.TOO_YOUNG,)),
    ],
)
def test_age_bands_of_other_schemes(
    rules: ProgrammeRules, scheme: str, low: int, high: int, birth: date, found: tuple[Obstacle, ...]
) -> None:
    banded = replace(rules, age_from=Sourced(low, scheme), age_to=Sourced(high, scheme))
    assert find_obstacles(banded, _born(birth), TODAY) == found


@given(
    st.dates(date(1900, 1, 1), TODAY),
    st.sampled_from(["day", "month", "year"]),
    st.integers(30, 60),
    st.integers(61, 90),
)
def test_an_uncertain_birth_is_in_the_band_when_any_day_it_can_mean_is(
    rules: ProgrammeRules, day: date, precision: Any, low: int, high: int
) -> None:
    first = day.replace(day=1) if precision == "month" else day.replace(month=1, day=1) if precision == "year" else day
    birth = PartialDate(first, precision)
    banded = replace(rules, age_from=Sourced(low, "x"), age_to=Sourced(high, "x"))
    ages = {age_on(one, TODAY) for one in (birth.value, birth.last)}
    may = any(low <= age <= high for age in range(min(ages), max(ages) + 1))
    assert (find_obstacles(banded, PersonFacts(birth, "male"), TODAY) == ()) == may


def test_every_obstacle_is_found_and_has_words(rules: ProgrammeRules) -> None:
    banded = replace(rules, age_to=Sourced(74, "EU 2013"), insured=Sourced(value=True, source="Hà Nội 2017–2019"))
    worst = PersonFacts(
        PartialDate(date(1940, 1, 1)),
        "unknown",
        deceased=True,
        enrolled=True,
        last_test_on=TODAY,
        last_cleared_on=TODAY,
        excluded=True,
        insured=False,
    )
    found = find_obstacles(banded, worst, TODAY)
    assert set(found) == set(Obstacle) - {Obstacle.TOO_YOUNG}
    assert list(found) == [one for one in Obstacle if one in found]
    assert all(describe_obstacle(one, banded).endswith(".") for one in Obstacle)


@given(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(-3000, 3000))
def test_intervals_end_on_their_day(rules: ProgrammeRules, last: date, days: int) -> None:
    on = last + timedelta(days=abs(days))
    tested = PersonFacts(PartialDate(date(1950, 1, 1)), "male", last_test_on=last)
    scoped = PersonFacts(PartialDate(date(1950, 1, 1)), "male", last_cleared_on=last)
    assert (Obstacle.TESTED_RECENTLY in find_obstacles(rules, tested, on)) == (on < due_on(rules, last, on))
    assert (Obstacle.CLEARED_RECENTLY in find_obstacles(rules, scoped, on)) == (on < add_months(last, 120))


def test_without_a_test_on_record_one_is_due_today(rules: ProgrammeRules) -> None:
    assert due_on(rules, None, TODAY) == TODAY
    assert due_on(rules, date(2026, 2, 28), TODAY) == date(2027, 2, 28)


@given(st.decimals(0, 1000, places=2))
def test_positive_at_or_above_the_cut_off(
    rules: ProgrammeRules, value: Decimal
) -> None:  # CR-F-positive, CR-F-negative
    assert rules.action.judge(value).verdict is (Verdict.POSITIVE if value >= 20 else Verdict.NEGATIVE)


@pytest.mark.parametrize(("cut_off", "verdict"), [(20, Verdict.POSITIVE), (120, Verdict.NEGATIVE)])
def test_the_same_result_under_veneto_and_england(rules: ProgrammeRules, cut_off: int, verdict: Verdict) -> None:
    assert replace(rules.action, cut_off=Decimal(cut_off)).judge(Decimal(86)).verdict is verdict


@pytest.mark.parametrize(
    ("result", "step", "due"),
    [
        ("negative", "recall", date(2027, 11, 23)),  # CR-F-negative
        ("positive", "colonoscopy", date(2026, 12, 24)),  # CR-F-positive
        ("inadequate", "fit", date(2026, 12, 21)),  # CR-F-inadequate
    ],
)
def test_what_follows_a_test(rules: ProgrammeRules, result: str, step: str, due: date) -> None:
    follows = rules.pathway.follow("fit", result, Facts(55), TODAY)
    assert (follows.step, follows.due) == (step, due)
    assert rules.name_of(follows.step)
    assert rules.action.judge(None).verdict is Verdict.INADEQUATE


@pytest.mark.parametrize(
    ("finding", "complete", "step", "due"),
    [
        ("normal", True, "recall", date(2036, 11, 23)),  # CR-US-01: 10 years
        ("adenomas-1-2", True, "recall", date(2033, 11, 23)),  # CR-US-02: 7-10 years, the earlier
        ("adenomas-3-4", True, "recall", date(2029, 11, 23)),  # CR-US-03: 3-5 years, the earlier
        ("advanced-adenoma", True, "recall", date(2029, 11, 23)),  # CR-US-06: 3 years
        ("cancer", True, "treatment", date(2026, 12, 21)),  # CR-CX
        ("cancer", False, "treatment", date(2026, 12, 21)),
        ("other", True, "clinician-decides", date(2026, 12, 21)),
        ("normal", False, "colonoscopy", date(2026, 12, 21)),  # CR-INC: must stay open
    ],
)
def test_what_follows_a_colonoscopy(
    rules: ProgrammeRules, finding: str, complete: bool | None, step: str, due: date
) -> None:
    follows = rules.pathway.follow("colonoscopy", finding, Facts(55), TODAY, complete=complete)
    assert (follows.step, follows.due) == (step, due)
    assert rules.name_of(follows.step)


def test_a_finding_the_version_does_not_know_is_an_error(rules: ProgrammeRules) -> None:
    with pytest.raises(KeyError):
        rules.pathway.follow("colonoscopy", "polyp", Facts(55), TODAY, complete=True)


def test_what_nobody_has_confirmed_is_marked(rules: ProgrammeRules) -> None:
    assert rules.cut_off.unverified
    assert rules.follow_up is not None
    assert rules.follow_up.unverified
    assert rules.classification_days == Sourced(14, rules.classification_days.source, unverified=True)
    assert not rules.age_from.unverified
    assert all(row.source for row in rules.pathway.rows)


def _data() -> dict[str, Any]:
    entry = {"value": 1, "source": "nguồn"}
    outcomes = [{"code": one, "label": one, "verdict": one} for one in ("negative", "positive", "inadequate")]
    return {
        "test": "fit",
        "sexes": entry | {"value": ["male"]},
        "age_from": entry,
        "age_to": entry | {"value": None},
        "test_interval_months": entry,
        "cleared": {"codes": ["colonoscopy"], "months": 120, "source": "nguồn"},
        "advice": entry | {"value": "Hoãn khi đang chảy máu trĩ."},
        "escalation": {"levels": [{"days_late": 0, "to": "facility"}], "source": "nguồn"},
        "actions": [
            {
                "code": "fit", "name": "FIT", "kind": "test", "unit": "µg Hb/g", "outcomes": outcomes,
                "cut_off": {"value": "20", "source": "nguồn"},
            },
        ],
        "rows": [
            {"rule": "1", "after": "fit", "results": ["negative"], "step": "recall", "months": 12, "source": "nguồn"}
        ],
        "clocks": [{"code": one, "days": 14, "source": "nguồn"} for one in ("follow-up", "classify")],
    }  # fmt: skip


def _fit(**more: Any) -> list[dict[str, Any]]:
    return [_data()["actions"][0] | more]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("actions", _fit(cut_off={"value": "không", "source": "x"})),
        ("actions", _fit(cut_off={"value": "0", "source": "x"})),
        ("actions", _fit(cut_off={"value": "1001", "source": "x"})),
        ("actions", _fit(cut_off={"value": "20"})),
        ("age_from", {"value": "40", "source": "x"}),
        ("age_from", {"value": True, "source": "x"}),
        ("age_to", {"value": 400, "source": "x"}),
        ("test_interval_months", None),
        ("sexes", {"value": [], "source": "x"}),
        ("cleared", {"codes": "45.23", "months": 120, "source": "x"}),
        ("cleared", {"codes": ["45.23"], "months": 120}),
        ("test", "mri"),
        ("reference_day", "sometime"),
        ("escalation", {"levels": [{"days_late": 0, "to": "nobody"}], "source": "x"}),
        ("escalation", {"levels": [], "source": "x"}),
        ("clocks", [{"code": "follow-up", "days": 14, "source": "x"}]),
        ("risk_groups", [{"code": "hiv"}]),
        ("exclusions", [{"code": "hysterectomy", "label": "x"}]),
    ],
)
def test_rules_without_value_or_source_cannot_be_used(key: str, value: Any) -> None:
    assert parse_rules(_data()).cut_off.value == 20
    with pytest.raises(UnusableRulesError):
        parse_rules(_data() | {key: value})


def test_rules_are_read_once_for_what_is_written_alike_and_nobody_can_change_them() -> None:
    read = parse_rules(_data())
    assert parse_rules(_data()) is read
    other = parse_rules(_data() | {"age_from": {"value": 41, "source": "x"}})
    assert (other.age_from.value, parse_rules(_data()).age_from.value) == (41, read.age_from.value)
    waiting: list[Any] = [read]
    while waiting:
        one = waiting.pop()
        assert not isinstance(one, (dict, list, set)), one
        if dataclasses.is_dataclass(one):
            assert one.__dataclass_params__.frozen, one  # type: ignore[attr-defined]
            waiting += [getattr(one, field.name) for field in dataclasses.fields(one)]
        elif isinstance(one, (tuple, frozenset)):
            waiting += one


@pytest.mark.parametrize(
    ("reference_day", "birth", "eligible"),
    [
        ("invitation-day", date(1986, 11, 24), False),
        ("invitation-day", date(1986, 11, 23), True),
        ("year-start", date(1986, 1, 2), False),
        ("year-start", date(1986, 1, 1), True),
        ("year-end", date(1986, 12, 31), True),
        ("year-end", date(1987, 1, 1), False),
    ],
)
def test_ages_count_at_the_reference_day_the_version_states(
    rules: ProgrammeRules, reference_day: str, birth: date, eligible: bool
) -> None:
    """Complaint tuva-core 269: the age was taken at the period's end where its start was meant."""
    judged = find_obstacles(
        replace(rules, reference_day=reference_day), PersonFacts(PartialDate(birth), "male"), date(2026, 11, 23)
    )
    assert (judged == ()) == eligible
