"""What belongs to the facility of a context. Everything else answers as if it did not exist."""

from __future__ import annotations

import uuid
from datetime import date

from django.utils import timezone

from clinics.models import QueueTicket, Visit
from registry.kernel import Context, FacilityRef, Forbidden, NotFound
from registry.models import Room


def facility_of(ctx: Context) -> FacilityRef:
    """The facility acted for; Forbidden for somebody who stands in none."""
    if ctx.facility is None:
        raise Forbidden("no-facility", "Bạn chưa được phân công ở cơ sở nào.")
    return ctx.facility


def today_of(ctx: Context) -> date:
    """The day in Hanoi."""
    return timezone.localdate(ctx.at)


def visit_here(ctx: Context, visit_id: uuid.UUID, *, lock: bool = False) -> Visit:
    """This facility's visit with its encounter and room; NotFound otherwise. lock: held until the transaction ends."""
    visits = Visit.objects.select_related("encounter", "room__department", "ticket")
    if lock:
        visits = visits.select_for_update(of=("self",), no_key=True)
    visit = visits.filter(pk=visit_id, facility_id=facility_of(ctx).id).first()
    if visit is None:
        raise NotFound
    return visit


def ticket_here(ctx: Context, ticket_id: uuid.UUID) -> QueueTicket:
    """This facility's ticket with its visit; NotFound otherwise."""
    tickets = QueueTicket.objects.select_related("visit__encounter__patient", "room")
    ticket = tickets.filter(pk=ticket_id, visit__facility_id=facility_of(ctx).id).first()
    if ticket is None:
        raise NotFound
    return ticket


def rooms_here(ctx: Context) -> list[Room]:
    """The facility's rooms in use, by code; at most 200."""
    return list(Room.objects.filter(facility_id=facility_of(ctx).id, active=True).order_by("code")[:200])


def room_here(ctx: Context, code: str) -> Room:
    """The facility's room in use with this code; NotFound otherwise."""
    room = Room.objects.filter(facility_id=facility_of(ctx).id, active=True, code=code).first()
    if room is None:
        raise NotFound
    return room
