"""Critical results of a facility that nobody took note of, and what was done about the last ones."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet

from clinics.models import CriticalAcknowledgement, CriticalAlert
from clinics.queries.scope import facility_of
from clinics.rules.results import Value, critical_of
from clinics.rules.tickets import minutes_between
from records.queries.band import SEX_NAMES
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.dates import PartialDate, age_on

MOST_SHOWN = 100
SHOWN_AFTER = timedelta(days=2)
# After this long a critical result concerns every doctor of the facility, not only the one who ordered it. An editable
# default of this project; the usual aim of laboratories is to reach a doctor within 30 to 60 minutes.
ESCALATES = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Critical:
    """One critical result. values: those that are critical, as entered; overdue: nobody took note within ESCALATES."""

    alert_id: uuid.UUID
    item_id: uuid.UUID
    visit_id: uuid.UUID
    name: str
    sex: str
    age: str
    phone: str
    service: str
    values: tuple[Value, ...]
    doctor: str
    mine: bool
    raised_at: datetime
    minutes: int
    overdue: bool
    corrected: bool
    acknowledged: CriticalAcknowledgement | None = None


@dataclass(frozen=True, slots=True)
class Criticals:
    """Open ones, one's own and the longest waiting first, and those acknowledged lately."""

    open: tuple[Critical, ...]
    done: tuple[Critical, ...]


@query(Permission.ORDER_READ)
def get_criticals(ctx: Context) -> Criticals:
    """The facility's critical results."""
    alerts = CriticalAlert.objects.filter(facility_id=facility_of(ctx).id).select_related(
        "item__order__visit__encounter__patient", "item__service", "entry", "doctor", "acknowledgement__by"
    )
    waiting = [_critical(ctx, one) for one in unacknowledged(alerts).order_by("raised_at")[:MOST_SHOWN]]
    lately = alerts.filter(acknowledgement__at__gte=ctx.at - SHOWN_AFTER).order_by("-acknowledgement__at")
    done = tuple(_critical(ctx, one) for one in lately[:MOST_SHOWN])
    record_audit(ctx, "list", target=("Criticals", "*"), detail={"open": len(waiting), "done": len(done)})
    return Criticals(tuple(sorted(waiting, key=lambda one: (not one.overdue, not one.mine, one.raised_at))), done)


def unacknowledged(alerts: QuerySet[CriticalAlert]) -> QuerySet[CriticalAlert]:
    """Those nobody took note of."""
    return alerts.exclude(Exists(CriticalAcknowledgement.objects.filter(alert=OuterRef("pk"))))


def waiting_criticals(ctx: Context) -> tuple[int, int]:
    """How many of the facility's critical results wait, and how many of them too long."""
    waiting = unacknowledged(CriticalAlert.objects.filter(facility_id=facility_of(ctx).id))
    raised = list(waiting.values_list("raised_at", flat=True)[:MOST_SHOWN])
    return len(raised), sum(ctx.at - one > ESCALATES for one in raised)


def _critical(ctx: Context, alert: CriticalAlert) -> Critical:
    visit = alert.item.order.visit
    patient = visit.encounter.patient
    born = PartialDate(patient.birth_date, patient.birth_precision)  # type: ignore[arg-type]
    day = max(visit.visit_date, born.value)
    return Critical(
        alert_id=alert.pk,
        item_id=alert.item_id,
        visit_id=visit.pk,
        name=patient.name,
        sex=SEX_NAMES[patient.sex],
        age=age_on(born, day).text,
        phone=patient.phone,
        service=alert.item.service.name,
        values=critical_of(Value.from_json(one) for one in alert.entry.values),
        doctor=alert.doctor.full_name,
        mine=alert.doctor_id == ctx.actor.staff_id,
        raised_at=alert.raised_at,
        minutes=minutes_between(alert.raised_at, ctx.at),
        overdue=ctx.at - alert.raised_at > ESCALATES,
        corrected=alert.item.state_since is not None and alert.item.state_since > alert.raised_at,
        acknowledged=getattr(alert, "acknowledgement", None),
    )
