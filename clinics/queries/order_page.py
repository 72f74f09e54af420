"""One order as whoever draws its specimens sees it, and one ordered service as whoever answers it sees it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinics.models import FacilityService, OrderItem, OrderItemStatus, ResultEntry, ServiceOrder, Specimen
from clinics.queries.results_shown import Earlier, Shown, earlier_of, reports_in_force, values_of
from clinics.queries.scope import facility_of
from clinics.queries.services import analytes_of
from clinics.queries.visit_orders import open_alerts
from clinics.rules.orders import ORDER_STATE_NAMES, SPECIMENS, TO_ENTER, URGENCY_NAMES, OrderState, Urgency
from clinics.rules.reference_ranges import choose_range
from clinics.rules.results import AnalyteCard, Value, record_code
from clinics.rules.tickets import number_text
from records.queries.access import RecordAccess, look_through_door
from records.queries.band import Band, get_bands
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.rules.dates import age_on


@dataclass(frozen=True, slots=True)
class ItemLine:
    """One ordered service of an order."""

    item_id: uuid.UUID
    name: str
    specimen: str
    state: OrderState
    state_name: str
    number: str
    specimen_id: uuid.UUID | None
    repeat_reason: str
    reported: bool

    @property
    def rejectable(self) -> bool:
        """Whether its vessel can still be turned away."""
        return self.state in (OrderState.TAKEN, OrderState.IN_PROGRESS) and self.specimen_id is not None


@dataclass(frozen=True, slots=True)
class OrderPage:
    """An order of this facility: whose, what, which vessels are still to be drawn and which were."""

    order: ServiceOrder
    ticket: str
    urgency: str
    band: Band
    lines: tuple[ItemLine, ...]
    specimens: tuple[tuple[Specimen, str], ...]

    @property
    def to_draw(self) -> tuple[str, ...]:
        """Kinds of vessels still to be drawn."""
        waiting = [one.specimen for one in self.lines if one.state == OrderState.ORDERED and one.specimen]
        return tuple(dict.fromkeys(waiting))

    @property
    def has_results(self) -> bool:
        """Whether there is a sheet of results to print: a verified service that is not a procedure."""
        return any(one.reported for one in self.lines)


@dataclass(frozen=True, slots=True)
class Question:
    """One analyte to answer: the range for this person, the result before, what was entered so far."""

    card: AnalyteCard
    reference: str
    critical: str
    before: Earlier | None
    entered: str


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One ordered service: its questions while it is open, its values in the record once verified."""

    item: OrderItem
    state: OrderState
    state_name: str
    urgency: str
    ticket: str
    band: Band
    questions: tuple[Question, ...]
    values: tuple[Shown, ...]
    result: str
    conclusion: str
    entry: ResultEntry | None
    steps: tuple[tuple[OrderItemStatus, str], ...]
    second_check: bool
    own_entry: bool
    alert_id: uuid.UUID | None

    @property
    def enterable(self) -> bool:
        """Whether a result can be entered now."""
        drawn = self.state != OrderState.ORDERED or not self.item.service.specimen
        return drawn and self.state in (*TO_ENTER, OrderState.RESULTED)

    @property
    def printable(self) -> bool:
        """Whether the order's sheet of results holds this one."""
        return self.state == OrderState.VERIFIED and self.item.report_id is not None

    @property
    def verifiable(self) -> bool:
        """Whether the reader may sign what was entered."""
        return self.state == OrderState.RESULTED and not (self.second_check and self.own_entry)


@dataclass(frozen=True, slots=True)
class ItemForm:
    """The bare questions of an ordered service, which tell of nobody; verified: an answer would be a correction."""

    questions: tuple[Question, ...]
    verified: bool


@query(Permission.REPORT_RECORD, audited=False)
def get_item_form(ctx: Context, item_id: uuid.UUID) -> ItemForm:
    """What is asked for an ordered service of this facility, for reading a form that was sent; NotFound otherwise."""
    item = OrderItem.objects.filter(pk=item_id, facility_id=facility_of(ctx).id).first()
    if item is None:
        raise NotFound
    cards = analytes_of([item.service_id]).get(item.service_id, ())
    return ItemForm(tuple(Question(card, "", "", None, "") for card in cards), item.state == OrderState.VERIFIED)


@query(Permission.ORDER_READ)
def get_order(ctx: Context, order_id: uuid.UUID, *, action: str = "read") -> OrderPage:
    """An order of this facility; NotFound otherwise. action "print": its labels."""
    orders = ServiceOrder.objects.select_related("visit__encounter", "visit__ticket", "visit__room", "ordered_by")
    order = orders.filter(pk=order_id, facility_id=facility_of(ctx).id).first()
    if order is None:
        raise NotFound
    access = look_through_door(ctx, order.visit.encounter.patient_id)
    items = order.items.select_related("service", "specimen").order_by("kind", "service__specimen", "pk")
    vessels = order.specimens.select_related("taken_by").order_by("number")
    record_audit(ctx, action, patient_id=access.patient_id, target=("ServiceOrder", order.pk))
    return OrderPage(
        order=order,
        ticket=number_text(order.visit.ticket.number),
        urgency=URGENCY_NAMES[Urgency(order.urgency)],
        band=get_bands([access.patient_id])[access.patient_id],
        lines=tuple(_line(one) for one in items),
        specimens=tuple((one, SPECIMENS.get(one.kind, one.kind)) for one in vessels),
    )


