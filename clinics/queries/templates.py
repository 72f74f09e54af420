"""Templates of an examination that a doctor may use, the likely ones first; and the person's last examination."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinics.models import ExaminationTemplate, Visit
from clinics.queries.scope import facility_of
from clinics.queries.sheet import sheet_of_encounter
from clinics.rules.sheet import Sheet
from clinics.rules.templates import SPECIALTIES, TemplateText, likely_specialties
from records.models import ClinicalNote, Condition, Encounter, ExaminationFinding
from records.queries.access import RecordAccess
from records.queries.restricted import visible_rows
from registry.kernel import Context, NotFound, Permission, query, record_audit

MOST_TEMPLATES = 200


@dataclass(frozen=True, slots=True)
class Offered:
    """A template as it is offered: own, of a specialty that fits the room, checked by somebody of the profession."""

    id: int
    name: str
    specialty: str
    own: bool
    likely: bool
    official: bool
    services: int


@dataclass(frozen=True, slots=True)
class TemplatesPage:
    """Templates with their text, own ones first."""

    rows: tuple[tuple[Offered, ExaminationTemplate], ...]


@dataclass(frozen=True, slots=True)
class LastExamination:
    """What the last finished encounter found and concluded: what may be taken over, where and when it was."""

    sheet: Sheet
    names: tuple[str, ...]
    at: datetime
    facility: str


@query(Permission.DIAGNOSIS_RECORD)
def get_templates(ctx: Context) -> TemplatesPage:
    """The doctor's own templates and everybody's of this facility; at most 200."""
    rows = list(_mine(ctx).order_by("owner_id", "specialty", "name")[:MOST_TEMPLATES])
    record_audit(ctx, "list", target=("ExaminationTemplate", "*"), detail={"shown": len(rows)})
    return TemplatesPage(tuple((_offered(ctx, row, ()), row) for row in rows))


@query(Permission.DIAGNOSIS_RECORD)
def get_own_template(ctx: Context, template_id: int) -> ExaminationTemplate:
    """One of the doctor's own templates. NotFound for anybody else's."""
    row = _mine(ctx).filter(owner_id=ctx.actor.staff_id, pk=template_id).first()
    if row is None:
        raise NotFound("Không tìm thấy mẫu khám này.", "no-such-template")
    record_audit(ctx, "read", target=("ExaminationTemplate", row.pk))
    return row


def templates_for(ctx: Context, visit: Visit) -> tuple[Offered, ...]:
    """What to offer on a visit's page: one's own, then those of the room's specialty, then the others. One statement."""
    department = visit.room.department.name
    likely = likely_specialties(visit.room.name, department)
    rows = [_offered(ctx, row, likely) for row in _mine(ctx).order_by("specialty", "name", "pk")[:MOST_TEMPLATES]]
    return tuple(sorted(rows, key=lambda one: (not one.own, not one.likely)))


def template_here(ctx: Context, template_id: int) -> ExaminationTemplate | None:
    """A template this doctor may use."""
    return _mine(ctx).filter(pk=template_id).first()


def text_of(row: ExaminationTemplate) -> TemplateText:
    """What a template says."""
    return TemplateText(
        row.specialty, row.name, row.course, row.findings, row.main, row.conclusion, row.advice, tuple(row.codes)
    )


def last_examination(access: RecordAccess, visit: Visit) -> LastExamination | None:
    """The newest finished encounter that says something of body or disease, of any facility; without what is hidden from
    the reader, and without the story, the conclusion and the advice, which belong to their own day."""
    said = Q(Exists(Condition.objects.filter(encounter=OuterRef("pk"), superseded_by=None)))
    said |= Q(Exists(ExaminationFinding.objects.filter(encounter=OuterRef("pk"), superseded_by=None)))
    finished = Encounter.objects.filter(
        patient_id=access.patient_id, superseded_by=None, status=Encounter.Status.FINISHED
    ).exclude(pk=visit.encounter_id)
    encounter = visible_rows(access, finished.filter(said)).select_related("facility").order_by("-started_at").first()
    if encounter is None:
        return None
    of_it = Q(encounter=encounter, superseded_by=None)
    conditions = list(visible_rows(access, Condition.objects.filter(of_it)).order_by("role", "code"))
    findings = visible_rows(access, ExaminationFinding.objects.filter(of_it))
    sheet = sheet_of_encounter(encounter, conditions, ClinicalNote.objects.none(), findings)
    names = tuple(f"{row.code} {row.display}" for row in conditions)
    return LastExamination(
        replace(sheet, reason="", conclusion=""), names, encounter.started_at, encounter.facility.short_name
    )


def _mine(ctx: Context) -> QuerySet[ExaminationTemplate]:
    here = facility_of(ctx).id
    own = Q(owner_id=ctx.actor.staff_id, facility_id=here)
    shared = Q(owner=None) & (Q(facility=None) | Q(facility_id=here))
    return ExaminationTemplate.objects.filter(own | shared, active=True)


def _offered(ctx: Context, row: ExaminationTemplate, likely: tuple[str, ...]) -> Offered:
    return Offered(
        id=row.pk,
        name=row.name,
        specialty=SPECIALTIES[row.specialty].name if row.specialty in SPECIALTIES else row.specialty,
        own=row.owner_id is not None and row.owner_id == ctx.actor.staff_id,
        likely=row.specialty in likely,
        official=row.official,
        services=len(row.codes),
    )
