"""What is still open in a visit: orders without a result, a prescription nobody signed, critical values unanswered."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from clinics.models import CriticalAcknowledgement, CriticalAlert, OrderItem, PrescriptionDraft, Visit
from clinics.queries.visit_orders import VisitOrders
from clinics.rules.orders import OPEN_ORDER_STATES
from clinics.rules.outstanding import Outstanding

MOST_READ = 60


def outstanding_of(visit: Visit) -> Outstanding:
    """Three statements; unaudited: for commands and queries that opened the visit."""
    items = OrderItem.objects.filter(order__visit=visit, state__in=OPEN_ORDER_STATES).order_by("pk")
    taken = CriticalAcknowledgement.objects.filter(alert=OuterRef("pk"))
    alerts = CriticalAlert.objects.filter(item__order__visit=visit).exclude(Exists(taken)).order_by("pk")
    draft = PrescriptionDraft.objects.filter(visit=visit, signed_at=None).first()
    return Outstanding(
        services=tuple(items.values_list("service__name", flat=True)[:MOST_READ]),
        unsigned=len(draft.lines) if draft else 0,
        criticals=tuple(dict.fromkeys(alerts.values_list("item__service__name", flat=True)[:MOST_READ])),
    )


def outstanding_among(visit: Visit, orders: VisitOrders) -> Outstanding:
    """The same for a page that has read the visit's orders already: one statement."""
    draft = PrescriptionDraft.objects.filter(visit=visit, signed_at=None).first()
    return Outstanding(
        services=tuple(line.name for line in orders.lines if line.state in OPEN_ORDER_STATES),
        unsigned=len(draft.lines) if draft else 0,
        criticals=tuple(dict.fromkeys(line.name for line in orders.lines if line.alert_id)),
    )
