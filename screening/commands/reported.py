"""Taking in rounds that another system reports: each lands once, a changed one replaces what the earlier file said."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import connection

from records.commands.copying import copy_rows
from screening.models import ReportedRound
from screening.rules.reported import Round

_COLUMNS = (
    "facility_id", "programme", "person_key", "round", "sex", "birth_date", "ward_code", "target", "invited_on",
    "tested_on", "test", "result", "verdict", "assessed_on", "assessment", "findings", "finding_on", "treated_on",
    "digest", "batch_id", "record_no",
)  # fmt: skip
_KNOWN = """
SELECT r.programme, r.person_key, r.round, r.digest, r.batch_id
  FROM unnest(%s::text[], %s::text[], %s::smallint[]) AS asked(programme, person_key, round)
  JOIN screening_reportedround r ON r.programme = asked.programme AND r.facility_id = %s
   AND r.person_key = asked.person_key AND r.round = asked.round
"""
Key = tuple[str, str, int]


class Reported(NamedTuple):
    """A round and its place in the file."""

    number: int
    row: Round


class _Known(NamedTuple):
    digest: int
    batch_id: uuid.UUID


def load_rounds(facility_id: int, batch_id: uuid.UUID, rounds: Sequence[Reported]) -> list[str]:
    """What became of each: "loaded", "linked" (it replaces what an earlier file said), "skipped" (said already, in the same
    words), "doubled" (this file says two things of one person's round; the first stands).

    Inside the caller's transaction and audit. Raises IntegrityError when another worker writes the same round meanwhile.
    """
    known = _known(facility_id, rounds)
    fresh: list[tuple[Any, ...]] = []
    outcomes = []
    for one in rounds:
        key = (one.row.programme, one.row.person_key, one.row.round)
        digest = one.row.digest
        before = known.get(key)
        if before is None:
            fresh.append(_values(facility_id, batch_id, one, digest))
            outcomes.append("loaded")
        elif before.digest == digest:
            outcomes.append("skipped")
            continue
        elif before.batch_id == batch_id:
            outcomes.append("doubled")
            continue
        else:
            _replace(facility_id, batch_id, one, digest)
            outcomes.append("linked")
        known[key] = _Known(digest, batch_id)
    copy_rows("screening_reportedround", fresh, _COLUMNS)
    return outcomes


def remove_rounds(batch_id: uuid.UUID) -> int:
    """Take out the rounds that this batch said last; how many. Inside the caller's transaction and audit."""
    removed, _ = ReportedRound.objects.filter(batch_id=batch_id).delete()
    return removed


def _known(facility_id: int, rounds: Sequence[Reported]) -> dict[Key, _Known]:
    rows = [one.row for one in rounds]
    asked = [one.programme for one in rows], [one.person_key for one in rows], [one.round for one in rows]
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, [*asked, facility_id])
        return {(row[0], row[1], row[2]): _Known(row[3], row[4]) for row in cursor.fetchall()}


def _values(facility_id: int, batch_id: uuid.UUID, one: Reported, digest: int) -> tuple[Any, ...]:
    row = one.row
    findings = None if row.findings is None else "{" + ",".join(row.findings) + "}"
    return (
        facility_id, row.programme, row.person_key, row.round, row.sex, row.birth_date, row.ward_code, row.target,
        row.invited_on, row.tested_on, row.test, row.result, row.verdict, row.assessed_on, row.assessment, findings,
        row.finding_on, row.treated_on, digest, batch_id, one.number,
    )  # fmt: skip


def _replace(facility_id: int, batch_id: uuid.UUID, one: Reported, digest: int) -> None:
    row = one.row
    found = ReportedRound.objects.filter(
        facility_id=facility_id, programme=row.programme, person_key=row.person_key, round=row.round
    )
    values = dict(zip(_COLUMNS, _values(facility_id, batch_id, one, digest), strict=True))
    found.update(**values | {"findings": list(row.findings) if row.findings else None})
