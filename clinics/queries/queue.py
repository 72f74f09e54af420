"""Who is in the clinic today: the desk's queue and the rooms' worklists."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Q, QuerySet

from clinics.models import Visit
from clinics.queries.criticals import waiting_criticals
from clinics.queries.scope import facility_of, rooms_here, today_of
from clinics.queries.visit_orders import Progress, progress_of
from clinics.rules.priorities import PRIORITY_TAGS, Priority, rank
from clinics.rules.states import HERE_STATES, OPEN_STATES, QUEUED_STATES, STATE_NAMES, VisitState
from clinics.rules.tickets import is_late, minutes_between, number_text, short_room
from records.models import Observation
from records.queries.band import SEX_NAMES
from records.rules.danger import danger_signs
from records.rules.vitals import BY_CODE
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.dates import PartialDate, age_on

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Entry:
    """One person in today's clinic. minutes: since check-in; late: waited longer than the clinic allows itself."""

    visit_id: uuid.UUID
    ticket_id: uuid.UUID
    number: str
    name: str
    sex: str
    age: str
    room: str
    room_code: str
    room_id: int
    state: VisitState
    state_name: str
    priority: str
    reason: str
    checked_in_at: datetime
    minutes: int
    late: bool
    orders: Progress | None = None
    danger: bool = False  # a vital sign of this visit is a danger sign; which one, the visit's page says
    set_aside: bool = False
    turn: tuple[int, int, int] = (0, 0, 0)  # the place in line, moved people after the number they stand behind

    @property
    def room_short(self) -> str:
        """The room as it is called out."""
        return short_room(self.room)

    @property
    def waits(self) -> bool:
        """Whether nobody is with the person yet."""
        return self.state in QUEUED_STATES


@dataclass(frozen=True, slots=True)
class RoomCount:
    """A room and how many are in each state there today."""

    id: int
    code: str
    name: str
    by_state: Mapping[str, int]

    @property
    def waiting(self) -> int:
        """Those nobody is with yet."""
        return sum(self.by_state.get(state, 0) for state in QUEUED_STATES)

    @property
    def open(self) -> int:
        """Everybody still here."""
        return sum(self.by_state.get(state, 0) for state in HERE_STATES)


@dataclass(frozen=True, slots=True)
class Day:
    """Today's people of one facility (filtered), and the counts of all its rooms (never filtered)."""

    entries: tuple[Entry, ...]
    rooms: tuple[RoomCount, ...]
    limited: bool = False
    criticals: int = 0
    criticals_late: int = 0

    @property
    def waiting(self) -> int:
        """Everybody who waits, in all rooms."""
        return sum(room.waiting for room in self.rooms)

    @property
    def average_minutes(self) -> int | None:
        """How long those shown have waited on average; None when nobody waits."""
        waits = [entry.minutes for entry in self.entries if entry.waits]
        return round(sum(waits) / len(waits)) if waits else None

    def count(self, state: VisitState, room_code: str = "") -> int:
        """How many are in a state, in one room or in all."""
        return sum(room.by_state.get(state, 0) for room in self.rooms if room_code in ("", room.code))


@query(Permission.QUEUE_READ)
def get_worklist(ctx: Context, *, room_code: str = "", state: str = "") -> Day:
    """Today's people in the order they will be called; room_code "" is every room, state "" everybody still here."""
    day = read_day(ctx, room_code=room_code, states=[state] if state in list(VisitState) else HERE_STATES)
    record_audit(ctx, "list", target=("Worklist", room_code or "*"), detail={"shown": len(day.entries)})
    return day


def read_day(ctx: Context, *, room_code: str = "", states: Iterable[str] = HERE_STATES) -> Day:
    """The undecorated read: six statements whatever the number of people."""
    visits = Visit.objects.filter(facility_id=facility_of(ctx).id, visit_date=today_of(ctx))
    shown = visits.filter(state__in=[str(state) for state in states])
    if room_code:
        shown = shown.filter(room__code=room_code)
    rows = shown.select_related("encounter__patient", "room", "ticket").order_by("checked_in_at")[: MOST_SHOWN + 1]
    orders = progress_of([visit.pk for visit in rows[:MOST_SHOWN]])
    measured = _measured(visit.encounter_id for visit in rows[:MOST_SHOWN])
    entries = [
        _entry(ctx, visit, orders.get(visit.pk), measured.get(visit.encounter_id, {})) for visit in rows[:MOST_SHOWN]
    ]
    return Day(tuple(sorted(entries, key=_turn)), _rooms(ctx, visits), len(rows) > MOST_SHOWN, *waiting_criticals(ctx))


