"""What was ordered in a visit and what came of it, for the doctor's page of that visit."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Exists, OuterRef, Q

from clinics.models import CriticalAcknowledgement, CriticalAlert, OrderItem, OrderSet, Visit
from clinics.queries.results_shown import Shown, reports_in_force, values_of
from clinics.queries.services import order_sets_of
from clinics.rules.orders import OPEN_ORDER_STATES, ORDER_STATE_NAMES, URGENCY_NAMES, OrderState, Urgency
from records.queries.access import RecordAccess
from registry.kernel import Permission

MOST_ITEMS_SHOWN = 80


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One ordered service of the visit with its result, if there is one.

    alert_id: a critical value nobody took note of; sheet_id: the order, where its sheet of results holds this one.
    """

    item_id: uuid.UUID
    name: str
    state: OrderState
    state_name: str
    number: str
    urgency: str
    since: datetime
    values: tuple[Shown, ...] = ()
    result: str = ""
    conclusion: str = ""
    alert_id: uuid.UUID | None = None
    sheet_id: uuid.UUID | None = None

    @property
    def cancellable(self) -> bool:
        """Whether it can still be taken back."""
        return self.state in (OrderState.ORDERED, OrderState.TAKEN, OrderState.IN_PROGRESS)

    @property
    def done(self) -> bool:
        """Whether its result is in the record."""
        return self.state == OrderState.VERIFIED


@dataclass(frozen=True, slots=True)
class VisitOrders:
    """Everything ordered in one visit, newest first, and the sets the doctor may use."""

    lines: tuple[OrderLine, ...] = ()
    sets: tuple[OrderSet, ...] = ()

    @property
    def sheets(self) -> tuple[tuple[uuid.UUID, str], ...]:
        """(order, its number) of each order that has results to print."""
        return tuple(dict.fromkeys((one.sheet_id, one.number) for one in self.lines if one.sheet_id))

    @property
    def pending(self) -> int:
        """How many results are still awaited."""
        return sum(line.state in OPEN_ORDER_STATES for line in self.lines)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a visit's orders are. critical: results nobody took note of yet."""

    pending: int = 0
    done: int = 0
    critical: int = 0

    @property
    def total(self) -> int:
        """Everything ordered and not cancelled."""
        return self.pending + self.done

    @property
    def complete(self) -> bool:
        """Whether the doctor can go on: results are there and none is awaited."""
        return bool(self.done) and not self.pending


def orders_of_visit(access: RecordAccess, visit: Visit) -> VisitOrders:
    """The visit's orders for its own page: six statements whatever was ordered."""
    items = OrderItem.objects.filter(order__visit=visit, facility_id=visit.facility_id)
    rows = list(items.select_related("order", "service", "procedure").order_by("-order__ordered_at", "pk"))
    shown = rows[:MOST_ITEMS_SHOWN]
    reports = reports_in_force(access, {one.report_id for one in shown if one.report_id})
    values = values_of(access, reports.values()) if reports else {}
    alerts = open_alerts([one.pk for one in shown])
    lines = []
    for one in shown:
        report = reports.get(one.report_id) if one.report_id else None
        lines.append(
            OrderLine(
                item_id=one.pk,
                name=one.service.name,
                state=OrderState(one.state),
                state_name=ORDER_STATE_NAMES[OrderState(one.state)],
                number=one.order.number,
                urgency="" if one.order.urgency == Urgency.ROUTINE else URGENCY_NAMES[Urgency(one.order.urgency)],
                since=one.state_since or one.order.ordered_at,
                values=tuple(values.get(report.pk, ())) if report else (),
                result=report.result if report else one.procedure.result if one.procedure else "",
                conclusion=report.conclusion if report else "",
                alert_id=alerts.get(one.pk),
                sheet_id=one.order_id if report and one.state == OrderState.VERIFIED else None,
            )
        )
    return VisitOrders(tuple(lines), tuple(order_sets_of(access.ctx)) if _may_order(access) else ())


def open_alerts(item_ids: Sequence[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Ordered service to its latest critical alert that nobody acknowledged."""
    taken = CriticalAcknowledgement.objects.filter(alert=OuterRef("pk"))
    alerts = CriticalAlert.objects.filter(item_id__in=item_ids).exclude(Exists(taken)).order_by("raised_at")
    return dict(alerts.values_list("item_id", "pk"))


def progress_of(visit_ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Progress]:
    """How far the orders of these visits are, in one statement; visits without orders are left out."""
    taken = CriticalAcknowledgement.objects.filter(alert=OuterRef("pk"))
    critical = CriticalAlert.objects.filter(item=OuterRef("pk")).exclude(Exists(taken))
    rows = (
        OrderItem.objects.filter(order__visit__in=list(visit_ids))
        .annotate(critical=Exists(critical))
        .values("order__visit_id")
        .annotate(
            pending=Count("pk", filter=Q(state__in=OPEN_ORDER_STATES)),
            done=Count("pk", filter=Q(state=OrderState.VERIFIED)),
            urgent=Count("pk", filter=Q(critical=True)),
        )
        .order_by()
    )
    return {row["order__visit_id"]: Progress(row["pending"], row["done"], row["urgent"]) for row in rows}


def _may_order(access: RecordAccess) -> bool:
    return access.ctx.may(Permission.ORDER_PLACE)
