"""The content of an opened record. Every function takes the proof that the read is permitted and audited."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from records.queries.access import RecordAccess
from records.queries.restricted import reader_parameters, visible

MOST_PROBLEMS = 30

_PROBLEMS = f"""
SELECT DISTINCT ON (c.code, CASE c.code WHEN '' THEN c.display END)
       c.code, c.display, coalesce(c.onset_on, c.recorded_at::date), f.short_name, c.role
FROM records_condition c JOIN registry_facility f ON f.id = c.facility_id
WHERE c.patient_id = %(patient)s AND c.superseded_by_id IS NULL AND c.clinical_status = 'active'
  AND (c.chronic OR c.role = 'history') AND NOT c.mistaken AND {visible("c", "records_condition")}
ORDER BY c.code, CASE c.code WHEN '' THEN c.display END, c.recorded_at LIMIT %(limit)s
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Problem:
    """An active problem: ICD-10 code, words, since when and where it was first said."""

    code: str
    display: str
    since: date
    facility: str
    role: str


def get_problems(access: RecordAccess) -> tuple[Problem, ...]:
    """Active chronic problems and history of all facilities, each code once."""
    rows = _rows(_PROBLEMS, {"patient": access.patient_id, "limit": MOST_PROBLEMS} | reader_parameters(access))
    return tuple(sorted((Problem(*row) for row in rows), key=lambda problem: problem.since, reverse=True))


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
