"""The doctor's sheet of one visit as it stands, and who wrote it last."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from clinics.models import Visit
from clinics.rules.sheet import Sheet
from records.models import ClinicalNote, Condition, ExaminationFinding


def get_sheet(visit: Visit) -> tuple[Sheet, str, datetime | None]:
    """(sheet, name of who wrote last, when). Unaudited: for commands and audited queries. Three statements."""
    standing = Q(encounter=visit.encounter_id, superseded_by=None)
    conditions = list(Condition.objects.filter(standing).select_related("recorded_by"))
    notes = list(ClinicalNote.objects.filter(standing).select_related("recorded_by"))
    findings = list(ExaminationFinding.objects.filter(standing).select_related("recorded_by"))
    texts = {row.kind: row.text for row in notes}
    last = max([*conditions, *notes, *findings], key=lambda row: row.recorded_at, default=None)
    sheet = Sheet(
        main=next((row.code for row in conditions if row.role == Condition.Role.MAIN), ""),
        secondary=tuple(sorted(row.code for row in conditions if row.role != Condition.Role.MAIN)),
        conclusion=visit.encounter.conclusion,
        course=texts.get(ClinicalNote.Kind.COURSE, ""),
        advice=texts.get(ClinicalNote.Kind.ADVICE, ""),
        findings={row.body_system: row.text for row in findings},
    )
    who = last.recorded_by.full_name if last and last.recorded_by else ""
    return sheet, who, last.recorded_at if last else None
