"""Holding people still: whoever writes about a person and whoever merges people take turns, person by person.

A writer holds the row of the person it writes about (shared with other writers) before it reads whose record it writes
under; a merge or unmerge holds everybody it touches alone, in ascending order. So a row is never written under a link that
is just being moved. Merges themselves come one at a time in the whole city: they are rare and short, and so no two of them
can make a ring, of people or of waiting.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable

from django.db import connection, transaction

from registry.kernel import Conflict, NotFound

_ATTEMPTS = 5
_MERGES = 0x4D45_5247_45  # "MERGE": one number for the whole city

# Only the row that stands for the person today is locked: an alias and its person could be locked in the wrong order.
_PERSON = """
SELECT p.id, p.merged_into_id
FROM records_patient asked JOIN records_patient p ON p.id = coalesce(asked.merged_into_id, asked.id)
WHERE asked.id = %s FOR KEY SHARE OF p
"""
_PERSON_TO_CHANGE = _PERSON.replace("FOR KEY SHARE", "FOR NO KEY UPDATE")

_OF_RECORD = """
SELECT p.id, p.merged_into_id FROM records_recordlink l JOIN records_patient p ON p.id = l.patient_id
WHERE l.record_id = %s FOR KEY SHARE OF p
"""


def hold_person(patient_id: uuid.UUID, *, to_change: bool = False) -> uuid.UUID:
    """Whom this number stands for today, held until the transaction ends: nobody is merged into or out of them meanwhile.

    to_change: the golden record will be projected anew, so others who would do the same wait. Raises NotFound for nobody.
    """
    statement = _PERSON_TO_CHANGE if to_change else _PERSON

    def attempt() -> uuid.UUID | None:
        found = _standing(_one(statement, patient_id))
        if found is None or found == patient_id:
            return found
        # Asked by an alias, and asked again now: it may have been parted from its person while we waited.
        now = _one("SELECT merged_into_id FROM records_patient WHERE id = %s", patient_id)
        return found if now == (found,) else None

    return _held(attempt)


def hold_person_of(record_id: uuid.UUID) -> uuid.UUID:
    """Whom this source record belongs to today, held until the transaction ends."""

    def attempt() -> uuid.UUID | None:
        found = _standing(_one(_OF_RECORD, record_id))
        # Asked again now that the person is held: the record may have been given back while we waited.
        now = _one("SELECT patient_id FROM records_recordlink WHERE record_id = %s", record_id)
        return found if now == (found,) else None

    return _held(attempt)


class _ReleasedError(Exception):
    """The row that was waited for no longer stands for the person: let go of it before trying again."""


def _held(attempt: Callable[[], uuid.UUID | None]) -> uuid.UUID:
    """Try until the right row is held; a wrong one is released, else its holder would wait for us in a ring."""
    for _ in range(_ATTEMPTS):
        try:
            with transaction.atomic():
                return _right(attempt())
        except _ReleasedError:
            continue
    raise Conflict("identity-changing", "Hồ sơ này vừa được gộp hoặc tách. Hãy thử lại.")


def _right(found: uuid.UUID | None) -> uuid.UUID:
    if found is None:
        raise _ReleasedError
    return found


def _standing(row: tuple[uuid.UUID | None, ...] | None) -> uuid.UUID | None:
    """The person, unless they were merged into another while we waited. Raises NotFound for nobody."""
    if row is None:
        raise NotFound("Không tìm thấy hồ sơ này.", "no-such-record")
    return row[0] if row[1] is None else None


def take_turns() -> None:
    """Let no other merge or unmerge begin until this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_MERGES])


def hold_people(standing: Iterable[uuid.UUID], aliases: Iterable[uuid.UUID]) -> None:
    """Hold everybody alone until the transaction ends, for merges and unmerges: first who stands for themselves, then
    their aliases, each in ascending order. Writers hold who stands for a person before they touch an alias, too.
    """
    for group in (standing, aliases):
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id FROM records_patient WHERE id = ANY(%s::uuid[]) ORDER BY id FOR UPDATE",
                [[str(one) for one in set(group)]],
            )


def hold_to_link(patient_ids: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Hold many people to link records to them, in ascending order; those who were merged away meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, merged_into_id FROM records_patient WHERE id = ANY(%s::uuid[]) ORDER BY id FOR NO KEY UPDATE",
            [[str(one) for one in patient_ids]],
        )
        return {one for one, merged_into in cursor.fetchall() if merged_into is not None}


def _one(statement: str, key: uuid.UUID) -> tuple[uuid.UUID | None, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [key])
        row: tuple[uuid.UUID | None, ...] | None = cursor.fetchone()
    return row
