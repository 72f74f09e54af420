"""Critical results: a doctor takes note of each, once, and says what is done about it."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction
from django.utils import timezone

from clinics.commands.steps import staff_of
from clinics.models import CriticalAcknowledgement, CriticalAlert
from clinics.queries.scope import facility_of
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

LONGEST_ACTION = 500


@command(Permission.CRITICAL_ACKNOWLEDGE)
def acknowledge_critical(ctx: Context, *, alert_id: uuid.UUID, action: str) -> CriticalAcknowledgement:
    """Take note of a critical result of this facility; any of its doctors may, the one who ordered or another.

    Raises NotFound, Refused at "action" when nothing is said to be done, Conflict naming the colleague who was faster.
    """
    alerts = CriticalAlert.objects.select_related("item__order__visit__encounter")
    alert = alerts.filter(pk=alert_id, facility_id=facility_of(ctx).id).first()
    if alert is None:
        raise NotFound
    done = clean_line(action)[:LONGEST_ACTION]
    if not done:
        raise Refused("action-missing", "Hãy ghi đã báo ai, xử trí thế nào.", "action")
    _refuse_second(alert)
    try:
        with transaction.atomic():
            row = CriticalAcknowledgement.objects.create(alert=alert, by_id=staff_of(ctx), at=ctx.at, action=done)
    except IntegrityError:  # a colleague at the same moment
        _refuse_second(alert)
        raise
    patient_id = alert.item.order.visit.encounter.patient_id
    record_audit(ctx, "acknowledge-critical", patient_id=patient_id, target=("CriticalAlert", alert.pk))
    return row


def _refuse_second(alert: CriticalAlert) -> None:
    earlier = CriticalAcknowledgement.objects.select_related("by").filter(alert=alert).first()
    if earlier is not None:
        template = "{who} đã xác nhận kết quả này lúc {time}."
        time = f"{timezone.localtime(earlier.at):%H:%M}"
        raise Conflict("critical-acknowledged", Phrase(template, who=earlier.by.full_name, time=time))
