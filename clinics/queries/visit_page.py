"""One visit as its page shows it: who, the vitals and their course, the diagnoses, what went before."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from clinics.models import Visit, VisitStatus
from clinics.queries.outstanding import outstanding_among
from clinics.queries.scope import visit_here
from clinics.queries.sheet import get_sheet
from clinics.queries.templates import LastExamination, Offered, last_examination, template_here, templates_for
from clinics.queries.visit_orders import VisitOrders, orders_of_visit
from clinics.queries.visit_papers import papers_for
from clinics.queries.visit_vitals import (
    Course,
    Growth,
    Reading,
    courses_of,
    growth_of,
    measured_mark,
    readings_of,
    vitals_series,
)
from clinics.rules.coding import Whom
from clinics.rules.outcomes import OUTCOMES
from clinics.rules.outstanding import Outstanding
from clinics.rules.payers import CARE_TYPES
from clinics.rules.priorities import PRIORITY_TAGS, Priority
from clinics.rules.sheet import Sheet
from clinics.rules.states import STATE_NAMES, VisitState, is_open
from clinics.rules.tickets import number_text
from records.models import ClinicalNote, Condition, Encounter, Observation
from records.queries.access import RecordAccess, look_through_door, within_reading_limit
from records.queries.band import Band, get_bands
from records.queries.panels import Panel, patient_panels
from records.queries.restricted import visible_rows
from records.rules.danger import danger_signs
from records.rules.examination import BodySystem, systems_asked
from records.rules.vitals import vitals_asked
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.dates import Age, age_on
from registry.rules.phrases import Phrase

MOST_LISTED = 12
MOST_KEYS = 5  # Alt+1 to Alt+5


@dataclass(frozen=True, slots=True)
class Told:
    """A diagnosis or problem: code, words, whether it is the main one."""

    code: str
    display: str
    main: bool = False


@dataclass(frozen=True, slots=True)
class Addendum:
    """What was said after signing: words, by whom, when."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Chart:
    """What only those who may read the record see."""

    readings: tuple[Reading, ...] = ()
    measured: tuple[Observation, ...] = ()
    courses: tuple[Course, ...] = ()
    diagnoses: tuple[Told, ...] = ()
    problems: tuple[Told, ...] = ()
    before: tuple[Encounter, ...] = ()
    panels: tuple[Panel, ...] = ()
    orders: VisitOrders = field(default_factory=VisitOrders)
    danger: tuple[Phrase, ...] = ()
    sheet: Sheet | None = None  # for whoever writes it
    systems: tuple[BodySystem, ...] = ()
    addenda: tuple[Addendum, ...] = ()
    templates: tuple[Offered, ...] = ()
    template_codes: tuple[str, ...] = ()  # services of the template that was just applied
    last: LastExamination | None = None
    growth: Growth = field(default_factory=Growth)
    outstanding: Outstanding = field(default_factory=Outstanding)

    @property
    def at_hand(self) -> tuple[Offered, ...]:
        """The templates with a key: one's own and those of the room's specialty; where there are none, the first few."""
        near = tuple(one for one in self.templates if one.own or one.likely)
        return near[:MOST_KEYS] or self.templates[:3]

    @property
    def others(self) -> tuple[Offered, ...]:
        """The other templates."""
        return tuple(one for one in self.templates if one not in self.at_hand)

    @property
    def unofficial(self) -> bool:
        """Whether a template nobody of the profession has checked is offered."""
        return any(not one.own and not one.official for one in self.templates)


@dataclass(frozen=True, slots=True)
class VisitPage:
    """A visit of this facility. chart is None for those who run the queue but may not read records."""

    visit: Visit
    number: str
    state: VisitState
    state_name: str
    priority: str
    care_type: str
    outcome: str
    band: Band
    age: Age
    steps: tuple[VisitStatus, ...]
    chart: Chart | None
    vitals_asked: tuple[str, ...] = ()
    measured_mark: str = ""
    papers: tuple[tuple[str, str], ...] = ()  # (slug, name), for whoever reads the record
    whom: str = ""  # sex and age as clinics.rules.coding.read_whom reads them

    @property
    def is_open(self) -> bool:
        """Whether the visit may still change."""
        return is_open(self.state)


