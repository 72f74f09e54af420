"""The doctor's part: begin, and write the sheet while the person sits there."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from django.utils import timezone

from clinics.commands.sheet_writing import Typed, join_typed, write_sheet
from clinics.commands.steps import consulting, move, visit_to_change
from clinics.models import Visit
from clinics.rules.states import VisitState
from records.rules.examination import Examination
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase


@command(Permission.DIAGNOSIS_RECORD)
def start_consultation(ctx: Context, *, visit_id: uuid.UUID) -> Visit:
    """The doctor calls the person in. Conflict names the colleague who was faster."""
    visit = visit_to_change(ctx, visit_id)
    if visit.state == VisitState.IN_CONSULTATION:
        begun = visit.statuses.select_related("by").filter(state=VisitState.IN_CONSULTATION).latest("at")
        since = timezone.localtime(begun.at)
        template = "{doctor} đang khám người bệnh này từ {time}."
        raise Conflict("visit-taken", Phrase(template, doctor=begun.by.full_name, time=f"{since:%H:%M}"))
    move(ctx, visit, VisitState.IN_CONSULTATION)
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk))
    return visit


@command(Permission.DIAGNOSIS_RECORD)
def record_diagnoses(
    ctx: Context,
    *,
    visit_id: uuid.UUID,
    main: str,
    secondary: Sequence[str] = (),
    conclusion: str | None = None,
    reason: str | None = None,
    examined: Examination | None = None,
    seen: Mapping[str, str] | None = None,
) -> Visit:
    """Write the visit's diagnoses (ICD-10 codes as typed); earlier ones are superseded. conclusion: a draft, kept with them.

    reason: why the person came, as the doctor understands it; examined: course, findings and advice. seen: the marks of
    the sheet this is an answer to (clinics.rules.sheet): what somebody else changed meanwhile and this leaves alone stays.
    Raises Refused at "main" or "secondary": missing, unknown (with the nearest code), not allowed as main, not of this sex
    or age; at the key of a line; Conflict sheet-changed at each line that somebody else changed too.
    """
    visit = consulting(ctx, visit_id)
    standing, wanted = join_typed(visit, Typed(main, secondary, conclusion, reason, examined, seen))
    # A draft may wait for its diagnosis; one that stands is never emptied in silence.
    faults = write_sheet(ctx, visit, standing, wanted, coded=examined is None or bool(standing.main))
    if faults:
        raise Refused.several(faults)
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk))
    return visit
