"""One stay: where the person lay, the sheets of the days with what was given, how it ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch

from clinics.models import Appointment, Bed, DailyOrder, DailySheet, OrderGiven, Stay, StayEnding, StayPlace, Visit
from clinics.queries.diagnoses_told import diagnosis_told
from clinics.queries.following_up import follow_up_of
from clinics.queries.scope import facility_of, today_of, visit_here
from clinics.rules.stay_papers import PAPER_NAMES, papers_of
from clinics.rules.stays import SLOT_NAMES, STEP_NAMES, Slot, StayStep, days_of_stay
from records.queries.access import RecordAccess, look_through_door, within_reading_limit
from records.queries.band import Band, get_bands
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.models import Department

MOST_DAYS = 14  # sheets on the page; the papers hold the rest


@dataclass(frozen=True, slots=True)
class Time:
    """One time of the day of an order: what was said of it, if anything."""

    slot: Slot
    name: str
    given: OrderGiven | None


@dataclass(frozen=True, slots=True)
class Line:
    """An order of a sheet with its times."""

    order: DailyOrder
    times: tuple[Time, ...]


@dataclass(frozen=True, slots=True)
class Day:
    """A sheet that stands, with its orders."""

    sheet: DailySheet
    lines: tuple[Line, ...]
    today: bool


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the stay in words."""

    row: StayPlace
    name: str


@dataclass(frozen=True, slots=True)
class StayPage:
    """One stay. before: the newest sheet before today's, whose orders may be repeated; free: beds nobody lies
    in; departments: the others of the facility."""

    stay: Stay
    visit: Visit
    band: Band
    days: int
    sheets: tuple[Day, ...]
    written: Day | None
    before: Day | None
    steps: tuple[Step, ...]
    free: tuple[Bed, ...]
    departments: tuple[Department, ...]
    ending: StayEnding | None
    diagnosis: str
    follow_up: Appointment | None

    @property
    def papers(self) -> tuple[tuple[str, str], ...]:
        """(slug, name) of each paper of the ending; none while the stay goes on."""
        if self.ending is None:
            return ()
        told = papers_of(
            outcome=self.ending.outcome_code,
            discharge=self.ending.discharge_code,
            leave_days=self.ending.leave_days,
            follow_up=self.follow_up is not None,
        )
        return tuple((one.value, PAPER_NAMES[one]) for one in told)


@dataclass(frozen=True, slots=True)
class Admission:
    """What the form of admission needs: the visit, where people can lie, (bed, department) that are free."""

    visit: Visit
    band: Band
    departments: tuple[Department, ...]
    free: tuple[Bed, ...]


@query(Permission.STAY_ADMIT)
def get_admission(ctx: Context, visit_id: uuid.UUID) -> Admission:
    """The visit to admit from."""
    visit = visit_here(ctx, visit_id)
    access = look_through_door(ctx, visit.encounter.patient_id)
    record_audit(ctx, "read", patient_id=access.patient_id, target=("Visit", visit.pk))
    departments = _departments(ctx)
    return Admission(visit, get_bands([access.patient_id])[access.patient_id], departments, _free(departments))


@query(Permission.STAY_READ)
def get_stay(ctx: Context, visit_id: uuid.UUID) -> StayPage:
    """The stay of a visit of this facility; NotFound for a visit that never became one."""
    visit = visit_here(ctx, visit_id)
    access = within_reading_limit(look_through_door(ctx, visit.encounter.patient_id))
    stay = Stay.objects.select_related("department", "bed", "admitted_by").filter(visit=visit).first()
    if stay is None:
        raise NotFound("Người bệnh này không nằm viện.", "no-stay")
    page = _page(ctx, visit, stay, access)
    record_audit(ctx, "read", patient_id=access.patient_id, target=("Stay", stay.pk), detail=access.audit_detail)
    return page


def _page(ctx: Context, visit: Visit, stay: Stay, access: RecordAccess) -> StayPage:
    today = today_of(ctx)
    sheets = tuple(_day(one, today) for one in _sheets(stay))
    ended = stay.ended_at.date() if stay.ended_at else today
    departments = _departments(ctx)
    places = stay.places.select_related("department", "bed", "by").order_by("at", "id")[:50]
    return StayPage(
        stay=stay,
        visit=visit,
        band=get_bands([access.patient_id])[access.patient_id],
        days=days_of_stay(stay.admitted_at.date(), ended),
        sheets=sheets,
        written=next((one for one in sheets if one.today), None),
        before=next((one for one in sheets if not one.today), None),
        steps=tuple(Step(one, STEP_NAMES[StayStep(one.kind)]) for one in places),
        free=_free(departments),
        departments=tuple(one for one in departments if one.pk != stay.department_id),
        ending=StayEnding.objects.select_related("referred_to", "by").filter(stay=stay).first(),
        diagnosis=diagnosis_told(access, visit) or stay.diagnosis,
        follow_up=follow_up_of(visit),
    )


def _sheets(stay: Stay) -> list[DailySheet]:
    """The sheets that stand, the newest day first."""
    standing = stay.sheets.order_by("-day", "-id").distinct("day").values_list("pk", flat=True)[:MOST_DAYS]
    given = Prefetch("given", queryset=OrderGiven.objects.select_related("by"))
    orders = Prefetch("orders", queryset=DailyOrder.objects.order_by("position").prefetch_related(given))
    return list(
        DailySheet.objects.filter(pk__in=list(standing)).select_related("by").prefetch_related(orders).order_by("-day")
    )


def _day(sheet: DailySheet, today: date) -> Day:
    return Day(sheet, tuple(_line(one) for one in sheet.orders.all()), sheet.day == today)


def _line(order: DailyOrder) -> Line:
    said = {one.slot: one for one in order.given.all()}
    return Line(order, tuple(Time(Slot(slot), SLOT_NAMES[Slot(slot)], said.get(slot)) for slot in order.slots))


def _departments(ctx: Context) -> tuple[Department, ...]:
    """Departments that have beds."""
    found = Department.objects.filter(facility_id=facility_of(ctx).id, beds__active=True).distinct()
    return tuple(found.order_by("code")[:100])


def _free(departments: list[Department] | tuple[Department, ...]) -> tuple[Bed, ...]:
    free = Bed.objects.filter(department__in=departments, active=True, stay=None).select_related("department")
    return tuple(free.order_by("department__code", "code")[:300])
