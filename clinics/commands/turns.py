"""What the desk and the rooms do to a turn: pass over, take back in, send to another room. Nothing of it is edited away."""

from __future__ import annotations

import uuid

from clinics.commands.queue_numbers import hold_queue, issue_ticket
from clinics.commands.steps import staff_of, visit_to_change
from clinics.models import QueueStep, QueueTicket, Visit
from clinics.queries.line import waiting_line
from clinics.queries.scope import facility_of
from clinics.rules.queueing import BOOKED_AFTER, RETURN_AFTER, QueueStepKind, place_behind, place_by_arrival
from clinics.rules.states import QUEUED_STATES, STATE_NAMES, VisitState
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.models import Room
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

LONGEST_REASON = 300


@command(Permission.QUEUE_CALL)
def skip_turn(ctx: Context, *, visit_id: uuid.UUID) -> Visit:
    """The person was called and is not there: they are passed over until they come back. Conflict unless they wait."""
    visit = _queued(ctx, visit_id)
    if visit.set_aside:
        raise Conflict("turn-set-aside", "Số này đã được để gọi sau.")
    if not visit.ticket.calls.filter(at__gte=visit.state_since).exists():
        raise Refused("turn-not-called", "Số này chưa được gọi ở bước hiện tại: hãy gọi trước khi để gọi sau.")
    return _step(ctx, visit, QueueStepKind.SKIP)


@command(Permission.QUEUE_CALL)
def return_turn(ctx: Context, *, visit_id: uuid.UUID) -> Visit:
    """Somebody passed over is back: they stand behind the next RETURN_AFTER of their group. Conflict unless passed over."""
    visit = _queued(ctx, visit_id)
    if not visit.set_aside:
        raise Conflict("turn-kept", "Số này vẫn đang trong hàng chờ.")
    hold_queue(visit.room_id)
    line = waiting_line(visit.room_id, visit.visit_date, visit.priority)
    place = place_behind([one.visit.place for one in line], visit.ticket.number, RETURN_AFTER)
    return _step(ctx, visit, QueueStepKind.RETURN, place=place)


@command(Permission.QUEUE_CALL)
def transfer_visit(ctx: Context, *, visit_id: uuid.UUID, room_id: int, reason: str) -> QueueTicket:
    """Send somebody who waits to another room: a new number of its series, in line by when they came to the clinic.

    Refused for the room they are in, another facility's room, or without a reason; Conflict unless they wait.
    """
    visit = _queued(ctx, visit_id)
    room = Room.objects.filter(pk=room_id, facility_id=facility_of(ctx).id, active=True).first()
    if room is None:
        raise Refused("room-unknown", "Hãy chọn một phòng đang dùng của cơ sở.", "room_id")
    if room.pk == visit.room_id:
        raise Refused("room-same", Phrase("Người bệnh đang ở {room} rồi.", room=room.name), "room_id")
    cleaned = clean_line(reason)[:LONGEST_REASON]
    if not cleaned:
        raise Refused("transfer-reason-missing", "Hãy ghi lý do chuyển phòng.", "reason")
    before = visit.ticket
    ticket = issue_ticket(ctx, visit, room_id=room.pk)
    line = [one for one in waiting_line(room.pk, visit.visit_date, visit.priority) if one.pk != ticket.pk]
    arrivals = [(one.visit.place, one.visit.checked_in_at) for one in line]
    place = place_by_arrival(arrivals, visit.checked_in_at, ticket.number)
    _write(ctx, visit, QueueStepKind.TRANSFER, place=place, came_from=before, reason=cleaned)
    detail = {"from": before.room_id, "to": room.pk}
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk), detail=detail)
    return ticket


def stand_as_booked(ctx: Context, visit: Visit) -> None:
    """Somebody who booked and came in time stands behind the next BOOKED_AFTER of their group. Inside a check-in."""
    line = [
        one
        for one in waiting_line(visit.room_id, visit.visit_date, visit.priority)
        if one.pk != visit.ticket.pk and not one.steps.filter(kind=QueueStepKind.BOOKED).exists()
    ]
    place = place_behind([one.visit.place for one in line], visit.ticket.number, BOOKED_AFTER)
    _write(ctx, visit, QueueStepKind.BOOKED, place=place)


def _queued(ctx: Context, visit_id: uuid.UUID) -> Visit:
    """The visit, held, while nobody is with the person."""
    visit = visit_to_change(ctx, visit_id)
    state = VisitState(visit.state)
    if state not in QUEUED_STATES:
        raise Conflict(
            "turn-over", Phrase("Người bệnh không còn chờ ({state:lower}).", state=Phrase(STATE_NAMES[state]))
        )
    return visit


def _step(ctx: Context, visit: Visit, kind: QueueStepKind, *, place: int | None = None) -> Visit:
    _write(ctx, visit, kind, place=place)
    detail = {"turn": kind.value}
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk), detail=detail)
    return visit


def _write(
    ctx: Context,
    visit: Visit,
    kind: QueueStepKind,
    *,
    place: int | None = None,
    came_from: QueueTicket | None = None,
    reason: str = "",
) -> None:
    QueueStep.objects.create(
        ticket=visit.ticket, kind=kind, place=place, came_from=came_from, reason=reason, by_id=staff_of(ctx), at=ctx.at
    )
    # What the database's trigger wrote.
    visit.place, visit.set_aside = visit.place if place is None else place, kind == QueueStepKind.SKIP