@query(Permission.VISIT_READ)
def get_visit(ctx: Context, visit_id: uuid.UUID, *, template: int | None = None) -> VisitPage:
    """The visit's page: NotFound for another facility's visit. One audit row names the person and the visit.

    template: one whose services the doctor is about to order.
    """
    visit = visit_here(ctx, visit_id)
    access = look_through_door(ctx, visit.encounter.patient_id)
    age = age_on(access.person.birth, max(visit.visit_date, access.person.birth.value))
    state = VisitState(visit.state)
    chart = _chart(visit, within_reading_limit(access), age) if ctx.may(Permission.RECORD_READ) else None
    if chart and state is VisitState.IN_CONSULTATION and ctx.may(Permission.DIAGNOSIS_RECORD):
        chart = _to_write(chart, visit, access, template)
    page = VisitPage(
        visit=visit,
        number=number_text(visit.ticket.number),
        state=state,
        state_name=STATE_NAMES[state],
        priority=PRIORITY_TAGS[Priority(visit.priority)],
        care_type=CARE_TYPES.get(visit.encounter.care_type, visit.encounter.care_type),
        outcome=OUTCOMES.get(visit.encounter.outcome_code, ""),
        band=_band(access, chart),
        age=age,
        steps=tuple(visit.statuses.select_related("by").order_by("at", "id")[:20]),
        chart=chart,
        vitals_asked=vitals_asked(age),
        papers=papers_for(visit) if chart else (),
        whom=Whom(access.person.sex, age).as_text,
        measured_mark=measured_mark(chart.measured) if chart else "",
    )
    detail = access.audit_detail if chart else {}
    record_audit(ctx, "read", patient_id=access.patient_id, target=("Visit", visit.pk), detail=detail)
    return page


def _to_write(chart: Chart, visit: Visit, access: RecordAccess, template: int | None) -> Chart:
    """What the doctor needs to write: the sheet, templates, the last examination, what is open."""
    row = template_here(access.ctx, template) if template else None
    return replace(
        chart,
        sheet=get_sheet(visit),
        systems=systems_asked(access.person.sex),
        templates=templates_for(access.ctx, visit),
        template_codes=tuple(row.codes) if row else (),
        last=last_examination(access, visit),
        outstanding=outstanding_among(visit, chart.orders),
    )


def _band(access: RecordAccess, chart: Chart | None) -> Band:
    """Who this is, with what other apps say is due."""
    band = get_bands([access.patient_id])[access.patient_id]
    due = [one for panel in chart.panels for one in panel.due] if chart else []
    return replace(band, due=(*band.due, *({"label": one.label, "date": one.date, "url": one.url} for one in due)))


def _chart(visit: Visit, access: RecordAccess, age: Age) -> Chart:
    patient_id = access.patient_id
    series = vitals_series(patient_id)
    diagnosed = visible_rows(access, Condition.objects.filter(patient_id=patient_id, superseded_by=None))
    said = list(diagnosed.order_by("-recorded_at", "role", "code")[:60])
    encounters = visible_rows(access, Encounter.objects.filter(patient_id=patient_id, superseded_by=None))
    own = [row for row in series if row.encounter_id == visit.encounter_id]
    readings = readings_of(own, age)
    return Chart(
        readings=readings,
        measured=tuple(own),
        growth=growth_of(access, age, readings, visit.visit_date),
        danger=tuple(danger_signs({one.key: one.value for one in readings}, age)),
        addenda=_addenda(visit, access) if visit.encounter.status == Encounter.Status.FINISHED else (),
        courses=courses_of(series, age),
        diagnoses=tuple(
            Told(row.code, row.display, row.role == Condition.Role.MAIN)
            for row in sorted(said, key=lambda row: (row.role, row.code))
            if row.encounter_id == visit.encounter_id
        ),
        problems=_problems(said),
        before=tuple(
            encounters.filter(status=Encounter.Status.FINISHED)
            .exclude(pk=visit.encounter_id)
            .select_related("facility")
            .order_by("-started_at")[:3]
        ),
        panels=tuple(patient_panels(access)),
        orders=orders_of_visit(access, visit),
    )


def _addenda(visit: Visit, access: RecordAccess) -> tuple[Addendum, ...]:
    notes = ClinicalNote.objects.filter(encounter=visit.encounter_id, kind="addendum", superseded_by=None)
    said = visible_rows(access, notes).select_related("recorded_by").order_by("recorded_at", "id")[:MOST_LISTED]
    return tuple(
        Addendum(one.text, one.recorded_by.full_name if one.recorded_by else "", one.recorded_at) for one in said
    )


def _problems(said: Sequence[Condition]) -> tuple[Told, ...]:
    """What the person lives with: chronic and still followed, each code once."""
    lasting = {row.code: row for row in reversed(said) if row.chronic and row.clinical_status == "active"}
    return tuple(Told(row.code, row.display) for row in list(lasting.values())[:MOST_LISTED])
