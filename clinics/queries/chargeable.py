"""What a visit gives rise to and can be charged for: the examination itself, ordered services, prescribed medicines."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from decimal import Decimal

from clinics.models import OrderItem, PrescriptionLine, ServicePrice, Visit
from clinics.rules.charges.items import ChargeKind, Item, Particulars
from clinics.rules.orders import OrderState
from clinics.rules.states import VisitState

MOST_ITEMS = 300
EXAMINATION, ORDERED, PRESCRIBED = "visit", "order-item", "prescription-line"
EXAMINATION_GROUP = "13"  # MA_NHOM of examinations
_SEEN = (VisitState.IN_CONSULTATION, VisitState.AWAITING_RESULTS, VisitState.CLOSED)


def chargeable_items(visit: Visit) -> list[Item]:
    """Every item of a visit that stands today, each with the source it is charged for."""
    return [*_examination(visit), *_ordered(visit), *_prescribed(visit)][:MOST_ITEMS]


def cancelled_sources(visit: Visit) -> set[uuid.UUID]:
    """Sources that were taken back after they may have been charged."""
    orders = OrderItem.objects.filter(order__visit=visit, state=OrderState.CANCELLED).values_list("pk", flat=True)
    lines = PrescriptionLine.objects.filter(prescription__visit=visit, prescription__end__isnull=False)
    return {*orders, *lines.values_list("pk", flat=True)}


def _examination(visit: Visit) -> Iterator[Item]:
    """The first examination of the facility's list of the day; nothing is guessed where the list has none."""
    if visit.state not in _SEEN:
        return
    prices = ServicePrice.objects.filter(
        price_list__facility_id=visit.facility_id, kind=ChargeKind.SERVICE, group=EXAMINATION_GROUP
    ).exclude(insured_price=None)
    in_force = prices.filter(price_list__valid_from__lte=visit.visit_date)
    listed = in_force.exclude(price_list__valid_to__lt=visit.visit_date).order_by("-price_list__valid_from", "code")
    price = listed.first()
    if price is not None:
        yield Item(ChargeKind.SERVICE, price.code, price.name, source=(EXAMINATION, visit.pk))


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
            result_at=report.performed_at if report else None,
            ordered_by=one.order.ordered_by.licence_number,
            particulars=Particulars(performer=performer),
        )


def _prescribed(visit: Visit) -> Iterator[Item]:
    """Medicines of prescriptions that stand; how much was prescribed is what is charged."""
    lines = PrescriptionLine.objects.filter(prescription__visit=visit, prescription__end=None)
    related = lines.select_related("drug", "medication", "prescription__signed_by")
    for one in related.order_by("prescription__signed_at", "position"):
        said = one.medication
        yield Item(
            ChargeKind.MEDICINE,
            one.drug.code,
            one.drug.name,
            quantity=said.quantity or Decimal(1),
            unit=one.drug.unit,
            source=(PRESCRIBED, one.pk),
            ordered_at=one.prescription.signed_at,
            ordered_by=one.prescription.signed_by.licence_number,
            particulars=Particulars(
                strength=one.drug.strength,
                form=one.drug.dose_form,
                route_code=one.drug.route,
                dose=said.dose,
                usage=one.note,
                registration=one.drug.registration,
            ),
        )
