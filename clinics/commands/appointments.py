"""Booking: a slot is taken in the statement that checks its capacity, so that two desks never share the last place."""

from __future__ import annotations

import uuid
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from clinics.commands.steps import staff_of
from clinics.models import Appointment, Schedule, Visit
from clinics.queries.schedules import first_offer, is_closed
from clinics.queries.scope import facility_of, today_of
from clinics.rules.appointments import LONGEST_AHEAD, AppointmentState, BookedFrom, nearest_days, slot_times
from records.commands.encounters import stamp_for
from records.commands.holding import hold_person
from records.commands.linking import end_access, grant_access
from records.models import AccessGrant, Patient
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

_TAKE = """
    INSERT INTO clinics_appointmentslot (schedule_id, starts_at, capacity, taken) VALUES (%s, %s, %s, 1)
    ON CONFLICT (schedule_id, starts_at) DO UPDATE SET taken = clinics_appointmentslot.taken + 1
        WHERE clinics_appointmentslot.taken < clinics_appointmentslot.capacity
    RETURNING id
"""
_GIVE_BACK = "UPDATE clinics_appointmentslot SET taken = taken - 1 WHERE id = %s AND taken > 0"
FULL = "Khung giờ này vừa đủ người. Hãy chọn khung khác."


@command(Permission.APPOINTMENT_BOOK)
def book(
    ctx: Context, *, patient_id: uuid.UUID, schedule_id: uuid.UUID, starts_at: datetime, reason: str, booked_from: str
) -> Appointment:
    """Book a slot for somebody. It opens their record to this facility until the end of that day.

    Refused at starts_at for a slot that is not offered, Conflict when it is full or the person is booked here that day.
    """
    patient = Patient.objects.get(pk=hold_person(patient_id, to_change=True))
    if patient.deceased_on:
        raise Refused("patient-deceased", "Hồ sơ ghi người này đã mất. Hãy kiểm tra lại giấy tờ.")
    appointment = _book(ctx, patient.pk, schedule_id, starts_at, reason, booked_from)
    _audit(ctx, "create", appointment)
    return appointment


def book_follow_up(ctx: Context, visit: Visit, days: str, reason: str) -> Appointment:
    """Building block of a visit's end: the first free slot in so many days, in the visit's own room when it has one.

    Raises Refused at "follow_up": not a number of days, or no slot on that day (the nearest day with one is named);
    Conflict when the person is booked here that day already.
    """
    day = today_of(ctx) + timedelta(days=_days(days))
    offer = first_offer(ctx, day, visit.room_id)
    if offer is None:
        raise Refused("follow-up-full", _no_slot(ctx, day, visit.room_id), "follow_up")
    said = reason.strip().partition("\n")[0] or visit.encounter.reason
    try:
        return _book(ctx, visit.encounter.patient_id, offer.schedule_id, offer.starts_at, said, BookedFrom.FOLLOW_UP)
    except Refused as refusal:
        raise Conflict(refusal.code, refusal.message, "follow_up") from refusal


def _days(text: str) -> int:
    wrong = Refused("follow-up-days", "Hãy ghi số ngày, từ 1 đến 180, ví dụ 14.", "follow_up")
    if not text.strip().isascii() or not text.strip().isdecimal():
        raise wrong
    days = int(text)
    if not 1 <= days <= LONGEST_AHEAD.days:
        raise wrong
    return days


def _no_slot(ctx: Context, day: date, room_id: int) -> Phrase:
    """That a day is full or away, and how many days ahead the nearest one with a free slot is."""
    today = today_of(ctx)
    for ahead in nearest_days((day - today).days, LONGEST_AHEAD.days):
        near = today + timedelta(days=ahead)
        if first_offer(ctx, near, room_id) is not None:
            template = "Ngày {day} không còn khung hẹn. Gần nhất: {near} (ghi {ahead})."
            return Phrase(template, day=f"{day:%d/%m/%Y}", near=f"{near:%d/%m/%Y}", ahead=ahead)
    return Phrase("Ngày {day} và các ngày gần đó không có khung hẹn.", day=f"{day:%d/%m/%Y}")


