"""Where each value of the golden record comes from: every statement about the person, and which of them wins.

Statements that came with a merge stand beside the others: a merge moves links, so the projection reads them all alike.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from django.db import connection

from records.queries.access import RecordAccess
from records.rules.survivorship import Proof, Statement, Winners, heard, project
from registry.rules.dates import PartialDate

MOST_STATEMENTS = 500  # nobody has as many; the oldest beyond it would not be weighed here

_STATEMENTS = """
SELECT s.content_hash = '', s.recorded_at, s.name, s.birth_date, s.birth_precision, s.sex, s.phone, s.address,
       s.ward_code, s.ward_name, s.deceased_on, s.id, f.short_name, s.channel, s.system, l.home_id IS NOT NULL,
       (SELECT coalesce(json_agg(json_build_array(i.kind, i.value, i.state, i.value_key) ORDER BY i.kind, i.id), '[]')
          FROM records_patientidentifier i WHERE i.source_record_id = s.id)
FROM records_recordlink l JOIN records_sourcerecord s ON s.id = l.record_id
JOIN registry_facility f ON f.id = s.facility_id
WHERE l.patient_id = %(patient)s ORDER BY s.recorded_at DESC, s.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Identifier:
    """A personal number as stated; key: normalised, so that two spellings of one number are one."""

    kind: str
    value: str
    state: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sourced(Statement):
    """A statement with who made it and how it came. merged: it arrived with somebody merged into this person."""

    id: uuid.UUID
    facility: str
    channel: str
    system: str
    merged: bool
    identifiers: tuple[Identifier, ...]


@dataclass(frozen=True, slots=True)
class NumberOrigin:
    """A number that holds today and the statement it is taken from; others: (number, statement) that say another."""

    number: Identifier
    by: Sourced
    others: tuple[tuple[Identifier, Sourced], ...]


@dataclass(frozen=True, slots=True)
class Origins:
    """Every statement, newest first; heard: those that count; winners: field by field; numbers: by kind."""

    statements: tuple[Sourced, ...]
    heard: tuple[Sourced, ...]
    winners: Winners[Sourced]
    numbers: Mapping[str, NumberOrigin]


def get_origins(access: RecordAccess) -> Origins:
    """One statement of SQL, whatever there is, for the opened record."""
    with connection.cursor() as cursor:
        cursor.execute(_STATEMENTS, {"patient": access.patient_id, "limit": MOST_STATEMENTS})
        found = tuple(_sourced(row) for row in cursor.fetchall())
    return Origins(found, tuple(heard(found)), project(found), _numbers(found))


def _sourced(row: tuple[Any, ...]) -> Sourced:
    repeated, at, name, born, precision, sex, phone, address, code, ward, died, *origin, numbers = row
    identity, facility, channel, system, merged = origin
    told = orjson.loads(numbers) if isinstance(numbers, str) else numbers
    identifiers = tuple(Identifier(*one) for one in told)
    return Sourced(
        _proof(channel, identifiers, repeated=repeated), at, name, PartialDate(born, precision), sex, phone, address, code,
        ward, died, id=identity, facility=facility, channel=channel, system=system, merged=merged, identifiers=identifiers,
    )  # fmt: skip


def _proof(channel: str, identifiers: tuple[Identifier, ...], *, repeated: bool) -> Proof:
    """As records.queries.statements weighs them."""
    if repeated:
        return Proof.REPEATED
    if channel == "scan":
        return Proof.CARD
    return Proof.NUMBER if any(one.kind == "cccd" for one in identifiers) else Proof.NONE


def _numbers(statements: tuple[Sourced, ...]) -> dict[str, NumberOrigin]:
    """By kind: the newest that is not called old holds (records.queries.administrative); a facility's own number is a fact
    of that facility alone and competes with nobody's."""
    told: dict[str, list[tuple[Identifier, Sourced]]] = {}
    for one in statements:
        for number in one.identifiers:
            if number.kind != "facility":
                told.setdefault(number.kind, []).append((number, one))
    found = {}
    for kind, said in told.items():
        in_use = [pair for pair in said if pair[0].state != "old"]
        if in_use:
            number, by = in_use[0]
            others = tuple(pair for pair in said if pair[0].key != number.key)
            found[kind] = NumberOrigin(number, by, others)
    return found
