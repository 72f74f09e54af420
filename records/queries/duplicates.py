"""Who might be the same person: found by index paths only, then judged by the one matching rule."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from records.queries.linkage_model import get_scale
from records.rules.matching import Finding, Level, Match, Traits, Verdict, match
from records.rules.near_dates import near_dates
from records.rules.newborn import filed_names
from records.rules.person import StatedIdentifier, StatedPerson, name_keys
from registry.rules.dates import PartialDate
from registry.rules.phrases import Phrase

SHOWN = 8  # people a desk can compare with whom stands before it; who is less alike waits for the Department
MOST = 50
BLOCK = 200  # most rows of one path; a day's namesakes by family are about 90 of 8.5 million

# A number that was merged away still says how somebody was once called: it is compared, and answers for its person. So does
# every statement under another name or birth than the one that won: whoever comes back with the old paper is known by it.
# Index paths, none of them a whole birth day or a whole year of namesakes:
#   a personal number; a phone;
#   family and given name, in either order, on a date that this one may have been mistaken for;
#   of those born on the day: the given name, or the name beginning so, in either order (the rest may hold a slip);
#   a child without a name, or filed under its mother's, on the day;
#   where only the year is known: namesakes of the year in the same ward or on the same phone.
_CANDIDATES = """
WITH found AS (
    (SELECT i.patient_id AS id FROM records_patientidentifier i
      WHERE (i.value_key, i.kind) IN (SELECT * FROM unnest(%(numbers)s::text[], %(kinds)s::text[])) LIMIT 50)
    UNION
    (SELECT id FROM records_patient WHERE given_key = %(given)s AND family_key = %(family)s
        AND birth_date = ANY(%(near)s::date[]) LIMIT %(block)s)
    UNION
    (SELECT id FROM records_patient WHERE given_key = %(family)s AND family_key = %(given)s
        AND birth_date = ANY(%(near)s::date[]) LIMIT %(block)s)
    UNION
    (SELECT id FROM records_patient WHERE birth_date = %(day)s::date AND given_key = %(given)s LIMIT %(block)s)
    UNION
    (SELECT id FROM records_patient WHERE birth_date = %(day)s::date AND given_key = %(family)s LIMIT %(block)s)
    UNION
    (SELECT id FROM records_patient WHERE birth_date = %(day)s::date
        AND name_key >= %(family)s AND name_key < %(family)s || '!' LIMIT %(block)s)
    UNION
    (SELECT id FROM records_patient WHERE birth_date = %(day)s::date
        AND name_key >= %(given)s AND name_key < %(given)s || '!' LIMIT %(block)s)
    UNION
    (SELECT id FROM records_patient WHERE given_key = %(given)s AND family_key = %(family)s
        AND birth_date BETWEEN %(first)s::date AND %(last)s::date
        AND ((phone <> '' AND phone = %(phone)s) OR (ward_name <> '' AND ward_name = %(ward)s)) LIMIT %(block)s)
    UNION
    (SELECT id FROM records_patient WHERE name_key = ANY(%(filed)s::text[]) AND birth_date = %(day)s::date
      LIMIT %(block)s)
    UNION
    (SELECT id FROM records_patient
      WHERE %(phone)s <> '' AND phone <> '' AND right(phone, 6) = right(%(phone)s, 6) AND phone = %(phone)s LIMIT 20)
), called AS (
    SELECT p.id, p.name, p.birth_date, p.birth_precision FROM found JOIN records_patient p ON p.id = found.id
    UNION
    (SELECT l.patient_id, s.name, s.birth_date, s.birth_precision
       FROM records_sourcerecord s JOIN records_recordlink l ON l.record_id = s.id
      WHERE s.given_key = %(given)s AND s.family_key = %(family)s AND s.birth_date = ANY(%(near)s::date[])
      LIMIT %(block)s)
)
SELECT coalesce(p.merged_into_id, p.id), c.name, c.birth_date, c.birth_precision, p.sex, p.phone, p.ward_name, p.address,
       coalesce(n.cccd, '{}'), coalesce(n.cmnd, '{}'), coalesce(n.bhyt, '{}'),
       coalesce((SELECT r.name FROM records_relatedperson r WHERE r.patient_id = coalesce(p.merged_into_id, p.id)
                  AND r.relationship = 'MTH' AND r.superseded_by_id IS NULL AND NOT r.mistaken LIMIT 1), '')
FROM called c JOIN records_patient p ON p.id = c.id
LEFT JOIN LATERAL (
    SELECT array_agg(value_key) FILTER (WHERE kind = 'cccd') AS cccd,
           array_agg(value_key) FILTER (WHERE kind = 'cmnd') AS cmnd,
           array_agg(value_key) FILTER (WHERE kind = 'bhyt') AS bhyt
    FROM records_patientidentifier WHERE patient_id = coalesce(p.merged_into_id, p.id)) n ON true
"""


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody on file who may be the person stated, and why."""

    patient_id: uuid.UUID
    match: Match


