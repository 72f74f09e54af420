"""Clinical rows that a bulk loader finds on file. Unaudited: only for bulk loaders, which audit themselves."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from registry.models import Concept


@dataclass(frozen=True, slots=True)
class Filed:
    """A row of the sending system on file. replaced_by: the system of the row that superseded it, "" while it stands."""

    id: uuid.UUID
    source_key: str
    encounter_id: uuid.UUID
    replaced_by: str
    values: tuple[Any, ...]


def find_rows(
    table: str, columns: Sequence[str], *, facility: int, system: str, encounters: Collection[uuid.UUID]
) -> list[Filed]:
    """Every version of these encounters' rows that this system sent, oldest first, with these columns."""
    named = ", ".join(f't."{name}"' for name in columns)
    statement = (
        f"SELECT t.id, t.source_key, t.encounter_id, coalesce(s.system, ''), {named}"  # noqa: S608 - names of models
        f" FROM {table} t LEFT JOIN {table} s ON s.id = t.superseded_by_id"
        " WHERE t.encounter_id = ANY(%s::uuid[]) AND t.facility_id = %s AND t.system = %s AND t.source_key <> ''"
        " ORDER BY t.id"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [[str(one) for one in encounters], facility, system])
        return [Filed(row[0], row[1], row[2], row[3], tuple(row[4:])) for row in cursor.fetchall()]


def find_keys(table: str, *, facility: int, system: str | None, keys: Collection[str]) -> set[str]:
    """Which of these keys a table has, of this system or of any."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT source_key FROM {table} WHERE facility_id = %s AND (%s::text IS NULL OR system = %s)"  # noqa: S608
            " AND source_key = ANY(%s)",
            [facility, system, system, list(keys)],
        )
        return {row[0] for row in cursor.fetchall()}


def find_displays(codes: Collection[str], system: str = "vac-xin") -> dict[str, str]:
    """The words of these codes in our list, the newest where they changed; codes that it lacks are left out."""
    if not codes:
        return {}
    rows = Concept.objects.filter(system__key=system, code__in=codes).order_by("valid_from")
    return dict(rows.values_list("code", "display"))
