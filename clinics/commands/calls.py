"""Calling numbers into a room."""

from __future__ import annotations

import uuid

from django.db.models import Exists, OuterRef, QuerySet

from clinics.commands.queue_numbers import hold_queue
from clinics.commands.steps import staff_of, visit_to_change
from clinics.models import QueueCall, QueueStep, QueueTicket, Visit
from clinics.queries.line import LINE, RANK, READY_FIRST, held_tickets
from clinics.queries.scope import facility_of, today_of
from clinics.rules.queueing import QueueStepKind
from clinics.rules.states import VisitState
from registry.kernel import Context, NotFound, Permission, Refused, command, record_audit
from registry.models import Room
from registry.rules.phrases import Phrase


@command(Permission.QUEUE_CALL)
def call_next(ctx: Context, *, room_id: int) -> QueueTicket:
    """Call the next number of a room that was not called since it came to its present step.

    The law's priority groups first, then the place in line (see clinics.queries.line). A doctor calls those whose vitals
    are taken before those without; everybody else calls those still to be measured. Refused when nobody waits; NotFound for
    another's room.
    """
    room = Room.objects.filter(pk=room_id, facility_id=facility_of(ctx).id).first()
    if room is None:
        raise NotFound
    hold_queue(room.pk)
    ticket = _waiting(ctx, room).order_by(RANK, READY_FIRST, *LINE).first()
    if ticket is None:
        raise Refused("queue-empty", Phrase("{room}: không còn ai chờ gọi.", room=room.name))
    return _call(ctx, ticket)


@command(Permission.QUEUE_CALL)
def call_again(ctx: Context, *, visit_id: uuid.UUID) -> QueueTicket:
    """Call somebody's number once more, whoever was passed over too. Conflict when the visit has ended."""
    return _call(ctx, visit_to_change(ctx, visit_id).ticket)


def _waiting(ctx: Context, room: Room) -> QuerySet[QueueTicket]:
    states = [VisitState.TRIAGED, VisitState.WAITING] if ctx.may(Permission.DIAGNOSIS_RECORD) else [VisitState.WAITING]
    # Whoever missed the call and came back is called again.
    back = QueueStep.objects.filter(ticket=OuterRef("ticket"), kind=QueueStepKind.RETURN, at__gte=OuterRef("at"))
    called = QueueCall.objects.filter(ticket=OuterRef("pk"), at__gte=OuterRef("visit__state_since")).exclude(
        Exists(back)
    )
    tickets = held_tickets(room.pk, today_of(ctx)).filter(visit__state__in=states, visit__set_aside=False)
    return tickets.exclude(Exists(called)).select_related("visit__encounter", "room")


def _call(ctx: Context, ticket: QueueTicket) -> QueueTicket:
    QueueCall.objects.create(ticket=ticket, by_id=staff_of(ctx), at=ctx.at)
    visit: Visit = ticket.visit
    record_audit(ctx, "call", patient_id=visit.encounter.patient_id, target=("QueueTicket", ticket.pk))
    return ticket
