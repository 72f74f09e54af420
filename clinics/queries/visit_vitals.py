"""Measurements of a visit as its page shows them: the latest of each, what they mean at this age, their course."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from clinics.queries.scope import today_of
from clinics.rules.coding import Whom
from records.models import Observation
from records.queries.access import RecordAccess
from records.queries.growth import get_gestation_weeks
from records.rules.growth import Judged, is_corrected, judge_readings
from records.rules.vitals import BY_CODE, VITALS, Flag, bmi, bmi_flag, flag_of, normal_range
from registry.kernel import Context, Permission, query
from registry.rules.dates import Age
from registry.rules.phrases import Phrase

GROWN_YEARS = 19  # WHO's reference ends there
CORRECTED_MONTHS = 24
SERIES_LENGTH = 120  # readings kept for the course: about a dozen measurements of ten vitals
MOST_POINTS = 12


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


def vitals_series(patient_id: uuid.UUID) -> list[Observation]:
    """The person's vitals, newest first."""
    rows = Observation.objects.filter(patient_id=patient_id, superseded_by=None, mistaken=False, code__in=list(BY_CODE))
    return list(rows.exclude(value=None).order_by("-observed_at", "code")[:SERIES_LENGTH])


def readings_of(rows: Sequence[Observation], age: Age) -> tuple[Reading, ...]:
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


def courses_of(series: Sequence[Observation], age: Age) -> tuple[Course, ...]:
    """Pressure, weight and pulse where there are at least two days to compare."""
    courses = []
    for key in ("systolic", "weight", "pulse"):
        vital, normal = VITALS[key], normal_range(key, age)
        rows = [row for row in series if row.code == vital.code][:MOST_POINTS]
        points = tuple((row.observed_at.date(), row.value or Decimal(0)) for row in reversed(rows))
        if len(points) > 1:
            low, high = normal or (None, None)
            courses.append(Course(vital.display, vital.unit, points, low, high))
    return tuple(courses)


@dataclass(frozen=True, slots=True)
class Growth:
    """A child's measurements against WHO's tables; corrected: the age was corrected for `weeks` of gestation."""

    judged: tuple[Judged, ...] = ()
    corrected: bool = False
    weeks: int | None = None


def growth_of(access: RecordAccess, age: Age, readings: Sequence[Reading], on: date) -> Growth:
    """What a visit measured of a child; nothing, and no question asked, where the tables cannot be asked."""
    if not grows(Whom(access.person.sex, age)):
        return Growth()
    weeks = get_gestation_weeks(access) if age.months < CORRECTED_MONTHS else None
    return growth_at(Whom(access.person.sex, age), {one.key: one.value for one in readings}, on, weeks)


def growth_at(whom: Whom, readings: Mapping[str, Decimal], on: date, weeks: int | None) -> Growth:
    """The same for anybody of a sex and an age."""
    if whom.age is None or not grows(whom):
        return Growth()
    birth = on - timedelta(days=whom.age.days)
    told = {key: float(value) for key, value in readings.items() if key in {"weight", "height", "head"} and value > 0}
    judged = judge_readings(whom.sex, birth, on, told, weeks)
    return Growth(tuple(judged), is_corrected(birth, on, weeks), weeks)


def grows(whom: Whom) -> bool:
    """Whether WHO's tables can be asked."""
    return bool(whom.age and whom.age.exact and whom.age.years < GROWN_YEARS and whom.sex in {"male", "female"})


@query(Permission.VITALS_RECORD, audited=False)
def get_typed_growth(ctx: Context, whom: Whom, weeks: int | None, readings: Mapping[str, Decimal]) -> Growth:
    """What is being typed for a child of a sex and an age, against WHO's tables. Of nobody in particular."""
    return growth_at(whom, readings, today_of(ctx), weeks)


def measured_mark(rows: Sequence[Observation]) -> str:
    """Which measurement is the latest of these: what a form carries to tell whether somebody measured meanwhile."""
    latest = max((row.recorded_at for row in rows), default=None)
    return latest.isoformat() if latest else ""
