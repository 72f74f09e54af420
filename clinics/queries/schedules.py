"""Which hours can be booked: weekly patterns, days that do not hold, what is left of a slot."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q
from django.utils import timezone

from clinics.models import AppointmentSlot, ClosedDay, Schedule
from clinics.queries.scope import facility_of, rooms_here, today_of
from clinics.rules.appointments import slot_times
from clinics.rules.tickets import short_room
from registry.kernel import Context, Permission, query, record_audit
from registry.models import Room


@dataclass(frozen=True, slots=True)
class Offer:
    """A slot of one day with what is left of it."""

    schedule_id: uuid.UUID
    room: str
    doctor: str
    starts_at: datetime
    left: int
    room_id: int = 0

    @property
    def value(self) -> str:
        """The slot as a form carries it: pattern and moment."""
        return f"{self.schedule_id}|{self.starts_at.isoformat()}"


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """Patterns in force by weekday and hour, days closed from today on, rooms."""

    schedules: tuple[Schedule, ...]
    closed: tuple[ClosedDay, ...]
    rooms: tuple[Room, ...]


@query(Permission.SCHEDULE_MANAGE)
def get_schedules(ctx: Context) -> SchedulePage:
    """The facility's patterns; at most 500, and 200 closed days."""
    patterns = Schedule.objects.filter(room__facility_id=facility_of(ctx).id).exclude(valid_to__lt=today_of(ctx))
    found = patterns.select_related("room", "staff").order_by("weekday", "begins", "room__code")[:500]
    closed = ClosedDay.objects.filter(facility_id=facility_of(ctx).id, day__gte=today_of(ctx)).select_related("room")
    record_audit(ctx, "list", target=("Schedule", "*"), detail={"shown": len(found)})
    return SchedulePage(tuple(found), tuple(closed.order_by("day")[:200]), tuple(rooms_here(ctx)))


def is_closed(ctx: Context, day: date, room_id: int) -> bool:
    """Whether the facility or this room is away on a day."""
    closed = ClosedDay.objects.filter(facility_id=facility_of(ctx).id, day=day)
    return closed.filter(Q(room=None) | Q(room_id=room_id)).exists()


def read_offers(ctx: Context, day: date) -> tuple[Offer, ...]:
    """The slots of a day still to come, by hour; full ones too (left 0). Three statements."""
    closed = ClosedDay.objects.filter(facility_id=facility_of(ctx).id, day=day).values_list("room_id", flat=True)
    away = set(closed)
    if None in away:
        return ()
    patterns = Schedule.objects.filter(
        room__facility_id=facility_of(ctx).id, room__active=True, weekday=day.isoweekday(), valid_from__lte=day
    ).filter(Q(valid_to=None) | Q(valid_to__gte=day))
    standing = [one for one in patterns.select_related("room", "staff")[:200] if one.room_id not in away]
    slots = AppointmentSlot.objects.filter(schedule__in=standing, starts_at__date=day)
    taken = {(slot.schedule_id, slot.starts_at): slot.taken for slot in slots}
    offers = [
        _offer(one, moment, taken.get((one.pk, moment), 0))
        for one in standing
        for at in slot_times(one.begins, one.ends, one.minutes)
        if (moment := timezone.make_aware(datetime.combine(day, at))) >= ctx.at
    ]
    return tuple(sorted(offers, key=lambda one: (one.starts_at, one.room)))


def _offer(schedule: Schedule, starts_at: datetime, taken: int) -> Offer:
    doctor = schedule.staff.full_name if schedule.staff else ""
    left = max(0, schedule.capacity - taken)
    return Offer(schedule.pk, short_room(schedule.room.name), doctor, starts_at, left, schedule.room_id)


def first_offer(ctx: Context, day: date, room_id: int) -> Offer | None:
    """The earliest slot of a day with a place left: of this room, else of any."""
    free = [one for one in read_offers(ctx, day) if one.left]
    return next((one for one in free if one.room_id == room_id), next(iter(free), None))
