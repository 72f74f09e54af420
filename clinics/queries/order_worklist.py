"""The laboratory's and imaging's worklist: what is to be drawn, received, done, verified."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case, Count, IntegerField, Q, QuerySet, Value, When

from clinics.models import OrderItem
from clinics.queries.scope import facility_of, rooms_here, today_of
from clinics.rules.orders import (
    KIND_NAMES,
    OPEN_ORDER_STATES,
    ORDER_STATE_NAMES,
    SPECIMENS,
    URGENCY_NAMES,
    OrderState,
    ServiceKind,
    Urgency,
)
from clinics.rules.tickets import minutes_between, number_text
from records.queries.band import SEX_NAMES
from registry.kernel import Context, Permission, query, record_audit
from registry.models import Room
from registry.rules.dates import PartialDate, age_on

MOST_SHOWN = 200
_URGENT_FIRST = Case(
    When(order__urgency=Urgency.STAT, then=Value(0)),
    When(order__urgency=Urgency.URGENT, then=Value(1)),
    default=Value(2),
    output_field=IntegerField(),
)
STEPS: Mapping[str, Q] = {
    "lay-mau": Q(state=OrderState.ORDERED) & ~Q(service__specimen=""),
    "nhan-mau": Q(state=OrderState.TAKEN),
    "thuc-hien": Q(state=OrderState.IN_PROGRESS) | Q(state=OrderState.ORDERED, service__specimen=""),
    "duyet": Q(state=OrderState.RESULTED),
}


@dataclass(frozen=True, slots=True)
class Work:
    """One ordered service on the list. minutes: since it came to its step."""

    item_id: uuid.UUID
    order_id: uuid.UUID
    order_number: str
    specimen_number: str
    specimen: str
    ticket: str
    name: str
    sex: str
    age: str
    service: str
    kind: str
    room: str
    state: OrderState
    state_name: str
    urgency: Urgency
    urgency_name: str
    note: str
    since: datetime
    minutes: int

    @property
    def to_draw(self) -> bool:
        """Whether a specimen must be drawn first."""
        return self.state == OrderState.ORDERED and bool(self.specimen)


@dataclass(frozen=True, slots=True)
class Worklist:
    """What is open (filtered), the counts of every step of the chosen kind and room, and the facility's rooms."""

    works: tuple[Work, ...]
    steps: Mapping[str, int]
    kinds: Mapping[str, int]
    rooms: tuple[Room, ...]
    limited: bool


@query(Permission.ORDER_READ)
def get_order_worklist(
    ctx: Context, *, kind: str = "", step: str = "", room_code: str = "", number: str = ""
) -> Worklist:
    """Open work of this facility, urgent first, then the longest waiting.

    kind: a ServiceKind; step: a key of STEPS or "xong" (verified today); room_code: a room of the facility; number: an
    order's or a specimen's number, whatever its step.
    """
    listed = OrderItem.objects.filter(facility_id=facility_of(ctx).id)
    opened = listed.filter(state__in=OPEN_ORDER_STATES)
    kinds = dict(opened.values_list("kind").annotate(Count("pk")).order_by())
    here = _narrowed(opened, kind, room_code)
    steps = here.aggregate(**{f"s{at}": Count("pk", filter=one) for at, one in enumerate(STEPS.values())})
    shown = _shown(ctx, listed, kind, step, room_code, number)
    rows = list(
        shown.select_related("order__visit__encounter__patient", "order__visit__ticket", "service", "specimen", "room")
        .order_by(_URGENT_FIRST, "state_since", "pk")[: MOST_SHOWN + 1]
    )  # fmt: skip
    works = tuple(_work(ctx, row) for row in rows[:MOST_SHOWN])
    record_audit(ctx, "list", target=("OrderWorklist", kind or "*"), detail={"shown": len(works)})
    counts = {slug: steps[f"s{at}"] for at, slug in enumerate(STEPS)}
    return Worklist(works, counts, kinds, tuple(rooms_here(ctx)), len(rows) > MOST_SHOWN)


def _shown(
    ctx: Context, listed: QuerySet[OrderItem], kind: str, step: str, room_code: str, number: str
) -> QuerySet[OrderItem]:
    if number:
        return listed.filter(Q(order__number=number) | Q(specimen__number=number))
    here = _narrowed(listed, kind, room_code)
    if step == "xong":
        return here.filter(state=OrderState.VERIFIED, order__visit__visit_date=today_of(ctx))
    opened = here.filter(state__in=OPEN_ORDER_STATES)
    return opened.filter(STEPS[step]) if step in STEPS else opened


def _narrowed(items: QuerySet[OrderItem], kind: str, room_code: str) -> QuerySet[OrderItem]:
    if kind in list(ServiceKind):
        items = items.filter(kind=kind)
    return items.filter(room__code=room_code) if room_code else items


def _work(ctx: Context, row: OrderItem) -> Work:
    visit, state = row.order.visit, OrderState(row.state)
    patient = visit.encounter.patient
    born = PartialDate(patient.birth_date, patient.birth_precision)  # type: ignore[arg-type]
    since = row.state_since or row.order.ordered_at
    drawn = row.specimen if state != OrderState.ORDERED else None
    return Work(
        item_id=row.pk,
        order_id=row.order_id,
        order_number=row.order.number,
        specimen_number=drawn.number if drawn else "",
        specimen=SPECIMENS.get(row.service.specimen, ""),
        ticket=number_text(visit.ticket.number),
        name=patient.name,
        sex=SEX_NAMES[patient.sex],
        age=age_on(born, max(today_of(ctx), born.value)).text,
        service=row.service.name,
        kind=KIND_NAMES[ServiceKind(row.kind)],
        room=row.room.code if row.room else "",
        state=state,
        state_name=ORDER_STATE_NAMES[state],
        urgency=Urgency(row.order.urgency),
        urgency_name=URGENCY_NAMES[Urgency(row.order.urgency)],
        note=row.order.note,
        since=since,
        minutes=minutes_between(since, ctx.at),
    )
