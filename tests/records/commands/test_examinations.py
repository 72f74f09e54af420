"""Examinations, reports and medicines of the record: what is written, replaced, refused."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.commands.encounters import Diagnosis, cancel_encounter, finish_encounter, open_encounter, record_diagnoses
from records.commands.examinations import record_examination
from records.commands.medications import add_medicine, add_medicines, stop_medicine, withdraw_medicine
from records.commands.reports import correct_report, record_report
from records.models import Encounter, ExaminationFinding, MedicationRequest, Observation
from records.queries.access import open_record
from records.queries.examination import get_examination, get_reports
from records.queries.medication import get_medications
from records.rules.examination import SYSTEMS, Examination
from records.rules.medication import Medicine
from records.rules.reports import Measure, Report
from registry.kernel import Refused
from tests.factories.city import NOW, City
from tests.records.conftest import BARE, register

LATER = NOW + timedelta(hours=1)
SAID = Examination(
    findings={"cardiovascular": "T1, T2 đều rõ", "respiratory": "Bình thường"},
    readings={"systolic": Decimal(152), "waist": Decimal(88)},
    sight={"vision_right": "8/10", "glasses": "Không"},
    course="Đau đầu 3 ngày.",
    advice="Giảm muối.",
)
SUGAR = Report(
    "LAB", "Glucose máu", NOW, code="23.0075", conclusion="Tăng",
    measures=(Measure("14749-6", "Glucose", Decimal("9.2"), unit="mmol/L", reference="3,9–6,4"),),
)  # fmt: skip
PILL = Medicine("Amlodipin", date(2026, 11, 1), "amlodipine", "5 mg", "1 viên mỗi sáng", "Uống", long_term=True)


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    return register(city)


@pytest.fixture
def encounter(city: City, resident: uuid.UUID) -> Encounter:
    return open_encounter(city.ctx("le.tan", NOW), patient_id=resident, care_type="01", reason="Đau đầu")


def refused(command: Callable[[], Any]) -> set[tuple[str, str | None]]:
    with pytest.raises(Refused) as caught:
        command()
    return {(one.code, one.field) for one in caught.value.all}


def test_an_examination_is_read_back_as_it_was_written(city: City, resident: uuid.UUID, encounter: Encounter) -> None:
    ctx = city.ctx("bac.si", NOW)
    written = record_examination(ctx, encounter_id=encounter.pk, said=SAID)
    assert (written.added, written.replaced) == (8, 0)
    record_diagnoses(ctx, encounter, Diagnosis("I10", "Tăng huyết áp vô căn", chronic=True))
    record_report(ctx, patient_id=resident, report=SUGAR, encounter_id=encounter.pk)
    access = open_record(ctx, resident)
    with CaptureQueriesContext(connection) as queries:
        page = get_examination(access, encounter.pk)
    assert len(queries) == 6
    assert page.findings == {"cardiovascular": "T1, T2 đều rõ", "respiratory": "Bình thường"}
    assert [line.found.text for line in page.systems if line.found] == ["T1, T2 đều rõ", "Bình thường"]
    assert (page.readings, page.course, page.advice) == (SAID.readings, SAID.course, SAID.advice)
    assert page.sight == SAID.sight
    assert page.head.conditions == (("I10", "Tăng huyết áp vô căn", "main"),)
    assert [(one.flag, one.code) for one in page.vitals] == [("high", "8480-6"), ("", "8280-0")]
    assert [m.interpretation for m in page.reports[0].measures] == ["H"]
    assert page.earlier == ()
    assert ExaminationFinding.objects.get(body_system="respiratory").normal


def test_changes_supersede_and_a_finished_encounter_asks_for_the_reason(
    city: City, resident: uuid.UUID, encounter: Encounter
) -> None:
    ctx = city.ctx("bac.si", NOW)
    record_examination(ctx, encounter_id=encounter.pk, said=SAID)
    record_examination(ctx, encounter_id=encounter.pk, said=Examination(findings={"cardiovascular": "Tiếng thổi 2/6"}))
    finish_encounter(ctx, Encounter.objects.get(pk=encounter.pk), "THA", "3")
    change = Examination(readings={"systolic": Decimal(142)}, advice="Giảm muối, tập thể dục.", sight={"glasses": "Có"})
    same = lambda: record_examination(ctx, encounter_id=encounter.pk, said=change)  # noqa: E731
    assert refused(same) == {("reason-missing", "reason")}
    written = record_examination(city.ctx("bac.si", LATER), encounter_id=encounter.pk, said=change, reason="Đo lại")
    assert (written.added, written.replaced) == (0, 3)
    page = get_examination(open_record(ctx, resident), encounter.pk)
    assert page.readings["systolic"] == 142
    assert page.findings["cardiovascular"] == "Tiếng thổi 2/6"
    told = {(one.key, one.superseded_reason) for one in page.earlier}
    assert told == {
        ("cardiovascular", "bổ sung trong lượt khám"), ("8480-6", "Đo lại"), ("advice", "Đo lại"),
        ("vision-glasses", "Đo lại"),
    }  # fmt: skip
    assert refused(same) == {("nothing-changed", None)}


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (Examination(findings={"khong-co": "x"}), ("system-unknown", "khong-co")),
        (Examination(sight={"khong-co": "x"}), ("sight-unknown", "khong-co")),
        (Examination(findings={"skin": "x" * 2001}), ("text-long", "skin")),
        (Examination(readings={"systolic": Decimal(900)}), ("vital-unbelievable", "systolic")),
        (Examination(readings={"khong-co": Decimal(1)}), ("vital-unknown", "khong-co")),
        (Examination(findings={"cardiovascular": " "}), ("entry-emptied", "cardiovascular")),
        (Examination(advice=""), ("entry-emptied", "advice")),
        (Examination(), ("nothing-changed", None)),
    ],
)
def test_faults_of_an_examination_stand_at_their_keys(
    city: City, encounter: Encounter, said: Examination, fault: tuple[str, str | None]
) -> None:
    ctx = city.ctx("bac.si", NOW)
    record_examination(ctx, encounter_id=encounter.pk, said=SAID)
    assert refused(lambda: record_examination(ctx, encounter_id=encounter.pk, said=said)) == {fault}


def test_gynaecology_is_not_asked_of_men(city: City) -> None:
    man = register(city, said=BARE | {"name": "Trần Văn Nam", "sex": "male"})
    encounter = open_encounter(city.ctx("le.tan", NOW), patient_id=man, care_type="01", reason="Khám")
    ctx = city.ctx("bac.si", NOW)
    said = Examination(findings={"gynaecological": "x"})
    assert refused(lambda: record_examination(ctx, encounter_id=encounter.pk, said=said)) == {
        ("system-sex", "gynaecological")
    }
    keys = {line.system.key for line in get_examination(open_record(ctx, man), encounter.pk).systems}
    assert SYSTEMS.keys() - keys == {"gynaecological"}


def test_only_the_facility_of_an_open_encounter_writes(city: City, resident: uuid.UUID, encounter: Encounter) -> None:
    def write(who: str, number: uuid.UUID) -> set[tuple[str, str | None]]:
        return refused(lambda: record_examination(city.ctx(who, NOW), encounter_id=number, said=SAID))

    assert write("bac.si.2", encounter.pk) == {("record-closed", None)}
    assert write("y.ta", encounter.pk) == {("permission-denied", None)}
    assert write("bac.si", uuid.uuid4()) == {("no-such-encounter", None)}
    open_encounter(city.ctx("le.tan.2", NOW), patient_id=resident, care_type="01", reason="Khám")
    assert write("bac.si.2", encounter.pk) == {("encounter-elsewhere", None)}
    cancel_encounter(city.ctx("le.tan", NOW), encounter)
    assert write("bac.si", encounter.pk) == {("encounter-cancelled", None)}
    with pytest.raises(Refused, match="no-such-encounter"):
        get_examination(open_record(city.ctx("bac.si", NOW), register(city, name="Người Khác")), encounter.pk)


def test_a_report_is_corrected_with_its_numbers(city: City, resident: uuid.UUID) -> None:
    ctx = city.ctx("ky.thuat.vien", NOW)
    row = record_report(ctx, patient_id=resident, report=SUGAR)
    right = replace(SUGAR, measures=(replace(SUGAR.measures[0], value=Decimal("5.1")),), conclusion="")
    assert refused(lambda: correct_report(ctx, patient_id=resident, report_id=row.pk, report=right, reason="")) == {
        ("reason-missing", "reason")
    }
    less = replace(SUGAR, measures=())
    assert refused(lambda: correct_report(ctx, patient_id=resident, report_id=row.pk, report=less, reason="x")) == {
        ("measure-dropped", "measures")
    }
    correct_report(ctx, patient_id=resident, report_id=row.pk, report=right, reason="Nhầm ống")
    standing = Observation.objects.filter(patient_id=resident, superseded_by=None)
    assert [(one.value, one.interpretation) for one in standing] == [(Decimal("5.1"), "N")]
    (told,) = get_reports(open_record(city.ctx("bac.si", NOW), resident))
    assert (told.display, told.measures[0][2], told.conclusion) == ("Glucose máu", "5.1", "")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"display": ""}, ("report-unnamed", "display")),
        ({"measures": (), "conclusion": ""}, ("report-empty", "result")),
        ({"performed_at": NOW + timedelta(days=1)}, ("date-future", "performed_at")),
        ({"measures": SUGAR.measures * 2}, ("measure-twice", "measures.1.display")),
        ({"measures": (Measure("x", "X"),)}, ("measure-empty", "measures.0.value")),
        ({"measures": tuple(Measure(str(n), "X", Decimal(n)) for n in range(61))}, ("measures-many", "measures")),
        ({"category": "X"}, ("category-unknown", "category")),
    ],
)
def test_faults_of_a_report(city: City, resident: uuid.UUID, change: dict[str, Any], fault: tuple[str, str]) -> None:
    ctx = city.ctx("bac.si", NOW)
    assert refused(lambda: record_report(ctx, patient_id=resident, report=replace(SUGAR, **change))) == {fault}
    strange = lambda: record_report(ctx, patient_id=resident, report=SUGAR, encounter_id=uuid.uuid4())  # noqa: E731
    assert refused(strange) == {("no-such-encounter", None)}


def test_medicines_are_added_stopped_and_taken_back(city: City, resident: uuid.UUID, encounter: Encounter) -> None:
    ctx = city.ctx("bac.si", NOW)
    row = add_medicine(ctx, patient_id=resident, medicine=PILL)
    assert refused(lambda: add_medicine(ctx, patient_id=resident, medicine=replace(PILL, name="AMLODIPIN "))) == {
        ("already-taking", "name")
    }
    (course,) = add_medicines(
        ctx, encounter, [Medicine("Amoxicilin", NOW.date(), dose="3 viên/ngày", ended_on=NOW.date())]
    )
    wrong = add_medicine(ctx, patient_id=resident, medicine=replace(PILL, name="Metformin"))
    withdraw_medicine(ctx, patient_id=resident, medication_id=wrong.pk, reason="Nhầm người")
    stop = lambda **said: stop_medicine(ctx, patient_id=resident, medication_id=row.pk, **said)  # noqa: E731
    assert refused(lambda: stop(reason="")) == {("reason-missing", "reason")}
    assert refused(lambda: stop(reason="x", ended_on=date(2026, 10, 31))) == {("period-reversed", "ended_on")}
    assert refused(lambda: stop(reason="x", ended_on=date(2026, 12, 31))) == {("date-future", "ended_on")}
    stopped = stop(reason="Phù chân")
    assert refused(lambda: stop(reason="x")) == {("already-corrected", None)}
    ended = lambda: stop_medicine(ctx, patient_id=resident, medication_id=stopped.pk, reason="x")  # noqa: E731
    assert refused(ended) == {("not-active", None)}
    access = open_record(ctx, resident)
    with CaptureQueriesContext(connection) as queries:
        found = get_medications(access, versions=True)
    assert len(queries) == 1
    assert [one.id for one in found.current] == [course.pk]
    assert [(one.id, one.status_reason, one.ended_on) for one in found.past] == [(stopped.pk, "Phù chân", NOW.date())]
    assert {one.id for one in found.earlier} == {row.pk, wrong.pk}
    assert get_medications(access).earlier == ()


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": " "}, ("medicine-unnamed", "name")),
        ({"dose": ""}, ("dose-missing", "dose")),
        ({"started_on": date(1972, 3, 11)}, ("before-birth", "started_on")),
        ({"started_on": date(2027, 3, 11)}, ("date-far", "started_on")),
        ({"ended_on": date(2026, 10, 1)}, ("period-reversed", "ended_on")),
        ({"quantity": Decimal(0)}, ("quantity", "quantity")),
    ],
)
def test_faults_of_a_medicine(city: City, resident: uuid.UUID, change: dict[str, Any], fault: tuple[str, str]) -> None:
    ctx = city.ctx("bac.si", NOW)
    assert refused(lambda: add_medicine(ctx, patient_id=resident, medicine=replace(PILL, **change))) == {fault}
    assert not MedicationRequest.objects.exists()


COMMANDS: dict[str, Callable[..., Any]] = {
    "report": lambda ctx, who: record_report(ctx, patient_id=who, report=SUGAR),
    "correct": lambda ctx, who: correct_report(ctx, patient_id=who, report_id=who, report=SUGAR, reason="x"),
    "add": lambda ctx, who: add_medicine(ctx, patient_id=who, medicine=PILL),
    "stop": lambda ctx, who: stop_medicine(ctx, patient_id=who, medication_id=who, reason="x"),
    "withdraw": lambda ctx, who: withdraw_medicine(ctx, patient_id=who, medication_id=who, reason="x"),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_strangers_and_other_roles_write_nothing(city: City, resident: uuid.UUID, name: str) -> None:
    run = COMMANDS[name]
    assert refused(lambda: run(city.ctx("bac.si.2", NOW), resident)) == {("record-closed", None)}
    assert refused(lambda: run(city.ctx("le.tan", NOW), resident)) == {("permission-denied", None)}
    assert refused(lambda: run(city.ctx("bac.si", NOW), uuid.uuid4())) == {("no-such-record", None)}
    if name not in ("report", "add"):
        assert refused(lambda: run(city.ctx("bac.si", NOW), resident)) == {("no-such-entry", None)}
