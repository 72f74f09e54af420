"""Indicators: counted in SQL as a naive count of the same rows says, scoped, refused where they cannot be counted."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from registry.kernel import Refused
from screening.commands.duties import record_assessment
from screening.commands.reported import Reported, load_rounds
from screening.models import ReportedRound
from screening.queries.indicators import Asked, Group, count_indicators, interval_of
from screening.rules.indicators import Basis, is_small, wilson
from screening.rules.reported import Codes, Round, read_round
from tests.factories.city import NOW, City
from tests.factories.rounds import Table
from tests.factories.screening import Ward

SINCE, UNTIL = date(2024, 1, 1), date(2024, 12, 31)
DAYS = st.dates(date(2023, 6, 1), date(2025, 6, 30))
FINDINGS = st.sampled_from(["", "none", "adenoma", "advanced_adenoma", "cancer", "adenoma;cancer", "other"])


@st.composite
def rounds(draw: Any) -> Round:
    """A row as files hold it, with holes."""
    invited = draw(st.none() | DAYS)
    tested = draw(st.none() | DAYS)
    verdict = draw(st.sampled_from(["", "positive", "negative", "inadequate"])) if tested else ""
    assessment = draw(st.sampled_from(["", "done", "not-done", "unknown"]))
    findings = draw(FINDINGS)
    assessed = tested + timedelta(days=draw(st.integers(0, 60))) if tested and assessment == "done" else None
    return Round(
        person_key=str(uuid.uuid4()), round=draw(st.integers(1, 3)), programme="colorectal",
        sex=draw(st.sampled_from("MF")), birth_date=draw(st.dates(date(1950, 1, 1), date(1974, 12, 31))),
        ward_code=draw(st.sampled_from(["00229", "00235", ""])), target=draw(st.booleans()), invited_on=invited,
        tested_on=tested, test="fit", result=verdict, verdict=verdict, assessed_on=assessed, assessment=assessment,
        findings=tuple(findings.split(";")) if findings else None, finding_on=assessed,
        treated_on=draw(st.none() | DAYS),
    )  # fmt: skip


def in_period(day: date | None) -> bool:
    return day is not None and SINCE <= day <= UNTIL


def counted(rows: list[Round], basis: Basis) -> dict[str, int]:
    """The same counts, one row after another."""
    found = dict.fromkeys(
        ("target", "invited", "screened", "positive", "assessed", "cancer", "neoplasia", "treated"), 0
    )
    for row in rows:
        invited = in_period(row.invited_on)
        screened = bool(row.tested_on) and (invited if basis is Basis.COHORT else in_period(row.tested_on))
        waits = row.invited_on is None and row.tested_on is None
        positive = screened and row.verdict == "positive"
        lesions = set(row.findings or ()) if screened and row.verdict != "negative" else set()
        found["target"] += row.target and (invited or screened or waits)
        found["invited"] += invited
        found["screened"] += screened
        found["positive"] += positive
        found["assessed"] += positive and row.assessment == "done"
        found["cancer"] += "cancer" in lesions
        found["neoplasia"] += bool(lesions & {"cancer", "advanced_adenoma"})
        found["treated"] += bool(lesions & {"cancer", "advanced_adenoma"}) and row.treated_on is not None
    return found


def told(group: Group) -> dict[str, float]:
    names = {"found_cancer": "cancer", "found_advanced_neoplasia": "neoplasia"}
    kept = {names.get(name, name): value for name, value in group.counts.items()}
    return {name: kept[name] for name in counted([], Basis.YEAR)}


def keep(city: City, rows: list[Round]) -> None:
    ReportedRound.objects.all().delete()
    load_rounds(city.authority.pk, uuid.uuid4(), [Reported(n, row) for n, row in enumerate(rows, start=1)])


@pytest.mark.parametrize("basis", list(Basis))
@given(rows=st.lists(rounds(), max_size=25))
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_statement_counts_as_one_would_by_hand(city: City, rows: list[Round], basis: Basis) -> None:
    keep(city, rows)
    asked = Asked("colorectal", SINCE, UNTIL, basis, by=("sex", "round"))
    groups = {group.name: group for group in count_indicators(city.ctx("so.y.te", NOW), asked)}
    assert told(groups["all"]) == counted(rows, basis)
    for sex in "MF":
        of_sex = [row for row in rows if row.sex == sex]
        assert (told(groups[sex]) if sex in groups else counted([], basis)) == counted(of_sex, basis)
        for number in "123":
            both = [row for row in of_sex if row.round == int(number)]
            name = f"{sex}, {number}"
            assert (told(groups[name]) if name in groups else counted([], basis)) == counted(both, basis)


def test_a_facility_is_told_of_its_own_people_and_the_department_of_all(ward: Ward) -> None:
    ward.positive(name="Trần Thị Dương")
    ward.resulted("3", ward.enrolled(name="Lê Văn Âm"))
    ward.enrolled(name="Phạm Thị Chưa")
    row = dict(next(iter(Table(1, 1, 0, 0, {}).rows()))) | {"invited_on": "2026-11-01", "tested_on": "2026-11-02"}
    reported = read_round(row, NOW.date(), Codes({}, {}))
    assert isinstance(reported, Round)
    keep(ward.city, [reported])
    asked = Asked("colorectal", date(2026, 1, 1), date(2026, 12, 31))
    here = count_indicators(ward.ctx(), asked)[0].counts
    city = count_indicators(ward.city.ctx("so.y.te", ward.at), asked)[0].counts
    assert [here[name] for name in ("target", "invited", "screened", "positive", "negative")] == [3, 2, 2, 1, 1]
    assert [city[name] for name in ("target", "invited", "screened", "positive", "negative")] == [4, 3, 3, 1, 2]
    assert here["assessment_unknown"] == 1, "a positive without a record of what followed"


def test_an_examination_and_its_finding_are_counted_with_what_it_took(ward: Ward) -> None:
    enrolment = ward.positive()
    ward.later(days=20)
    day = ward.at.date()
    record_assessment(
        ward.ctx(), enrolment_id=enrolment.pk, performed_on=day, complete=True, finding="advanced-adenoma"
    )
    (everybody,) = count_indicators(ward.ctx(), Asked("colorectal", date(2026, 1, 1), date(2026, 12, 31)))
    values = {one.indicator: one for one in everybody.values}
    assert values["detection_rate_advanced_adenoma"].value == 1000
    assert values["ppv_advanced_neoplasia"].value == 100
    assert values["test_to_assessment_median"].value == 20
    assert values["cascade_completion"].value == 100
    assert values["interval_cancer"].value is None, "nobody was negative: nothing to divide by"


def test_ages_are_grouped_as_asked_at_the_day_that_counts(city: City) -> None:
    people = [("1974-06-30", "50-54"), ("1974-07-02", "45-49"), ("1900-01-01", "other")]
    rows = []
    for n, (born, _group) in enumerate(people):
        row = next(iter(Table(1, 1, 0, 0, {}).rows())) | {"person_id": str(n), "birth_date": born}
        found = read_round(
            row | {"invited_on": "2024-07-01", "tested_on": ""} | {"result": ""}, NOW.date(), Codes({}, {})
        )
        assert isinstance(found, Round)
        rows.append(found)
    keep(city, rows)
    asked = Asked("colorectal", SINCE, UNTIL, Basis.COHORT, by=("age",), ages=((45, 49), (50, 54)))
    groups = [group.name for group in count_indicators(city.ctx("so.y.te", NOW), asked)]
    assert groups == ["all", "45-49", "50-54", "other"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"family": "da-day"}, "programme"),
        ({"since": UNTIL, "until": SINCE}, "period"),
        ({"by": ("age", "height")}, "by"),
        ({"by": ("sex", "sex")}, "by"),
        ({"ages": ((50, 59), (55, 64))}, "age-groups"),
    ],
)
def test_what_cannot_be_counted_is_refused(city: City, change: dict[str, Any], code: str) -> None:
    asked: dict[str, Any] = {"family": "colorectal", "since": SINCE, "until": UNTIL}
    with pytest.raises(Refused) as refusal:
        count_indicators(city.ctx("so.y.te", NOW), Asked(**(asked | change)))
    assert refusal.value.code == code


def test_the_annual_target_is_a_fraction_by_the_programmes_interval(city: City) -> None:
    keep(city, [])
    assert interval_of("breast") == 24
    rows = [next(iter(Table(1, 0, 0, 0, {}, round=n).rows())) | {"programme": "breast", "sex": "F"} for n in (1, 2, 3)]
    kept = [read_round(row | {"invited_on": ""}, NOW.date(), Codes({}, {})) for row in rows]
    keep(city, [one for one in kept if isinstance(one, Round)])
    (everybody,) = count_indicators(city.ctx("so.y.te", NOW), Asked("breast", SINCE, UNTIL))
    values = {one.indicator: one.value for one in everybody.values}
    assert (values["target_count"], values["annual_target"]) == (3, 1.5)


def test_limits_and_small_numbers() -> None:
    low, high = wilson(10, 100)
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744), "Wilson's example of 10 in 100"
    assert wilson(0, 0) == (0.0, 1.0)
    assert [is_small(count) for count in (0, 1, 4, 5)] == [False, True, True, False]
