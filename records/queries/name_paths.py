"""Finding people by name: any order of words, no diacritics, initials, with a ward or a phone's last digits, one slip.

At 8.5 million residents nothing may search the table for likeness: every path starts at an index on exact keys, and a
slip is met by asking for every text one slip away, or inside a block (a birth date, a given name within a birth year, a
phone's last digits).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any

from django.db import connection

from records.queries.search_paths import Asking, Row, show, show_these
from records.rules.slips import initials_fit, neighbours, one_slip_apart
from registry.queries.units import communes_called
from registry.rules.dates import PartialDate

BLOCK = 3000  # most names read inside one block; a given name in a birth year holds about 1,500 of 8.5 million
SHUFFLED = 4  # words whose every order is tried: 24 look-ups
LONGEST_INITIALS = 6
LONGEST_WARD = 3  # words of a ward's name
SLIP_FROM = 5  # letters of a whole name from which every text one slip away is asked for
LONGEST_SLIPPED = 40

_FULL_NAME = """SELECT id FROM records_patient WHERE name_key = ANY(%(orders)s) AND {window}
    ORDER BY name_key, birth_date, id LIMIT %(spread)s"""
_GIVEN = """SELECT id FROM records_patient WHERE given_key = %(given)s AND {window} LIMIT %(spread)s"""
_GIVEN_FAMILY = """(SELECT id FROM (
    SELECT id, name_key FROM records_patient WHERE given_key = %(given{n})s AND family_key = %(family{n})s AND {window}
    ORDER BY birth_date, id LIMIT 600) pair
    WHERE string_to_array(name_key, ' ') @> %(words)s LIMIT %(spread)s)"""
_GIVEN_WORDS = """SELECT id FROM (SELECT id, name_key FROM records_patient
    WHERE given_key = %(given0)s AND {window} LIMIT 600) given
    WHERE string_to_array(name_key, ' ') @> %(words)s LIMIT %(spread)s"""
# A range, not LIKE: under a C.UTF-8 collation PostgreSQL reads LIKE 'x%' as a filter (1.1 s at a million, range 0.1 ms).
_BEGINS = """SELECT id FROM records_patient WHERE name_key >= %(begins)s AND name_key < %(beyond)s AND {window}
    ORDER BY name_key, birth_date, id LIMIT %(spread)s"""
_INITIALS = r"""SELECT id FROM records_patient
    WHERE regexp_replace(name_key, '(\S)\S*\s*', '\1', 'g') = %(initials)s AND {window}
    ORDER BY birth_date, id LIMIT %(spread)s"""
_IN_WARD = """SELECT id FROM records_patient
    WHERE ward_code <> '' AND ward_code = %(ward)s AND given_key = ANY(%(words)s) AND {window}
      AND string_to_array(name_key, ' ') @> %(words)s LIMIT %(spread)s"""
_WITH_TAIL = """SELECT id FROM records_patient
    WHERE phone <> '' AND right(phone, 4) = right(%(tail)s, 4) AND phone LIKE %(like)s AND {window}
      AND string_to_array(name_key, ' ') @> %(words)s LIMIT %(spread)s"""

# Blocks: (id, name_key), to be looked through one by one.
_GIVEN_BLOCK = "SELECT id, name_key FROM records_patient WHERE given_key = ANY(%(given)s) AND {window} LIMIT %(block)s"
_SLIPPED_GIVEN = """SELECT id, name_key FROM records_patient
    WHERE given_key = ANY(%(near)s) AND family_key = ANY(%(words)s) AND {window} LIMIT %(block)s"""
_DAY_BLOCK = "SELECT id, name_key FROM records_patient WHERE {window} LIMIT %(block)s"
_TAIL_BLOCK = """SELECT id, name_key FROM records_patient
    WHERE phone <> '' AND right(phone, 4) = right(%(tail)s, 4) AND phone LIKE %(like)s AND {window} LIMIT %(block)s"""


def named(words: list[str], birth: PartialDate | None, tail: str, asking: Asking) -> list[Row]:
    """Exactly these words, in any order, among further ones; then as initials; then with a ward's name among them."""
    window, dates = window_of(birth)
    known = {**asking.common, **dates, "words": words, "tail": tail, "like": f"%{tail}"}
    if tail:
        return of_birth(show(_WITH_TAIL.format(window=window), known), birth)
    rows = _one_word(words[0], birth, known) if len(words) == 1 else _several(words, birth, known)
    rows = rows or _by_initials(words, birth, known, asking) or _in_a_ward(words, birth, known, asking)
    return of_birth(rows, birth)


