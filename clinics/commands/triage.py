"""The nurse's part: vital signs. The first measurement moves the person on to the doctor's list."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from decimal import Decimal

from django.utils import timezone

from clinics.commands.steps import move, visit_to_change
from clinics.models import Visit
from clinics.queries.visit_vitals import measured_mark
from clinics.rules.states import VisitState
from records.commands import encounters
from records.models import Observation
from records.rules.vitals import BY_CODE
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase, joined


@command(Permission.VITALS_RECORD)
def record_vitals(
    ctx: Context, *, visit_id: uuid.UUID, readings: Mapping[str, Decimal], seen: str | None = None
) -> Visit:
    """Write measurements (keys and units of records.rules.vitals) under the visit's encounter.

    seen: which measurement was the latest when the form was shown (clinics.queries.visit_vitals.measured_mark); the same
    readings by the same hand again are the same measurement. Raises Refused at the key of each unbelievable value, or as a
    whole when nothing was measured; Conflict after the end, and vitals-measured, with what, by whom, when, for a form that
    is older than somebody else's measurement.
    """
    visit = visit_to_change(ctx, visit_id)
    if not readings:
        raise Refused("vitals-empty", "Chưa có chỉ số nào. Hãy ghi ít nhất một chỉ số.")
    newer = _measured_since(visit, seen) if seen is not None else []
    if newer and _same_again(ctx, newer, readings):
        _audit(ctx, visit, 0)
        return visit
    if newer:
        raise Conflict("vitals-measured", _told(newer))
    written = encounters.record_vitals(ctx, visit.encounter, readings)
    if visit.state == VisitState.WAITING:
        move(ctx, visit, VisitState.TRIAGED)
    _audit(ctx, visit, len(written))
    return visit


def _measured_since(visit: Visit, seen: str) -> list[Observation]:
    """What was measured in this visit after the form was shown."""
    rows = Observation.objects.filter(
        encounter=visit.encounter_id, superseded_by=None, mistaken=False, code__in=list(BY_CODE)
    )
    own = list(rows.select_related("recorded_by").order_by("recorded_at", "id"))
    return [] if measured_mark(own) == seen else [row for row in own if row.recorded_at.isoformat() > seen]


def _same_again(ctx: Context, newer: Sequence[Observation], readings: Mapping[str, Decimal]) -> bool:
    told = {BY_CODE[row.code].key: row.value for row in newer}
    return told == dict(readings) and {row.recorded_by_id for row in newer} == {ctx.actor.staff_id}


def _told(newer: Sequence[Observation]) -> Phrase:
    last = newer[-1]
    values = (
        Phrase(
            "{vital} {value}", vital=row.display, value=f"{(row.value or Decimal(0)).normalize():f}".replace(".", ",")
        )
        for row in newer
    )
    template = "{who} vừa đo lúc {time}: {values}. Số bạn gõ còn nguyên; nếu đây là lần đo khác, hãy lưu lại."
    who = last.recorded_by.full_name if last.recorded_by else Phrase("Người khác")
    return Phrase(template, who=who, time=f"{timezone.localtime(last.recorded_at):%H:%M}", values=joined(values, ", "))


def _audit(ctx: Context, visit: Visit, written: int) -> None:
    patient_id, detail = visit.encounter.patient_id, {"observations": written}
    record_audit(ctx, "update", patient_id=patient_id, target=("Visit", visit.pk), detail=detail)