@command(Permission.APPOINTMENT_BOOK)
def cancel_appointment(ctx: Context, *, appointment_id: uuid.UUID, reason: str) -> Appointment:
    """Take a booking back; its place is free again. Refused without a reason, Conflict when it is over already."""
    appointment = _booked(ctx, appointment_id)
    _end(ctx, appointment, AppointmentState.CANCELLED, _reason(reason))
    _audit(ctx, "update", appointment)
    return appointment


@command(Permission.APPOINTMENT_BOOK)
def move_appointment(
    ctx: Context,
    *,
    patient_id: uuid.UUID,
    appointment_id: uuid.UUID,
    schedule_id: uuid.UUID,
    starts_at: datetime,
    reason: str,
) -> Appointment:
    """Another slot instead; the old row stays and says why. Refusals of book and of cancel_appointment."""
    known = hold_person(patient_id, to_change=True)
    old = _booked(ctx, appointment_id)
    if old.patient_id != known:
        raise NotFound
    _end(ctx, old, AppointmentState.MOVED, _reason(reason))
    new = _book(ctx, old.patient_id, schedule_id, starts_at, old.reason, old.booked_from, replaces=old)
    _audit(ctx, "update", new)
    return new


@command(Permission.APPOINTMENT_BOOK)
def record_no_show(ctx: Context, *, appointment_id: uuid.UUID) -> Appointment:
    """The hour is over and nobody came. Refused before the hour."""
    appointment = _booked(ctx, appointment_id)
    if ctx.at < appointment.starts_at:
        raise Refused("appointment-early", "Chưa đến giờ hẹn, chưa thể ghi không đến.")
    _end(ctx, appointment, AppointmentState.NO_SHOW, "")
    told = {"patient_id": str(appointment.patient_id), "appointment_id": str(appointment.pk)}
    emit(ctx, "appointment.missed", told)
    _audit(ctx, "update", appointment)
    return appointment


def arrive_as_booked(ctx: Context, visit: Visit, patient_id: uuid.UUID) -> Appointment | None:
    """Today's booking of somebody who is checked in, marked as arrived; None when there is none. Inside a check-in."""
    begin, end = day_bounds(today_of(ctx))
    mine = Appointment.objects.select_for_update(no_key=True).filter(
        patient_id=patient_id, facility_id=facility_of(ctx).id, state=AppointmentState.BOOKED
    )
    appointment = mine.filter(starts_at__gte=begin, starts_at__lt=end).order_by("starts_at").first()
    if appointment is None:
        return None
    appointment.state, appointment.visit = AppointmentState.ARRIVED, visit
    appointment.ended_by_id, appointment.ended_at = staff_of(ctx), ctx.at
    appointment.save(update_fields=["state", "visit", "ended_by", "ended_at"])
    return appointment


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """The day in Hanoi: its first moment and the next day's."""
    begin = timezone.make_aware(datetime.combine(day, time.min))
    return begin, begin + timedelta(days=1)


def _book(
    ctx: Context,
    patient_id: uuid.UUID,
    schedule_id: uuid.UUID,
    starts_at: datetime,
    reason: str,
    booked_from: str,
    replaces: Appointment | None = None,
) -> Appointment:
    cleaned = clean_line(reason)[:500]
    if not cleaned:
        raise Refused("appointment-reason-missing", "Hãy ghi lý do hẹn.", "reason")
    if booked_from not in list(BookedFrom):
        raise Refused("booked-from-unknown", "Không rõ hẹn từ đâu.", "booked_from")
    schedule = _offered(ctx, schedule_id, starts_at)
    _refuse_second(ctx, patient_id, starts_at)
    slot_id = _take(schedule, starts_at)
    stamp = stamp_for(ctx, patient_id)
    appointment = Appointment.objects.create(
        source_record_id=stamp["source_record_id"], patient_id=stamp["patient_id"], facility_id=facility_of(ctx).id,
        slot_id=slot_id, room_id=schedule.room_id, starts_at=starts_at, reason=cleaned, booked_from=booked_from,
        booked_by_id=staff_of(ctx), booked_at=ctx.at, replaces=replaces,
    )  # fmt: skip
    _, ends_at = day_bounds(timezone.localdate(starts_at))
    basis = AccessGrant.Basis.APPOINTMENT
    grant_access(ctx, appointment.source_record_id, basis, subject_id=appointment.pk, ends_at=ends_at)
    return appointment


