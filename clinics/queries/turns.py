"""One person's turn, as who runs the queue sees it: where they stand, what happened to it, where they may be sent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinics.models import QueueStep, QueueTicket, Visit
from clinics.queries.line import waiting_line
from clinics.queries.queue import RoomCount, read_rooms
from clinics.queries.scope import visit_here
from clinics.rules.states import QUEUED_STATES
from clinics.rules.tickets import number_text
from registry.kernel import Context, Permission, query, record_audit


@dataclass(frozen=True, slots=True)
class Turn:
    """before: how many of the same group are called first; None for somebody passed over or no longer waiting."""

    visit: Visit
    number: str
    given_name: str
    waits: bool
    before: int | None
    called: int
    tickets: tuple[QueueTicket, ...]
    steps: tuple[QueueStep, ...]
    rooms: tuple[RoomCount, ...]


@query(Permission.QUEUE_CALL)
def get_turn(ctx: Context, visit_id: uuid.UUID) -> Turn:
    """A turn of this facility; NotFound otherwise. The name is the one that is called out."""
    visit = visit_here(ctx, visit_id)
    waits = visit.state in QUEUED_STATES
    line = waiting_line(visit.room_id, visit.visit_date, visit.priority) if waits and not visit.set_aside else []
    before = next((at for at, one in enumerate(line) if one.pk == visit.ticket.pk), None)
    steps = QueueStep.objects.filter(ticket__visit=visit).select_related("by", "came_from__room", "ticket__room")
    record_audit(ctx, "read", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk))
    return Turn(
        visit=visit,
        number=number_text(visit.ticket.number),
        given_name=visit.encounter.patient.name,
        waits=waits,
        before=before,
        called=visit.ticket.calls.filter(at__gte=visit.state_since).count(),
        tickets=tuple(visit.tickets.select_related("room").order_by("issued_at", "id")[:20]),
        steps=tuple(steps.order_by("at", "id")[:50]),
        rooms=tuple(room for room in read_rooms(ctx) if room.id != visit.room_id),
    )
