"""The doctor's sheet of one visit as it stands, and who wrote what of it meanwhile."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db.models import Q
from django.utils import timezone

from clinics.models import SheetSave, Visit
from clinics.rules.sheet import Change, Sheet
from records.models import ClinicalNote, Condition, Encounter, ExaminationFinding
from registry.models import Staff

KEPT_BY_ENCOUNTER = ("reason", "conclusion")


def get_sheet(visit: Visit) -> Sheet:
    """The sheet as it stands. Unaudited: for commands and audited queries. Three statements."""
    standing = Q(encounter=visit.encounter_id, superseded_by=None)
    return _sheet(
        visit.encounter,
        Condition.objects.filter(standing),
        ClinicalNote.objects.filter(standing),
        ExaminationFinding.objects.filter(standing),
    )


def sheet_of_encounter(
    encounter: Encounter,
    conditions: Iterable[Condition],
    notes: Iterable[ClinicalNote],
    findings: Iterable[ExaminationFinding],
) -> Sheet:
    """What these rows of one encounter say, for readers that have chosen what may be shown."""
    return _sheet(encounter, conditions, notes, findings)


def changes_of(visit: Visit, names: Collection[str], seen: Mapping[str, str]) -> list[Change]:
    """Who wrote these lines, when, and what they said when they were shown (by their marks)."""
    standing, changes = get_sheet(visit), []
    authors, versions = _authors(visit), _versions(visit)
    for name in names:
        who, at = authors.get(name, ("", None))
        before = next((text for text in versions.get(name, ()) if _marked(name, text, seen.get(name, ""))), "")
        when = f"{timezone.localtime(at):%H:%M}" if at else "–"
        changes.append(Change(name, standing.lines.get(name, ""), before, who, when))
    return changes


def _sheet(
    encounter: Encounter,
    conditions: Iterable[Condition],
    notes: Iterable[ClinicalNote],
    findings: Iterable[ExaminationFinding],
) -> Sheet:
    coded = list(conditions)
    texts = {row.kind: row.text for row in notes}
    return Sheet(
        reason=encounter.reason,
        main=next((row.code for row in coded if row.role == Condition.Role.MAIN), ""),
        secondary=tuple(sorted(row.code for row in coded if row.role != Condition.Role.MAIN)),
        conclusion=encounter.conclusion,
        course=texts.get(ClinicalNote.Kind.COURSE, ""),
        advice=texts.get(ClinicalNote.Kind.ADVICE, ""),
        findings={row.body_system: row.text for row in findings},
    )


def _authors(visit: Visit) -> dict[str, tuple[str, datetime | None]]:
    """Line to its last writer and moment."""
    found: dict[str, tuple[str, datetime | None]] = {}
    for save in SheetSave.objects.filter(visit=visit).select_related("by").order_by("at", "id"):
        found |= dict.fromkeys(save.lines, (save.by.full_name, save.at))
    for row, name in _rows(visit, superseded=False):
        found[name] = (_name(row.recorded_by), row.recorded_at)
    return found


def _versions(visit: Visit) -> dict[str, list[str]]:
    """Line to everything it said before, newest first."""
    found: dict[str, list[str]] = {}
    together: dict[datetime, list[str]] = {}
    for row, name in _rows(visit, superseded=True):
        if name == "secondary":
            together.setdefault(row.recorded_at, []).append(row.code)
        else:
            found.setdefault(name, []).append(row.code if name == "main" else row.text)
    found["secondary"] = ["; ".join(sorted(codes)) for codes in together.values()]
    history: Any = apps.get_model("records", "EncounterEvent")
    kept = history.objects.filter(pgh_obj_id=visit.encounter_id).order_by("-pgh_id").values(*KEPT_BY_ENCOUNTER)
    for name in KEPT_BY_ENCOUNTER:
        found[name] = [row[name] for row in kept]
    return found


def _rows(visit: Visit, *, superseded: bool) -> list[tuple[Any, str]]:
    """The rows of the sheet with their line, newest first."""
    gone = ~Q(superseded_by=None) if superseded else Q(superseded_by=None)
    mine = Q(encounter=visit.encounter_id) & gone
    rows: list[tuple[Any, str]] = [
        (row, "main" if row.role == Condition.Role.MAIN else "secondary")
        for row in Condition.objects.filter(mine).select_related("recorded_by")
    ]
    rows += [(row, row.kind) for row in ClinicalNote.objects.filter(mine).select_related("recorded_by")]
    rows += [(row, row.body_system) for row in ExaminationFinding.objects.filter(mine).select_related("recorded_by")]
    return sorted(rows, key=lambda pair: pair[0].recorded_at, reverse=True)


def _marked(name: str, text: str, mark: str) -> bool:
    """Whether a text of a line carries this mark."""
    return bool(mark) and Sheet().with_line(name, text).marks.get(name) == mark


def _name(staff: Staff | None) -> str:
    return staff.full_name if staff else ""
