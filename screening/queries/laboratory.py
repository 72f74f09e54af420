"""A laboratory's batches, and what is in one: who, what is waited for, what came out."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from registry.kernel import Context, NotFound, Permission, query, record_audit
from screening.models import LaboratoryBatch
from screening.queries.scope import facility_of, from_json

PAGE = 100
BATCHES = 50

# What became of an item: its kit's state, or whether its sample has a result.
_STATE = """CASE WHEN k.state = 'rejected' THEN 'rejected'
                 WHEN k.state = 'resulted' OR s.closed_at IS NOT NULL THEN 'resulted' ELSE 'waiting' END"""
_COUNTED = f"""
SELECT b.id, b.number, b.opened_at, count(i.id), count(i.id) FILTER (WHERE {_STATE} = 'resulted'),
       count(i.id) FILTER (WHERE {_STATE} = 'rejected')
  FROM screening_laboratorybatch b
  LEFT JOIN screening_batchitem i ON i.batch_id = b.id
  LEFT JOIN screening_kit k ON k.id = i.kit_id LEFT JOIN screening_sample s ON s.id = i.sample_id
"""  # noqa: S608 - constants
_BATCHES = f"""
{_COUNTED} WHERE b.facility_id = %(facility)s GROUP BY b.id ORDER BY b.opened_at DESC, b.id DESC LIMIT {BATCHES}
"""
_ONE = f"{_COUNTED} WHERE b.id = %(batch)s GROUP BY b.id"

# The action of a kit is its programme's own test.
_ITEMS = f"""
SELECT i.id, coalesce(k.number, s.number), p.name, p.sex, extract(year FROM p.birth_date)::int, g.short_name,
       a.action, {_STATE} AS state, coalesce(k.sampled_on, s.taken_on), i.received_at, r.code, r.value, r.verdict,
       k.rejection, r.note
  FROM screening_batchitem i
  LEFT JOIN screening_kit k ON k.id = i.kit_id LEFT JOIN screening_sample s ON s.id = i.sample_id
  JOIN screening_episode e ON e.id = coalesce(k.episode_id, s.episode_id)
  JOIN screening_enrolment n ON n.id = e.enrolment_id
  JOIN screening_programme g ON g.id = n.programme_id
  JOIN screening_programmeversion v ON v.id = e.version_id
  JOIN LATERAL (SELECT one AS action FROM jsonb_array_elements(v.rules->'actions') one
                 WHERE one->>'code' = coalesce(s.action, v.rules->>'test')) a ON true
  JOIN records_patient p ON p.id = n.patient_id
  LEFT JOIN screening_result r
         ON r.id = coalesce((SELECT x.id FROM screening_result x WHERE x.kit_id = k.id), s.result_id)
 WHERE i.batch_id = %(batch)s AND (%(after)s::uuid IS NULL OR i.id < %(after)s::uuid)
 ORDER BY i.id DESC LIMIT %(page)s
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch with how many it received, and of those resulted and rejected."""

    id: uuid.UUID
    number: str
    opened_at: datetime
    received: int
    resulted: int
    rejected: int

    @property
    def finished(self) -> int:
        """How many need nothing more."""
        return self.resulted + self.rejected

    @property
    def waiting(self) -> int:
        """How many have no result yet."""
        return self.received - self.finished


@dataclass(frozen=True, slots=True)
class Item:
    """One received kit or sample. action: the version's data of what is looked for; state: waiting, resulted, rejected."""

    id: uuid.UUID
    number: str
    name: str
    sex: str
    born: int
    programme: str
    action: dict[str, Any]
    state: str
    sampled_on: date | None
    received_at: datetime
    code: str | None
    value: Any
    verdict: str | None
    rejection: str | None
    note: str | None

    @property
    def measured(self) -> bool:
        """Whether the result is a number."""
        return bool(self.action.get("cut_off"))


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A page of a batch, the last received first."""

    batch: BatchLine
    items: list[Item]
    next_after: uuid.UUID | None


@query(Permission.SCREENING_TEST)
def get_batches(ctx: Context) -> list[BatchLine]:
    """The acting facility's latest batches."""
    found = [BatchLine(*row) for row in _fetch(_BATCHES, {"facility": facility_of(ctx).id})]
    record_audit(ctx, "list", target=("LaboratoryBatches", ""), detail={"rows": len(found)})
    return found


@query(Permission.SCREENING_TEST)
def get_batch(ctx: Context, batch_id: uuid.UUID, *, after: uuid.UUID | None = None) -> BatchPage:
    """One batch of the acting facility, PAGE at a time: three statements and one audit row. Raises NotFound."""
    if not LaboratoryBatch.objects.filter(pk=batch_id, facility_id=facility_of(ctx).id).exists():
        raise NotFound
    named: dict[str, Any] = {"batch": str(batch_id), "after": str(after) if after else None, "page": PAGE + 1}
    (head,) = _fetch(_ONE, named)
    rows = _fetch(_ITEMS, named)
    items = [_item(row) for row in rows[:PAGE]]
    record_audit(ctx, "list", target=("LaboratoryBatch", batch_id), detail={"items": [str(one.id) for one in items]})
    return BatchPage(BatchLine(*head), items, items[-1].id if len(rows) > PAGE else None)


def _item(row: tuple[Any, ...]) -> Item:
    known = list(row)
    known[6] = from_json(known[6])
    return Item(*known)


def _fetch(statement: str, named: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        return list(cursor.fetchall())
