"""The content of an opened record. Every function takes the proof that the read is permitted and audited."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from records.queries.access import RecordAccess
from records.queries.restricted import reader_parameters, visible
from records.rules.vitals import BY_CODE
from registry.kernel import Refused

PAGE = 25
SERIES_SINCE_YEARS = 3
MOST_READINGS = 400
MOST_PROBLEMS = 30

_PROBLEMS = f"""
SELECT DISTINCT ON (c.code, CASE c.code WHEN '' THEN c.display END)
       c.code, c.display, coalesce(c.onset_on, c.recorded_at::date), f.short_name, c.role
FROM records_condition c JOIN registry_facility f ON f.id = c.facility_id
WHERE c.patient_id = %(patient)s AND c.superseded_by_id IS NULL AND c.clinical_status = 'active'
  AND (c.chronic OR c.role = 'history') AND NOT c.mistaken AND {visible("c", "records_condition")}
ORDER BY c.code, CASE c.code WHEN '' THEN c.display END, c.recorded_at LIMIT %(limit)s
"""  # noqa: S608 - constants

_SERIES = """
SELECT code, observed_at, value FROM records_observation
WHERE patient_id = %(patient)s AND code = ANY(%(codes)s) AND observed_at >= %(since)s AND superseded_by_id IS NULL
  AND value IS NOT NULL
ORDER BY observed_at DESC LIMIT %(limit)s
"""

# Three kinds of entries on one line of time; each branch reads its own index backwards and no further than one page.
_TIMELINE = f"""
SELECT * FROM (
  (SELECT e.started_at AS at, e.id, 'encounter' AS kind, e.care_type AS code, e.reason AS title, e.conclusion AS text,
          e.practitioner_name AS said_by, e.recorded_by_id, e.facility_id, e.system, e.source_key, e.status,
          (SELECT coalesce(json_agg(json_build_array(c.code, c.display, c.role) ORDER BY c.role, c.code), '[]')
             FROM records_condition c WHERE c.encounter_id = e.id AND c.superseded_by_id IS NULL
              AND {visible("c", "records_condition")}) AS conditions
     FROM records_encounter e
    WHERE e.patient_id = %(patient)s AND e.superseded_by_id IS NULL AND (e.started_at, e.id) < (%(at)s, %(id)s)
      AND {visible("e", "records_encounter")}
    ORDER BY e.started_at DESC, e.id DESC LIMIT %(limit)s)
  UNION ALL
  (SELECT p.performed_at, p.id, 'procedure', p.code, p.display, p.result, '', p.recorded_by_id, p.facility_id, p.system,
          p.source_key, '', '[]'
     FROM records_procedure p
    WHERE p.patient_id = %(patient)s AND p.encounter_id IS NULL AND p.superseded_by_id IS NULL
      AND (p.performed_at, p.id) < (%(at)s, %(id)s) AND {visible("p", "records_procedure")}
    ORDER BY p.performed_at DESC, p.id DESC LIMIT %(limit)s)
  UNION ALL
  (SELECT o.observed_at, o.id, 'observation', o.code, o.display,
          coalesce(nullif(o.value_text, ''), trim_scale(o.value)::text) || ' ' || o.unit, '', o.recorded_by_id,
          o.facility_id, o.system, o.source_key, '', '[]'
     FROM records_observation o
    WHERE o.patient_id = %(patient)s AND o.encounter_id IS NULL AND o.superseded_by_id IS NULL
      AND (o.observed_at, o.id) < (%(at)s, %(id)s) AND {visible("o", "records_observation")}
    ORDER BY o.observed_at DESC, o.id DESC LIMIT %(limit)s)
) entries ORDER BY at DESC, id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
_NAMED = f"""
SELECT t.at, t.id, t.kind, t.code, t.title, t.text, coalesce(nullif(t.said_by, ''), s.full_name, ''), f.id, f.short_name,
       t.system, t.source_key, t.status, t.conditions
FROM ({_TIMELINE}) t JOIN registry_facility f ON f.id = t.facility_id LEFT JOIN registry_staff s ON s.id = t.recorded_by_id
ORDER BY t.at DESC, t.id DESC
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
class Series:
    """One vital sign over time, oldest first; low and high bound the adult normal range where there is one."""

    label: str
    unit: str
    points: tuple[tuple[date, Decimal], ...]
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing on the line of time. conditions: (code, display, role), the main one first; here: written by the reader's
    facility; imported: it came from another system, whose own key is source_key."""

    at: datetime
    id: uuid.UUID
    kind: str
    code: str
    title: str
    text: str
    said_by: str
    facility: str
    here: bool
    system: str
    source_key: str
    status: str
    conditions: tuple[tuple[str, str, str], ...]

    @property
    def imported(self) -> bool:
        """Whether another system wrote it."""
        return self.system != "ehr"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Some entries, newest first, and the cursor of those before, empty at the end."""

    entries: tuple[Entry, ...]
    before: str


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


def get_series(access: RecordAccess) -> tuple[Series, ...]:
    """Vital signs of the last years with at least two readings, in the order of the vitals' table."""
    since = access.ctx.at.replace(year=access.ctx.at.year - SERIES_SINCE_YEARS, day=1)
    rows = _rows(
        _SERIES, {"patient": access.patient_id, "codes": list(BY_CODE), "since": since, "limit": MOST_READINGS}
    )
    found: dict[str, list[tuple[date, Decimal]]] = {}
    for code, at, value in reversed(rows):
        found.setdefault(code, []).append((timezone.localdate(at), value))
    return tuple(_series(code, points) for code in BY_CODE if len(points := found.get(code, [])) > 1)