_ORDER = {
    VisitState.IN_CONSULTATION: 0,
    VisitState.AWAITING_RESULTS: 0,
    VisitState.TRIAGED: 1,
    VisitState.WAITING: 1,
}
_RANKS = {PRIORITY_TAGS[priority]: rank(priority) for priority in Priority}


def _turn(entry: Entry) -> tuple[int, bool, int, tuple[int, int, int], str]:
    """Those with a doctor first, then by the law's groups and the place, who was passed over last; ended by number."""
    grade = _RANKS[entry.priority] if entry.waits else 0
    return _ORDER.get(entry.state, 2), entry.waits and entry.set_aside, grade, entry.turn, entry.room_code


def _place(visit: Visit) -> tuple[int, int, int]:
    number = visit.ticket.number
    if visit.state not in QUEUED_STATES:
        return number, 0, number
    return visit.place, int(visit.place != number), number


def read_rooms(ctx: Context) -> tuple[RoomCount, ...]:
    """The facility's rooms with today's counts; for readers that audit themselves."""
    return _rooms(ctx, Visit.objects.filter(facility_id=facility_of(ctx).id, visit_date=today_of(ctx)))


def _measured(encounters: Iterable[uuid.UUID]) -> dict[uuid.UUID, dict[str, Decimal]]:
    """The latest vital signs of these encounters by key. They only raise a flag here: no value is shown."""
    rows = Observation.objects.filter(
        encounter__in=list(encounters),
        code__in=list(BY_CODE),
        superseded_by=None,
        mistaken=False,
        value__isnull=False,
    ).order_by("observed_at", "id")
    found: dict[uuid.UUID, dict[str, Decimal]] = {}
    for encounter, code, value in rows.values_list("encounter_id", "code", "value"):
        if encounter is not None and value is not None:
            found.setdefault(encounter, {})[BY_CODE[code].key] = value
    return found


def _rooms(ctx: Context, visits: QuerySet[Visit]) -> tuple[RoomCount, ...]:
    counts: dict[int, dict[str, int]] = {}
    for room_id, state, number in visits.values_list("room_id", "state").annotate(Count("pk")).order_by():
        counts.setdefault(room_id, {})[state] = number
    return tuple(RoomCount(room.pk, room.code, room.name, counts.get(room.pk, {})) for room in rooms_here(ctx))


def _entry(ctx: Context, visit: Visit, orders: Progress | None, measured: Mapping[str, Decimal]) -> Entry:
    patient, state = visit.encounter.patient, VisitState(visit.state)
    born = PartialDate(patient.birth_date, patient.birth_precision)  # type: ignore[arg-type]
    age = age_on(born, max(today_of(ctx), born.value))
    return Entry(
        visit_id=visit.pk,
        ticket_id=visit.ticket.pk,
        number=number_text(visit.ticket.number),
        name=patient.name,
        sex=SEX_NAMES[patient.sex],
        age=age.text,
        room=visit.room.name,
        room_code=visit.room.code,
        room_id=visit.room_id,
        state=state,
        state_name=STATE_NAMES[state],
        priority=PRIORITY_TAGS[Priority(visit.priority)],
        reason=visit.encounter.reason,
        checked_in_at=visit.checked_in_at,
        minutes=minutes_between(visit.checked_in_at, ctx.at),
        late=state in QUEUED_STATES and is_late(visit.checked_in_at, ctx.at),
        orders=orders,
        danger=bool(danger_signs(measured, age)),
        set_aside=visit.set_aside,
        turn=_place(visit),
    )


def open_now(ctx: Context) -> Q:
    """Visits of the facility that go on: today's, and those of whoever was admitted on whatever day."""
    today = Q(visit_date=today_of(ctx), state__in=OPEN_STATES)
    return Q(facility_id=facility_of(ctx).id) & (today | Q(state=VisitState.ADMITTED))


def open_visits_of(ctx: Context, patient_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, Visit]:
    """Who of these is already in the clinic today, or lies in bed: person to open visit (with ticket and room)."""
    visits = Visit.objects.filter(open_now(ctx), encounter__patient_id__in=list(patient_ids))
    return {visit.encounter.patient_id: visit for visit in visits.select_related("encounter", "ticket", "room")}
