"""What hangs on source records: rows by kind and facility, and which records hang together. Unaudited: for the commands and
audited queries of the review of identities.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import connection

from records.queries.caches import Cache, patient_caches

_MOMENTS = ("recorded_at", "enrolled_at", "created_at", "at")
_ROUNDS = 5
_HOME = "coalesce({link}.home_id, {link}.patient_id)"


@dataclass(frozen=True, slots=True)
class Hanging:
    """Rows of one kind under the records; last: when the latest was written, where the kind tells."""

    kind: str
    facility: str
    count: int
    last: datetime | None


def hanging_rows(records: Collection[uuid.UUID]) -> tuple[Hanging, ...]:
    """Everything that goes wherever these records go, by kind and facility, most first: one statement."""
    branches = " UNION ALL ".join(_branch(cache) for cache in patient_caches())
    counted = f"""
        SELECT w.kind, coalesce(f.short_name, ''), count(*), max(w.at) FROM ({branches}) w
        LEFT JOIN registry_facility f ON f.id = w.facility_id GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2
    """  # noqa: S608 - names from the models
    return tuple(Hanging(*row) for row in _rows(counted, {"records": _keys(records)}))


def tied_records(record_id: uuid.UUID) -> set[uuid.UUID]:
    """The record and those of the same home whose rows correct its rows or belong to its visits, and the reverse.

    A correction that another facility wrote stands under that facility's own statement: parted from what it corrects, both
    would be lost to their person.
    """
    known, statement = {record_id}, " UNION ".join(_ties())
    for _ in range(_ROUNDS):
        found = {row[0] for row in _rows(statement, {"records": _keys(known)})}
        if found <= known:
            break
        known |= found
    return known


def _branch(cache: Cache) -> str:
    columns, kind = _columns(cache.table)
    moment = next((f"t.{one}" for one in _MOMENTS if one in columns), "NULL::timestamptz")
    facility = "t.facility_id" if "facility_id" in columns else "NULL::bigint"
    return (
        f"SELECT '{kind}' AS kind, {facility} AS facility_id, {moment} AS at"  # noqa: S608 - names from the models
        f' FROM "{cache.table}" t WHERE t."{cache.record}" = ANY(%(records)s::uuid[])'
    )


def _ties() -> list[str]:
    found = []
    for cache in patient_caches():
        columns, _ = _columns(cache.table)
        if cache.record != "source_record_id":
            continue
        if "superseded_by_id" in columns:
            found += _both_ways(cache.table, cache.table, "superseded_by_id")
        if "encounter_id" in columns:
            found += _both_ways(cache.table, "records_encounter", "encounter_id")
    return found


def _both_ways(table: str, other: str, key: str) -> list[str]:
    """Records of the other end of a reference, whichever end is known; only of the same home."""
    return [
        f"SELECT {far}.source_record_id"  # noqa: S608 - names from the models
        f' FROM "{table}" a JOIN "{other}" b ON b.id = a.{key}'
        f" JOIN records_recordlink n ON n.record_id = {near}.source_record_id"
        f" JOIN records_recordlink m ON m.record_id = {far}.source_record_id"
        f" WHERE {near}.source_record_id = ANY(%(records)s::uuid[]) AND a.source_record_id <> b.source_record_id"
        f" AND {_HOME.format(link='n')} = {_HOME.format(link='m')}"
        for near, far in (("a", "b"), ("b", "a"))
    ]


def _columns(table: str) -> tuple[set[str], str]:
    model = next(one for one in apps.get_models() if one._meta.db_table == table)
    return {field.column or "" for field in model._meta.concrete_fields}, model.__name__


def _keys(records: Collection[uuid.UUID]) -> list[str]:
    return [str(one) for one in sorted(records)]


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
