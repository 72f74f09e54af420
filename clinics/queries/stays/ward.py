"""A ward at a glance: its beds, who lies in them, what of today is not given yet."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, F, Q

from clinics.models import Bed, DailyOrder, DailySheet, OrderGiven, Stay
from clinics.queries.scope import facility_of, today_of
from clinics.rules.stays import CARE_LEVELS, days_of_stay
from records.queries.band import SEX_NAMES
from registry.kernel import Context, Permission, query, record_audit
from registry.models import Department
from registry.rules.dates import PartialDate, age_on

MOST_BEDS = 300


@dataclass(frozen=True, slots=True)
class Lying:
    """Somebody in bed. days: of the stay, today included; care_level: of today's sheet, "" before it is written; open: how
    many times of today's orders nobody answered for."""

    visit_id: uuid.UUID
    name: str
    sex: str
    age: str
    diagnosis: str
    days: int
    care_level: str
    written: bool
    open: int


@dataclass(frozen=True, slots=True)
class Place:
    """A bed with who lies in it; bed None: admitted, and no bed given yet."""

    bed: Bed | None
    lying: Lying | None


@dataclass(frozen=True, slots=True)
class Ward:
    """A department's places, those without a bed first; departments: (department, how many lie there)."""

    department: Department | None
    places: tuple[Place, ...]
    departments: tuple[tuple[Department, int], ...]
    day: date

    @property
    def lying(self) -> int:
        """How many people lie here."""
        return sum(1 for one in self.places if one.lying)

    @property
    def free(self) -> int:
        """How many beds are free."""
        return sum(1 for one in self.places if not one.lying)

    @property
    def unwritten(self) -> int:
        """How many have no sheet for today."""
        return sum(1 for one in self.places if one.lying and not one.lying.written)


@query(Permission.STAY_READ)
def get_ward(ctx: Context, code: str = "") -> Ward:
    """The ward of this department's code, or the first that has beds or people."""
    departments = _departments(ctx)
    chosen = next((one for one, _ in departments if one.code == code), None)
    chosen = chosen or next((one for one, _ in departments), None)
    places = _places(ctx, chosen) if chosen else ()
    record_audit(
        ctx,
        "read-ward",
        target=("Department", chosen.pk if chosen else ""),
        detail={"shown": [str(one.lying.visit_id) for one in places if one.lying]},
    )
    return Ward(chosen, places, departments, today_of(ctx))


def _departments(ctx: Context) -> tuple[tuple[Department, int], ...]:
    found = (
        Department.objects.filter(facility_id=facility_of(ctx).id)
        .annotate(
            lying=Count("stays", filter=Q(stays__ended_at=None), distinct=True),
            places=Count("beds", filter=Q(beds__active=True), distinct=True),
        )
        .filter(Q(lying__gt=0) | Q(places__gt=0))
    )
    return tuple((one, one.lying) for one in found.order_by("code")[:100])


def _places(ctx: Context, department: Department) -> tuple[Place, ...]:
    today = today_of(ctx)
    stays = list(
        Stay.objects.filter(department=department, ended_at=None)
        .select_related("visit__encounter__patient", "bed")
        .order_by(F("bed__code").asc(nulls_first=True), "admitted_at")[:MOST_BEDS]
    )
    sheets = sheets_of_day([one.pk for one in stays], today)
    waiting = open_orders([one.pk for one in sheets.values()])
    lying = {stay.pk: _lying(stay, sheets.get(stay.pk), waiting, today) for stay in stays}
    in_bed = {stay.bed_id: lying[stay.pk] for stay in stays if stay.bed_id}
    beds = Bed.objects.filter(department=department).filter(Q(active=True) | Q(pk__in=in_bed)).order_by("code")
    return (
        *(Place(None, lying[stay.pk]) for stay in stays if not stay.bed_id),
        *(Place(bed, in_bed.get(bed.pk)) for bed in beds[:MOST_BEDS]),
    )


def sheets_of_day(stays: Sequence[uuid.UUID], day: date) -> dict[uuid.UUID, DailySheet]:
    """The sheet that stands of each stay on a day."""
    found = DailySheet.objects.filter(stay__in=stays, day=day).order_by("stay", "-id").distinct("stay")
    return {one.stay_id: one for one in found}


def open_orders(sheets: Iterable[uuid.UUID]) -> dict[uuid.UUID, int]:
    """How many times of the orders of each sheet nobody answered for."""
    asked: dict[uuid.UUID, int] = {}
    for sheet, slots in DailyOrder.objects.filter(sheet__in=list(sheets)).values_list("sheet", "slots"):
        asked[sheet] = asked.get(sheet, 0) + len(slots)
    for sheet, count in (
        OrderGiven.objects.filter(order__sheet__in=list(asked)).values_list("order__sheet").annotate(n=Count("pk"))
    ):
        asked[sheet] -= count
    return asked


def _lying(stay: Stay, sheet: DailySheet | None, waiting: dict[uuid.UUID, int], today: date) -> Lying:
    patient = stay.visit.encounter.patient
    born = PartialDate(patient.birth_date, patient.birth_precision)  # type: ignore[arg-type]
    return Lying(
        visit_id=stay.visit_id,
        name=patient.name,
        sex=SEX_NAMES.get(patient.sex, ""),
        age=age_on(born, today).text,
        diagnosis=stay.diagnosis,
        days=days_of_stay(stay.admitted_at.date(), today),
        care_level=CARE_LEVELS.get(sheet.care_level, "") if sheet else "",
        written=sheet is not None,
        open=waiting.get(sheet.pk, 0) if sheet else 0,
    )
