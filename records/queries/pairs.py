"""Pairs of people on file who may be one: found by index paths, judged by the one matching rule. Unaudited: for commands."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

from records.queries.linkage_model import get_scale
from records.rules.matching import Match, Traits, Verdict, match
from registry.rules.dates import PartialDate

# For each person of one chunk, a bounded number of others by: number, full name in the year, given name on the birth day,
# given name on the same phone, the mother's name ("con ba" before it or not) on a child's birth day. The 1st of January
# stands for "only the year is known": no day to meet on.
#
# Every way starts from the chunk and asks one table at a time (a LATERAL with a LIMIT is never turned round): right after
# a load the planner knows nothing of the tables, and three of them joined at its choice took longer than a statement may.
_PAIRS = """
WITH chunk AS MATERIALIZED (
    SELECT id, name_key, given_key, birth_date, phone FROM records_patient
     WHERE merged_into_id IS NULL AND id > %(after)s AND changed_at >= %(since)s ORDER BY id LIMIT %(limit)s),
numbers AS MATERIALIZED (
    SELECT c.id, i.kind, i.value_key FROM chunk c JOIN records_patientidentifier i ON i.patient_id = c.id
     WHERE i.kind IN ('cccd', 'cmnd', 'bhyt')),
mothers AS MATERIALIZED (
    SELECT c.id, c.birth_date, (SELECT m.name_key FROM records_patient m WHERE m.id = r.related_patient_id) AS name_key
      FROM chunk c JOIN records_relatedperson r ON r.patient_id = c.id
     WHERE r.relationship = 'MTH' AND r.superseded_by_id IS NULL AND NOT r.mistaken
       AND r.related_patient_id IS NOT NULL)
SELECT id, NULL::uuid AS other FROM chunk
UNION
SELECT n.id, o.other FROM numbers n, LATERAL (
    SELECT j.patient_id AS other FROM records_patientidentifier j
     WHERE j.value_key = n.value_key AND j.kind = n.kind AND j.patient_id <> n.id LIMIT 20) o
UNION
SELECT c.id, o.other FROM chunk c, LATERAL (
    SELECT p.id AS other FROM records_patient p WHERE p.name_key = c.name_key AND p.id <> c.id
       AND p.birth_date BETWEEN date_trunc('year', c.birth_date)::date
                            AND (date_trunc('year', c.birth_date) + interval '1 year - 1 day')::date LIMIT 20) o
UNION
SELECT c.id, o.other FROM chunk c, LATERAL (
    SELECT p.id AS other FROM records_patient p
     WHERE p.given_key = c.given_key AND p.birth_date = c.birth_date AND p.id <> c.id LIMIT 20) o
 WHERE to_char(c.birth_date, 'MMDD') <> '0101'
UNION
SELECT c.id, o.other FROM chunk c, LATERAL (
    SELECT p.id AS other FROM records_patient p
     WHERE p.phone <> '' AND right(p.phone, 6) = right(c.phone, 6)
       AND p.phone = c.phone AND p.given_key = c.given_key AND p.id <> c.id LIMIT 20) o
 WHERE c.phone <> ''
UNION
SELECT m.id, o.other FROM mothers m, LATERAL (
    SELECT p.id AS other FROM records_patient p
     WHERE p.birth_date = m.birth_date AND p.id <> m.id AND (p.name_key = m.name_key
        OR (p.name_key >= 'con ba ' || m.name_key AND p.name_key < 'con ba ' || m.name_key || '!')) LIMIT 20) o
"""

_TRAITS = """
SELECT p.id, p.name, p.birth_date, p.birth_precision, p.sex, p.phone, p.ward_name, p.address,
       coalesce((SELECT array_agg(ARRAY[i.kind, i.value_key]) FROM records_patientidentifier i
                  WHERE i.patient_id = p.id), '{}'),
       coalesce((SELECT r.name FROM records_relatedperson r WHERE r.patient_id = p.id AND r.relationship = 'MTH'
                  AND r.superseded_by_id IS NULL AND NOT r.mistaken LIMIT 1), '')
