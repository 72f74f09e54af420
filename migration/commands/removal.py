"""Taking a batch's rows out of the record again, by rows and never by names: what somebody built upon stays, and is told.

Rows go in one transaction. Clinical rows leave their last state in the tables' history; what is append-only (statements,
link events, grants) goes through one function of the database's owner, which takes nothing but rows of a batch that is
being reversed. Which tables point where is asked of the database, so that a new table needs no line here.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from django.apps import apps
from django.db import connection

from records.commands.bulk_clinical import WITHDRAWN
from records.commands.candidates import queue_people
from records.commands.holding import hold_people, take_turns
from records.commands.linking import reproject
from records.models import MatchCandidate, Patient, SourceRecord
from records.models.provenance import ClinicalRow
from records.queries.trees import tree_of
from registry.kernel import Context

Rows = dict[str, set[uuid.UUID]]
# These rows belong to a statement and go with it.
OF_A_STATEMENT = (
    "records_recordlink", "records_linkevent", "records_patientidentifier", "records_statementdetails",
    "records_accessgrant",
)  # fmt: skip


@dataclass
class Removed:
    """What went. rows: table -> rows; stayed: table -> rows of the batch that later work hangs on; people: removed people;
    touched: people whose golden record was projected anew.
    """

    rows: Counter[str] = field(default_factory=Counter)
    stayed: Counter[str] = field(default_factory=Counter)
    people: set[uuid.UUID] = field(default_factory=set)
    touched: set[uuid.UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Successor:
    """The batch a statement passes to, and how it says the same: raw as in its file, when it was stated, by whom sent."""

    batch_id: uuid.UUID
    raw: Mapping[str, str]
    stated_at: datetime
    recorded_by: int | None


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits by their keys in one hospital's system."""

    facility_id: int
    system: str
    keys: Collection[str]


@dataclass(frozen=True, slots=True)
class _Reference:
    """A foreign key of the database: table.column names a row of another table."""

    table: str
    column: str


def remove_rows(ctx: Context, batch_id: uuid.UUID, passed_on: Mapping[uuid.UUID, Successor], visits: Visits) -> Removed:
    """Remove everything this batch wrote. passed_on: statements another batch makes too -> as that batch
    makes them; they become its own.

    Inside the caller's transaction, the batch in state "reversing". The caller audits.
    """
    removed = Removed()
    _pass_on(batch_id, passed_on)
    records = _ids("SELECT id FROM records_sourcerecord WHERE batch_id = %s", batch_id)
    doomed: Rows = {table: _ids(f'SELECT id FROM "{table}" WHERE batch_id = %s', batch_id) for table in clinical()}  # noqa: S608
    _spare(doomed, removed)
    _pass_visits(batch_id)
    under = _records_of(doomed)
    people = _people_of(records | under | set(passed_on))
    _hold(people)
    for table, ids in doomed.items():
        replaced = _replaced_by(table, ids)
        removed.rows[table] += _delete(table, ids)
        _restore(table, replaced)
    _restore_withdrawn(visits)
    gone = records - _still_named(records)
    removed.stayed["records_sourcerecord"] += len(records - gone)
    _forget(batch_id, gone, under - gone)
    removed.rows["records_sourcerecord"] += len(gone)
    _settle_people(ctx, people, removed)
    removed.stayed = +removed.stayed
    removed.rows = +removed.rows
    return removed


@cache
def clinical() -> tuple[str, ...]:
    """Every table of clinical rows."""
    found = {one._meta.db_table for one in apps.get_models() if issubclass(one, ClinicalRow) and one._meta.managed}
    return tuple(sorted(found))


_REFERENCES = """
SELECT c.conrelid::regclass::text, a.attname
FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
WHERE c.contype = 'f' AND c.confrelid = %s::regclass AND cardinality(c.conkey) = 1
ORDER BY 1, 2
"""


def _references(table: str) -> list[_Reference]:
    with connection.cursor() as cursor:
        cursor.execute(_REFERENCES, [table])
        return [_Reference(*row) for row in cursor.fetchall()]


def _spare(doomed: Rows, removed: Removed) -> None:
    """Take out of `doomed` what rows that stay point at, until nothing changes: an encounter a doctor went on with stays."""
    places = {table: [one for one in _references(table) if one.column != "superseded_by_id"] for table in doomed}
    moved = True
    while moved:
        moved = False
        for table, references in places.items():
            for reference in references if doomed[table] else ():
                kept = _pointed_at(reference, doomed[table], doomed.get(reference.table, set()))
                if kept:
                    doomed[table] -= kept
                    removed.stayed[table] += len(kept)
                    moved = True


