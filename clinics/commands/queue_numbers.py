"""The next number of a room: never doubled, never skipped. A rollback gives it back.

Desks stand in line for a room at an advisory lock, which PostgreSQL grants in the order of asking. The counter's row alone
would do for the numbers, but not for the desks: each time the row has changed, INSERT … ON CONFLICT starts over behind
those who came later, and with fifty desks one of them was passed over for more than thirty seconds.
"""

from __future__ import annotations

import uuid
from datetime import date

from django.db import connection

from clinics.models import QueueTicket, Visit
from registry.kernel import Context

_LINE = 1_364_283_729  # ours among the database's advisory locks; the second key is the room
_HOLD = "SELECT pg_advisory_xact_lock(%(line)s, hashint8(%(room)s))"
_NEXT = """
    WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock(%(line)s, hashint8(%(room)s)))
    INSERT INTO clinics_queuecounter (room_id, day, last) SELECT %(room)s, %(day)s, %(count)s FROM held
    ON CONFLICT (room_id, day) DO UPDATE SET last = clinics_queuecounter.last + %(count)s
    RETURNING last
"""


def take_number(room_id: int, day: date, count: int = 1) -> int:
    """The next number of the room on the day, or the last of the next `count`; others wait until this transaction ends.

    Take it last, the wait is short.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"line": _LINE, "room": room_id, "day": day, "count": count})
        row: tuple[int] = cursor.fetchone()
    return row[0]


def issue_ticket(
    ctx: Context,
    visit: Visit,
    *,
    room_id: int | None = None,
    number: int | None = None,
    block_id: uuid.UUID | None = None,
) -> QueueTicket:
    """The visit's number in its room today, or in another; number: one already written on paper, out of this block."""
    room_id = room_id or visit.room_id
    if number is None:
        number = take_number(room_id, visit.visit_date)
    ticket = QueueTicket.objects.create(
        visit=visit, room_id=room_id, day=visit.visit_date, number=number, issued_at=ctx.at, block_id=block_id
    )
    # What the database's trigger wrote.
    visit.ticket, visit.room_id, visit.place, visit.set_aside = ticket, room_id, number, False
    return ticket


def hold_queue(room_id: int) -> None:
    """Keep others from calling and from taking numbers in this room until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, {"line": _LINE, "room": room_id})
