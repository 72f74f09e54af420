"""One day of a polyclinic through its real pages: who comes booked, known, new and uninsured, as a child with a
grandmother, pregnant, as an emergency. Reception works by keyboard alone; every task's keys and requests are counted."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from clinics.commands.appointments import book
from clinics.commands.closing import close_visit
from clinics.commands.consultation import record_diagnoses, start_consultation
from clinics.commands.schedules import add_schedule
from clinics.commands.signing import sign_prescription
from clinics.commands.triage import record_vitals
from clinics.models import Appointment, Payment, Prescription, QueueCall, Visit
from records.commands.registration import register_resident
from records.models import Patient, RelatedPerson
from records.rules.person import StatedPerson, state_person
from tests.clinics.claim_days import ready
from tests.clinics.conftest import Clinic, build_clinic
from tests.clinics.test_prescribing import AMLODIPINE, PARACETAMOL, draft, line
from tests.journeys.counting import Desk

SCANNED_TO_NUMBER, REPEATED_AND_SIGNED = 3, 6  # the most key presses these may cost
KNOWN = {  # name, birth, sex, CCCD, insurance card; synthetic
    "booked": ("Lê Thị Hẹn", "20/10/1985", "female", "001185000023", "GD4010120456781"),
    "known": ("Phạm Quang Lâm", "12/03/1962", "male", "001062012345", "GD4010120456782"),
    "pregnant": ("Đỗ Thu Thảo", "02/09/1996", "female", "001196000031", "GD4010120456783"),
    "emergency": ("Vũ Đình Khải", "15/01/1970", "male", "001070000044", "GD4010120456784"),
}
CHILD, GRANDMOTHER = "Bùi Gia Bảo", "Ngô Thị Lụa"
WALK_IN = "Trịnh Văn Khách"
Signed = Callable[..., Any]


@pytest.fixture
def clinic(live_city: Any) -> Clinic:
    """Rooms, codes and prices, committed for the browser's server."""
    built = build_clinic(live_city)
    ready(built)
    return built


def registered(clinic: Clinic, key: str) -> tuple[uuid.UUID, str]:
    """A resident on file, and what the QR code of the citizen's card says."""
    name, birth, sex, cccd, bhyt = KNOWN[key]
    person = state_person(today=timezone.localdate(), name=name, birth=birth, sex=sex, cccd=cccd, bhyt=bhyt)
    assert isinstance(person, StatedPerson), person
    desk = clinic.ctx("le.tan", timezone.now())
    patient_id = register_resident(desk, person=person, channel="form", raw={}, confirmed_new=True).patient_id
    said = {"male": "Nam", "female": "Nữ"}[sex]
    return patient_id, f"{cccd}||{name}|{birth.replace('/', '')}|{said}|Kim Liên, Hà Nội|01012022"


