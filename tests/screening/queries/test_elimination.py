"""WHO 90-70-90 over the record: girls vaccinated by 15, women tested by 35 and again by 45, treated; and who is unknown."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.models import Immunization, Observation, Patient, RecordLink
from screening.commands.decisions import decide
from screening.commands.duties import record_assessment
from screening.commands.enrolment import enrol
from screening.commands.results import record_test
from screening.models import Enrolment
from screening.queries.indicators import Asked, count_indicators
from screening.rules.indicators import Value
from tests.factories.city import NOW, City
from tests.factories.reported import report
from tests.factories.residents import make_resident
from tests.factories.rounds import people
from tests.factories.screening import Ward

SINCE, UNTIL = date(2026, 1, 1), date(2026, 12, 31)


def ask(city: City, at: datetime = NOW, family: str = "cervical") -> dict[str, Value]:
    everybody = count_indicators(city.ctx("so.y.te", at), Asked(family, SINCE, UNTIL))[0]
    return {one.indicator: one for one in everybody.values}


def told(one: Value) -> tuple[float, float | None, float | None]:
    return one.numerator, one.denominator, one.unknown


def written(person: Patient, facility: Any) -> dict[str, Any]:
    """Under which source record a row about this person stands."""
    link = RecordLink.objects.get(patient=person)
    return {"patient": person, "source_record_id": link.record_id, "facility": facility, "recorded_at": NOW}


def dose(city: City, person: Patient, day: date, **more: Any) -> Immunization:
    given = {"programme": "outside", "vaccine_code": "hpv", "vaccine_display": "HPV"} | written(person, city.here)
    return Immunization.objects.create(occurred_on=day, **given | more)


def seen(city: City, person: Patient, day: date, code: str = "hpv", value: str = "Âm tính", **more: Any) -> Observation:
    at = datetime(day.year, day.month, day.day, 3, tzinfo=UTC)
    said = {"code": code, "display": "HPV", "value_text": value, "observed_at": at} | written(person, city.here)
    return Observation.objects.create(**said | more)


@pytest.fixture
def girl(city: City) -> Any:
    """girl(birth): a girl of the city, fifteen on the last day unless she was born on another."""
    return lambda birth=date(2011, 6, 15), **more: make_resident(city.here, birth=birth, **more)


def test_girls_are_vaccinated_when_every_dose_came_before_their_fifteenth_birthday(city: City, girl: Any) -> None:
    both, late, one, doubled, vague = (girl() for _ in range(5))
    for person, days in (
        (both, [date(2024, 3, 1), date(2024, 9, 1)]),
        (late, [date(2025, 3, 1), date(2026, 6, 15)]),
        (one, [date(2024, 3, 1)]),
        (doubled, [date(2024, 3, 1), date(2024, 3, 1)]),
    ):
        for day in days:
            dose(city, person, day)
    dose(city, vague, date(2024, 1, 1), occurred_precision="year")
    dose(city, vague, date(2026, 1, 1), occurred_precision="year")
    refused, other, taken_back, unknown = (girl() for _ in range(4))
    dose(
        city, refused, date(2024, 3, 1), status="not-done", not_done_code="refused", not_done_reason="Gia đình từ chối"
    )
    dose(city, other, date(2024, 3, 1), vaccine_code="covid-19")
    dose(city, taken_back, date(2024, 3, 1), status="entered-in-error")
    girl(birth=date(2010, 12, 31))
    girl(birth=date(2012, 1, 1))
    girl(sex="male")
    Patient.objects.filter(pk=girl().pk).update(deceased_on=date(2026, 3, 1))
    assert unknown.pk != both.pk
    found = ask(city)
    assert told(found["who_vaccinated_by_15"]) == (1, 9, 3), "no record of the vaccine is unknown, a refusal is not"
    assert told(found["who_vaccination_begun_by_15"]) == (5, 9, 3)


def test_women_are_tested_by_thirty_five_and_again(city: City) -> None:
    def woman(birth: date) -> Patient:
        return make_resident(city.here, birth=birth)

    young, old = date(1991, 6, 15), date(1981, 6, 15)
    for day in (date(2022, 5, 1), date(2026, 12, 31)):
        seen(city, woman(young), day)
    seen(city, woman(young), date(2022, 5, 1), code="cytology", value="NILM")
    seen(city, woman(young), date(2022, 5, 1), value="Mẫu không đạt")
    taken_back = seen(city, woman(young), date(2022, 5, 1))
    Observation.objects.filter(pk=taken_back.pk).update(mistaken=True)
    woman(date(1990, 12, 31))
    assert told(ask(city)["who_screened_by_35"]) == (2, 5, 2)
    twice, late, once = woman(old), woman(old), woman(old)
    for person, days in ((twice, [2016, 2024]), (late, [2019, 2024]), (once, [2016])):
        for year in days:
            seen(city, person, date(year, 5, 1))
    woman(old)
    assert told(ask(city)["who_screened_by_45"]) == (1, 4, 1)


def test_the_programmes_own_results_count_and_reported_people_are_told_apart(ward: Ward) -> None:
    woman = ward.person(sex="female", birth=date(1991, 6, 15), name="Lê Thị An")
    enrolment = enrol(ward.ctx(), patient_id=woman.pk, programme="cervical")
    record_test(ward.ctx(), enrolment_id=enrolment.pk, action="hpv", code="negative")
    common = {"programme": "cervical", "birth_date": "1991-06-15", "tested_on": "2025-03-20"}
    report(ward.city.here.pk, people(6, person_id="hpv", **common, test="HPV DNA", result="negative"))
    report(ward.city.here.pk, people(3, person_id="via", **common, test="via", result="negative"))
    report(ward.city.here.pk, people(1, person_id="never", **common | {"tested_on": ""}))
    older = {"birth_date": "1981-06-15", "test": "hpv", "result": "negative", "programme": "cervical"}
    report(ward.city.here.pk, people(2, person_id="twice", **older, tested_on="2016-05-01"))
    report(ward.city.here.pk, people(2, person_id="twice", **older, tested_on="2023-05-01", round="2"))
    report(ward.city.here.pk, people(3, person_id="once", **older, tested_on="2023-05-01"))
    found = ask(ward.city, ward.at)
    assert told(found["who_screened_by_35"]) == (1, 1, 0)
    assert told(found["who_screened_by_35_reported"]) == (6, 10, 1)
    assert told(found["who_screened_by_45_reported"]) == (2, 5, 0)


def test_each_target_is_one_statement(city: City) -> None:
    with CaptureQueriesContext(
        connection,
    ) as asked:
        ask(city)
    for table in ("records_immunization", "records_observation"):
        assert sum(table in one["sql"] for one in asked.captured_queries) == 1, table


def _through(ward: Ward, name: str) -> Enrolment:
    """A woman positive for HPV and VIA whose lesion was burnt away that day."""
    woman = ward.person(sex="female", birth=date(1985, 5, 4), name=name)
    enrolment = enrol(ward.ctx(), patient_id=woman.pk, programme="cervical")
    record_test(ward.ctx("ky.thuat.vien"), enrolment_id=enrolment.pk, action="hpv", code="other-hr")
    record_test(ward.ctx(), enrolment_id=enrolment.pk, action="via-triage", code="positive")
    for finding in ("eligible", "done"):
        record_assessment(ward.ctx("bac.si"), enrolment_id=enrolment.pk, performed_on=ward.at.date(), finding=finding)
    decide(ward.ctx("bac.si"), enrolment_id=enrolment.pk, step="recall", note="HPV", due_on=date(2027, 11, 23))
    return enrolment


def test_hpv_via_and_what_follows_are_told_of_our_own_women(ward: Ward) -> None:
    treated = _through(ward, "Lê Thị An")
    _through(ward, "Lê Thị Bình")
    lost = ward.person(sex="female", birth=date(1985, 5, 4), name="Lê Thị Chi")
    enrolment = enrol(ward.ctx(), patient_id=lost.pk, programme="cervical")
    record_test(ward.ctx("ky.thuat.vien"), enrolment_id=enrolment.pk, action="hpv", code="16-18")
    found = ask(ward.city, ward.at)
    assert told(found["hpv_positive_assessed"]) == (2, 3, 1)
    assert told(found["via_positive_treated"])[:2] == (2, 2), "VIA after HPV counts as VIA"
    assert told(found["follow_up_after_treatment"]) == (0, 0, 2), "too early to tell"
    ward.later(days=370)
    record_test(ward.ctx("ky.thuat.vien"), enrolment_id=treated.pk, action="hpv", code="negative")
    ward.later(days=100)
    found = ask(ward.city, ward.at)
    assert told(found["follow_up_after_treatment"]) == (1, 2, 0)


@pytest.mark.parametrize(
    ("stage", "told_of"),
    [
        ("pT1b N0 M0", {"stage_2_plus": (0, 1), "small_invasive": (1, 1), "node_negative": (1, 1)}),
        ("T1c N1 M0", {"stage_2_plus": (1, 1), "small_invasive": (0, 1), "node_negative": (0, 1)}),
        ("T1N1mi", {"stage_2_plus": (0, 1), "small_invasive": (0, 1), "node_negative": (0, 1)}),
        ("ct3n0m0", {"stage_2_plus": (1, 1), "small_invasive": (0, 1), "node_negative": (1, 1)}),
        ("M1", {"stage_2_plus": (1, 1), "small_invasive": (0, 0), "node_negative": (0, 0)}),
        ("chưa rõ", {"stage_2_plus": (0, 0), "small_invasive": (0, 0), "node_negative": (0, 0)}),
    ],
)
def test_the_stage_of_a_breast_cancer_is_read_as_it_was_written(
    ward: Ward, stage: str, told_of: dict[str, tuple[int, int]]
) -> None:
    woman = ward.person(sex="female", birth=date(1970, 5, 4), name="Lê Thị An")
    enrolment = enrol(ward.ctx(), patient_id=woman.pk, programme="breast")
    record_test(ward.ctx("ky.thuat.vien"), enrolment_id=enrolment.pk, action="mammography", code="5")
    record_assessment(
        ward.ctx("bac.si"), enrolment_id=enrolment.pk, performed_on=ward.at.date(), finding="invasive", stage=stage
    )
    report(ward.city.here.pk, people(
        1, person_id=str(uuid.uuid4()), programme="breast", tested_on="2026-03-01", result="positive", findings="invasive",
        assessment="done",
    ))  # fmt: skip
    found = ask(ward.city, ward.at, "breast")
    for code, (top, bottom) in told_of.items():
        assert told(found[code]) == (top, bottom, 2 - bottom), code
