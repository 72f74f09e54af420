"""The wall display: numbers and given names, nothing else of a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Case, F, OuterRef, Q, Subquery, Value, When, Window
from django.db.models.functions import RowNumber

from clinics.models import QueueCall, QueueTicket
from clinics.queries.scope import facility_of, room_here, rooms_here, today_of
from clinics.rules.priorities import Priority, rank
from clinics.rules.states import HERE_STATES, QUEUED_STATES, VisitState
from clinics.rules.tickets import number_text, short_room, spoken_name
from registry.kernel import Context, Permission, query
from registry.models import Room
from registry.rules.phrases import Phrase

SHOWN_NEXT = 3


@dataclass(frozen=True, slots=True)
class Called:
    """The number being called, and who is meant by it."""

    number: str
    given_name: str
    room: str
    key: str = ""  # changes with every call, so that a repeated one is spoken again
    said: str = ""  # what the loudspeaker says; numbers without leading zeros


@dataclass(frozen=True, slots=True)
class WallRow:
    """A room: the number inside or called last, and the next ones."""

    room: Room
    here: bool
    now: str
    next: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wall:
    """One wall: the facility, the room the wall hangs before, what is called there, every room with people."""

    facility: str
    room: Room
    called: Called | None
    rows: tuple[WallRow, ...]


@query(Permission.QUEUE_READ, audited=False)
def get_wall(ctx: Context, room_code: str) -> Wall:
    """What the wall before a room shows now; not audited, for it hangs in public and is asked every few seconds.

    Raises NotFound for a room that is not this facility's.
    """
    room = room_here(ctx, room_code)
    tickets = _tickets(ctx)
    rows = [
        _row(other, room, [ticket for ticket in tickets if ticket.room_id == other.pk]) for other in rooms_here(ctx)
    ]
    called = _last_called(ticket for ticket in tickets if ticket.room_id == room.pk)
    return Wall(
        facility=facility_of(ctx).name,
        room=room,
        called=_called(called, room) if called else None,
        rows=tuple(row for row in rows if row.here or row.now or row.next),
    )


# In whose turn people wait: `_turn` says the same of rows already read.
_RANK = Case(
    *(When(visit__priority=one, then=Value(rank(one))) for one in Priority), default=Value(rank(Priority.NONE))
)
_MOVED = Case(When(visit__place=F("number"), then=Value(0)), default=Value(1))
_WAITING = Q(visit__state__in=QUEUED_STATES, visit__set_aside=False)


def _tickets(ctx: Context) -> list[QueueTicket]:
    """Of today's numbers those a wall may show: whoever is inside, called last, or among the next of each room.

    One more than is shown of the next: the last called may be one of them. called_at: when it was last called.
    """
    today = QueueTicket.objects.filter(
        visit__facility_id=facility_of(ctx).id, day=today_of(ctx), visit__state__in=HERE_STATES, holder__isnull=False
    )
    last_call = QueueCall.objects.filter(ticket=OuterRef("pk")).order_by("-at").values("at")[:1]
    turn = Window(
        RowNumber(),
        partition_by=F("room"),
        order_by=[_kept_back(_WAITING), _RANK, F("visit__place"), _MOVED, F("number")],
    )
    lately = Window(
        RowNumber(), partition_by=F("room"), order_by=[F("visit__set_aside"), F("called_at").desc(nulls_last=True)]
    )
    shown = today.annotate(called_at=Subquery(last_call)).annotate(turn=turn, lately=lately)
    inside = Q(visit__state=VisitState.IN_CONSULTATION)
    shown = shown.filter(inside | Q(turn__lte=SHOWN_NEXT + 1) | Q(lately=1))
    return list(shown.select_related("visit__encounter__patient").order_by("number"))


def _kept_back(first: Q) -> Case:
    """Sorts what `first` says before everything else."""
    return Case(When(first, then=Value(0)), default=Value(1))


def _last_called(tickets: Iterable[QueueTicket]) -> QueueTicket | None:
    called = [ticket for ticket in tickets if ticket.called_at and not ticket.visit.set_aside]  # type: ignore[attr-defined]  # annotated
    return max(called, key=lambda ticket: ticket.called_at, default=None)  # type: ignore[attr-defined]


def _row(room: Room, wall: Room, tickets: list[QueueTicket]) -> WallRow:
    inside = [ticket for ticket in tickets if ticket.visit.state == VisitState.IN_CONSULTATION]
    now = inside[-1] if inside else _last_called(tickets)
    waiting = [
        ticket
        for ticket in tickets
        if ticket.visit.state in QUEUED_STATES and ticket != now and not ticket.visit.set_aside
    ]
    waiting.sort(key=_turn)
    return WallRow(
        room=room,
        here=room.pk == wall.pk,
        now=number_text(now.number) if now else "",
        next=tuple(number_text(ticket.number) for ticket in waiting[:SHOWN_NEXT]),
    )


def _turn(ticket: QueueTicket) -> tuple[int, int, bool, int]:
    visit = ticket.visit
    return rank(Priority(visit.priority)), visit.place, visit.place != ticket.number, ticket.number


def _called(ticket: QueueTicket, room: Room) -> Called:
    short = short_room(room.name)
    return Called(
        number=number_text(ticket.number),
        given_name=spoken_name(ticket.visit.encounter.patient.name),
        room=short,
        key=f"{ticket.pk} {ticket.called_at:%H%M%S%f}",  # type: ignore[attr-defined]  # annotated
        said=Phrase("Mời số {number}, vào {room}.", number=ticket.number, room=short),
    )
