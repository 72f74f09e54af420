"""What takes more than one round: invited again in time, covered today, cancers after a negative, complete examinations."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from records.models import Condition
from screening.commands.duties import record_assessment
from screening.queries.indicators import Asked, count_indicators
from screening.rules.indicators import Value
from screening.rules.intervals import add_months
from tests.factories.city import NOW, City
from tests.factories.reported import report
from tests.factories.rounds import people
from tests.factories.screening import Ward

SINCE, UNTIL = date(2024, 1, 1), date(2024, 12, 31)
FIT = {"programme": "colorectal", "test": "fit", "birth_date": "1960-07-01"}


def ask(
    city: City, since: date = SINCE, until: date = UNTIL, family: str = "colorectal", **more: Any
) -> Mapping[str, Value]:
    groups = count_indicators(city.ctx("so.y.te", NOW), Asked(family, since, until, **more))
    return {one.indicator: one for one in groups[0].values}


def shares(one: Value) -> tuple[float, float | None]:
    return one.numerator, one.denominator


def test_who_is_due_again_is_counted_by_the_day_of_the_last_round(city: City) -> None:
    last = FIT | {"invited_on": "2023-03-01", "tested_on": "2023-03-20", "result": "negative"}
    report(city.here.pk, people(4, person_id="again", **last))
    report(city.here.pk, people(3, person_id="again", **FIT, round="2", invited_on="2024-03-20"))
    report(city.here.pk, people(2, person_id="late", **last))
    report(city.here.pk, people(2, person_id="late", **FIT, round="2", invited_on="2024-03-21"))
    report(city.here.pk, people(5, person_id="positive", **last | {"result": "positive"}))
    report(city.here.pk, people(1, person_id="silent", **FIT, invited_on="2023-06-01"))
    report(city.here.pk, people(6, person_id="not-yet", **last | {"tested_on": "2024-02-01"}))
    assert shares(ask(city)["timely_invitation"]) == (3, 7), (
        "positives go another way; the sixth of not-yet is due in 2025"
    )
    assert shares(ask(city, interval=24)["timely_invitation"]) == (0, 0)


def test_people_are_covered_by_a_readable_test_of_the_last_thirty_months(city: City) -> None:
    def told(person: str, count: int, number: str, tested_on: str, result: str, **more: str) -> None:
        report(
            city.here.pk,
            people(count, person_id=person, round=number, **FIT | {"tested_on": tested_on, "result": result} | more),
        )

    told("lately", 3, "1", "2022-07-01", "negative")
    told("long-ago", 2, "1", "2022-06-29", "negative")
    told("unread", 1, "1", "2024-07-01", "inadequate")
    told("never", 4, "1", "", "")
    told("not-asked", 9, "1", "2024-07-01", "negative", target="0")
    told("too-young", 9, "1", "2024-07-01", "negative", birth_date="1970-01-01")
    told("second", 5, "1", "2020-01-01", "negative")
    told("second", 5, "2", "2024-01-01", "negative")
    told("skipped", 6, "1", "2023-01-01", "positive")
    told("skipped", 6, "2", "", "")
    told("joined-late", 2, "3", "2024-05-05", "negative")
    assert shares(ask(city)["coverage_60_74"]) == (3 + 5 + 6 + 2, 3 + 2 + 1 + 4 + 5 + 6 + 2)


def test_cancers_after_a_negative_are_divided_by_the_years_they_were_waited_for(city: City) -> None:
    clear = {"programme": "breast", "tested_on": "2024-03-20", "result": "negative"}
    report(city.here.pk, people(90, person_id="clear", **clear))
    found = {"findings": "invasive"}
    report(city.here.pk, people(3, person_id="soon", **clear, **found, finding_on="2024-09-20"))
    report(city.here.pk, people(2, person_id="later", **clear, **found, finding_on="2025-09-20"))
    report(city.here.pk, people(1, person_id="undated", **clear, **found))
    report(city.here.pk, people(1, person_id="after", **clear, **found, finding_on="2026-04-20"))
    told = ask(city, family="breast")
    assert shares(told["interval_cancer"]) == (7, 97)
    days = (365 * 94 + 184 * 3, 365 * 92 + 184 * 2)
    first, second = told["interval_cancer_0_11"], told["interval_cancer_12_23"]
    assert (first.numerator, second.numerator) == (3, 2)
    assert first.denominator == pytest.approx(days[0] / 365.25)
    assert second.denominator == pytest.approx(days[1] / 365.25)
    assert first.value == pytest.approx(3 / (days[0] / 365.25) * 10000)
    assert first.unit.value == "/10000 person-years"


def test_nobody_is_waited_for_longer_than_until_the_next_round(city: City) -> None:
    clear = FIT | {"tested_on": "2024-03-20", "result": "negative"}
    report(city.here.pk, people(10, person_id="clear", **clear))
    report(city.here.pk, people(1, person_id="next", **clear, findings="cancer", finding_on="2025-06-01"))
    told = ask(city)
    assert told["interval_cancer"].numerator == 1
    assert (told["interval_cancer_12_23"].numerator, told["interval_cancer_12_23"].denominator) == (0, 0)
    assert told["interval_cancer_0_11"].denominator == pytest.approx(11 * 365 / 365.25)


def test_a_cancer_of_the_record_counts_whoever_found_it(ward: Ward) -> None:
    tested = ward.at.date()
    enrolment = ward.resulted("3").episode.enrolment
    ward.resulted("3", ward.enrolled(name="Phạm Thị Khoẻ"))
    person = enrolment.patient
    common = {
        "patient": person, "source_record": enrolment.source_record, "facility": ward.city.elsewhere,
        "recorded_at": ward.at, "display": "U đại tràng", "role": "history",
    }  # fmt: skip
    Condition.objects.create(code="C18.7", onset_on=add_months(tested, 4), **common)
    Condition.objects.create(code="C50.9", onset_on=add_months(tested, 2), **common)
    ward.later(days=400)
    asked = Asked("colorectal", date(tested.year, 1, 1), date(tested.year, 12, 31))
    told = {one.indicator: one for one in count_indicators(ward.ctx(), asked)[0].values}
    assert shares(told["interval_cancer"]) == (1, 2)
    assert told["interval_cancer_0_11"].numerator == 1
    assert told["interval_cancer_0_11"].denominator == pytest.approx(
        (365 + (add_months(tested, 4) - tested).days) / 365.25
    )


def test_complete_examinations_are_those_of_which_somebody_said_it(ward: Ward) -> None:
    for name, complete in (("Trần Thị Một", True), ("Trần Thị Hai", False)):
        enrolment = ward.positive(name=name)
        ward.later(days=3)
        finding = {"finding": "adenomas-1-2"} if complete else {}
        record_assessment(
            ward.ctx(), enrolment_id=enrolment.pk, performed_on=ward.at.date(), complete=complete, **finding
        )
    report(ward.city.here.pk, people(
        3, person_id="other", **FIT | {"tested_on": "2026-03-01", "result": "positive", "assessment": "done"}
    ))  # fmt: skip
    told = ask(ward.city, date(2026, 1, 1), date(2026, 12, 31))
    assert shares(told["complete_examination"]) == (1, 2)
    assert told["complete_examination"].unknown == 3, "files do not say"
    assert shares(told["adenoma_detection"]) == (1, 4)