def get_timeline(access: RecordAccess, *, before: str = "", limit: int = PAGE) -> Timeline:
    """Encounters, procedures and results of all facilities, newest first, by key. Raises Refused for a bad cursor."""
    at, identity = _cursor(before)
    rows = _rows(
        _NAMED,
        {"patient": access.patient_id, "at": at, "id": identity, "limit": max(1, min(limit, PAGE)) + 1}
        | reader_parameters(access),
    )
    entries = tuple(_entry(row, access) for row in rows[:limit])
    last = entries[-1] if len(rows) > limit else None
    return Timeline(entries, f"{last.at.isoformat()}~{last.id}" if last else "")


def get_statements(access: RecordAccess) -> tuple[Statement, ...]:
    """What each facility stated about the person, newest first: where every field of the golden record comes from."""
    rows = _rows(_STATEMENTS, {"patient": access.patient_id, "limit": PAGE})
    return tuple(Statement(*[*row[:-1], tuple(map(tuple, _json(row[-1])))]) for row in rows)


def _series(code: str, points: Sequence[tuple[date, Decimal]]) -> Series:
    vital = BY_CODE[code]
    low, high = vital.normal or (None, None)
    return Series(vital.display, vital.unit, tuple(points), low, high)


def _entry(row: Sequence[Any], access: RecordAccess) -> Entry:
    *columns, said_by, facility_id, facility, system, source_key, status, conditions = row
    told = sorted(map(tuple, _json(conditions)), key=lambda c: c[2] != "main")
    here = facility_id == access.facility_id
    return Entry(*[*columns, said_by, facility, here, system, source_key, status, tuple(told)])


def _cursor(text: str) -> tuple[datetime, uuid.UUID]:
    """Where the last page ended; the end of time for the first page."""
    if not text:
        return datetime.fromisoformat("9999-01-01T00:00:00+00:00"), uuid.UUID(int=0)
    at, _, identity = text.partition("~")
    try:
        return datetime.fromisoformat(at), uuid.UUID(identity)
    except ValueError as error:
        raise Refused("bad-cursor", "Liên kết trang không đúng; hãy mở lại từ đầu danh sách.") from error


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value