def slipped(words: list[str], birth: PartialDate | None, tail: str, asking: Asking) -> list[Row]:
    """The same with one slip: each text one slip away as a whole name, then inside blocks that are small enough to read."""
    window, dates = window_of(birth)
    known = {**asking.common, **dates, "words": words, "block": BLOCK, "tail": tail, "like": f"%{tail}"}

    def fits(name: Sequence[str]) -> bool:
        return one_slip_apart(words, name)

    if tail:
        return of_birth(_of_block(_TAIL_BLOCK.format(window=window), known, fits, asking), birth)
    rows = _whole_name_slipped(words, window, known)
    if not rows and birth is not None and birth.precision == "day":
        rows = _of_block(_DAY_BLOCK.format(window=window), known, fits, asking)
    elif not rows and birth is not None and len(words) > 1:
        rows = _of_block(_GIVEN_BLOCK.format(window=window), {**known, "given": words}, fits, asking)
        rows = rows or _given_slipped(words, window, known, fits, asking)
    return of_birth(rows, birth)


def window_of(birth: PartialDate | None) -> tuple[str, dict[str, Any]]:
    """The condition on the birth date. A full date also meets people of whom only the month or the year is known."""
    if birth is None:
        return "true", {}
    if birth.precision == "day":
        firsts = [birth.value, birth.value.replace(day=1), birth.value.replace(month=1, day=1)]
        return "birth_date = ANY(%(days)s)", {"days": sorted(set(firsts))}
    first = birth.value.replace(month=1, day=1)
    return "birth_date BETWEEN %(first)s AND %(last)s", {"first": first, "last": birth.last}


def of_birth(rows: list[Row], birth: PartialDate | None) -> list[Row]:
    """Those who may have been born then."""
    return [row for row in rows if birth is None or row.birth.may_equal(birth)]


def _one_word(word: str, birth: PartialDate | None, known: dict[str, Any]) -> list[Row]:
    window, _ = window_of(birth)
    return show(_GIVEN.format(window=window), {**known, "given": word}) or _begun([word], birth, known)


def _several(words: list[str], birth: PartialDate | None, known: dict[str, Any]) -> list[Row]:
    """The full name in any order; then some of its words with given and family name; then a name that begins so."""
    window, _ = window_of(birth)
    rows = show(_FULL_NAME.format(window=window), {**known, "orders": _orders(words)})
    if len(rows) < known["limit"]:
        rows = _join(rows, _pairs(words, window, known))
    rows = rows or _begun(words, birth, known)
    return rows or show(_GIVEN_WORDS.format(window=window), {**known, "given0": words[-1]})


def _begun(words: list[str], birth: PartialDate | None, known: dict[str, Any]) -> list[Row]:
    """Names that begin so, while somebody is still typing; beside a bare year it would read a whole year of the city."""
    if birth is not None and birth.precision != "day":
        return []
    window, _ = window_of(birth)
    begins = " ".join(words)
    beyond = begins[:-1] + chr(ord(begins[-1]) + 1)
    return show(_BEGINS.format(window=window), {**known, "begins": begins, "beyond": beyond})


