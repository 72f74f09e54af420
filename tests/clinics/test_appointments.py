"""Booking: slots of weekly hours, never over capacity, moved and cancelled with a reason, a fair place on the day."""

from __future__ import annotations

import uuid
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.commands.appointments import book, cancel_appointment, move_appointment, record_no_show
from clinics.commands.schedules import add_schedule, close_day, end_schedule
from clinics.models import Appointment, AppointmentSlot, Visit
from clinics.queries.appointments import get_bookings
from clinics.queries.schedules import read_offers
from records.queries.access import open_record
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from tests.clinics.conftest import Clinic
from tests.clinics.crowd import bulk_residents
from tests.clinics.test_check_in import in_threads
from tests.clinics.test_turns import called
from tests.factories.city import NOW

EIGHT = NOW.replace(hour=8, minute=0)


def hours(clinic: Clinic, capacity: int = 1, room: Any = None) -> uuid.UUID:
    """The room books quarters of an hour from eight to nine on the weekday of NOW."""
    desk = clinic.ctx("le.tan")
    pattern = {"begins": time(8), "ends": time(9), "minutes": 15, "capacity": capacity}
    return add_schedule(desk, room_id=(room or clinic.room).pk, weekday=NOW.isoweekday(), **pattern).pk


def take(
    clinic: Clinic, schedule_id: uuid.UUID, patient_id: uuid.UUID, at: datetime = EIGHT, **said: Any
) -> Appointment:
    form = {"reason": "Khám lại", "booked_from": "desk"} | said
    desk = clinic.ctx(form.pop("by", "le.tan"))
    return book(desk, patient_id=patient_id, schedule_id=schedule_id, starts_at=at, **form)


def test_a_slot_is_offered_taken_and_full(clinic: Clinic) -> None:
    schedule = hours(clinic)
    first, second = bulk_residents(clinic, 2)
    assert [one.left for one in read_offers(clinic.ctx("le.tan"), NOW.date())] == [1, 1, 1, 1]
    take(clinic, schedule, first)
    assert [one.left for one in read_offers(clinic.ctx("le.tan"), NOW.date())] == [0, 1, 1, 1]
    with pytest.raises(Conflict, match="slot-full"):
        take(clinic, schedule, second)
    with pytest.raises(Conflict, match="appointment-twice"):
        take(clinic, schedule, first, EIGHT + timedelta(minutes=15))


@pytest.mark.parametrize(
    ("at", "said", "code", "field"),
    [
        (EIGHT + timedelta(minutes=5), {}, "slot-unknown", "starts_at"),
        (EIGHT + timedelta(days=1), {}, "slot-unknown", "starts_at"),
        (EIGHT - timedelta(days=7), {}, "slot-unknown", "starts_at"),
        (EIGHT + timedelta(days=7 * 30), {}, "slot-past", "starts_at"),
        (EIGHT, {"reason": " "}, "appointment-reason-missing", "reason"),
        (EIGHT, {"booked_from": "x"}, "booked-from-unknown", "booked_from"),
    ],
)
def test_what_is_not_offered_is_refused(clinic: Clinic, at: datetime, said: Any, code: str, field: str) -> None:
    schedule, patient_id = hours(clinic), clinic.register()
    with pytest.raises(Refused) as refused:
        take(clinic, schedule, patient_id, at, **said)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert not AppointmentSlot.objects.exists()
    assert take(clinic, schedule, patient_id).state == "booked"