@query(Permission.ORDER_READ)
def get_item(ctx: Context, item_id: uuid.UUID) -> ItemPage:
    """One ordered service of this facility; NotFound otherwise. One audit row names the person."""
    items = OrderItem.objects.select_related(
        "order__visit__encounter",
        "order__visit__ticket",
        "order__ordered_by",
        "service",
        "specimen",
        "procedure",
        "room",
    )
    item = items.filter(pk=item_id, facility_id=facility_of(ctx).id).first()
    if item is None:
        raise NotFound
    access = look_through_door(ctx, item.order.visit.encounter.patient_id)
    page = _item_page(access, item)
    record_audit(ctx, "read", patient_id=access.patient_id, target=("OrderItem", item.pk), detail=access.audit_detail)
    return page


def next_to_answer(item: OrderItem) -> uuid.UUID | None:
    """Building block: another service of the same order that waits for its result."""
    others = OrderItem.objects.filter(order_id=item.order_id, state=OrderState.IN_PROGRESS, kind=item.kind)
    return others.exclude(pk=item.pk).order_by("pk").values_list("pk", flat=True).first()


def _item_page(access: RecordAccess, item: OrderItem) -> ItemPage:
    state = OrderState(item.state)
    reports = reports_in_force(access, [item.report_id]) if item.report_id else {}
    report = reports.get(item.report_id) if item.report_id else None
    values = values_of(access, [report]).get(report.pk, []) if report else []
    waiting = state == OrderState.RESULTED
    entry = item.entries.select_related("entered_by").order_by("-entered_at", "-id").first() if waiting else None
    steps = item.statuses.select_related("by").order_by("at", "id")[:40]
    entered = _entered(entry, values)
    own = FacilityService.objects.filter(facility_id=item.facility_id, code=item.service.code, second_check=True)
    said = report or entry
    return ItemPage(
        item=item,
        state=state,
        state_name=ORDER_STATE_NAMES[state],
        urgency=URGENCY_NAMES[Urgency(item.order.urgency)],
        ticket=number_text(item.order.visit.ticket.number),
        band=get_bands([access.patient_id])[access.patient_id],
        questions=_questions(access, item, entered, exclude=[report.pk] if report else []),
        values=tuple(values),
        result=report.result if report else entry.description if entry else _done(item),
        conclusion=said.conclusion if said else "",
        entry=entry,
        steps=tuple((one, ORDER_STATE_NAMES[OrderState(one.state)]) for one in steps),
        second_check=own.exists(),
        own_entry=entry is not None and entry.entered_by_id == access.ctx.actor.staff_id,
        alert_id=open_alerts([item.pk]).get(item.pk),
    )


def _done(item: OrderItem) -> str:
    return item.procedure.result if item.procedure else ""


def _entered(entry: ResultEntry | None, values: Sequence[Shown]) -> Mapping[str, str]:
    """What stands for each analyte by the record's code: the waiting entry's, else the report's."""
    if entry is None:
        return {one.code: one.value for one in values}
    kept = [Value.from_json(one) for one in entry.values]
    return {record_code(one.code, one.loinc): _typed(one) for one in kept}


def _typed(one: Value) -> str:
    return one.text if one.number is None else f"{one.number:f}".replace(".", ",")


def _questions(
    access: RecordAccess, item: OrderItem, entered: Mapping[str, str], *, exclude: Sequence[uuid.UUID]
) -> tuple[Question, ...]:
    cards = analytes_of([item.service_id]).get(item.service_id, ())
    before = earlier_of(access, {record_code(one.code, one.loinc) for one in cards}, exclude=exclude)
    moment = item.specimen.taken_at if item.specimen else access.ctx.at
    age = age_on(access.person.birth, max(moment.date(), access.person.birth.value))
    found = []
    for card in cards:
        one = choose_range(card.ranges, access.person.sex, age)
        key = record_code(card.code, card.loinc)
        reference, critical = (one.text, one.critical_text) if one else ("", "")
        found.append(Question(card, reference, critical, before.get(key), entered.get(key, "")))
    return tuple(found)


def _line(item: OrderItem) -> ItemLine:
    state = OrderState(item.state)
    drawn = item.specimen if state != OrderState.ORDERED else None
    return ItemLine(
        item_id=item.pk,
        name=item.service.name,
        specimen=SPECIMENS.get(item.service.specimen, ""),
        state=state,
        state_name=ORDER_STATE_NAMES[state],
        number=drawn.number if drawn else "",
        specimen_id=drawn.pk if drawn else None,
        repeat_reason=item.repeat_reason,
        reported=state == OrderState.VERIFIED and item.report_id is not None,
    )
