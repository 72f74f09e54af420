"""What a prescriber must know of an opened record: allergies, medicines taken, illnesses, weight, height, creatinine."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import connection

from records.queries.access import RecordAccess
from records.queries.medication import MedicineRow, get_medications
from records.queries.restricted import reader_parameters, visible
from records.rules.vitals import VITALS

MOST_CONDITIONS = 200
MOST_ALLERGIES = 100
CREATININE = {
    "14682-9": "umol/l",
    "2160-0": "mg/dl",
}  # LOINC of creatinine in serum or plasma, with the unit it implies
UMOL_PER_MG_DL = Decimal("88.4")

_ALLERGIES = """
SELECT a.substance, a.reaction, a.severe, (a.recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, f.short_name, a.kind
  FROM records_allergyintolerance a JOIN registry_facility f ON f.id = a.facility_id
 WHERE a.patient_id = %(patient)s AND a.superseded_by_id IS NULL AND NOT a.mistaken AND NOT a.none_known
 ORDER BY a.severe DESC, a.substance, a.id LIMIT %(limit)s
"""
_CONDITIONS = f"""
SELECT c.code, c.display, (c.recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, c.chronic OR c.role = 'history'
  FROM records_condition c
 WHERE c.patient_id = %(patient)s AND c.superseded_by_id IS NULL AND c.clinical_status = 'active' AND NOT c.mistaken
   AND c.code <> '' AND {visible("c", "records_condition")}
 ORDER BY c.recorded_at DESC, c.id LIMIT %(limit)s
"""  # noqa: S608 - constants
_MEASURED = f"""
SELECT DISTINCT ON (asked.kind) asked.kind, o.code, o.value, lower(o.unit),
       (o.observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
  FROM (VALUES ('weight', %(weight)s), ('height', %(height)s), ('creatinine', '14682-9'), ('creatinine', '2160-0'))
       asked (kind, code)
  JOIN records_observation o ON o.patient_id = %(patient)s AND o.code = asked.code
 WHERE o.superseded_by_id IS NULL AND NOT o.mistaken AND o.value > 0 AND {visible("o", "records_observation")}
 ORDER BY asked.kind, o.observed_at DESC, o.id DESC
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class AllergyKnown:
    """An allergy with where and when it was written."""

    substance: str
    reaction: str
    severe: bool
    on: date
    facility: str
    kind: str


@dataclass(frozen=True, slots=True)
class IllnessKnown:
    """A diagnosis. lasting: chronic, or told as history."""

    code: str
    display: str
    on: date
    lasting: bool


@dataclass(frozen=True, slots=True)
class Value:
    """The latest of one measurement."""

    value: Decimal
    on: date


@dataclass(frozen=True, slots=True)
class PrescribingRecord:
    """All of it, of every facility. weight in kg, height in cm, creatinine in µmol/l."""

    allergies: tuple[AllergyKnown, ...]
    taken: tuple[MedicineRow, ...]
    illnesses: tuple[IllnessKnown, ...]
    weight: Value | None
    height: Value | None
    creatinine: Value | None


def get_prescribing_record(access: RecordAccess) -> PrescribingRecord:
    """Four statements, whatever the record holds."""
    measured = _measured(access)
    return PrescribingRecord(
        tuple(AllergyKnown(*row) for row in _rows(_ALLERGIES, access, MOST_ALLERGIES)),
        get_medications(access).current,
        tuple(IllnessKnown(*row) for row in _rows(_CONDITIONS, access, MOST_CONDITIONS)),
        measured.get("weight"),
        measured.get("height"),
        measured.get("creatinine"),
    )


def _rows(statement: str, access: RecordAccess, limit: int) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = {
        "patient": access.patient_id,
        "limit": limit,
        "weight": VITALS["weight"].code,
        "height": VITALS["height"].code,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters | reader_parameters(access))
        return list(cursor.fetchall())


def _measured(access: RecordAccess) -> dict[str, Value]:
    return {
        kind: Value(_micromoles(code, value, unit) if kind == "creatinine" else value, on)
        for kind, code, value, unit, on in _rows(_MEASURED, access, 0)
    }


def _micromoles(code: str, value: Decimal, unit: str) -> Decimal:
    """Creatinine in µmol/l: the unit as written, else the one its code implies."""
    milligrams = "mg" in (unit or CREATININE[code])
    return value * UMOL_PER_MG_DL if milligrams else value
