"""Admission, beds, departments, the day's sheet and leaving, on the real database."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from clinics.commands.check_in import check_in
from clinics.commands.ordering import place_order
from clinics.commands.stays.daily import mark_given, write_sheet
from clinics.commands.stays.leaving import discharge
from clinics.commands.stays.placing import admit, move_to_bed, transfer
from clinics.models import Bed, DailySheet, OrderGiven, Stay, StayPlace, Visit
from clinics.queries.stays.stay import get_stay
from clinics.queries.stays.ward import get_ward
from clinics.rules.stays import Ending
from records.models import Encounter, Patient
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from registry.models import AuditEvent
from tests.factories.city import City
from tests.factories.stays import SHEET, Ward, make_order, make_patient_in_consultation, make_stay, make_ward

HOME = Ending("1", "1", "Kháng sinh tiêm 3 ngày", "Tỉnh, hết sốt", "Uống thuốc theo đơn")


@pytest.fixture
def ward(city: City) -> Ward:
    return make_ward(city.here)


@pytest.fixture
def stay(city: City, ward: Ward) -> Stay:
    return make_stay(city, ward)


def fields(run: Callable[[], Any]) -> list[str | None]:
    """The fields of what is refused."""
    with pytest.raises(Refused) as refused:
        run()
    return [one.field for one in refused.value.all]


def test_admission_makes_the_visit_a_stay_in_a_bed(city: City, ward: Ward, stay: Stay) -> None:
    visit = Visit.objects.get(pk=stay.visit_id)
    assert (visit.state, visit.encounter.care_type) == ("admitted", "03")
    assert (stay.department, stay.bed, stay.ended_at) == (ward.department, ward.beds[0], None)
    assert stay.diagnosis.startswith("J18.9")
    found = get_ward(city.ctx("y.ta"))
    assert AuditEvent.objects.filter(action="read-ward").count() == 1
    assert [(one.bed, one.lying is not None) for one in found.places] == [(ward.beds[0], True), (ward.beds[1], False)]
    assert (found.lying, found.free, found.unwritten) == (1, 1, 1)


def test_whoever_lies_in_bed_is_not_checked_in_again(city: City, stay: Stay) -> None:
    said = {"reason": "Ho", "payer": "self-pay", "priority": "none", "care_type": "01"}
    tomorrow = city.ctx("le.tan", timezone.now() + timedelta(days=1))
    with pytest.raises(Conflict, match="visit-open"):
        check_in(tomorrow, patient_id=stay.visit.encounter.patient_id, room_id=city.room.pk, **said)


def test_orders_go_on_under_the_same_visit(city: City, stay: Stay) -> None:
    placed = place_order(city.ctx("bac.si"), visit_id=stay.visit_id, codes=["22.0121.1369"])
    assert placed.visit_id == stay.visit_id


def test_what_admission_refuses(city: City, ward: Ward, stay: Stay) -> None:
    visit_id = make_patient_in_consultation(city, name="Ngô Thị Chờ")
    doctor = city.ctx("bac.si")
    said: dict[str, Any] = {"visit_id": visit_id, "department_id": ward.department.pk, "reason": "Theo dõi"}
    elsewhere = make_ward(city.elsewhere)
    assert fields(lambda: admit(doctor, **said | {"reason": " ", "department_id": elsewhere.department.pk})) == [
        "reason",
        "department_id",
    ]
    assert fields(lambda: admit(doctor, **said, bed_id=ward.far.pk)) == ["bed_id"]
    with pytest.raises(Conflict, match="bed-taken"):
        admit(doctor, **said, bed_id=ward.beds[0].pk)
    with pytest.raises(Forbidden):
        admit(city.ctx("y.ta"), **said)
    with pytest.raises(NotFound):
        admit(city.ctx("bac.si.2"), **said)
    assert Stay.objects.count() == 1
    admit(doctor, **said, bed_id=ward.beds[1].pk)
    with pytest.raises(Conflict, match="visit-not-begun"):
        admit(doctor, **said)


def test_nobody_is_admitted_without_a_diagnosis(city: City, ward: Ward) -> None:
    from clinics.commands.consultation import start_consultation
    from tests.factories.residents import make_resident

    said = {"reason": "Sốt", "payer": "self-pay", "priority": "none", "care_type": "01"}
    person = make_resident(city.here, "Vũ Thị Chưa").pk
    visit_id = check_in(city.ctx("le.tan"), patient_id=person, room_id=city.room.pk, **said).visit_id
    start_consultation(city.ctx("bac.si"), visit_id=visit_id)
    wanted = {"visit_id": visit_id, "department_id": ward.department.pk, "reason": "Theo dõi"}
    assert fields(lambda: admit(city.ctx("bac.si"), **wanted)) == ["main"]


def test_beds_and_departments_change_hands_and_every_step_is_kept(city: City, ward: Ward, stay: Stay) -> None:
    nurse, doctor = city.ctx("y.ta"), city.ctx("bac.si")
    assert fields(lambda: move_to_bed(nurse, visit_id=stay.visit_id, bed_id=ward.beds[0].pk)) == ["bed_id"]
    assert fields(lambda: move_to_bed(nurse, visit_id=stay.visit_id, bed_id=ward.far.pk)) == ["bed_id"]
    moved = move_to_bed(nurse, visit_id=stay.visit_id, bed_id=ward.beds[1].pk)
    assert moved.bed == ward.beds[1]
    same = {"visit_id": stay.visit_id, "department_id": ward.department.pk, "reason": ""}
    assert fields(lambda: transfer(doctor, **same)) == ["department_id", "reason"]
    with pytest.raises(Forbidden):
        transfer(nurse, **same)
    there = transfer(doctor, visit_id=stay.visit_id, department_id=ward.other.pk, reason="Cần mổ", bed_id=ward.far.pk)
    assert (there.department, there.bed) == (ward.other, ward.far)
    assert Bed.objects.filter(stay=None).count() == 2, "the old bed is free at once"
    kinds = StayPlace.objects.filter(stay=stay).order_by("at", "id").values_list("kind", flat=True)
    assert list(kinds) == ["admitted", "moved", "transferred"]


def test_the_days_sheet_is_written_given_and_not_overwritten(city: City, stay: Stay) -> None:
    doctor, nurse = city.ctx("bac.si"), city.ctx("y.ta")
    order = make_order(city, stay)
    with pytest.raises(Conflict, match="sheet-written"):
        write_sheet(doctor, visit_id=stay.visit_id, sheet=SHEET)
    assert fields(
        lambda: write_sheet(doctor, visit_id=stay.visit_id, sheet=replace(SHEET, course=""), seen=order.sheet_id)
    ) == ["course"]
    said: dict[str, Any] = {"visit_id": stay.visit_id, "order_id": order.pk}
    assert fields(lambda: mark_given(nurse, **said, slot="noon", done=True)) == ["slot"]
    assert fields(lambda: mark_given(nurse, **said, slot="morning", done=False)) == ["reason"]
    mark_given(nurse, **said, slot="morning", done=True)
    with pytest.raises(Conflict, match="given-already"):
        mark_given(nurse, **said, slot="morning", done=False, reason="Nôn")
    mark_given(nurse, **said, slot="evening", done=False, reason="Người bệnh nôn")
    assert OrderGiven.objects.filter(done=False).get().reason == "Người bệnh nôn"
    anew = write_sheet(doctor, visit_id=stay.visit_id, sheet=SHEET, seen=order.sheet_id)
    with pytest.raises(NotFound, match="order-replaced"):
        mark_given(nurse, **said, slot="morning", done=True)
    page = get_stay(doctor, stay.visit_id)
    assert [one.sheet.pk for one in page.sheets] == [anew.pk]
    assert DailySheet.objects.count() == 2, "the earlier sheet stays"


def test_yesterdays_orders_can_be_repeated(city: City, stay: Stay) -> None:
    make_order(city, stay)
    tomorrow = city.ctx("bac.si", timezone.now() + timedelta(days=1))
    page = get_stay(tomorrow, stay.visit_id)
    assert page.written is None
    assert page.before is not None
    assert [one.order.name for one in page.before.lines] == ["Amoxicilin 500 mg"]


def test_going_home_frees_the_bed_and_closes_the_visit(city: City, stay: Stay) -> None:
    doctor = city.ctx("bac.si")
    left = discharge(doctor, visit_id=stay.visit_id, ending=replace(HOME, leave_days=5))
    visit = Visit.objects.select_related("encounter").get(pk=stay.visit_id)
    assert (visit.state, visit.encounter.status, visit.encounter.discharge_code) == ("closed", "finished", "1")
    stay.refresh_from_db()
    assert stay.bed is None
    assert stay.ended_at is not None
    assert left.ending.leave_days == 5
    assert [slug for slug, _name in get_stay(doctor, stay.visit_id).papers] == ["ra-vien", "nghi-viec"]
    with pytest.raises(Conflict, match="stay-ended"):
        discharge(doctor, visit_id=stay.visit_id, ending=HOME)


def test_a_referral_names_a_facility_that_exists_and_is_another(city: City, stay: Stay) -> None:
    doctor = city.ctx("bac.si")
    said = replace(HOME, outcome="4", discharge="2", referral_reason="Quá khả năng chuyên môn")
    assert fields(lambda: discharge(doctor, visit_id=stay.visit_id, ending=said)) == ["referred_to"]
    wrong = replace(said, referred_to="ZZZZZ")
    assert fields(lambda: discharge(doctor, visit_id=stay.visit_id, ending=wrong)) == ["referred_to"]
    own = replace(said, referred_to=city.here.code)
    assert fields(lambda: discharge(doctor, visit_id=stay.visit_id, ending=own)) == ["referred_to"]
    left = discharge(doctor, visit_id=stay.visit_id, ending=replace(said, referred_to=city.elsewhere.code))
    assert left.ending.referred_to == city.elsewhere


def test_a_death_stands_in_the_record(city: City, stay: Stay) -> None:
    at = timezone.now()
    dead = replace(HOME, outcome="5", died_at=at, cause="Suy hô hấp")
    with pytest.raises(Forbidden):
        discharge(city.ctx("y.ta"), visit_id=stay.visit_id, ending=dead)
    discharge(city.ctx("bac.si", at + timedelta(seconds=1)), visit_id=stay.visit_id, ending=dead)
    person = Patient.objects.get(pk=Encounter.objects.get(visit=stay.visit_id).patient_id)
    assert person.deceased_on == timezone.localdate(at)


@pytest.mark.django_db(transaction=True)
def test_of_two_wards_that_give_one_bed_at_once_one_gets_it(live_city: City) -> None:
    ward = make_ward(live_city.here)
    visits = [make_patient_in_consultation(live_city, name=f"Trần Văn {name}") for name in ("An", "Bình", "Cường")]
    told: list[str] = []
    start = threading.Barrier(len(visits))

    def take(visit_id: uuid.UUID) -> None:
        start.wait()
        try:
            admit(
                live_city.ctx("bac.si"),
                visit_id=visit_id,
                department_id=ward.department.pk,
                bed_id=ward.beds[0].pk,
                reason="Theo dõi",
            )
            told.append("in bed")
        except Conflict as conflict:
            told.append(conflict.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=take, args=(one,)) for one in visits]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(told) == ["bed-taken", "bed-taken", "in bed"]
    assert Stay.objects.get().bed == ward.beds[0]
