"""The index path of each kind of search. Every statement ends after `limit` rows in index order."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import permutations
from typing import Any

from django.db import connection
from rapidfuzz import fuzz

from records.queries.ties import open_by_treatment
from registry.rules.dates import PartialDate
from registry.rules.lookup import Query, QueryKind

BLOCK = 600  # most rows read inside one birth date for typo tolerance; a day's block holds about 260 of 8.5 million
TAIL = 6  # digits of a phone that have an index
SHUFFLED = 4  # words whose every order is tried: 24 look-ups
ALIKE = 82.0  # token_sort_ratio from which a name in the right birth-date block counts as meant

_SHOW = """
SELECT p.id, p.name, p.sex, p.birth_date, p.birth_precision, p.ward_name, p.phone, p.deceased_on IS NOT NULL,
       (SELECT value FROM records_patientidentifier WHERE patient_id = p.id AND kind = 'cccd'
         ORDER BY state, id DESC LIMIT 1),
       (SELECT value FROM records_patientidentifier WHERE patient_id = p.id AND kind = 'bhyt'
         ORDER BY state, id DESC LIMIT 1),
       {open_here}
FROM (SELECT DISTINCT id FROM ({path}) every) found JOIN records_patient p ON p.id = found.id
WHERE p.merged_into_id IS NULL
ORDER BY p.sort_key COLLATE "C", p.birth_date, p.id
LIMIT %(limit)s
"""

_OPEN_HERE = open_by_treatment("p.id")
_NUMBER = """SELECT patient_id AS id FROM records_patientidentifier
    WHERE value_key = %(value)s AND kind = ANY(%(kinds)s) LIMIT %(limit)s"""
_PHONE = """SELECT id FROM records_patient
    WHERE phone <> '' AND right(phone, 6) = right(%(value)s, 6) AND phone = %(value)s LIMIT %(limit)s"""
_TAIL = """SELECT id FROM records_patient
    WHERE phone <> '' AND right(phone, 6) = %(tail)s AND phone LIKE %(like)s LIMIT %(limit)s"""
_FULL_NAME = """SELECT id FROM records_patient WHERE name_key = ANY(%(orders)s) AND {window}
    ORDER BY name_key, birth_date, id LIMIT %(limit)s"""
_GIVEN = """SELECT id FROM records_patient WHERE given_key = %(given)s AND {window} LIMIT %(limit)s"""
_GIVEN_FAMILY = """(SELECT id FROM (
    SELECT id, name_key FROM records_patient WHERE given_key = %(given{n})s AND family_key = %(family{n})s AND {window}
    ORDER BY birth_date, id LIMIT %(block)s) pair
    WHERE string_to_array(name_key, ' ') @> %(words)s LIMIT %(limit)s)"""
_TAIL_WORDS = """SELECT id FROM (SELECT id, name_key FROM records_patient
    WHERE given_key = %(given0)s AND {window} LIMIT %(block)s) given
    WHERE string_to_array(name_key, ' ') @> %(words)s LIMIT %(limit)s"""
# A range, not LIKE: under a C.UTF-8 collation PostgreSQL reads LIKE 'x%' as a filter (1.1 s at a million, range 0.1 ms).
_BEGINS = """SELECT id FROM records_patient WHERE name_key >= %(begins)s AND name_key < %(beyond)s AND {window}
    ORDER BY name_key, birth_date, id LIMIT %(limit)s"""
_BIRTH_BLOCK = """SELECT id, name_key FROM records_patient WHERE birth_date = %(day)s LIMIT %(block)s"""


@dataclass(frozen=True, slots=True)
class Row:
    """A resident as found, before masking."""

    id: uuid.UUID
    name: str
    sex: str
    birth: PartialDate
    ward_name: str
    phone: str
    deceased: bool
    cccd: str
    bhyt: str
    is_open: bool


def look_up(asked: Query, ties: Mapping[str, Any], limit: int) -> list[Row]:
    """Rows for a classified query in the order of staff lists; other readings are tried only while nothing is found.

    ties: tie_parameters of the context that asks.
    """
    common = {**ties, "limit": limit}
    for kind, value in _readings(asked):
        rows = _look_up_as(kind, value, asked, common)
        if rows:
            return rows
    return []


def _readings(asked: Query) -> list[tuple[QueryKind, str]]:
    """What a text may mean; a scanned card whose number is unknown may be somebody filed under name and birth date."""
    readings = [(asked.kind, asked.value), *asked.also]
    if asked.cccd_qr and asked.cccd_qr.old_cmnd:
        readings.append((QueryKind.CMND, asked.cccd_qr.old_cmnd))
    if asked.cccd_qr or asked.bhyt_qr:
        readings.append((QueryKind.NAME_BIRTH, asked.name))
    return readings


_NUMBER_KINDS: dict[QueryKind, list[str]] = {
    QueryKind.CCCD: ["cccd"],
    QueryKind.QR_CCCD: ["cccd"],
    QueryKind.CMND: ["cmnd"],
    QueryKind.BHYT: ["bhyt", "bhxh"],
    QueryKind.QR_BHYT: ["bhyt", "bhxh"],
}
_CARDS = (QueryKind.BHYT, QueryKind.QR_BHYT)


def _look_up_as(kind: QueryKind, value: str, asked: Query, common: dict[str, Any]) -> list[Row]:
    if kind in _NUMBER_KINDS:
        return _show(
            _NUMBER, {**common, "value": value[-10:] if kind in _CARDS else value, "kinds": _NUMBER_KINDS[kind]}
        )
    if kind is QueryKind.PHONE:
        return _show(_PHONE, {**common, "value": value})
    if kind is QueryKind.PHONE_TAIL:
        return _phone_tail(value, common)
    return _names(asked.folded.split(), asked.birth, common)


def _phone_tail(tail: str, common: dict[str, Any]) -> list[Row]:
    """Six digits or more are an index look-up; fewer would fit thousands of people in no useful order."""
    if len(tail) < TAIL:
        return []
    return _show(_TAIL, {**common, "tail": tail[-TAIL:], "like": f"%{tail}"})


def _names(words: list[str], birth: PartialDate | None, common: dict[str, Any]) -> list[Row]:
    """Full name in any order; then some of its words with given and family name; then, inside a birth date, a typo."""
    if not words:
        return []
    window, dates = _window(birth)
    known = {**common, **dates, "block": BLOCK, "words": words}
    if len(words) == 1:
        rows = _show(_GIVEN.format(window=window), {**known, "given": words[0]}) or _begun(words, birth, known)
        return _of_birth(rows, birth)
    rows = _show(_FULL_NAME.format(window=window), {**known, "orders": _orders(words)})
    if len(rows) < common["limit"]:
        rows = _join(rows, _show_pairs(words, window, known))
    rows = rows or _begun(words, birth, known)
    if not rows:
        rows = _show(_TAIL_WORDS.format(window=window), {**known, "given0": words[-1]})
    if not rows and birth is not None and birth.precision == "day":
        rows = _typos(words, birth.value, known)
    return _of_birth(rows, birth)[: common["limit"]]


def _begun(words: list[str], birth: PartialDate | None, known: dict[str, Any]) -> list[Row]:
    """Names that begin so, while somebody is still typing; beside a bare year it would read a whole year of the city."""
    if birth is not None and birth.precision != "day":
        return []
    window, _ = _window(birth)
    begins = " ".join(words)
    beyond = begins[:-1] + chr(ord(begins[-1]) + 1)
    return _show(_BEGINS.format(window=window), {**known, "begins": begins, "beyond": beyond})


def _show_pairs(words: list[str], window: str, known: dict[str, Any]) -> list[Row]:
    """Names with these as given and family name: last and first word, turned round, or family name after given name."""
    ends = [(words[-1], words[0]), (words[0], words[-1]), (words[0], words[1]), (words[-2], words[-1])]
    pairs = dict.fromkeys(ends)
    paths, parameters = [], dict(known)
    for n, (given, family) in enumerate(pairs):
        paths.append(_GIVEN_FAMILY.format(n=n, window=window))
        parameters |= {f"given{n}": given, f"family{n}": family}
    return _show(" UNION ALL ".join(paths), parameters)


def _typos(words: list[str], day: date, known: dict[str, Any]) -> list[Row]:
    """Names alike inside one birth date: the only place where a typo is forgiven."""
    with connection.cursor() as cursor:
        cursor.execute(_BIRTH_BLOCK, {**known, "day": day})
        block = cursor.fetchall()
    typed = " ".join(words)
    alike = sorted(((fuzz.token_sort_ratio(typed, name), found) for found, name in block), reverse=True)
    ids = [found for score, found in alike if score >= ALIKE]
    if not ids:
        return []
    return _show(
        "SELECT unnest(%(ids)s::uuid[]) AS id", {**known, "ids": [str(found) for found in ids[: known["limit"]]]}
    )


def _orders(words: Sequence[str]) -> list[str]:
    """Every order of up to four words; of more, only the turns, for nobody shuffles five words."""
    if len(words) <= SHUFFLED:
        return sorted({" ".join(order) for order in permutations(words)})
    return sorted({" ".join([*words[n:], *words[:n]]) for n in range(len(words))})


def _window(birth: PartialDate | None) -> tuple[str, dict[str, Any]]:
    """The condition on the birth date. A full date also meets people of whom only the month or the year is known."""
    if birth is None:
        return "true", {}
    if birth.precision == "day":
        firsts = [birth.value, birth.value.replace(day=1), birth.value.replace(month=1, day=1)]
        return "birth_date = ANY(%(days)s)", {"days": sorted(set(firsts))}
    first = birth.value.replace(month=1, day=1)
    return "birth_date BETWEEN %(first)s AND %(last)s", {"first": first, "last": birth.last}


def _of_birth(rows: list[Row], birth: PartialDate | None) -> list[Row]:
    return [row for row in rows if birth is None or row.birth.may_equal(birth)]


def _join(first: list[Row], second: list[Row]) -> list[Row]:
    """The first list, then what only the second has."""
    seen = {row.id for row in first}
    return first + [row for row in second if row.id not in seen]


def _show(path: str, parameters: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(_SHOW.format(path=path, open_here=_OPEN_HERE), parameters)
        rows = cursor.fetchall()
    return [
        Row(found, name, sex, PartialDate(born, precision), ward, phone, deceased, cccd or "", bhyt or "", is_open)
        for found, name, sex, born, precision, ward, phone, deceased, cccd, bhyt, is_open in rows
    ]
