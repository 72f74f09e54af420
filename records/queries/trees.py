"""Who was merged into whom, as the merges in force say. Unaudited: for commands and audited queries."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import connection

IN_FORCE = "NOT EXISTS (SELECT 1 FROM records_mergeundone u WHERE u.merge_id = m.id)"

_TREE = f"""
WITH RECURSIVE tree(id) AS (
    SELECT unnest(%s::uuid[])
    UNION
    SELECT m.other_id FROM tree JOIN records_merge m ON m.keep_id = tree.id WHERE {IN_FORCE}
)
SELECT id FROM tree
"""  # noqa: S608 - constants

_PATH = f"""
WITH RECURSIVE path(id, step) AS (
    SELECT %s::uuid, 0
    UNION ALL
    SELECT m.keep_id, path.step + 1 FROM path JOIN records_merge m ON m.other_id = path.id WHERE {IN_FORCE}
)
SELECT id FROM path ORDER BY step
"""  # noqa: S608 - constants


def tree_of(*patient_ids: uuid.UUID) -> set[uuid.UUID]:
    """These people and everybody merged into them, directly or through others."""
    return set(_ids(_TREE, [str(one) for one in patient_ids]))


def path_from(patient_id: uuid.UUID) -> list[uuid.UUID]:
    """This person, whom they were merged into, and so on up to the one who stands for all of them today."""
    return _ids(_PATH, str(patient_id))


def decided_apart(ones: Iterable[uuid.UUID], others: Iterable[uuid.UUID]) -> bool:
    """Whether somebody among the first was decided to be another person than somebody among the second."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM records_notsameperson WHERE (first_id = ANY(%(a)s::uuid[])"
            " AND second_id = ANY(%(b)s::uuid[])) OR (first_id = ANY(%(b)s::uuid[]) AND second_id = ANY(%(a)s::uuid[])))",
            {"a": [str(one) for one in ones], "b": [str(one) for one in others]},
        )
        return bool((cursor.fetchone() or (False,))[0])


def _ids(statement: str, parameter: str | list[str]) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [parameter])
        return [row[0] for row in cursor.fetchall()]
