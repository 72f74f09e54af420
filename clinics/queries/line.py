"""A room's line in the order it will be called: the law's groups, those whose vitals are taken, then the place.

place is the number somebody stands behind (their own unless a step moved them), so a moved person comes after the one
whose number it is, and two of them in the order of their own numbers.
"""

from __future__ import annotations

from datetime import date

from django.db.models import Case, F, IntegerField, QuerySet, Value, When

from clinics.models import QueueTicket
from clinics.rules.priorities import Priority, rank
from clinics.rules.queueing import MOST_OF_A_ROOM
from clinics.rules.states import QUEUED_STATES, VisitState

RANK = Case(
    *(When(visit__priority=priority.value, then=Value(rank(priority))) for priority in Priority),
    output_field=IntegerField(),
)
READY_FIRST = Case(When(visit__state=VisitState.TRIAGED, then=Value(0)), default=Value(1), output_field=IntegerField())
OWN_FIRST = Case(When(number=F("visit__place"), then=Value(0)), default=Value(1), output_field=IntegerField())
LINE = ("visit__place", OWN_FIRST, "number")


def held_tickets(room_id: int, day: date) -> QuerySet[QueueTicket]:
    """The tickets of a room that somebody holds now; those given up by a transfer are not among them."""
    return QueueTicket.objects.filter(room_id=room_id, day=day, holder__isnull=False)


def waiting_line(room_id: int, day: date, priority: str) -> list[QueueTicket]:
    """Those of one rank who wait in a room and kept their turn, in the order of the line, with their visits."""
    same = [one.value for one in Priority if rank(one) == rank(Priority(priority))]
    tickets = held_tickets(room_id, day).filter(visit__state__in=QUEUED_STATES, visit__set_aside=False)
    return list(tickets.filter(visit__priority__in=same).select_related("visit").order_by(*LINE)[:MOST_OF_A_ROOM])
