"""What was measured of a growing person, from all facilities and from the day of birth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from records.queries.access import RecordAccess
from records.rules.growth_tables import Measure
from records.rules.vitals import VITALS

MOST_MEASUREMENTS = 1_000  # weekly for nineteen years
# LOINC; both codes of head circumference are in use (FHIR R4's vital signs profile, and measured by tape).
CODES = {
    VITALS["weight"].code: Measure.WEIGHT,
    VITALS["height"].code: Measure.HEIGHT,
    "9843-4": Measure.HEAD,
    "8287-5": Measure.HEAD,
}
_UNITS: dict[tuple[Measure, str], Callable[[float], float]] = {
    (Measure.WEIGHT, "g"): lambda grams: grams / 1000,
    (Measure.HEIGHT, "m"): lambda metres: metres * 100,
    (Measure.HEIGHT, "mm"): lambda millimetres: millimetres / 10,
    (Measure.HEAD, "mm"): lambda millimetres: millimetres / 10,
}

_MEASURED = """
SELECT code, (observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, value, unit FROM records_observation
WHERE patient_id = %(patient)s AND code = ANY(%(codes)s) AND superseded_by_id IS NULL AND NOT mistaken AND value > 0
ORDER BY observed_at DESC LIMIT %(limit)s
"""
_BORN = """
SELECT b.preterm, b.gestation_weeks, b.weight_g, b.length_cm,
       (SELECT min(i.next_due_on) FROM records_immunization i
         WHERE i.patient_id = %(patient)s AND i.superseded_by_id IS NULL AND i.next_due_on >= %(today)s)
FROM (SELECT 1) one LEFT JOIN LATERAL (
  SELECT preterm, gestation_weeks, weight_g, length_cm FROM records_birthhistory
  WHERE patient_id = %(patient)s AND superseded_by_id IS NULL AND NOT mistaken ORDER BY recorded_at DESC LIMIT 1) b ON true
"""


_WEEKS = """
SELECT gestation_weeks FROM records_birthhistory
WHERE patient_id = %(patient)s AND superseded_by_id IS NULL AND NOT mistaken ORDER BY recorded_at DESC LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """Readings (kg, cm), oldest first; preterm: born too early, None when not asked; next_visit: an appointment given.

    gestation_weeks: completed weeks at birth, None where nobody wrote them down.
    """

    weights: tuple[tuple[date, float], ...]
    heights: tuple[tuple[date, float], ...]
    heads: tuple[tuple[date, float], ...]
    preterm: bool | None
    next_visit: date | None
    gestation_weeks: int | None = None


def get_measured(access: RecordAccess, today: date) -> Measured:
    """Weight, height and head of the whole childhood, with weight and length at birth when they were told."""
    asked: dict[str, Any] = {"patient": access.patient_id, "today": today}
    with connection.cursor() as cursor:
        cursor.execute(_MEASURED, asked | {"codes": list(CODES), "limit": MOST_MEASUREMENTS})
        rows = cursor.fetchall()
        cursor.execute(_BORN, asked)
        preterm, weeks, weight_g, length_cm, next_visit = cursor.fetchone() or (None,) * 5
    found: dict[Measure, list[tuple[date, float]]] = {measure: [] for measure in Measure}
    birth = access.person.birth
    if birth.precision == "day":
        found[Measure.WEIGHT] += _at_birth(birth.value, weight_g, 1000)
        found[Measure.HEIGHT] += _at_birth(birth.value, length_cm, 1)
    for code, on, value, unit in reversed(rows):
        measure = CODES[code]
        found[measure].append((on, _in_house_unit(measure, float(value), unit)))
    weights, heights, heads = (tuple(found[m]) for m in (Measure.WEIGHT, Measure.HEIGHT, Measure.HEAD))
    return Measured(weights, heights, heads, preterm, next_visit, weeks)


def get_gestation_weeks(access: RecordAccess) -> int | None:
    """Completed weeks at birth of the person whose record is open; None where nobody wrote them down."""
    with connection.cursor() as cursor:
        cursor.execute(_WEEKS, {"patient": access.patient_id})
        row: tuple[int | None] | None = cursor.fetchone()
    return row[0] if row else None


def _at_birth(born: date, value: Any, divisor: int) -> list[tuple[date, float]]:
    return [(born, float(value) / divisor)] if value else []


def _in_house_unit(measure: Measure, value: float, unit: str) -> float:
    """Other systems send grams and metres."""
    convert = _UNITS.get((measure, unit.strip().lower()))
    return convert(value) if convert else value
