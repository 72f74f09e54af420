"""What the Department of Health sees before a record is given back: the person's records, and what hangs on one of them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from records.queries.record_ties import Hanging, hanging_rows, tied_records
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.rules.dates import PartialDate

MOST_STATEMENTS = 100
MOST_HOLDERS = 20

_PERSON = """
SELECT p.id, p.name, p.birth_date, p.birth_precision
FROM records_patient asked JOIN records_patient p ON p.id = coalesce(asked.merged_into_id, asked.id) WHERE asked.id = %s
"""
_STATED = """
SELECT s.id, s.recorded_at, f.short_name, s.channel, s.name, s.birth_date, s.birth_precision, s.sex, s.phone,
       l.home_id IS NOT NULL
FROM records_recordlink l JOIN records_sourcerecord s ON s.id = l.record_id JOIN registry_facility f ON f.id = s.facility_id
WHERE l.patient_id = %(patient)s AND (%(records)s::uuid[] IS NULL OR s.id = ANY(%(records)s::uuid[]))
ORDER BY s.recorded_at DESC, s.id DESC LIMIT %(limit)s
"""
# Whoever had it as their own before, as the ledger of links tells, and is another person today.
_HOLDERS = """
SELECT DISTINCT p.id, p.name, p.birth_date, p.birth_precision
FROM records_linkevent e JOIN records_patient p ON p.id IN (e.patient_id, e.previous_id)
WHERE e.record_id = %(record)s AND coalesce(p.merged_into_id, p.id) <> %(patient)s
ORDER BY p.name, p.id LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class PersonLine:
    """A person by number, name and birth."""

    id: uuid.UUID
    name: str
    birth: PartialDate


@dataclass(frozen=True, slots=True)
class RecordLine:
    """One statement of the person. merged: it came with a merge."""

    id: uuid.UUID
    at: datetime
    facility: str
    channel: str
    name: str
    birth: PartialDate
    sex: str
    phone: str
    merged: bool


@dataclass(frozen=True, slots=True)
class RecordPreview:
    """A record, those that go along, everything that hangs on them, and whom it belonged to before."""

    person: PersonLine
    record: RecordLine
    along: tuple[RecordLine, ...]
    rows: tuple[Hanging, ...]
    holders: tuple[PersonLine, ...]

    @property
    def count(self) -> int:
        """How many rows go."""
        return sum(one.count for one in self.rows)


@query(Permission.IDENTITY_REVIEW)
def find_statements(ctx: Context, patient_id: uuid.UUID) -> tuple[PersonLine, tuple[RecordLine, ...]]:
    """The person and their records, newest first; at most 100. Raises NotFound."""
    person = _person(patient_id)
    record_audit(ctx, "read-statements", patient_id=person.id)
    return person, _stated(person.id, None)


@query(Permission.IDENTITY_REVIEW)
def get_record_preview(ctx: Context, patient_id: uuid.UUID, record_id: uuid.UUID) -> RecordPreview:
    """What would go with this record. Raises NotFound, also for a record of somebody else."""
    person = _person(patient_id)
    going = tied_records(record_id)
    found = {one.id: one for one in _stated(person.id, sorted(going))}
    if record_id not in found:
        raise NotFound
    record_audit(ctx, "read-give-back", patient_id=person.id, target=("SourceRecord", record_id))
    named = {"record": record_id, "patient": person.id, "limit": MOST_HOLDERS}
    holders = tuple(_line(row) for row in _rows(_HOLDERS, named))
    along = tuple(one for key, one in found.items() if key != record_id)
    return RecordPreview(person, found[record_id], along, hanging_rows(going), holders)


def _person(patient_id: uuid.UUID) -> PersonLine:
    rows = _rows(_PERSON, [patient_id])
    if not rows:
        raise NotFound
    return _line(rows[0])


def _line(row: tuple[Any, ...]) -> PersonLine:
    identity, name, born, precision = row
    return PersonLine(identity, name, PartialDate(born, precision))


def _stated(patient_id: uuid.UUID, records: list[uuid.UUID] | None) -> tuple[RecordLine, ...]:
    keys = None if records is None else [str(one) for one in records]
    rows = _rows(_STATED, {"patient": patient_id, "records": keys, "limit": MOST_STATEMENTS})
    return tuple(_record(row) for row in rows)


def _record(row: tuple[Any, ...]) -> RecordLine:
    identity, at, facility, channel, name, born, precision, sex, phone, merged = row
    return RecordLine(identity, at, facility, channel, name, PartialDate(born, precision), sex, phone, merged)


def _rows(statement: str, parameters: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
