"""The hours one can book: weekly patterns, their end, days that do not hold."""

from __future__ import annotations

import uuid
from datetime import date, time, timedelta

from clinics.commands.steps import staff_of
from clinics.models import ClosedDay, Schedule
from clinics.queries.scope import facility_of, today_of
from clinics.rules.appointments import WEEKDAYS, fault_of_pattern
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.models import Assignment, Room
from registry.rules.text import clean_line


@command(Permission.SCHEDULE_MANAGE)
def add_schedule(
    ctx: Context,
    *,
    room_id: int,
    weekday: int,
    begins: time,
    ends: time,
    minutes: int,
    capacity: int,
    staff_id: int | None = None,
) -> Schedule:
    """Open hours of a room every week from today on. weekday: 1 Monday to 7. Refused at the wrong field; two patterns of
    one room may not overlap.
    """
    room = _room(ctx, room_id)
    if weekday not in WEEKDAYS:
        raise Refused("weekday-unknown", "Hãy chọn một ngày trong tuần.", "weekday")
    if fault := fault_of_pattern(begins, ends, minutes, capacity):
        raise Refused("schedule-pattern", fault[1], fault[0])
    if staff_id is not None and not _works_here(ctx, staff_id):
        raise Refused("staff-unknown", "Người này không làm việc ở cơ sở.", "staff_id")
    Room.objects.select_for_update(no_key=True).get(
        pk=room.pk
    )  # two patterns at once would each find nothing overlapping
    standing = Schedule.objects.filter(room=room, weekday=weekday, begins__lt=ends, ends__gt=begins)
    if standing.exclude(valid_to__lt=today_of(ctx)).exists():
        raise Refused("schedule-overlap", "Phòng này đã có lịch trùng giờ trong ngày đó.", "begins")
    schedule = Schedule.objects.create(
        room=room, staff_id=staff_id, weekday=weekday, begins=begins, ends=ends, minutes=minutes, capacity=capacity,
        valid_from=today_of(ctx), by_id=staff_of(ctx), at=ctx.at,
    )  # fmt: skip
    record_audit(ctx, "create", target=("Schedule", schedule.pk), detail={"room": room.code})
    return schedule


@command(Permission.SCHEDULE_MANAGE)
def end_schedule(ctx: Context, *, schedule_id: uuid.UUID) -> Schedule:
    """No new bookings in a pattern; what is booked already stands. Conflict when it ended before."""
    schedule = Schedule.objects.select_for_update(no_key=True, of=("self",)).filter(
        pk=schedule_id, room__facility_id=facility_of(ctx).id
    ).first()  # fmt: skip
    if schedule is None:
        raise NotFound
    if schedule.valid_to is not None:
        raise Conflict("schedule-ended", "Lịch này đã ngừng. Hãy tải lại trang.")
    schedule.valid_to = today_of(ctx) - timedelta(days=1)
    schedule.save(update_fields=["valid_to"])
    record_audit(ctx, "update", target=("Schedule", schedule.pk))
    return schedule


@command(Permission.SCHEDULE_MANAGE)
def close_day(ctx: Context, *, day: date, reason: str, room_id: int | None = None) -> ClosedDay:
    """No appointments on a day, in one room or in all (room_id None). Refused for the past, without a reason, or twice."""
    room = None if room_id is None else _room(ctx, room_id)
    cleaned = clean_line(reason)[:300]
    if day < today_of(ctx):
        raise Refused("closed-past", "Ngày nghỉ phải từ hôm nay trở đi.", "day")
    if not cleaned:
        raise Refused("closed-reason-missing", "Hãy ghi lý do nghỉ.", "reason")
    if ClosedDay.objects.filter(facility_id=facility_of(ctx).id, room=room, day=day).exists():
        raise Refused("closed-twice", "Ngày này đã ghi nghỉ.", "day")
    closed = ClosedDay.objects.create(
        facility_id=facility_of(ctx).id, room=room, day=day, reason=cleaned, by_id=staff_of(ctx), at=ctx.at
    )
    record_audit(ctx, "create", target=("ClosedDay", closed.pk), detail={"day": str(day)})
    return closed


def _room(ctx: Context, room_id: int) -> Room:
    room = Room.objects.filter(pk=room_id, facility_id=facility_of(ctx).id, active=True).first()
    if room is None:
        raise Refused("room-unknown", "Hãy chọn một phòng đang dùng của cơ sở.", "room_id")
    return room


def _works_here(ctx: Context, staff_id: int) -> bool:
    assigned = Assignment.objects.filter(staff_id=staff_id, facility_id=facility_of(ctx).id)
    return assigned.exclude(valid_to__lt=today_of(ctx)).exists()
