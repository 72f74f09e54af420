"""Vitals, diagnoses, conclusion: what is written, and every way it is refused."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinics.commands.calls import call_again, call_next
from clinics.commands.closing import close_visit
from clinics.commands.consultation import record_diagnoses, start_consultation
from clinics.commands.departures import record_left
from clinics.commands.triage import record_vitals
from clinics.models import QueueCall, Visit
from clinics.queries.queue import get_worklist
from clinics.queries.sheet import get_sheet
from clinics.queries.visit_page import get_visit
from clinics.rules.sheet import Sheet
from records.commands.examinations import add_addendum
from records.models import Condition, Encounter, Observation
from records.rules.examination import Examination
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic
from tests.factories.city import NOW

PRESSURE = {"systolic": Decimal(138), "diastolic": Decimal(82), "temperature": Decimal("38.6")}


def rows_after(start: int) -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("at", "id").values_list("action", "outcome", "code"))[start:]


def standing(visit_id: uuid.UUID) -> list[tuple[str, str]]:
    written = Condition.objects.filter(encounter__visit=visit_id, superseded_by=None)
    return sorted(written.values_list("role", "code"))


def test_vitals_are_written_and_move_the_person_on(clinic: Clinic) -> None:
    visit_id = clinic.check_in().visit_id
    before = len(rows_after(0))
    record_vitals(clinic.ctx("y.ta"), visit_id=visit_id, readings=PRESSURE)
    assert Visit.objects.get(pk=visit_id).state == "triaged"
    assert Observation.objects.get(code="8310-5").value == Decimal("38.6")
    assert rows_after(before) == [("update", "ok", "")]
    record_vitals(clinic.ctx("y.ta"), visit_id=visit_id, readings={"pulse": Decimal(96)})
    assert Visit.objects.get(pk=visit_id).state == "triaged"
    assert Observation.objects.count() == 4


@pytest.mark.parametrize(
    ("readings", "fields"),
    [
        ({}, [None]),
        ({"temperature": Decimal(386)}, ["temperature"]),
        ({"systolic": Decimal(80), "diastolic": Decimal(90)}, ["diastolic"]),
        ({"pulse": Decimal(1), "spo2": Decimal(101)}, ["pulse", "spo2"]),
    ],
)
def test_unbelievable_vitals_are_refused_at_their_fields(
    clinic: Clinic, readings: dict[str, Decimal], fields: list[str | None]
) -> None:
    visit_id = clinic.check_in().visit_id
    with pytest.raises(Refused) as refused:
        record_vitals(clinic.ctx("y.ta"), visit_id=visit_id, readings=readings)
    assert [one.field for one in refused.value.all] == fields
    assert not Observation.objects.exists()
    assert Visit.objects.get(pk=visit_id).state == "waiting"


def test_only_one_doctor_begins(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    with pytest.raises(Conflict) as refused:
        start_consultation(clinic.ctx("bac.si"), visit_id=visit_id)
    assert refused.value.code == "visit-taken"
    assert clinic.city.staff["bac.si"].full_name in refused.value.message
    assert "07:30" in refused.value.message


def test_diagnoses_are_written_and_replaced_never_edited(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    before = len(rows_after(0))
    doctor = clinic.ctx("bac.si")
    record_diagnoses(doctor, visit_id=visit_id, main="j039", secondary=["i10", "E11.9"])
    assert standing(visit_id) == [("main", "J03.9"), ("secondary", "E11.9"), ("secondary", "I10")]
    assert Condition.objects.get(code="I10").chronic
    record_diagnoses(doctor, visit_id=visit_id, main="J02.9", conclusion="Nháp")
    assert standing(visit_id) == [("main", "J02.9")]
    assert Condition.objects.count() == 4
    assert Encounter.objects.get(visit=visit_id).conclusion == "Nháp"
    assert rows_after(before) == [("update", "ok", "")] * 2


@pytest.mark.parametrize(
    ("main", "secondary", "code", "field"),
    [
        ("", [], "diagnosis-main-missing", "main"),
        ("J02.7", [], "diagnosis-unknown", "main"),
        ("U98.9", [], "diagnosis-unknown", "main"),
        ("U98.1", [], "diagnosis-not-main", "main"),
        ("U98.3", [], "diagnosis-forbidden", "main"),
        ("U98.2", [], "diagnosis-sex", "main"),
        ("J02.9", ["U98.2"], "diagnosis-sex", "secondary"),
        ("J02.9", ["I10", "I10"], "diagnosis-twice", "secondary"),
        ("J02.9", ["j02.9"], "diagnosis-twice", "secondary"),
        ("J02.9", ["U99.9"], "diagnosis-unknown", "secondary"),
        ("J02.9", [f"U97.{number:02d}" for number in range(13)], "diagnosis-too-many", "secondary"),
    ],
)
def test_each_wrong_diagnosis_is_refused_at_its_field(
    clinic: Clinic, main: str, secondary: list[str], code: str, field: str
) -> None:
    visit_id = clinic.consult()
    with pytest.raises(Refused) as refused:
        record_diagnoses(clinic.ctx("bac.si"), visit_id=visit_id, main=main, secondary=secondary)
    assert [(one.code, one.field) for one in refused.value.all] == [(code, field)]
    assert standing(visit_id) == []


def test_an_unknown_code_suggests_its_neighbour(clinic: Clinic) -> None:
    with pytest.raises(Refused) as refused:
        record_diagnoses(clinic.ctx("bac.si"), visit_id=clinic.consult(), main="J02.7")
    assert "J02.9 (Viêm họng cấp, không đặc hiệu)" in refused.value.message


def test_twelve_others_fit_and_a_mans_code_fits_a_man(clinic: Clinic) -> None:
    visit_id = clinic.consult(clinic.register("Trần Văn Đức", sex="male"))
    others = [f"U97.{number:02d}" for number in range(12)]
    record_diagnoses(clinic.ctx("bac.si"), visit_id=visit_id, main="U98.2", secondary=others)
    assert len(standing(visit_id)) == 13


def test_closing_concludes_the_encounter_once(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    doctor = clinic.ctx("bac.si", NOW + timedelta(minutes=20))
    before = len(rows_after(0))
    close_visit(
        doctor, visit_id=visit_id, main="J03.9", secondary=["I10"], conclusion="Nghỉ ngơi, uống nước.", outcome_code="2"
    )
    encounter = Encounter.objects.get(visit=visit_id)
    assert (encounter.status, encounter.outcome_code, encounter.ended_at) == ("finished", "2", doctor.at)
    assert encounter.practitioner_name == clinic.city.staff["bac.si"].full_name
    assert standing(visit_id) == [("main", "J03.9"), ("secondary", "I10")]
    assert rows_after(before) == [("close", "ok", "")]
    with pytest.raises(Conflict, match="visit-ended"):
        close_visit(doctor, visit_id=visit_id, conclusion="Lần nữa", outcome_code="2")
    with pytest.raises(Conflict, match="visit-ended"):
        record_vitals(clinic.ctx("y.ta"), visit_id=visit_id, readings=PRESSURE)


def test_closing_tells_everything_that_is_missing(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    doctor = clinic.ctx("bac.si")
    with pytest.raises(Refused) as refused:
        close_visit(doctor, visit_id=visit_id, conclusion=" ", outcome_code="9")
    assert [one.field for one in refused.value.all] == ["main", "conclusion", "outcome_code"]
    with pytest.raises(Refused) as refused:
        close_visit(doctor, visit_id=visit_id, main="J02.9", conclusion="a" * 5001, outcome_code="1")
    assert [one.code for one in refused.value.all] == ["conclusion-long"]
    assert standing(visit_id) == [], "a refused close leaves no diagnosis behind"
    record_diagnoses(doctor, visit_id=visit_id, main="J02.9")
    close_visit(doctor, visit_id=visit_id, conclusion="Xong", outcome_code="1")
    assert Visit.objects.get(pk=visit_id).state == "closed"


def test_nothing_is_diagnosed_before_the_doctor_begins(clinic: Clinic) -> None:
    visit_id = clinic.check_in().visit_id
    for command in (
        lambda ctx: record_diagnoses(ctx, visit_id=visit_id, main="J02.9"),
        lambda ctx: close_visit(ctx, visit_id=visit_id, main="J02.9", conclusion="Xong", outcome_code="1"),
    ):
        with pytest.raises(Conflict, match="visit-not-begun"):
            command(clinic.ctx("bac.si"))


COMMANDS: dict[str, Any] = {
    "vitals": lambda ctx, visit_id: record_vitals(ctx, visit_id=visit_id, readings=PRESSURE),
    "start": lambda ctx, visit_id: start_consultation(ctx, visit_id=visit_id),
    "diagnoses": lambda ctx, visit_id: record_diagnoses(ctx, visit_id=visit_id, main="J02.9"),
    "close": lambda ctx, visit_id: close_visit(ctx, visit_id=visit_id, conclusion="Xong", outcome_code="1"),
    "left": lambda ctx, visit_id: record_left(ctx, visit_id=visit_id),
    "call": lambda ctx, visit_id: call_again(ctx, visit_id=visit_id),
}


@pytest.mark.parametrize(
    ("name", "stranger"),
    [("vitals", "bac.si.2"), ("start", "bac.si.2"), ("diagnoses", "bac.si.2"), ("close", "bac.si.2"),
     ("left", "le.tan.2"), ("call", "le.tan.2")],
)  # fmt: skip
def test_another_facilitys_visit_does_not_exist(clinic: Clinic, name: str, stranger: str) -> None:
    visit_id = clinic.check_in().visit_id
    before = len(rows_after(0))
    with pytest.raises(NotFound):
        COMMANDS[name](clinic.ctx(stranger), visit_id)
    assert rows_after(before) == [("refuse", "refused", "not-found")]
    assert Visit.objects.get(pk=visit_id).state == "waiting"


@pytest.mark.parametrize(
    ("name", "username"),
    [("vitals", "le.tan"), ("start", "y.ta"), ("diagnoses", "y.ta"), ("close", "ky.thuat.vien"), ("left", "bac.si"),
     ("call", "thu.ngan")],
)  # fmt: skip
def test_who_may_not_is_refused_once(clinic: Clinic, name: str, username: str) -> None:
    visit_id = clinic.check_in().visit_id
    before = len(rows_after(0))
    with pytest.raises(Forbidden):
        COMMANDS[name](clinic.ctx(username), visit_id)
    assert rows_after(before) == [("refuse", "refused", "permission-denied")]


def test_the_next_number_is_the_laws_groups_first(clinic: Clinic) -> None:
    old = clinic.register("Bùi Thị Ngà", "1940")
    people = [clinic.register("Lê Văn Khải", "1959", "male"), old, clinic.register("Vũ Minh Anh", "1990")]
    priorities = ["none", "elderly", "emergency"]
    for who, priority in zip(people, priorities, strict=True):
        clinic.check_in(who, priority=priority)
    desk = clinic.ctx("le.tan")
    before = len(rows_after(0))
    assert [call_next(desk, room_id=clinic.room.pk).number for _ in range(3)] == [3, 2, 1]
    assert rows_after(before) == [("call", "ok", "")] * 3
    with pytest.raises(Refused, match="queue-empty"):
        call_next(desk, room_id=clinic.room.pk)
    with pytest.raises(NotFound):
        call_next(desk, room_id=clinic.city.other_room.pk)


def test_the_doctor_calls_the_measured_first_and_may_call_again(clinic: Clinic) -> None:
    first, second = clinic.check_in(), clinic.check_in(clinic.register("Trần Văn Đức", sex="male"))
    call_next(clinic.ctx("y.ta"), room_id=clinic.room.pk)
    later = NOW + timedelta(minutes=5)
    record_vitals(clinic.ctx("y.ta", later), visit_id=second.visit_id, readings=PRESSURE)
    doctor = clinic.ctx("bac.si", later)
    assert call_next(doctor, room_id=clinic.room.pk).number == second.number
    assert call_again(doctor, visit_id=first.visit_id).number == first.number
    assert QueueCall.objects.count() == 3


SAID = Examination(
    findings={"ent": "Họng đỏ, amidan sưng", "respiratory": "Bình thường"}, course="Sốt 3 ngày", advice="Uống nước"
)


def written(visit_id: uuid.UUID) -> Sheet:
    return get_sheet(Visit.objects.select_related("encounter").get(pk=visit_id))


def test_the_sheet_is_written_into_the_record_with_the_diagnoses(clinic: Clinic) -> None:
    visit_id, doctor = clinic.consult(), clinic.ctx("bac.si")
    record_diagnoses(doctor, visit_id=visit_id, main="", examined=SAID, conclusion="Nháp")
    assert written(visit_id) == Sheet(
        reason="Ho, sốt 3 ngày",
        conclusion="Nháp",
        course="Sốt 3 ngày",
        advice="Uống nước",
        findings=dict(SAID.findings),
    ), "a draft may wait for its diagnosis"
    record_diagnoses(doctor, visit_id=visit_id, main="J03.9", examined=Examination(advice="Nghỉ ngơi"))
    with pytest.raises(Refused) as refused:
        record_diagnoses(doctor, visit_id=visit_id, main="", examined=Examination())
    assert [one.field for one in refused.value.all] == ["main"], "what stands is not emptied in silence"
    with pytest.raises(Refused) as refused:
        close_visit(
            doctor, visit_id=visit_id, conclusion="Xong", outcome_code="1", examined=Examination(findings={"tail": "?"})
        )
    assert [(one.code, one.field) for one in refused.value.all] == [("system-unknown", "tail")]
    close_visit(
        doctor, visit_id=visit_id, conclusion="Xong", outcome_code="1", examined=Examination(course="Sốt 4 ngày")
    )
    assert (written(visit_id).course, written(visit_id).advice) == ("Sốt 4 ngày", "Nghỉ ngơi")


def test_the_second_of_two_tabs_is_told_what_changed_and_nothing_is_lost(clinic: Clinic) -> None:
    visit_id, doctor = clinic.consult(), clinic.ctx("bac.si")
    shown = written(visit_id).marks
    record_diagnoses(doctor, visit_id=visit_id, main="J03.9", examined=SAID, conclusion="Viêm amidan", seen=shown)
    before = len(rows_after(0))
    with pytest.raises(Conflict, match="sheet-changed") as refused:
        record_diagnoses(doctor, visit_id=visit_id, main="J02.9", conclusion="Viêm họng", seen=shown)
    told = {one.field: one.message for one in refused.value.all}
    who = doctor_name(clinic)
    assert told == {
        "main": f"{who} vừa ghi lúc 07:30: “J03.9”.",
        "conclusion": f"{who} vừa ghi lúc 07:30: “Viêm amidan”.",
    }, "what the second one did not touch is no quarrel"
    with pytest.raises(Conflict, match="sheet-changed"):
        close_visit(doctor, visit_id=visit_id, main="J03.9", conclusion="Khác", outcome_code="1", seen=shown)
    assert rows_after(before) == []
    assert (written(visit_id).main, written(visit_id).conclusion) == ("J03.9", "Viêm amidan")
    record_diagnoses(doctor, visit_id=visit_id, main="J02.9", conclusion="Viêm họng", seen=written(visit_id).marks)
    assert written(visit_id).main == "J02.9"


def doctor_name(clinic: Clinic) -> str:
    return clinic.city.staff["bac.si"].full_name


def test_a_signed_sheet_is_added_to_and_never_overwritten(clinic: Clinic) -> None:
    visit_id, doctor = clinic.consult(), clinic.ctx("bac.si")
    encounter_id = Visit.objects.get(pk=visit_id).encounter_id
    with pytest.raises(Refused, match="encounter-open"):
        add_addendum(doctor, encounter_id=encounter_id, text="Thêm")
    close_visit(doctor, visit_id=visit_id, main="J03.9", conclusion="Xong", outcome_code="1", examined=SAID)
    signed = written(visit_id)
    for text, code in [("  ", "addendum-missing"), ("a" * 5001, "addendum-long")]:
        with pytest.raises(Refused, match=code) as refused:
            add_addendum(doctor, encounter_id=encounter_id, text=text)
        assert refused.value.field == "text"
    before = len(rows_after(0))
    for text in ("Gọi lại: đã hết sốt.", "Kết quả cấy họng âm tính."):
        add_addendum(doctor, encounter_id=encounter_id, text=text)
    assert rows_after(before) == [("add-addendum", "ok", "")] * 2
    with pytest.raises(Forbidden):
        add_addendum(clinic.ctx("y.ta"), encounter_id=encounter_id, text="Thêm")
    assert written(visit_id) == signed
    page = get_visit(doctor, visit_id)
    assert page.chart is not None
    assert [one.text for one in page.chart.addenda] == ["Gọi lại: đã hết sốt.", "Kết quả cấy họng âm tính."]


def test_a_danger_sign_stands_on_the_page_and_in_the_queue(clinic: Clinic) -> None:
    calm, ill = clinic.check_in(), clinic.check_in(clinic.register("Trần Văn Đức", sex="male"))
    record_vitals(clinic.ctx("y.ta"), visit_id=calm.visit_id, readings=PRESSURE)
    record_vitals(clinic.ctx("y.ta"), visit_id=ill.visit_id, readings={"spo2": Decimal(88), "pain": Decimal(7)})
    page = get_visit(clinic.ctx("bac.si"), ill.visit_id)
    assert page.chart is not None
    assert [str(one) for one in page.chart.danger] == ["SpO₂ 88 %"]
    flags = {entry.visit_id: entry.danger for entry in get_worklist(clinic.ctx("bac.si")).entries}
    assert flags == {calm.visit_id: False, ill.visit_id: True}
