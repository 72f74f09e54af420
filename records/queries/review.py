"""What the Department of Health sees to decide whether two people are one. Each page is one audit row that names both:
the first as the resident, the second as the target.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from records.models import MatchCandidate
from records.queries.pairs import match_people
from records.rules.matching import Match
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.rules.dates import PartialDate
from registry.rules.phrases import Phrase

PAGE = 50
MOST_STATEMENTS = 40
STATES = tuple(MatchCandidate.State.values)
ORIGINS = tuple(MatchCandidate.FoundBy.values)

# Both still stand for themselves: a pair with an alias waits, hidden, for its person.
_QUEUE = """
SELECT c.id, c.first_id, c.second_id, c.bits, c.reasons, c.found_by, c.found_at, c.state,
       a.name, a.birth_date, a.birth_precision, a.ward_name, b.name, b.birth_date, b.birth_precision, b.ward_name
FROM records_matchcandidate c JOIN records_patient a ON a.id = c.first_id JOIN records_patient b ON b.id = c.second_id
WHERE c.state = %(state)s AND (%(origin)s = '' OR c.found_by = %(origin)s) AND c.bits >= %(least)s
  AND (c.state = 'merged' OR (a.merged_into_id IS NULL AND b.merged_into_id IS NULL))
ORDER BY c.bits DESC, c.id LIMIT %(limit)s
"""

_SIDE = """
SELECT p.id, p.name, p.birth_date, p.birth_precision, p.sex, p.phone, p.address, p.ward_name, p.deceased_on,
       p.merged_into_id,
       (SELECT coalesce(json_agg(json_build_array(i.kind, i.value) ORDER BY i.kind, i.value), '[]')
          FROM (SELECT DISTINCT kind, value FROM records_patientidentifier WHERE patient_id = p.id) i),
       (SELECT coalesce(json_agg(json_build_array(f.short_name, n.count) ORDER BY n.count DESC, f.short_name), '[]')
          FROM (SELECT facility_id, count(*) FROM records_encounter
                 WHERE patient_id = p.id AND superseded_by_id IS NULL GROUP BY 1) n
          JOIN registry_facility f ON f.id = n.facility_id)
FROM records_patient p WHERE p.id = ANY(%s::uuid[])
"""

_STATED = """
SELECT l.patient_id, s.recorded_at, s.channel, f.short_name, s.name, s.birth_date, s.birth_precision, s.sex, s.phone,
       s.address, s.ward_name,
       (SELECT coalesce(json_agg(json_build_array(i.kind, i.value, i.state) ORDER BY i.kind), '[]')
          FROM records_patientidentifier i WHERE i.source_record_id = s.id)
FROM records_recordlink l JOIN records_sourcerecord s ON s.id = l.record_id JOIN registry_facility f ON f.id = s.facility_id
WHERE l.patient_id = ANY(%s::uuid[]) ORDER BY s.recorded_at DESC, s.id DESC LIMIT %s
"""

_DECIDED = """
SELECT d.decision, d.reason, d.at, s.full_name FROM records_candidatedecision d JOIN registry_staff s ON s.id = d.by_id
WHERE d.candidate_id = %s ORDER BY d.at DESC LIMIT 20
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One line of the queue. reasons: phrases, agreements first."""

    id: uuid.UUID
    bits: float
    reasons: tuple[Phrase, ...]
    found_by: str
    found_at: datetime
    state: str
    names: tuple[str, str]
    births: tuple[str, str]
    wards: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Side:
    """One of two people: what is held true of them. numbers: kind -> values; visits: (facility, how many)."""

    id: uuid.UUID
    name: str
    birth: PartialDate
    sex: str
    phone: str
    address: str
    ward: str
    deceased: str
    merged: bool
    numbers: Mapping[str, tuple[str, ...]]
    visits: tuple[tuple[str, int], ...]

    @property
    def visit_count(self) -> int:
        """Encounters at all facilities."""
        return sum(count for _, count in self.visits)


@dataclass(frozen=True, slots=True)
class Stated:
    """One statement of one of the two. identifiers: (kind, value, state)."""

    patient_id: uuid.UUID
    at: datetime
    channel: str
    facility: str
    name: str
    birth: PartialDate
    sex: str
    phone: str
    address: str
    ward: str
    identifiers: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """An earlier decision about the pair."""

    decision: str
    reason: str
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Everything the review page shows. match: as the rule weighs them today, None when one was merged meanwhile."""

    id: uuid.UUID
    state: str
    found_by: str
    found_at: datetime
    sides: tuple[Side, Side]
    statements: tuple[Stated, ...]
    match: Match | None
    decisions: tuple[Decided, ...]