def _pairs(words: list[str], window: str, known: dict[str, Any]) -> list[Row]:
    """Names with these as given and family name: last and first word, turned round, or family name after given name."""
    ends = [(words[-1], words[0]), (words[0], words[-1]), (words[0], words[1]), (words[-2], words[-1])]
    paths, parameters = [], dict(known)
    for n, (given, family) in enumerate(dict.fromkeys(ends)):
        paths.append(_GIVEN_FAMILY.format(n=n, window=window))
        parameters |= {f"given{n}": given, f"family{n}": family}
    return show(" UNION ALL ".join(paths), parameters)


def _by_initials(words: list[str], birth: PartialDate | None, known: dict[str, Any], asking: Asking) -> list[Row]:
    """First letters alone (nta, n t a), or some words of one letter before a whole given name (n t an)."""
    window, _ = window_of(birth)
    letters = words[0] if len(words) == 1 else "".join(words) if all(len(word) == 1 for word in words) else ""
    if letters:
        if not 1 < len(letters) <= LONGEST_INITIALS:
            return []
        return show(_INITIALS.format(window=window), {**known, "initials": letters})
    if len(words[-1]) == 1 or all(len(word) > 1 for word in words):
        return []
    block = {**known, "given": [words[-1]], "block": BLOCK}
    return _of_block(_GIVEN_BLOCK.format(window=window), block, lambda name: initials_fit(words, name), asking)


def _in_a_ward(words: list[str], birth: PartialDate | None, known: dict[str, Any], asking: Asking) -> list[Row]:
    """Some words at the end or the beginning are a ward of today: the others are the name."""
    splits = [(words[:-n], " ".join(words[-n:])) for n in range(1, LONGEST_WARD + 1) if len(words) > n]
    splits += [(words[n:], " ".join(words[:n])) for n in range(1, LONGEST_WARD + 1) if len(words) > n]
    wards = communes_called({ward for _, ward in splits}, asking.day) if splits else {}
    window, _ = window_of(birth)
    for name, ward in sorted(splits, key=lambda split: len(split[0])):
        if ward in wards:
            rows = show(_IN_WARD.format(window=window), {**known, "words": name, "ward": wards[ward]})
            if rows:
                return rows
    return []


def _whole_name_slipped(words: list[str], window: str, known: dict[str, Any]) -> list[Row]:
    """People whose whole name is one slip away: about a thousand look-ups in one statement, complete for the whole city."""
    typed = " ".join(words)
    if not SLIP_FROM <= len(typed) <= LONGEST_SLIPPED or len(words) == 1:
        return []
    return show(_FULL_NAME.format(window=window), {**known, "orders": neighbours(typed)})


def _given_slipped(
    words: list[str], window: str, known: dict[str, Any], fits: Callable[[Sequence[str]], bool], asking: Asking
) -> list[Row]:
    """The slip is in the given name itself: every text one slip away from each word, beside a family name, in that year."""
    near = sorted({other for word in words for other in neighbours(word) if " " not in other})
    return _of_block(_SLIPPED_GIVEN.format(window=window), {**known, "near": near}, fits, asking)


def _of_block(
    statement: str, parameters: dict[str, Any], fits: Callable[[Sequence[str]], bool], asking: Asking
) -> list[Row]:
    """Those of a block whose name fits; the nearest in length first, then in the block's order."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        block: list[tuple[uuid.UUID, str]] = cursor.fetchall()
    alike = [(len(name), found) for found, name in block if fits(name.split())]
    return show_these([found for _, found in sorted(alike, key=lambda one: one[0])], asking)


def _orders(words: Sequence[str]) -> list[str]:
    """Every order of up to four words; of more, only the turns, for nobody shuffles five words."""
    if len(words) <= SHUFFLED:
        return sorted({" ".join(order) for order in permutations(words)})
    return sorted({" ".join([*words[n:], *words[:n]]) for n in range(len(words))})


def _join(first: list[Row], second: list[Row]) -> list[Row]:
    """The first list, then what only the second has."""
    seen = {row.id for row in first}
    return first + [row for row in second if row.id not in seen]