def _pointed_at(reference: _Reference, ids: Collection[uuid.UUID], but: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Which of these ids a row of the referring table names, rows `but` left aside."""
    aside = " AND id <> ALL(%s::uuid[])" if but else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f'SELECT DISTINCT "{reference.column}" FROM {reference.table}'  # noqa: S608 - names from the catalogue
            f' WHERE "{reference.column}" = ANY(%s::uuid[]){aside}',
            [_texts(ids), *([_texts(but)] if but else [])],
        )
        return {row[0] for row in cursor.fetchall()}


def _replaced_by(table: str, ids: Collection[uuid.UUID]) -> list[tuple[Any, ...]]:
    """Rows that stay and that one of these replaced: (row, its successor now or None, why)."""
    if not ids:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SUCCESSORS.format(table=table), [_texts(ids)])
        return cursor.fetchall()


def _restore(table: str, replaced: Sequence[tuple[Any, ...]]) -> None:
    """A row that a removed one replaced counts again; where that one was replaced itself, its successor follows."""
    if replaced:
        rows, nexts, reasons = zip(*replaced, strict=True)
        with connection.cursor() as cursor:
            cursor.execute(
                f'UPDATE "{table}" e SET superseded_by_id = n.next, superseded_reason = n.reason'  # noqa: S608
                " FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS n(id, next, reason) WHERE e.id = n.id",
                [_texts(rows), [str(one) if one else None for one in nexts], list(reasons)],
            )


def _restore_withdrawn(visits: Visits) -> None:
    """Rows that a statement of these visits left out stand again; the last statement that stays withdraws what it must. Of
    main diagnoses, of which a visit has one, the newest, and only where none stands.
    """
    for table in clinical() if visits.keys else ():
        if any(one.table == table and one.column == "encounter_id" for one in _references("records_encounter")):
            one_main = _ONE_MAIN if table == "records_condition" else ""
            with connection.cursor() as cursor:
                cursor.execute(
                    f"UPDATE \"{table}\" w SET superseded_by_id = NULL, superseded_reason = ''"  # noqa: S608
                    " WHERE w.superseded_reason = %s AND w.encounter_id IN (SELECT id FROM records_encounter"
                    f" WHERE facility_id = %s AND system = %s AND source_key = ANY(%s)){one_main}",
                    [WITHDRAWN, visits.facility_id, visits.system, sorted(visits.keys)],
                )


_ONE_MAIN = """
AND (w.role <> 'main' OR NOT EXISTS (
    SELECT FROM records_condition o WHERE o.encounter_id = w.encounter_id AND o.role = 'main' AND o.id <> w.id
      AND (o.superseded_by_id IS NULL OR (o.superseded_reason = w.superseded_reason AND o.id > w.id))))
"""


def _pass_visits(batch_id: uuid.UUID) -> None:
    """A visit of the batch on which another batch wrote belongs to that batch now."""
    for table in clinical():
        for reference in _references("records_encounter"):
            if reference.table == table:
                with connection.cursor() as cursor:
                    cursor.execute(
                        f'UPDATE records_encounter e SET batch_id = t.batch_id FROM "{table}" t'  # noqa: S608
                        f' WHERE t."{reference.column}" = e.id AND e.batch_id = %s AND t.batch_id <> e.batch_id',
                        [str(batch_id)],
                    )


_SUCCESSORS = """
WITH RECURSIVE chain(id, next, reason) AS (
    SELECT b.id, b.superseded_by_id, b.superseded_reason FROM "{table}" b WHERE b.id = ANY(%s::uuid[])
), last(id, next, reason, depth) AS (
    SELECT id, next, reason, 0 FROM chain
    UNION ALL SELECT l.id, c.next, c.reason, l.depth + 1 FROM last l JOIN chain c ON c.id = l.next
), ends AS (
    SELECT DISTINCT ON (id) id, next, reason FROM last ORDER BY id, depth DESC
)
SELECT e.id, ends.next, CASE WHEN ends.next IS NULL THEN '' ELSE e.superseded_reason END
FROM "{table}" e JOIN ends ON e.superseded_by_id = ends.id WHERE e.id NOT IN (SELECT id FROM chain)
"""


def _still_named(records: Collection[uuid.UUID]) -> set[uuid.UUID]:
    """Statements that rows of other hands still stand under."""
    named: set[uuid.UUID] = set()
    if records:
        for reference in _references(SourceRecord._meta.db_table):
            if reference.table not in OF_A_STATEMENT:
                named |= _pointed_at(reference, records, ())
    return named


def _forget(batch_id: uuid.UUID, records: Collection[uuid.UUID], touched: Collection[uuid.UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT migration_forget(%s, %s::uuid[], %s::uuid[])", [str(batch_id), _texts(records), _texts(touched)]
        )


def _pass_on(batch_id: uuid.UUID, passed_on: Mapping[uuid.UUID, Successor]) -> None:
    nexts = list(passed_on.values())
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT migration_pass_on(%s, %s::uuid[], %s::uuid[], %s::jsonb[], %s::timestamptz[], %s::bigint[])",
            [
                str(batch_id),
                _texts(passed_on),
                _texts([one.batch_id for one in nexts]),
                [orjson.dumps(dict(one.raw)).decode() for one in nexts],
                [one.stated_at for one in nexts],
                [one.recorded_by for one in nexts],
            ],
        )


def _people_of(records: Collection[uuid.UUID]) -> set[uuid.UUID]:
    found = "SELECT patient_id FROM records_recordlink WHERE record_id = ANY(%s::uuid[])"
    homes = "SELECT home_id FROM records_recordlink WHERE record_id = ANY(%s::uuid[]) AND home_id IS NOT NULL"
    return _ids(found, _texts(records)) | _ids(homes, _texts(records))


def _hold(people: set[uuid.UUID]) -> None:
    """Nobody writes about these people, or merges them, until the transaction ends."""
    take_turns()
    everybody = tree_of(*people) if people else set()
    hold_people(people, everybody - people)


def _records_of(doomed: Rows) -> set[uuid.UUID]:
    """The statements these rows stand under."""
    found: set[uuid.UUID] = set()
    for table, ids in doomed.items():
        if ids:
            found |= _ids(
                f'SELECT DISTINCT source_record_id FROM "{table}" WHERE id = ANY(%s::uuid[])',  # noqa: S608
                _texts(ids),
            )
    return found


def _settle_people(ctx: Context, people: set[uuid.UUID], removed: Removed) -> None:
    """Who has no statement left goes; who has one says what the rest says. Pairs that nobody decided are judged anew."""
    pairs = _forget_pairs(people)
    nobody = _ids(
        "SELECT p.id FROM records_patient p WHERE p.id = ANY(%s::uuid[]) AND NOT EXISTS"
        " (SELECT FROM records_recordlink l WHERE l.patient_id = p.id OR l.home_id = p.id)",
        _texts(people),
    )
    for reference in _references(Patient._meta.db_table) if nobody else ():
        nobody -= _pointed_at(reference, nobody, nobody if reference.table == "records_patient" else ())
    removed.rows["records_patient"] += _delete("records_patient", nobody)
    removed.people = nobody
    with_statement = _ids(
        "SELECT patient_id FROM records_recordlink WHERE patient_id = ANY(%s::uuid[])", _texts(people - nobody)
    )
    for patient_id in sorted(with_statement):
        reproject(ctx, patient_id)
    removed.touched = people - nobody
    left = {pair for pair in pairs if not nobody.intersection(pair)}
    queue_people(ctx, left, MatchCandidate.FoundBy.IMPORT)


def _forget_pairs(people: Collection[uuid.UUID]) -> set[tuple[uuid.UUID, uuid.UUID]]:
    """Take the pairs out of the queue that an import found and nobody has decided."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM records_matchcandidate c WHERE c.found_by = 'import' AND c.state = 'open'"
            " AND (c.first_id = ANY(%s::uuid[]) OR c.second_id = ANY(%s::uuid[]))"
            " AND NOT EXISTS (SELECT FROM records_candidatedecision d WHERE d.candidate_id = c.id)"
            " RETURNING first_id, second_id",
            [_texts(people)] * 2,
        )
        return {(row[0], row[1]) for row in cursor.fetchall()}


def _delete(table: str, ids: Collection[uuid.UUID]) -> int:
    if not ids:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(f'DELETE FROM "{table}" WHERE id = ANY(%s::uuid[])', [_texts(ids)])  # noqa: S608 - from the models
        return int(cursor.rowcount)


def _ids(statement: str, parameter: Any) -> set[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, [str(parameter) if isinstance(parameter, uuid.UUID) else parameter])
        return {row[0] for row in cursor.fetchall()}


def _texts(ids: Collection[uuid.UUID]) -> list[str]:
    return [str(one) for one in ids]
