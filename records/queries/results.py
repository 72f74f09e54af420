"""Measurements and laboratory results of an opened record as series: every code with its last readings, in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from records.queries.access import RecordAccess
from records.queries.restricted import reader_parameters, visible
from records.rules.vitals import BY_CODE, normal_range
from registry.rules.dates import age_on

READINGS = 24  # of each kind on the overview: two years of monthly visits
MOST_READINGS = 60  # of each kind on its chart: more points than a drawing of this width tells apart
MOST_CODES = 80

# The codes of a record are found by leaps through the index, so that ten thousand readings cost as much as ten.
_SERIES = f"""
WITH RECURSIVE codes AS (
  (SELECT code, 1 AS number FROM records_observation WHERE patient_id = %(patient)s ORDER BY code LIMIT 1)
  UNION ALL
  SELECT (SELECT o.code FROM records_observation o WHERE o.patient_id = %(patient)s AND o.code > c.code
           ORDER BY o.code LIMIT 1), c.number + 1
    FROM codes c WHERE c.code IS NOT NULL AND c.number < {MOST_CODES})
SELECT t.code, t.display, t.unit, (t.observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, t.value, t.value_text,
       f.short_name
  FROM codes c CROSS JOIN LATERAL (
    SELECT t.code, t.display, t.unit, t.observed_at, t.value, t.value_text, t.facility_id FROM records_observation t
     WHERE t.patient_id = %(patient)s AND t.code = c.code AND t.superseded_by_id IS NULL AND NOT t.mistaken
       AND t.observed_at >= %(since)s
       AND {visible("t", "records_observation")}
     ORDER BY t.observed_at DESC LIMIT %(limit)s) t
  JOIN registry_facility f ON f.id = t.facility_id
 WHERE c.code IS NOT NULL ORDER BY t.code, t.observed_at
"""  # noqa: S608 - constants
EVER = datetime(1900, 1, 1, tzinfo=timezone.get_default_timezone())


@dataclass(frozen=True, slots=True)
class Reading:
    """One result on its day in Hanoi: a number (value) or words."""

    day: date
    value: Decimal | None
    text: str
    facility: str


@dataclass(frozen=True, slots=True)
class Series:
    """All readings of one code, oldest first; vital: a vital sign; low and high: the normal range of today's age;
    off: "low" or "high" when the last reading lies outside the range of the age on its day."""

    code: str
    label: str
    unit: str
    readings: tuple[Reading, ...]
    vital: bool
    low: Decimal | None
    high: Decimal | None
    off: str = ""

    @property
    def latest(self) -> Reading:
        """The last reading; a series has at least one."""
        return self.readings[-1]

    @property
    def numbers(self) -> tuple[tuple[date, Decimal], ...]:
        """(day, value) of the readings that are numbers of the unit of the last."""
        return tuple((one.day, one.value) for one in self.readings if one.value is not None)


def get_series(access: RecordAccess, *, limit: int = READINGS, since: datetime = EVER) -> tuple[Series, ...]:
    """Vital signs in the order nurses measure them, then results, the newest first; each with its last readings."""
    parameters: dict[str, Any] = reader_parameters(access) | {
        "patient": access.patient_id,
        "since": since,
        "limit": max(1, min(limit, MOST_READINGS)),
    }
    with connection.cursor() as cursor:
        cursor.execute(_SERIES, parameters)
        rows = cursor.fetchall()
    by_code: dict[str, list[tuple[Any, ...]]] = {}
    for row in rows:
        by_code.setdefault(row[0], []).append(row)
    series = [_series(access, code, said) for code, said in by_code.items()]
    return (*_vitals(series), *_results(series))


def _vitals(series: Iterable[Series]) -> list[Series]:
    order = {code: number for number, code in enumerate(BY_CODE)}
    return sorted((one for one in series if one.vital), key=lambda one: order[one.code])


def _results(series: Iterable[Series]) -> list[Series]:
    return sorted((one for one in series if not one.vital), key=lambda one: one.latest.day, reverse=True)


def _series(access: RecordAccess, code: str, rows: Sequence[tuple[Any, ...]]) -> Series:
    """Readings in another unit than the last would draw a false line: they are left out."""
    _code, display, unit, *_rest = rows[-1]
    readings = tuple(Reading(*row[3:]) for row in rows if row[2] == unit)
    low, high = _normal(access, code)
    vital = BY_CODE.get(code)
    label = vital.display if vital else display
    return Series(code, label, unit, readings, vital is not None, low, high, _off(access, code, readings[-1]))


def _normal(access: RecordAccess, code: str, day: date | None = None) -> tuple[Decimal | None, Decimal | None]:
    """The normal range of the age on that day (today)."""
    vital, birth = BY_CODE.get(code), access.person.birth
    on = max(day or timezone.localdate(access.ctx.at), birth.value)
    return (normal_range(vital.key, age_on(birth, on)) if vital else None) or (None, None)


def _off(access: RecordAccess, code: str, last: Reading) -> str:
    low, high = _normal(access, code, last.day)
    if last.value is None or low is None or high is None or low <= last.value <= high:
        return ""
    return "low" if last.value < low else "high"