def find_candidates(
    person: StatedPerson, *, besides: Collection[uuid.UUID] = (), limit: int = MOST, mother: str = ""
) -> list[Candidate]:
    """The likeliest people on file, best first, without `besides`; mother: the name of a newborn's. Unaudited: for commands
    and audited queries.
    """
    stated, scale = replace(traits_of(person), mother=mother), get_scale()
    found = _look_up(person, mother)
    judged = [Candidate(one, match(stated, traits, scale)) for one, traits in found if one not in besides]
    alike = [one for one in judged if one.match.verdict is not Verdict.DIFFERENT]
    alike.sort(key=lambda one: (one.match.verdict is not Verdict.SAME, -one.match.score, one.patient_id))
    best: dict[uuid.UUID, Candidate] = {}
    for one in alike:
        best.setdefault(one.patient_id, one)
    return list(best.values())[:limit]


_HOLDERS = """
WITH found AS (
    (SELECT i.patient_id AS id, i.kind FROM records_patientidentifier i
      WHERE (i.value_key, i.kind) IN (SELECT * FROM unnest(%(numbers)s::text[], %(kinds)s::text[])) LIMIT %(limit)s)
    UNION ALL
    (SELECT id, 'phone' FROM records_patient
      WHERE %(phone)s <> '' AND phone <> '' AND right(phone, 6) = right(%(phone)s, 6) AND phone = %(phone)s LIMIT %(limit)s)
)
SELECT DISTINCT ON (one) coalesce(p.merged_into_id, p.id) AS one, f.kind, p.given_key = %(given)s
  FROM found f JOIN records_patient p ON p.id = f.id ORDER BY one, f.kind <> 'cccd', f.kind <> 'bhyt'
"""


def find_holders(
    numbers: Collection[StatedIdentifier], *, phone: str = "", name: str = "", limit: int = MOST
) -> list[Candidate]:
    """Whoever carries one of these numbers or answers to this phone, before a name and a birth date can be compared: numbers
    first, then those of a house whose given name is the one typed. Unaudited: for audited queries.
    """
    asked: dict[str, Any] = {
        "numbers": [one.value_key for one in numbers],
        "kinds": [one.kind for one in numbers],
        "phone": phone,
        "given": name_keys(name).given_key if name else "",
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_HOLDERS, asked)
        found = cursor.fetchall()
    found.sort(key=lambda row: (row[1] == "phone", not row[2], row[0]))
    return [Candidate(one, _by_number(kind)) for one, kind, _ in found[:limit]]


_EQUAL_NUMBER = {
    "cccd": Phrase("Trùng số CCCD"),
    "bhyt": Phrase("Trùng thẻ BHYT"),
    "phone": Phrase("Trùng số điện thoại"),
}


def _by_number(kind: str) -> Match:
    return Match(Verdict.POSSIBLE, (Finding(kind, Level.EQUAL, _EQUAL_NUMBER[kind]),))


def traits_of(person: StatedPerson) -> Traits:
    """What a comparison looks at, of a stated person."""

    def keys(kind: str) -> frozenset[str]:
        return frozenset(one.value_key for one in person.identifiers if one.kind == kind)

    return Traits(
        name=person.name,
        birth=person.birth,
        sex=person.sex,
        cccd=keys("cccd"),
        cmnd=keys("cmnd"),
        bhyt=keys("bhyt"),
        phone=person.phone,
        ward=person.ward_name,
        address=person.address,
    )


def _look_up(person: StatedPerson, mother: str) -> Iterable[tuple[uuid.UUID, Traits]]:
    with connection.cursor() as cursor:
        cursor.execute(_CANDIDATES, _parameters(person) | {"filed": list(filed_names(person.name, mother))})
        rows = cursor.fetchall()
    for found, name, born, precision, sex, phone, ward, address, cccd, cmnd, bhyt, of in rows:
        yield (
            found,
            Traits(
                name=name,
                birth=PartialDate(born, precision),
                sex=sex,
                cccd=frozenset(cccd),
                cmnd=frozenset(cmnd),
                bhyt=frozenset(bhyt),
                phone=phone,
                ward=ward,
                address=address,
                mother=of,
            ),
        )


def _parameters(person: StatedPerson) -> dict[str, Any]:
    keys, born = name_keys(person.name), person.birth.value
    numbers = [one for one in person.identifiers if one.kind != "facility"]
    exact = person.birth.precision == "day"
    # The 1st of January stands for "only the year is known" in old files: its block is no block but a crowd.
    return {
        "numbers": [one.value_key for one in numbers],
        "kinds": [one.kind for one in numbers],
        "given": keys.given_key,
        "family": keys.family_key,
        "near": near_dates(person.birth) if exact else [born],
        "day": born if exact and (born.month, born.day) != (1, 1) else None,
        "first": None if exact else born,
        "last": None if exact else person.birth.last,
        "phone": person.phone,
        "ward": person.ward_name,
        "block": BLOCK,
    }
