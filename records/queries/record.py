"""The content of an opened record. Every function takes the proof that the read is permitted and audited."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson
from django.db import connection

from records.queries.access import RecordAccess
from records.queries.restricted import reader_parameters, visible

MOST_STATEMENTS = 25
MOST_PROBLEMS = 30

_PROBLEMS = f"""
SELECT DISTINCT ON (c.code, CASE c.code WHEN '' THEN c.display END)
       c.code, c.display, coalesce(c.onset_on, c.recorded_at::date), f.short_name, c.role
FROM records_condition c JOIN registry_facility f ON f.id = c.facility_id
WHERE c.patient_id = %(patient)s AND c.superseded_by_id IS NULL AND c.clinical_status = 'active'
  AND (c.chronic OR c.role = 'history') AND NOT c.mistaken AND {visible("c", "records_condition")}
ORDER BY c.code, CASE c.code WHEN '' THEN c.display END, c.recorded_at LIMIT %(limit)s
"""  # noqa: S608 - constants

_STATEMENTS = """
SELECT s.id, s.recorded_at, s.channel, s.system, f.short_name, s.name, s.birth_date, s.birth_precision, s.sex, s.phone,
       s.address, s.ward_name,
       (SELECT coalesce(json_agg(json_build_array(i.kind, i.value, i.state) ORDER BY i.kind), '[]')
          FROM records_patientidentifier i WHERE i.source_record_id = s.id)
FROM records_recordlink l JOIN records_sourcerecord s ON s.id = l.record_id
JOIN registry_facility f ON f.id = s.facility_id
WHERE l.patient_id = %(patient)s ORDER BY s.recorded_at DESC, s.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Problem:
    """An active problem: ICD-10 code, words, since when and where it was first said."""

    code: str
    display: str
    since: date
    facility: str
    role: str


@dataclass(frozen=True, slots=True)
class Statement:
    """What one facility said about the person, once. identifiers: (kind, value, state)."""

    id: uuid.UUID
    at: datetime
    channel: str
    system: str
    facility: str
    name: str
    birth_date: date
    birth_precision: str
    sex: str
    phone: str
    address: str
    ward: str
    identifiers: tuple[tuple[str, str, str], ...]


def get_problems(access: RecordAccess) -> tuple[Problem, ...]:
    """Active chronic problems and history of all facilities, each code once."""
    rows = _rows(_PROBLEMS, {"patient": access.patient_id, "limit": MOST_PROBLEMS} | reader_parameters(access))
    return tuple(sorted((Problem(*row) for row in rows), key=lambda problem: problem.since, reverse=True))


def get_statements(access: RecordAccess) -> tuple[Statement, ...]:
    """What each facility stated about the person, newest first: where every field of the golden record comes from."""
    rows = _rows(_STATEMENTS, {"patient": access.patient_id, "limit": MOST_STATEMENTS})
    return tuple(Statement(*[*row[:-1], tuple(map(tuple, _json(row[-1])))]) for row in rows)


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value
