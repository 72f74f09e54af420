"""The nurse's part: vital signs. The first measurement moves the person on to the doctor's list."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from decimal import Decimal

from clinics.commands.steps import move, visit_to_change
from clinics.models import Visit
from clinics.rules.states import VisitState
from records.commands import encounters
from registry.kernel import Context, Permission, Refused, command, record_audit


@command(Permission.VITALS_RECORD)
def record_vitals(ctx: Context, *, visit_id: uuid.UUID, readings: Mapping[str, Decimal]) -> Visit:
    """Write measurements (keys and units of records.rules.vitals) under the visit's encounter.

    Raises Refused at the key of each unbelievable value, or as a whole when nothing was measured; Conflict after the end.
    """
    visit = visit_to_change(ctx, visit_id)
    if not readings:
        raise Refused("vitals-empty", "Chưa có chỉ số nào. Hãy ghi ít nhất một chỉ số.")
    written = encounters.record_vitals(ctx, visit.encounter, readings)
    if visit.state == VisitState.WAITING:
        move(ctx, visit, VisitState.TRIAGED)
    record_audit(
        ctx,
        "update",
        patient_id=visit.encounter.patient_id,
        target=("Visit", visit.pk),
        detail={"observations": len(written)},
    )
    return visit