def test_days_off_and_ended_hours_are_not_booked(clinic: Clinic) -> None:
    schedule, patient_id, desk = hours(clinic), clinic.register(), clinic.ctx("le.tan")
    week = EIGHT + timedelta(days=7)
    close_day(desk, day=week.date(), reason="Nghỉ lễ")
    assert read_offers(desk, week.date()) == ()
    with pytest.raises(Refused, match="slot-closed"):
        take(clinic, schedule, patient_id, week)
    with pytest.raises(Refused, match="closed-twice"):
        close_day(desk, day=week.date(), reason="Nghỉ lễ")
    end_schedule(desk, schedule_id=schedule)
    with pytest.raises(Refused, match="slot-unknown"):
        take(clinic, schedule, patient_id)
    with pytest.raises(NotFound):
        end_schedule(clinic.ctx("le.tan.2"), schedule_id=schedule)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"weekday": 8}, "weekday-unknown"),
        ({"ends": time(7)}, "schedule-pattern"),
        ({"minutes": 1}, "schedule-pattern"),
        ({"capacity": 0}, "schedule-pattern"),
        ({"begins": time(8, 30), "ends": time(10)}, "schedule-overlap"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused(clinic: Clinic, said: dict[str, Any], code: str) -> None:
    hours(clinic)
    pattern = {"weekday": NOW.isoweekday(), "begins": time(13), "ends": time(15), "minutes": 15, "capacity": 1} | said
    with pytest.raises(Refused, match=code):
        add_schedule(clinic.ctx("le.tan"), room_id=clinic.room.pk, **pattern)


def test_a_booking_opens_the_record_until_it_is_cancelled(clinic: Clinic) -> None:
    patient_id, stranger = clinic.register(), clinic.ctx("bac.si.2")
    desk = clinic.ctx("le.tan.2")
    pattern = {"begins": time(8), "ends": time(9), "minutes": 15, "capacity": 1}
    schedule = add_schedule(desk, room_id=clinic.city.other_room.pk, weekday=NOW.isoweekday(), **pattern)
    with pytest.raises(Forbidden):
        open_record(stranger, patient_id)
    said = {"schedule_id": schedule.pk, "starts_at": EIGHT, "reason": "Khám", "booked_from": "record"}
    booked = book(desk, patient_id=patient_id, **said)
    assert open_record(stranger, patient_id).patient_id == patient_id
    with pytest.raises(NotFound):
        cancel_appointment(clinic.ctx("le.tan"), appointment_id=booked.pk, reason="Nhầm")
    with pytest.raises(Refused, match="appointment-end-reason"):
        cancel_appointment(desk, appointment_id=booked.pk, reason=" ")
    cancel_appointment(desk, appointment_id=booked.pk, reason="Người bệnh bận")
    with pytest.raises(Forbidden):
        open_record(stranger, patient_id)
    with pytest.raises(Conflict, match="appointment-over"):
        cancel_appointment(desk, appointment_id=booked.pk, reason="Lần nữa")
    assert book(desk, patient_id=patient_id, **said).slot.taken == 1


def test_only_who_checks_in_is_offered_the_check_in(clinic: Clinic, time_machine: Any) -> None:
    time_machine.move_to(NOW)
    patient_id = clinic.register()
    take(clinic, hours(clinic), patient_id)
    door = reverse("clinics:arrive", args=[patient_id])
    for username, offered in (("le.tan", True), ("bac.si", False)):
        client = Client()
        client.force_login(clinic.city.staff[username])
        page = client.get(reverse("clinics:bookings")).content.decode()
        assert ("Khám lại" in page, door in page) == (True, offered), username


def test_a_booking_is_moved_and_the_old_one_says_why(clinic: Clinic) -> None:
    schedule, patient_id, desk = hours(clinic), clinic.register(), clinic.ctx("le.tan")
    old = take(clinic, schedule, patient_id)
    slot = {"schedule_id": schedule, "starts_at": EIGHT + timedelta(minutes=30)}
    with pytest.raises(NotFound):
        move_appointment(desk, patient_id=bulk_residents(clinic, 1)[0], appointment_id=old.pk, reason="Bận", **slot)
    new = move_appointment(desk, patient_id=patient_id, appointment_id=old.pk, reason="Bận việc", **slot)
    old.refresh_from_db()
    assert (old.state, old.end_reason, new.replaces_id) == ("moved", "Bận việc", old.pk)
    assert dict(AppointmentSlot.objects.values_list("starts_at", "taken")) == {EIGHT: 0, slot["starts_at"]: 1}
    assert get_bookings(desk, NOW.date()).counts == {"moved": 1, "booked": 1}


def test_nobody_came_is_said_only_after_the_hour(clinic: Clinic) -> None:
    booked = take(clinic, hours(clinic), clinic.register())
    with pytest.raises(Refused, match="appointment-early"):
        record_no_show(clinic.ctx("le.tan"), appointment_id=booked.pk)
    record_no_show(clinic.ctx("le.tan", EIGHT + timedelta(hours=2)), appointment_id=booked.pk)
    assert Appointment.objects.get().state == "no-show"
    with pytest.raises(Forbidden):
        record_no_show(clinic.ctx("thu.ngan"), appointment_id=booked.pk)


@pytest.mark.parametrize(("minutes", "order"), [(-5, [1, 2, 5, 3, 4]), (-40, [1, 2, 3, 4, 5]), (40, [1, 2, 3, 4, 5])])
def test_who_booked_and_comes_in_time_stands_behind_two(clinic: Clinic, minutes: int, order: list[int]) -> None:
    *walk_in, booked = bulk_residents(clinic, 5)
    appointment = take(clinic, hours(clinic), booked, EIGHT + timedelta(minutes=45))
    for who in walk_in:
        clinic.check_in(who, at=NOW)
    given = clinic.check_in(booked, at=appointment.starts_at + timedelta(minutes=minutes))
    appointment.refresh_from_db()
    assert (appointment.state, appointment.visit_id) == ("arrived", given.visit_id)
    assert list(called(clinic)) == order
    assert Visit.objects.count() == 5


@pytest.mark.django_db(transaction=True)
def test_the_last_places_are_never_given_twice(live_clinic: Clinic) -> None:
    schedule, people = hours(live_clinic, capacity=3), bulk_residents(live_clinic, 20)
    results = in_threads(lambda who: take(live_clinic, schedule, who), people)
    assert sum(isinstance(one, Appointment) for one in results) == 3
    assert {one.code for one in results if isinstance(one, Refused)} == {"slot-full"}
    assert AppointmentSlot.objects.get().taken == 3