@query(Permission.IDENTITY_REVIEW)
def find_review_queue(ctx: Context, *, state: str = "open", origin: str = "", least: float = -99.0) -> list[Waiting]:
    """Pairs in a state, the likeliest first, at most 50. Unknown filters read as the usual ones."""
    state = state if state in STATES else MatchCandidate.State.OPEN
    origin = origin if origin in ORIGINS else ""
    with connection.cursor() as cursor:
        cursor.execute(_QUEUE, {"state": state, "origin": origin, "least": least, "limit": PAGE})
        rows = cursor.fetchall()
    record_audit(ctx, "list-pairs", detail={"state": str(state), "shown": [str(row[0]) for row in rows]})
    return [_waiting(row) for row in rows]


@query(Permission.IDENTITY_REVIEW)
def get_review_pair(ctx: Context, candidate_id: uuid.UUID) -> Pair:
    """The two people of one pair side by side. Raises NotFound."""
    candidate = MatchCandidate.objects.filter(pk=candidate_id).first()
    if candidate is None:
        raise NotFound
    ids = [str(candidate.first_id), str(candidate.second_id)]
    with connection.cursor() as cursor:
        cursor.execute(_SIDE, [ids])
        sides = {row[0]: _side(row) for row in cursor.fetchall()}
        cursor.execute(_STATED, [ids, MOST_STATEMENTS])
        statements = tuple(_stated(row) for row in cursor.fetchall())
        cursor.execute(_DECIDED, [candidate_id])
        decisions = tuple(Decided(*row) for row in cursor.fetchall())
    record_audit(ctx, "read-pair", patient_id=candidate.first_id, target=("Patient", candidate.second_id))
    return Pair(
        candidate.pk, candidate.state, candidate.found_by, candidate.found_at,
        (sides[candidate.first_id], sides[candidate.second_id]), statements,
        match_people(candidate.first_id, candidate.second_id), decisions,
    )  # fmt: skip


def _waiting(row: Sequence[Any]) -> Waiting:
    identity, _, _, bits, reasons, found_by, found_at, state, *people = row
    first, second = people[:4], people[4:]
    told = sorted(_json(reasons), key=lambda one: -one["bits"])
    return Waiting(
        identity, bits, tuple(Phrase.from_json(one["text"]) for one in told), found_by, found_at, state,
        (first[0], second[0]), (PartialDate(*first[1:3]).display, PartialDate(*second[1:3]).display), (first[3], second[3]),
    )  # fmt: skip


def _side(row: Sequence[Any]) -> Side:
    identity, name, born, precision, sex, phone, address, ward, died, merged_into, numbers, visits = row
    kinds: dict[str, tuple[str, ...]] = {}
    for kind, value in _json(numbers):
        kinds[kind] = (*kinds.get(kind, ()), value)
    return Side(
        identity, name, PartialDate(born, precision), sex, phone, address, ward,
        PartialDate(died).display if died else "", merged_into is not None, kinds,
        tuple((facility, count) for facility, count in _json(visits)),
    )  # fmt: skip


def _stated(row: Sequence[Any]) -> Stated:
    patient, at, channel, facility, name, born, precision, sex, phone, address, ward, numbers = row
    told = tuple((kind, value, state) for kind, value, state in _json(numbers))
    birth = PartialDate(born, precision)
    return Stated(patient, at, channel, facility, name, birth, sex, phone, address, ward, told)


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value
