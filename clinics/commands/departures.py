"""Visits that end before their time: cancelled by the desk, or the person went home."""

from __future__ import annotations

import uuid

from clinics.commands.steps import move, visit_to_change
from clinics.models import Visit
from clinics.rules.outcomes import ABSCONDED, UNDETERMINED
from clinics.rules.states import VisitState
from records.commands.encounters import cancel_encounter, finish_encounter
from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.rules.text import clean_line


@command(Permission.VISIT_CHECK_IN)
def cancel_visit(ctx: Context, *, visit_id: uuid.UUID, reason: str) -> Visit:
    """Take a visit back before the doctor begins; its number stays used. Refused without a reason, Conflict once begun."""
    visit = visit_to_change(ctx, visit_id)
    cleaned = clean_line(reason)[:300]
    if not cleaned:
        raise Refused("cancel-reason-missing", "Hãy ghi lý do huỷ lượt khám.", "reason")
    move(ctx, visit, VisitState.CANCELLED, reason=cleaned)
    cancel_encounter(ctx, visit.encounter)
    record_audit(ctx, "cancel", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk))
    return visit


@command(Permission.VISIT_CHECK_IN)
def record_left(ctx: Context, *, visit_id: uuid.UUID) -> Visit:
    """The person went home without telling (MA_LOAI_RV 3). What was measured or diagnosed stays in the record."""
    visit = visit_to_change(ctx, visit_id)
    move(ctx, visit, VisitState.LEFT)
    finish_encounter(ctx, visit.encounter, "Người bệnh tự ý bỏ về trước khi khám xong.", UNDETERMINED, ABSCONDED)
    record_audit(ctx, "leave", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk))
    return visit