def booked_for_now(clinic: Clinic, patient_id: uuid.UUID) -> None:
    """A booking in the second room in the next five minutes."""
    now = timezone.localtime()
    desk = clinic.ctx("le.tan", now)
    hours = {"begins": time(0), "ends": time(23, 59), "minutes": 5, "capacity": 1}
    schedule = add_schedule(desk, room_id=clinic.second.pk, weekday=now.isoweekday(), **hours)
    slot = timezone.make_aware(datetime.combine(now.date(), time(now.hour, now.minute // 5 * 5))) + timedelta(minutes=5)
    said = {"schedule_id": schedule.pk, "starts_at": slot, "reason": "Khám lại", "booked_from": "follow-up"}
    book(desk, patient_id=patient_id, **said)


def treated_before(clinic: Clinic, patient_id: uuid.UUID) -> None:
    """A visit of this morning that ended with a prescription."""
    doctor = clinic.ctx("bac.si", timezone.now())
    visit_id = clinic.check_in(patient_id, at=timezone.now()).visit_id
    start_consultation(doctor, visit_id=visit_id)
    record_diagnoses(doctor, visit_id=visit_id, main="I10")
    sheet, written = draft(clinic, visit_id, line(AMLODIPINE, 30))
    sign_prescription(doctor, visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version, written=written)
    close_visit(doctor, visit_id=visit_id, conclusion="Hẹn khám lại", outcome_code="2")


def visit_of(patient_id: uuid.UUID) -> Visit:
    return Visit.objects.select_related("ticket", "encounter").filter(encounter__patient_id=patient_id).latest("id")


def at_the_form(desk: Desk) -> None:
    desk.page.wait_for_url("**/tiep-nhan/*-*/**")
    desk.focused("id_reason")


def take_number(desk: Desk) -> str:
    desk.press("Control+Enter")
    desk.page.wait_for_url("**/tiep-nhan/phieu/**")
    return str(desk.page.locator(".slip .no").inner_text())


def next_person(desk: Desk) -> None:
    desk.press("n")
    desk.page.wait_for_url("**/tiep-nhan/")
    desk.focused("quet")


def scanned(desk: Desk, clinic: Clinic, people: dict[str, tuple[uuid.UUID, str]]) -> None:
    """The known ones: card, number; whoever goes first is said by one letter in the list of groups."""
    for key, group, name in (
        ("booked", "", "booked: card to number"),
        ("known", "", "known, insured: card to number"),
        ("pregnant", "p", "pregnant: card, group, number"),
        ("emergency", "c", "emergency: card, group, number"),
    ):
        patient_id, card = people[key]
        with desk.task(name) as task:
            desk.scan(card)
            at_the_form(desk)
            if group:
                desk.press("Alt+u")
                desk.focused("id_priority")
                desk.press(group)
            number = take_number(desk)
        visit = visit_of(patient_id)
        assert number == f"{visit.ticket.number:04d}"
        assert (visit.priority, visit.payer) == (key if group else "none", "insurance")
        assert task.keys <= SCANNED_TO_NUMBER + (2 if group else 0)  # to the list of groups, and one letter
        next_person(desk)
    assert visit_of(people["booked"][0]).room_id == clinic.second.pk
    assert Appointment.objects.get().state == "arrived"


def typed_new(desk: Desk, typed: str, sex_keys: list[str]) -> None:
    """Nobody is found: what was typed goes along to the registration form, which asks for the rest."""
    desk.type(typed)
    desk.press("Enter")
    desk.page.get_by_text("Chưa thấy ai khớp").wait_for()
    desk.press("Tab")
    desk.press("Enter")
    desk.page.wait_for_url("**/ho-so/dang-ky/**")
    desk.focused("id_sex_0")
    for key in sex_keys:
        desk.press(key)
    desk.press("Control+Enter")
    at_the_form(desk)


def uninsured(desk: Desk) -> uuid.UUID:
    with desk.task("new, uninsured: typed to number"):
        typed_new(desk, f"{WALK_IN} 05/06/1979", ["ArrowRight"])
        desk.type("Đau lưng 3 ngày")
        take_number(desk)
    next_person(desk)
    visit = visit_of(Patient.objects.get(name=WALK_IN).pk)
    assert (visit.payer, visit.encounter.reason, visit.encounter.patient.sex) == ("self-pay", "Đau lưng 3 ngày", "male")
    return visit.pk


def child(desk: Desk) -> uuid.UUID:
    born = timezone.localdate() - timedelta(days=800)
    with desk.task("child, new, with grandmother: typed to number"):
        typed_new(desk, f"{CHILD} {born:%d/%m/%Y}", ["ArrowRight"])
        desk.press("Alt+g")
        desk.page.wait_for_url("**/nguoi-than/**")
        desk.focused("id_relationship")
        desk.press("ArrowDown", times=6)
        desk.press("Tab", times=2)
        desk.type(GRANDMOTHER)
        desk.press("Tab", times=4)
        desk.focused("id_guardian")
        desk.press("Space")
        desk.press("Control+Enter")
        at_the_form(desk)
        desk.type("Sốt, ho")
        take_number(desk)
    next_person(desk)
    visit = visit_of(Patient.objects.get(name=CHILD).pk)
    assert visit.priority == "child"
    carer = RelatedPerson.objects.get()
    assert (carer.patient_id, carer.name, carer.relationship, carer.guardian) == (
        visit.encounter.patient_id,
        GRANDMOTHER,
        "GRPRN",
        True,
    )
    return visit.pk


def called_in_turn(desk: Desk, clinic: Clinic) -> None:
    """F9 calls the emergency, then the law's groups by number, then the others."""
    room = clinic.room.code
    desk.page.goto(f"{desk.page.url}?phong={room}")
    waiting = Visit.objects.filter(room=clinic.room, state="waiting").count()
    for at in range(waiting):
        with desk.task("call the next number") if at == 0 else desk.task("") as _:
            desk.press("F9")
            desk.page.wait_for_load_state()
            desk.page.get_by_text("Đang gọi số").first.wait_for()
    desk.done = [one for one in desk.done if one.name]
    order = list(QueueCall.objects.order_by("at").values_list("ticket__visit__priority", flat=True))
    assert order == ["emergency", "pregnant", "child", "none", "none"]


def repeated_and_signed(desk: Desk, address: str, visit_id: uuid.UUID) -> None:
    desk.page.goto(f"{address}/kham-benh/{visit_id}/")
    with desk.task("doctor: last prescription repeated and signed") as task:
        desk.press("Alt+t")
        desk.page.wait_for_url("**/don-thuoc/")
        desk.press("Alt+r")
        desk.page.get_by_text("Tiếp tục thuốc đang dùng").wait_for()
        desk.press("Control+Enter")
        desk.page.wait_for_url("**/don-thuoc/*-*/")
    assert Prescription.objects.filter(visit_id=visit_id).count() == 1
    assert task.keys <= REPEATED_AND_SIGNED


def the_grandmother_is_on_the_childs_prescription(clinic: Clinic, page: Any, address: str, visit_id: uuid.UUID) -> None:
    doctor = clinic.ctx("bac.si", timezone.now())
    record_vitals(clinic.ctx("y.ta", timezone.now()), visit_id=visit_id, readings={"weight": Decimal(12)})
    start_consultation(doctor, visit_id=visit_id)
    record_diagnoses(doctor, visit_id=visit_id, main="J02.9")
    sheet, written = draft(clinic, visit_id, line(PARACETAMOL, 3, morning=Decimal("0.25")))
    (made,) = sign_prescription(
        doctor, visit_id=visit_id, draft_id=sheet.draft_id, version=sheet.version, written=written
    )
    page.goto(f"{address}/don-thuoc/{made.pk}/")
    assert GRANDMOTHER in page.locator(".paper").inner_text()


def the_uninsured_pays(clinic: Clinic, desk: Desk, address: str, visit_id: uuid.UUID) -> None:
    doctor = clinic.ctx("bac.si", timezone.now())
    start_consultation(doctor, visit_id=visit_id)
    desk.page.goto(f"{address}/thu-ngan/{visit_id}/")
    desk.page.get_by_role("button", name="Lấy chỉ định và đơn thuốc").click()
    desk.page.get_by_text("Đã thêm").wait_for()
    with desk.task("till: uninsured pays, receipt"):
        desk.press("F9")
        desk.page.get_by_text("biên lai số").first.wait_for()
    assert Payment.objects.get().visit_id == visit_id


def test_a_day_from_the_desk_to_the_till(
    clinic: Clinic, page: Any, live_server: Any, signed_in: Signed, capsys: Any
) -> None:
    people = {key: registered(clinic, key) for key in KNOWN}
    booked_for_now(clinic, people["booked"][0])
    treated_before(clinic, people["known"][0])
    signed_in(page, "le.tan").goto(f"{live_server.url}/tiep-nhan/")
    desk = Desk(page)
    scanned(desk, clinic, people)
    walk_in, small = uninsured(desk), child(desk)
    called_in_turn(desk, clinic)

    signed_in(page, "bac.si")
    follow_up = visit_of(people["known"][0]).pk
    doctor = clinic.ctx("bac.si", timezone.now())
    start_consultation(doctor, visit_id=follow_up)
    record_diagnoses(doctor, visit_id=follow_up, main="I10")
    repeated_and_signed(desk, live_server.url, follow_up)
    the_grandmother_is_on_the_childs_prescription(clinic, page, live_server.url, small)
    signed_in(page, "thu.ngan")
    the_uninsured_pays(clinic, desk, live_server.url, walk_in)
    with capsys.disabled():
        print(desk.table())