def _offered(ctx: Context, schedule_id: uuid.UUID, starts_at: datetime) -> Schedule:
    """The pattern, if it offers this very slot on that day."""
    schedule = Schedule.objects.filter(pk=schedule_id, room__facility_id=facility_of(ctx).id, room__active=True).first()
    local = timezone.localtime(starts_at)
    wrong = Refused("slot-unknown", "Khung giờ này không có trong lịch. Hãy chọn khung khác.", "starts_at")
    if schedule is None or not schedule.valid_from <= local.date() <= (schedule.valid_to or date.max):
        raise wrong
    times = slot_times(schedule.begins, schedule.ends, schedule.minutes)
    if local.isoweekday() != schedule.weekday or local.time() not in set(times):
        raise wrong
    if starts_at < ctx.at or starts_at > ctx.at + LONGEST_AHEAD:
        raise Refused("slot-past", "Chỉ hẹn từ bây giờ đến 180 ngày tới.", "starts_at")
    if is_closed(ctx, local.date(), schedule.room_id):
        raise Refused("slot-closed", "Ngày này phòng nghỉ. Hãy chọn ngày khác.", "starts_at")
    return schedule


def _refuse_second(ctx: Context, patient_id: uuid.UUID, starts_at: datetime) -> None:
    begin, end = day_bounds(timezone.localdate(starts_at))
    same = Appointment.objects.filter(patient_id=patient_id, facility_id=facility_of(ctx).id)
    if same.filter(state=AppointmentState.BOOKED, starts_at__gte=begin, starts_at__lt=end).exists():
        raise Conflict("appointment-twice", "Người bệnh đã có hẹn ở cơ sở trong ngày này.")


def _take(schedule: Schedule, starts_at: datetime) -> uuid.UUID:
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [schedule.pk, starts_at, schedule.capacity])
        row: tuple[uuid.UUID] | None = cursor.fetchone()
    if row is None:
        raise Conflict("slot-full", FULL)
    return row[0]


def _booked(ctx: Context, appointment_id: uuid.UUID) -> Appointment:
    """This facility's booking, held, still to come. Conflict when it is over."""
    mine = Appointment.objects.select_for_update(no_key=True).filter(facility_id=facility_of(ctx).id)
    appointment = mine.filter(pk=appointment_id).first()
    if appointment is None:
        raise NotFound
    if appointment.state != AppointmentState.BOOKED:
        raise Conflict("appointment-over", "Lịch hẹn này không còn chờ nữa. Hãy tải lại trang.")
    return appointment


def _reason(reason: str) -> str:
    cleaned = clean_line(reason)[:300]
    if not cleaned:
        raise Refused("appointment-end-reason", "Hãy ghi lý do huỷ hoặc dời hẹn.", "reason")
    return cleaned


def _end(ctx: Context, appointment: Appointment, state: AppointmentState, reason: str) -> None:
    appointment.state, appointment.end_reason = state, reason
    appointment.ended_by_id, appointment.ended_at = staff_of(ctx), ctx.at
    appointment.save(update_fields=["state", "end_reason", "ended_by", "ended_at"])
    end_access(ctx, [appointment.pk], reason="lịch hẹn đã huỷ, dời hoặc không đến")
    if state is not AppointmentState.NO_SHOW:
        with connection.cursor() as cursor:
            cursor.execute(_GIVE_BACK, [appointment.slot_id])


def _audit(ctx: Context, action: str, appointment: Appointment) -> None:
    detail: dict[str, Any] = {"state": str(appointment.state)}
    target = ("Appointment", appointment.pk)
    record_audit(ctx, action, patient_id=appointment.patient_id, target=target, detail=detail)
