"""What a visit gives rise to and can be charged for: the examination itself, ordered services, prescribed medicines."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import QuerySet

from clinics.models import OrderItem, Prescription, PrescriptionLine, ServiceOrder, ServicePrice, StockMovement, Visit
from clinics.rules.charges.items import ChargeKind, Item, Particulars, medicine_quantity
from clinics.rules.orders import OrderState
from clinics.rules.states import VisitState

MOST_ITEMS = 300
EXAMINATION, ORDERED, PRESCRIBED = "visit", "order-item", "prescription-line"
FOLLOWED = (EXAMINATION, ORDERED, PRESCRIBED)  # kinds of source that charges follow by themselves
EXAMINATION_GROUP = "13"  # MA_NHOM of examinations


@dataclass(frozen=True, slots=True)
class Given:
    """What the counter handed over of a line and did not get back; last: when; back: whether something came back."""

    units: Decimal = Decimal(0)
    last: datetime | None = None
    back: bool = False


def chargeable_items(visit: Visit, day: date) -> list[Item]:
    """Every item of a visit that stands on a day, each with the source it is charged for; none of a cancelled visit."""
    if visit.state == VisitState.CANCELLED:
        return []
    return [*_examination(visit), *_ordered(visit), *_prescribed(visit, day)][:MOST_ITEMS]


def visit_told_of(told: Mapping[str, str]) -> Visit | None:
    """The visit that the payload of an event speaks of (visit, prescription, order or movement); None when it is gone."""
    visits = Visit.objects.select_related("facility")
    if identity := told.get("visit_id"):
        return visits.filter(pk=identity).first()
    if identity := told.get("prescription_id"):
        return visits.filter(pk__in=Prescription.objects.filter(pk=identity).values("visit")).first()
    if identity := told.get("order_id"):
        return visits.filter(pk__in=ServiceOrder.objects.filter(pk=identity).values("visit")).first()
    rows = StockMovement.objects.filter(pk=told["movement_id"])
    return visits.filter(pk__in=rows.values("line__prescription__visit")).first()


def handed_since(line_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, datetime]:
    """When each of these lines was last handed over."""
    return {line: given.last for line, given in _given(line_ids).items() if given.last}


def _examination(visit: Visit) -> Iterator[Item]:
    """The first examination of the facility's list of the day, once a doctor began; nothing is guessed without a list."""
    begun = visit.statuses.filter(state=VisitState.IN_CONSULTATION).select_related("by").order_by("at").first()
    if begun is None:
        return
    prices = _in_force(visit).filter(kind=ChargeKind.SERVICE, group=EXAMINATION_GROUP).exclude(insured_price=None)
    price = prices.order_by("-price_list__valid_from", "code").first()
    if price is not None:
        doctor = begun.by.licence_number
        yield Item(
            ChargeKind.SERVICE,
            price.code,
            price.name,
            source=(EXAMINATION, visit.pk),
            ordered_at=begun.at,
            done_at=begun.at,
            ordered_by=doctor,
            particulars=Particulars(performer=doctor),
        )


def _in_force(visit: Visit) -> QuerySet[ServicePrice]:
    lists = ServicePrice.objects.filter(
        price_list__facility_id=visit.facility_id, price_list__valid_from__lte=visit.visit_date
    )
    return lists.exclude(price_list__valid_to__lt=visit.visit_date)


def _ordered(visit: Visit) -> Iterator[Item]:
    items = OrderItem.objects.filter(order__visit=visit).exclude(state=OrderState.CANCELLED)
    related = items.select_related("service", "order__ordered_by", "report__recorded_by").order_by(
        "order__number", "pk"
    )
    for one in related:
        report = one.report
        performer = report.recorded_by.licence_number if report and report.recorded_by else ""
        yield Item(
            ChargeKind.SERVICE,
            one.service.code,
            one.service.name,
            source=(ORDERED, one.pk),
            ordered_at=one.order.ordered_at,
            done_at=report.performed_at if report else None,
            result_at=report.recorded_at if report else None,
            ordered_by=one.order.ordered_by.licence_number,
            particulars=Particulars(performer=performer),
        )


def _prescribed(visit: Visit, day: date) -> Iterator[Item]:
    """Medicines of prescriptions that stand. What the facility neither sells nor handed over is bought elsewhere."""
    lines = PrescriptionLine.objects.filter(prescription__visit=visit, prescription__end=None)
    related = lines.select_related("drug", "medication", "prescription__signed_by")
    told = list(related.order_by("prescription__signed_at", "position"))
    if not told:
        return
    given = _given([one.pk for one in told])
    codes = {one.drug.code for one in told}
    sold = set(_in_force(visit).filter(kind=ChargeKind.MEDICINE, code__in=codes).values_list("code", flat=True))
    for one in told:
        had = given.get(one.pk, Given())
        quantity = medicine_quantity(
            one.medication.quantity or Decimal(1),
            had.units,
            came_back=had.back,
            collectable=one.prescription.valid_until >= day and one.drug.code in sold,
        )
        if quantity:
            yield _medicine(one, quantity, had.last)


def _medicine(one: PrescriptionLine, quantity: Decimal, handed_at: datetime | None) -> Item:
    return Item(
        ChargeKind.MEDICINE,
        one.drug.code,
        one.drug.name,
        quantity=quantity,
        unit=one.drug.unit,
        source=(PRESCRIBED, one.pk),
        ordered_at=one.prescription.signed_at,
        done_at=handed_at,
        ordered_by=one.prescription.signed_by.licence_number,
        particulars=Particulars(
            strength=one.drug.strength,
            form=one.drug.dose_form,
            route_code=one.drug.route,
            dose=one.medication.dose,
            usage=one.note,
            registration=one.drug.registration,
        ),
    )


def _given(line_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Given]:
    rows = StockMovement.objects.filter(line_id__in=line_ids).values_list("line_id", "kind", "quantity", "at")
    told: dict[uuid.UUID, Given] = {}
    for line, kind, quantity, at in rows.order_by("at", "id"):
        had, came_back = told.get(line, Given()), kind == StockMovement.Kind.RETURNED
        told[line] = Given(had.units - quantity, had.last if came_back else at, had.back or came_back)
    return told
