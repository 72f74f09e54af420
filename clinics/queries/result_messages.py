"""Result messages of a facility, and what in them waits for a person."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q

from clinics.models import ResultException, ResultMessage
from clinics.queries.scope import facility_of
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.rules.phrases import Phrase

MOST_SHOWN = 100


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message on the list. open: exceptions nobody looked at."""

    message_id: uuid.UUID
    control_id: str
    sender: str
    file_name: str
    received_at: datetime
    received_by: str
    outcome: str
    landed: int
    open: int


@dataclass(frozen=True, slots=True)
class Doubt:
    """One exception: why, where, under which number."""

    exception_id: uuid.UUID
    message_id: uuid.UUID
    told: Phrase
    segment: int
    number: str
    at: datetime
    resolved_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Inbox:
    """The latest messages and every open exception (at most MOST_SHOWN of each)."""

    messages: tuple[MessageLine, ...]
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True, slots=True)
class MessagePage:
    """One message: its text as read, the answer, what landed where, its exceptions."""

    message: ResultMessage
    text: str
    ack: str
    doubts: tuple[Doubt, ...]
    items: tuple[tuple[uuid.UUID, str], ...]


@query(Permission.REPORT_RECORD)
def get_inbox(ctx: Context) -> Inbox:
    """Messages and open exceptions of this facility; numbers only, nobody's name."""
    here = ResultMessage.objects.filter(facility_id=facility_of(ctx).id).select_related("received_by")
    waiting = Count("exceptions", filter=Q(exceptions__resolved_at=None))
    rows = here.defer("raw", "ack").annotate(waiting=waiting).order_by("-received_at", "-id")[:MOST_SHOWN]
    doubts = ResultException.objects.filter(facility_id=facility_of(ctx).id, resolved_at=None)
    listed = doubts.select_related("message", "resolved_by").defer("message__raw").order_by("id")[:MOST_SHOWN]
    record_audit(ctx, "list", target=("ResultMessages", "*"))
    return Inbox(tuple(_line(row, row.waiting) for row in rows), tuple(_doubt(row) for row in listed))


@query(Permission.REPORT_RECORD)
def get_message(ctx: Context, message_id: uuid.UUID) -> MessagePage:
    """One message of this facility whole; NotFound otherwise. It may name a person: one audit row tells who read it."""
    message = ResultMessage.objects.filter(pk=message_id, facility_id=facility_of(ctx).id).first()
    if message is None:
        raise NotFound
    doubts = message.exceptions.select_related("message", "resolved_by").order_by("id")
    entries = message.entries.select_related("item__service", "item__order__visit__encounter").order_by("id")[
        :MOST_SHOWN
    ]
    people = {one.item.order.visit.encounter.patient_id for one in entries}
    patient_id = people.pop() if len(people) == 1 else None
    record_audit(ctx, "read", patient_id=patient_id, target=("ResultMessage", message.pk))
    return MessagePage(
        message=message,
        text=bytes(message.raw).decode(message.encoding, errors="replace").replace("\r", "\n"),
        ack=message.ack.replace("\r", "\n"),
        doubts=tuple(_doubt(row) for row in doubts[:MOST_SHOWN]),
        items=tuple((one.item_id, one.item.service.name) for one in entries),
    )


def _line(row: ResultMessage, waiting: int) -> MessageLine:
    return MessageLine(
        message_id=row.pk,
        control_id=row.control_id,
        sender=row.sender.replace("|", " · "),
        file_name=row.file_name,
        received_at=row.received_at,
        received_by=row.received_by.full_name if row.received_by else "",
        outcome=row.outcome,
        landed=row.landed,
        open=waiting,
    )


def _doubt(row: ResultException) -> Doubt:
    return Doubt(
        exception_id=row.pk,
        message_id=row.message_id,
        told=Phrase.from_json(row.told),
        segment=row.segment,
        number=row.number,
        at=row.message.received_at,
        resolved_by=row.resolved_by.full_name if row.resolved_by else "",
        note=row.note,
    )
