"""The next number of a room: never doubled, never skipped. The counter's row is the lock, and a rollback gives it back."""

from __future__ import annotations

from datetime import date

from django.db import connection

from clinics.models import QueueCounter, QueueTicket, Visit
from registry.kernel import Context

_NEXT = """
    INSERT INTO clinics_queuecounter (room_id, day, last) VALUES (%s, %s, 1)
    ON CONFLICT (room_id, day) DO UPDATE SET last = clinics_queuecounter.last + 1
    RETURNING last
"""


def take_number(room_id: int, day: date) -> int:
    """The next number of the room on the day; others wait until this transaction ends. Take it last, the wait is short."""
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [room_id, day])
        row: tuple[int] = cursor.fetchone()
    return row[0]


def issue_ticket(ctx: Context, visit: Visit) -> QueueTicket:
    """The visit's number in its room today."""
    number = take_number(visit.room_id, visit.visit_date)
    return QueueTicket.objects.create(
        visit=visit, room_id=visit.room_id, day=visit.visit_date, number=number, issued_at=ctx.at
    )


def hold_queue(room_id: int, day: date) -> None:
    """Keep others from calling in this room until the transaction ends; an empty queue has nothing to hold."""
    list(QueueCounter.objects.select_for_update(no_key=True).filter(room_id=room_id, day=day))
