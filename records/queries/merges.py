"""Merges for the Department of Health: which there were, and what was written under the joined record meanwhile."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection

from records.queries.caches import patient_caches
from registry.kernel import Context, NotFound, Permission, query, record_audit

PAGE = 50
MOST_LINES = 200

_MERGES = """
SELECT m.id, m.keep_id, m.other_id, k.name, o.name, m.reason, m.at, s.full_name, u.at, u.reason, v.full_name,
       coalesce(o.merged_into_id, o.id), coalesce(k.merged_into_id, k.id)
FROM records_merge m JOIN records_patient k ON k.id = m.keep_id JOIN records_patient o ON o.id = m.other_id
LEFT JOIN registry_staff s ON s.id = m.by_id LEFT JOIN records_mergeundone u ON u.merge_id = m.id
LEFT JOIN registry_staff v ON v.id = u.by_id
WHERE {which} ORDER BY m.at DESC, m.id LIMIT {limit}
"""


@dataclass(frozen=True, slots=True)
class MergeLine:
    """One merge: who was joined with whom, when, why; and when it was undone, if it was. stands: who holds both today."""

    id: uuid.UUID
    keep: uuid.UUID
    other: uuid.UUID
    keep_name: str
    other_name: str
    reason: str
    at: datetime
    by: str
    undone_at: datetime | None
    undone_reason: str | None
    undone_by: str | None
    other_stands: uuid.UUID
    stands: uuid.UUID


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """Rows of one kind that one facility wrote since the merge. side: whose they are once the merge is undone."""

    kind: str
    facility: str
    side: str
    count: int
    last: datetime


@dataclass(frozen=True, slots=True)
class MergeStory:
    """A merge, what was written since, and how many source records each side gets back."""

    line: MergeLine
    meanwhile: tuple[Meanwhile, ...]
    records_back: int


@query(Permission.IDENTITY_REVIEW)
def find_merges(ctx: Context) -> list[MergeLine]:
    """The latest merges, undone ones too; at most 50."""
    found = _lines("true", {})
    record_audit(ctx, "list-merges", detail={"shown": [str(one.id) for one in found]})
    return found


@query(Permission.IDENTITY_REVIEW)
def get_merge(ctx: Context, merge_id: uuid.UUID) -> MergeStory:
    """One merge and everything that was written about the joined person since. Raises NotFound."""
    found = _lines("m.id = %(merge)s", {"merge": str(merge_id)})
    if not found:
        raise NotFound
    line = found[0]
    record_audit(ctx, "read-merge", patient_id=line.keep, target=("Patient", line.other))
    if line.undone_at is not None:
        return MergeStory(line, (), 0)
    with connection.cursor() as cursor:
        cursor.execute(
            _meanwhile(), {"stands": line.stands, "other": line.other, "since": line.at, "limit": MOST_LINES}
        )
        rows = tuple(Meanwhile(*row) for row in cursor.fetchall())
        cursor.execute(_COUNT_FREED, {"stands": line.stands, "other": line.other})
        back = (cursor.fetchone() or (0,))[0]
    return MergeStory(line, rows, back)


# Records that go back: those written under `other` or under somebody whom a merge in force put under `other`.
_FREED = """
WITH RECURSIVE tree(id) AS (
    SELECT %(other)s::uuid
    UNION
    SELECT m.other_id FROM tree JOIN records_merge m ON m.keep_id = tree.id
     WHERE NOT EXISTS (SELECT 1 FROM records_mergeundone u WHERE u.merge_id = m.id)),
freed AS (
    SELECT l.record_id FROM records_recordlink l WHERE l.patient_id = %(stands)s AND l.home_id IN (SELECT id FROM tree))
"""
_COUNT_FREED = _FREED + "SELECT count(*) FROM freed"  # noqa: S608 - constants


def _meanwhile() -> str:
    """Rows since the merge, by kind, facility and side: of every clinical table and of whatever else follows a record and
    says when and where it was written.
    """
    branches = " UNION ALL ".join(_branch(*one) for one in _dated_tables())
    return (
        f"{_FREED} SELECT w.kind, f.short_name, w.side, count(*), max(w.at) FROM ({branches}) w"  # noqa: S608 - see below
        " JOIN registry_facility f ON f.id = w.facility_id GROUP BY 1, 2, 3 ORDER BY 5 DESC LIMIT %(limit)s"
    )


def _branch(table: str, kind: str, moment: str) -> str:
    return (
        f"SELECT '{kind}' AS kind, t.facility_id, t.{moment} AS at,"  # noqa: S608 - names from the models
        " CASE WHEN t.source_record_id IN (SELECT record_id FROM freed) THEN 'other' ELSE 'keep' END AS side"
        f' FROM "{table}" t WHERE t.patient_id = %(stands)s AND t.{moment} >= %(since)s'
    )


_MOMENTS = ("recorded_at", "enrolled_at", "created_at", "at")


def _dated_tables() -> list[tuple[str, str, str]]:
    """(table, Model name, its moment of writing) of every table that follows a relink and knows its facility."""
    models = {model._meta.db_table: model for model in apps.get_models()}
    found = []
    for cache in patient_caches():
        model = models[cache.table]
        columns = {field.column for field in model._meta.concrete_fields}
        moment = next((one for one in _MOMENTS if one in columns), None)
        if cache.patient == "patient_id" and moment and "facility_id" in columns:
            found.append((cache.table, model.__name__, moment))
    return found


def _lines(which: str, named: dict[str, Any]) -> list[MergeLine]:
    with connection.cursor() as cursor:
        cursor.execute(_MERGES.format(which=which, limit=PAGE), named)
        return [MergeLine(*row) for row in cursor.fetchall()]
