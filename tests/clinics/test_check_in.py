"""Check-in: a number, an open record, one open visit a day, every refusal at its field."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from clinics.commands.check_in import check_in
from clinics.commands.departures import cancel_visit, record_left
from clinics.models import QueueTicket, Visit, VisitStatus
from records.models import AccessGrant, Encounter, Patient
from records.queries.access import open_record
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic
from tests.factories.city import NOW


def audit_rows() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("at", "id").values_list("action", "outcome", "code"))


def test_a_check_in_gives_a_number_and_opens_the_record(clinic: Clinic) -> None:
    patient_id = clinic.register()
    before = len(audit_rows())
    given = clinic.check_in(patient_id)
    visit = Visit.objects.select_related("encounter").get(pk=given.visit_id)
    assert (given.number, given.room, visit.state) == (1, clinic.room.name, "waiting")
    assert (visit.encounter.patient_id, visit.encounter.care_type) == (patient_id, "01")
    assert visit.visit_date == NOW.date()
    assert list(visit.statuses.values_list("previous", "state")) == [("", "waiting")]
    assert audit_rows()[before:] == [("create", "ok", "")]


def test_somebody_elses_patient_is_open_here_from_now_on(clinic: Clinic) -> None:
    patient_id = clinic.register()
    stranger = clinic.ctx("bac.si.2")
    with pytest.raises(Forbidden):
        open_record(stranger, patient_id)
    check_in(
        clinic.ctx("le.tan.2"),
        patient_id=patient_id,
        room_id=clinic.city.other_room.pk,
        reason="Đau bụng",
        payer="self-pay",
        priority="none",
        care_type="01",
    )
    assert open_record(stranger, patient_id).patient_id == patient_id
    assert AccessGrant.objects.filter(facility=clinic.city.elsewhere, basis="encounter").count() == 1


def test_numbers_run_per_room_and_day(clinic: Clinic) -> None:
    people = [clinic.register(f"Lê Văn Số {word}") for word in ("Một", "Hai", "Ba", "Bốn")]
    rooms = [clinic.room, clinic.room, clinic.second]
    numbers = [clinic.check_in(who, room_id=room.pk).number for who, room in zip(people, rooms, strict=False)]
    assert numbers == [1, 2, 1]
    assert clinic.check_in(people[3], at=NOW + timedelta(days=1)).number == 1


def test_a_second_visit_today_is_refused_and_says_where_the_first_is(clinic: Clinic) -> None:
    patient_id = clinic.register()
    clinic.check_in(patient_id)
    with pytest.raises(Conflict) as refused:
        clinic.check_in(patient_id, room_id=clinic.second.pk)
    assert refused.value.code == "visit-open"
    assert "0001" in refused.value.message
    assert clinic.room.name in refused.value.message
    assert QueueTicket.objects.count() == 1


def test_after_cancelling_or_going_home_the_person_may_come_back(clinic: Clinic) -> None:
    patient_id = clinic.register()
    cancel_visit(clinic.ctx("le.tan"), visit_id=clinic.check_in(patient_id).visit_id, reason="Nhầm phòng")
    record_left(clinic.ctx("le.tan"), visit_id=clinic.check_in(patient_id).visit_id)
    assert clinic.check_in(patient_id).number == 3
    assert set(Encounter.objects.values_list("status", flat=True)) == {"cancelled", "finished", "in-progress"}


@pytest.mark.parametrize(
    ("said", "code", "field"),
    [
        ({"reason": "  "}, "reason-missing", "reason"),
        ({"reason": "a" * 501}, "reason-long", "reason"),
        ({"payer": "friend"}, "payer-unknown", "payer"),
        ({"care_type": "03"}, "care-type-unknown", "care_type"),
        ({"priority": "vip"}, "priority-unfit", "priority"),
        ({"priority": "elderly"}, "priority-unfit", "priority"),
        ({"priority": "child"}, "priority-unfit", "priority"),
        ({"room_id": 0}, "room-unknown", "room_id"),
    ],
)
def test_each_fault_is_refused_at_its_field(clinic: Clinic, said: dict[str, Any], code: str, field: str) -> None:
    patient_id = clinic.register()
    before = audit_rows()
    with pytest.raises(Refused) as refused:
        clinic.check_in(patient_id, **said)
    assert [(one.code, one.field) for one in refused.value.all] == [(code, field)]
    assert audit_rows() == before
    assert not Visit.objects.exists()
    assert clinic.check_in(patient_id).number == 1


def test_several_faults_are_told_at_once(clinic: Clinic) -> None:
    with pytest.raises(Refused) as refused:
        clinic.check_in(reason="", payer="", priority="pregnant", patient_id=clinic.register(sex="male"))
    assert [one.field for one in refused.value.all] == ["reason", "payer", "priority"]


def test_another_facilitys_room_is_no_room_here(clinic: Clinic) -> None:
    with pytest.raises(Refused) as refused:
        clinic.check_in(room_id=clinic.city.other_room.pk)
    assert refused.value.field == "room_id"


def test_the_dead_are_not_checked_in(clinic: Clinic) -> None:
    patient_id = clinic.register()
    Patient.objects.filter(pk=patient_id).update(deceased_on=NOW.date())
    with pytest.raises(Refused, match="patient-deceased"):
        clinic.check_in(patient_id)


def test_nobody_is_not_found_and_that_is_one_row(clinic: Clinic) -> None:
    before = len(audit_rows())
    with pytest.raises(NotFound):
        clinic.check_in(uuid.uuid4())
    assert audit_rows()[before:] == [("refuse", "refused", "no-such-record")]


@pytest.mark.parametrize("username", ["bac.si", "thu.ngan", "so.y.te"])
def test_who_may_not_check_in_is_refused_once(clinic: Clinic, username: str) -> None:
    patient_id = clinic.register()
    before = len(audit_rows())
    with pytest.raises(Forbidden):
        clinic.check_in(patient_id, by=username)
    assert audit_rows()[before:] == [("refuse", "refused", "permission-denied")]


def test_cancelling_needs_a_reason_and_an_unbegun_visit(clinic: Clinic) -> None:
    visit_id = clinic.check_in().visit_id
    with pytest.raises(Refused) as refused:
        cancel_visit(clinic.ctx("le.tan"), visit_id=visit_id, reason=" ")
    assert refused.value.field == "reason"
    cancel_visit(clinic.ctx("le.tan"), visit_id=visit_id, reason="Nhầm người")
    with pytest.raises(Conflict, match="visit-ended"):
        cancel_visit(clinic.ctx("le.tan"), visit_id=visit_id, reason="Lần nữa")
    begun = clinic.consult(clinic.register("Trần Văn Đức", sex="male"))
    with pytest.raises(Conflict, match="visit-state"):
        cancel_visit(clinic.ctx("le.tan"), visit_id=begun, reason="Muộn")


@pytest.mark.parametrize(
    ("previous", "state"),
    [("waiting", "closed"), ("", "closed"), ("closed", "waiting"), ("triaged", "in-consultation")],
)
def test_the_database_itself_refuses_impossible_steps(clinic: Clinic, previous: str, state: str) -> None:
    given = clinic.check_in()
    with pytest.raises(IntegrityError), transaction.atomic():
        VisitStatus.objects.create(
            visit_id=given.visit_id, previous=previous, state=state, by=clinic.city.staff["le.tan"], at=NOW
        )
    assert Visit.objects.get(pk=given.visit_id).state == "waiting"


@pytest.mark.parametrize("table", ["clinics_visitstatus", "clinics_queueticket", "clinics_queuecall"])
def test_states_tickets_and_calls_cannot_be_rewritten(clinic: Clinic, table: str) -> None:
    clinic.check_in()
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        connection.cursor().execute(f"DELETE FROM {table}")
    assert QueueTicket.objects.count() == VisitStatus.objects.count() == 1


def in_threads(work: Any, arguments: list[Any], threads: int = 8) -> list[Any]:
    """Run in real threads on real connections; exceptions come back as results."""

    def one(argument: Any) -> Any:
        try:
            return work(argument)
        except Refused as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(one, arguments))


@pytest.mark.django_db(transaction=True)
def test_eight_desks_never_double_or_skip_a_number(live_clinic: Clinic) -> None:
    people = [live_clinic.register("Phạm Thị " + "Ư" * (number + 1), f"{1950 + number}") for number in range(40)]
    people += [uuid.uuid4() for _ in range(8)]  # refused check-ins must leave no gap
    rooms = [live_clinic.room.pk, live_clinic.second.pk]
    desk = live_clinic.ctx("le.tan")

    def take(at: int) -> int | Refused:
        form = {"reason": "Khám", "payer": "insurance", "priority": "none", "care_type": "01"}
        return check_in(desk, patient_id=people[at], room_id=rooms[at % 2], **form).number

    results = in_threads(take, list(range(48)))
    assert sum(isinstance(result, Refused) for result in results) == 8
    for room in rooms:
        numbers = sorted(QueueTicket.objects.filter(room_id=room).values_list("number", flat=True))
        assert numbers == list(range(1, 21))


@pytest.mark.django_db(transaction=True)
def test_two_desks_at_once_check_in_a_person_only_once(live_clinic: Clinic) -> None:
    patient_id = live_clinic.register()
    results = in_threads(
        lambda room: live_clinic.check_in(patient_id, room_id=room), [live_clinic.room.pk, live_clinic.second.pk] * 4
    )
    refused = [result for result in results if isinstance(result, Refused)]
    assert len(refused) == 7
    assert {one.code for one in refused} == {"visit-open"}
    assert Visit.objects.count() == 1