FROM records_patient p WHERE p.id = ANY(%s::uuid[]) AND p.merged_into_id IS NULL
"""

# Decided about any number of either person.
_APART = """
SELECT coalesce(a.merged_into_id, a.id), coalesce(b.merged_into_id, b.id)
FROM records_notsameperson n JOIN records_patient a ON a.id = n.first_id JOIN records_patient b ON b.id = n.second_id
WHERE (n.first_id = ANY(%(ids)s::uuid[]) AND n.second_id = ANY(%(ids)s::uuid[]))
"""

Pair = tuple[uuid.UUID, uuid.UUID]


@dataclass(frozen=True, slots=True)
class Alike:
    """Two people who may be one; first < second."""

    first: uuid.UUID
    second: uuid.UUID
    match: Match


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one chunk of people gave: how many were looked at, the last of them, and the pairs worth a look."""

    people: int
    last: uuid.UUID | None
    alike: tuple[Alike, ...]


def find_alike(after: uuid.UUID, since: datetime, limit: int) -> Chunk:
    """People after this number whose record changed since, with whoever looks like them and is not decided upon."""
    with connection.cursor() as cursor:
        # Every way above stands on an index, also while the planner believes that the tables are empty.
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(_PAIRS, {"after": after, "since": since, "limit": limit})
        rows = cursor.fetchall()
        cursor.execute("SET LOCAL enable_seqscan = on")
    people = {row[0] for row in rows}
    pairs = {_ordered(one, other) for one, other in rows if other is not None}
    return Chunk(len(people), max(people, default=None), tuple(judge(pairs)))


def judge(pairs: Collection[Pair]) -> Iterator[Alike]:
    """The pairs that may be one person and were not told apart, as the matching rule weighs them."""
    ids = {one for pair in pairs for one in pair}
    traits, apart, scale = _traits(ids), _told_apart(ids), get_scale()
    for first, second in sorted(pairs):
        if first not in traits or second not in traits or (first, second) in apart:
            continue
        found = match(traits[first], traits[second], scale)
        if found.verdict is not Verdict.DIFFERENT:
            yield Alike(first, second, found)


def match_people(first: uuid.UUID, second: uuid.UUID) -> Match | None:
    """How alike two people on file are today; None when one of them stands for themselves no more."""
    traits = _traits({first, second})
    return match(traits[first], traits[second], get_scale()) if first in traits and second in traits else None


def _ordered(one: uuid.UUID, other: uuid.UUID) -> Pair:
    return (one, other) if one < other else (other, one)


def _traits(ids: Collection[uuid.UUID]) -> Mapping[uuid.UUID, Traits]:
    with connection.cursor() as cursor:
        cursor.execute(_TRAITS, [[str(one) for one in ids]])
        return {row[0]: _person(row[1:]) for row in cursor.fetchall()}


def _person(row: Sequence[Any]) -> Traits:
    name, born, precision, sex, phone, ward, address, numbers, mother = row
    keys: dict[str, set[str]] = {}
    for kind, value in numbers:
        keys.setdefault(kind, set()).add(value)
    cccd, cmnd, bhyt, facility = (frozenset(keys.get(kind, ())) for kind in ("cccd", "cmnd", "bhyt", "facility"))
    return Traits(name, PartialDate(born, precision), sex, cccd, cmnd, bhyt, phone, ward, address, facility, mother)


def _told_apart(ids: Collection[uuid.UUID]) -> set[Pair]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM records_patient WHERE id = ANY(%(ids)s::uuid[]) OR merged_into_id = ANY(%(ids)s::uuid[])",
            {"ids": [str(one) for one in ids]},
        )
        every = [str(row[0]) for row in cursor.fetchall()]
        cursor.execute(_APART, {"ids": every})
        return {_ordered(one, other) for one, other in cursor.fetchall()}
