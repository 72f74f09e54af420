"""One visit as its page shows it: who, the vitals and their course, the diagnoses, what went before."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from clinics.models import Visit, VisitStatus
from clinics.queries.scope import visit_here
from clinics.queries.sheet import get_sheet
from clinics.queries.visit_orders import VisitOrders, orders_of_visit
from clinics.rules.outcomes import OUTCOMES
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
from records.rules.vitals import BY_CODE, VITALS, Flag, bmi, bmi_flag, flag_of, normal_range
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.dates import Age, age_on
from registry.rules.phrases import Phrase

SERIES_LENGTH = 120  # readings kept for the course: about a dozen measurements of nine vitals
MOST_LISTED = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """One measurement of this visit as it is read: value, its flag and normal range at the person's age.

    lower: the diastolic pressure, which is read in one breath with the systolic.
    """

    key: str
    label: str
    value: Decimal
    unit: str
    flag: Flag
    at: datetime
    normal: tuple[Decimal, Decimal] | None = None
    lower: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Course:
    """One vital over time, all facilities, oldest first; `low` and `high` bound the normal range."""

    label: str
    unit: str
    points: tuple[tuple[date, Decimal], ...]
    low: Decimal | None
    high: Decimal | None


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

    @property
    def is_open(self) -> bool:
        """Whether the visit may still change."""
        return is_open(self.state)


@query(Permission.VISIT_READ)
def get_visit(ctx: Context, visit_id: uuid.UUID) -> VisitPage:
    """The visit's page: NotFound for another facility's visit. One audit row names the person and the visit."""
    visit = visit_here(ctx, visit_id)
    access = look_through_door(ctx, visit.encounter.patient_id)
    age = age_on(access.person.birth, max(visit.visit_date, access.person.birth.value))
    state = VisitState(visit.state)
    chart = _chart(visit, within_reading_limit(access), age) if ctx.may(Permission.RECORD_READ) else None
    if chart and state is VisitState.IN_CONSULTATION and ctx.may(Permission.DIAGNOSIS_RECORD):
        chart = replace(chart, sheet=get_sheet(visit)[0], systems=systems_asked(access.person.sex))
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
    )
    detail = access.audit_detail if chart else {}
    record_audit(ctx, "read", patient_id=access.patient_id, target=("Visit", visit.pk), detail=detail)
    return page


def _band(access: RecordAccess, chart: Chart | None) -> Band:
    """Who this is, with what other apps say is due."""
    band = get_bands([access.patient_id])[access.patient_id]
    due = [one for panel in chart.panels for one in panel.due] if chart else []
    return replace(band, due=(*band.due, *({"label": one.label, "date": one.date, "url": one.url} for one in due)))


def _chart(visit: Visit, access: RecordAccess, age: Age) -> Chart:
    patient_id = access.patient_id
    series = _series(patient_id)
    diagnosed = visible_rows(access, Condition.objects.filter(patient_id=patient_id, superseded_by=None))
    said = list(diagnosed.order_by("-recorded_at", "role", "code")[:60])
    encounters = visible_rows(access, Encounter.objects.filter(patient_id=patient_id, superseded_by=None))
    readings = _readings([row for row in series if row.encounter_id == visit.encounter_id], age)
    return Chart(
        readings=readings,
        danger=tuple(danger_signs({one.key: one.value for one in readings}, age)),
        addenda=_addenda(visit, access) if visit.encounter.status == Encounter.Status.FINISHED else (),
        courses=_courses(series, age),
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


def _series(patient_id: uuid.UUID) -> list[Observation]:
    """The person's vitals, newest first."""
    rows = Observation.objects.filter(patient_id=patient_id, superseded_by=None, mistaken=False, code__in=list(BY_CODE))
    return list(rows.exclude(value=None).order_by("-observed_at", "code")[:SERIES_LENGTH])


def _readings(rows: Sequence[Observation], age: Age) -> tuple[Reading, ...]:
    """The latest of each vital of this visit in the order nurses write them, then BMI."""
    latest: dict[str, Observation] = {}
    for row in rows:
        latest.setdefault(BY_CODE[row.code].key, row)
    told = [_reading(key, latest[key], age) for key in VITALS if key in latest]
    index = bmi(_value(latest, "weight"), _value(latest, "height"))
    if index is not None:
        told.append(Reading("bmi", "BMI", index, "kg/m²", bmi_flag(index, age), latest["weight"].observed_at))
    return _pressure_joined(told)


def _pressure_joined(told: Sequence[Reading]) -> tuple[Reading, ...]:
    """Both pressures as one reading (138/82), flagged when either is out of range."""
    by_key = {reading.key: reading for reading in told}
    upper, lower = by_key.get("systolic"), by_key.get("diastolic")
    if upper is None or lower is None:
        return tuple(told)
    joined = replace(upper, label=Phrase("Huyết áp"), lower=lower.value, flag=upper.flag or lower.flag)
    return tuple(joined if one is upper else one for one in told if one is not lower)


def _reading(key: str, row: Observation, age: Age) -> Reading:
    vital, value = VITALS[key], row.value or Decimal(0)
    return Reading(
        key, vital.display, value, vital.unit, flag_of(key, value, age), row.observed_at, normal_range(key, age)
    )


def _value(latest: Mapping[str, Observation], key: str) -> Decimal | None:
    return latest[key].value if key in latest else None


def _courses(series: Sequence[Observation], age: Age) -> tuple[Course, ...]:
    """Pressure, weight and pulse where there are at least two days to compare."""
    courses = []
    for key in ("systolic", "weight", "pulse"):
        vital, normal = VITALS[key], normal_range(key, age)
        rows = [row for row in series if row.code == vital.code][:MOST_LISTED]
        points = tuple((row.observed_at.date(), row.value or Decimal(0)) for row in reversed(rows))
        if len(points) > 1:
            low, high = normal or (None, None)
            courses.append(Course(vital.display, vital.unit, points, low, high))
    return tuple(courses)


def _problems(said: Sequence[Condition]) -> tuple[Told, ...]:
    """What the person lives with: chronic and still followed, each code once."""
    lasting = {row.code: row for row in reversed(said) if row.chronic and row.clinical_status == "active"}
    return tuple(Told(row.code, row.display) for row in list(lasting.values())[:MOST_LISTED])
