"""Reception by keyboard alone, in a real browser: from a scanned card to a number, booked and walk-in.

Key presses after the scan are counted and printed: a scanner types the code and its own Enter.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinics.commands.appointments import book
from clinics.commands.schedules import add_schedule
from clinics.models import Appointment, QueueTicket, Visit
from records.commands.registration import register_resident
from records.rules.person import StatedPerson, state_person
from tests.clinics.conftest import Clinic, build_clinic
from tests.journeys.counting import Desk

MOST_PRESSES = 3
PEOPLE = {  # name, birth, sex, CCCD; synthetic numbers
    "adult": ("Nguyễn Thị Hồng Vân", "12/03/1972", "female", "001172012345"),
    "old": ("Trần Văn Thọ", "05/06/1940", "male", "001040000017"),
    "booked": ("Lê Thị Hẹn", "20/10/1985", "female", "001185000023"),
}


@pytest.fixture
def clinic(live_city: Any) -> Clinic:
    return build_clinic(live_city)


def registered(clinic: Clinic, key: str) -> tuple[Any, str]:
    """A resident with a CCCD, and what the QR code of the card says."""
    name, birth, sex, cccd = PEOPLE[key]
    person = state_person(today=timezone.localdate(), name=name, birth=birth, sex=sex, cccd=cccd)
    assert isinstance(person, StatedPerson), person
    desk = clinic.ctx("le.tan", timezone.now())
    patient_id = register_resident(desk, person=person, channel="form", raw={}, confirmed_new=True).patient_id
    said = {"male": "Nam", "female": "Nữ"}[sex]
    return patient_id, f"{cccd}||{name}|{birth.replace('/', '')}|{said}|Kim Liên, Hà Nội|01012022"


def number_of(desk: Desk, code: str) -> str:
    """From the reception page with its focused search box to the printed slip."""
    desk.scan(code)
    desk.page.wait_for_url("**/tiep-nhan/*-*/**")
    desk.focused("id_reason")
    desk.press("Control+Enter")
    desk.page.wait_for_url("**/tiep-nhan/phieu/**")
    return str(desk.page.locator(".slip .no").inner_text())


def test_a_known_resident_gets_a_number_in_three_presses(
    page: Any, live_server: Any, signed_in: Callable[..., Any], clinic: Clinic, axe: Callable[[Any], None]
) -> None:
    codes = {key: registered(clinic, key) for key in PEOPLE}
    now = timezone.localtime()
    hours = {"begins": time(0), "ends": time(23, 59), "minutes": 5, "capacity": 1}
    desk = clinic.ctx("le.tan", now)
    schedule = add_schedule(desk, room_id=clinic.second.pk, weekday=now.isoweekday(), **hours)
    slot = timezone.make_aware(datetime.combine(now.date(), time(now.hour, now.minute // 5 * 5))) + timedelta(minutes=5)
    booked_id, _ = codes["booked"]
    said = {
        "schedule_id": schedule.pk,
        "starts_at": slot,
        "reason": "Khám lại tăng huyết áp",
        "booked_from": "follow-up",
    }
    book(desk, patient_id=booked_id, **said)
    signed_in(page, "le.tan")
    counted = Desk(page)
    for key, (patient_id, code) in codes.items():
        page.goto(f"{live_server.url}/tiep-nhan/")
        with counted.task(f"{key}: card to number") as task:
            number = number_of(counted, code)
        visit = Visit.objects.select_related("encounter", "ticket").get(encounter__patient_id=patient_id)
        assert number == f"{visit.ticket.number:04d}"
        assert task.keys <= MOST_PRESSES
        if key == "old":
            assert visit.priority == "elderly"
        if key == "booked":
            assert (visit.encounter.reason, visit.room_id) == ("Khám lại tăng huyết áp", clinic.second.pk)
    print(counted.table())
    assert Appointment.objects.get().state == "arrived"
    assert QueueTicket.objects.count() == len(PEOPLE)
    for address in ("/lich-hen/", "/lich-hen/gio-nhan/", "/phong-kham/hom-nay/", "/tiep-nhan/so-giay/"):
        page.goto(f"{live_server.url}{address}")
        axe(page)
