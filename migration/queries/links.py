"""Whom each row of a batch was linked to, by what weight, and who decides: for people who measure the matcher."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection

from migration.queries.batches import visible_batch
from registry.kernel import Context, Permission, query, record_audit

AT_ONCE = 5000


class Decision(StrEnum):
    """What became of a row. auto: linked by its weight; review: filed apart until somebody looks at the person named; new:
    nobody on file looks alike; quarantined: not read, it waits to be mended.
    """

    AUTO = "auto"
    REVIEW = "review"
    NEW = "new"
    QUARANTINED = "quarantined"


@dataclass(frozen=True, slots=True)
class Link:
    """One row. key: the sender's own number of the person; patient_id: whom it is linked to (review: the likeliest person
    on file, new: its own); weight in bits, None where nobody was weighed.
    """

    key: str
    patient_id: uuid.UUID | None
    weight: float | None
    decision: Decision


# A person whom this batch made is the second of a pair with anybody who was on file before: numbers grow with time.
_LINKS = """
SELECT r.key, l.patient_id, e.weight, c.first_id, c.bits
  FROM records_sourcerecord r
  JOIN records_recordlink l ON l.record_id = r.id
  JOIN LATERAL (SELECT e.weight, e.patient_id FROM records_linkevent e WHERE e.record_id = r.id AND e.action = 'linked'
                 ORDER BY e.at, e.id LIMIT 1) e ON true
  LEFT JOIN LATERAL (SELECT c.first_id, c.bits FROM records_matchcandidate c
                      WHERE e.weight IS NULL AND c.second_id = e.patient_id AND c.found_by = 'import'
                      ORDER BY c.bits DESC LIMIT 1) c ON true
 WHERE r.batch_id = %s AND r.channel = 'import'
 ORDER BY r.id
"""
_WAITING = """
SELECT coalesce(shown->>'MA_BN', '') FROM migration_quarantine
 WHERE batch_id = %s AND "table" = 'record' AND state IN ('open', 'mended') ORDER BY record_no
"""


@query(Permission.IMPORT_READ)
def list_links(ctx: Context, batch_id: uuid.UUID) -> Iterator[Link]:
    """Every row of a batch that its file brought, in the order they were written; then those in quarantine.

    Rows that were on file already belong to the batch that brought them. Raises NotFound.
    """
    batch = visible_batch(ctx, batch_id)
    record_audit(ctx, "export", target=("ImportBatch", batch.pk), detail={"part": "links"})
    return _rows(batch.pk)


def _rows(batch_id: uuid.UUID) -> Iterator[Link]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(_LINKS, [batch_id])
        while rows := cursor.fetchmany(AT_ONCE):
            yield from (_link(*row) for row in rows)
    with connection.chunked_cursor() as cursor:
        cursor.execute(_WAITING, [batch_id])
        while waiting := cursor.fetchmany(AT_ONCE):
            yield from (Link(key, None, None, Decision.QUARANTINED) for (key,) in waiting)


def _link(key: str, patient_id: uuid.UUID, weight: float | None, alike: uuid.UUID | None, bits: float | None) -> Link:
    if weight is not None:
        return Link(key, patient_id, weight, Decision.AUTO)
    if alike is not None:
        return Link(key, alike, bits, Decision.REVIEW)
    return Link(key, patient_id, None, Decision.NEW)
