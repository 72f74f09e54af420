"""The index path of each kind of search. Every statement ends after a bounded number of rows in index order."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from records.queries.ties import open_by_treatment
from registry.rules.dates import PartialDate
from registry.rules.lookup import Query, QueryKind

SPREAD = 150  # rows of one path that are looked at for whose record is open here, before the list is cut

# Whose record is open here comes first: at a desk it is nearly always one of those.
_SHOW = """
SELECT p.id, p.name, p.sex, p.birth_date, p.birth_precision, p.ward_name, p.phone, p.deceased_on IS NOT NULL,
       (SELECT value FROM records_patientidentifier WHERE patient_id = p.id AND kind = 'cccd'
         ORDER BY state, id DESC LIMIT 1),
       (SELECT value FROM records_patientidentifier WHERE patient_id = p.id AND kind = 'bhyt'
         ORDER BY state, id DESC LIMIT 1),
       {open_here} AS is_open
FROM (SELECT DISTINCT id FROM ({path}) every) found JOIN records_patient p ON p.id = found.id
WHERE p.merged_into_id IS NULL
ORDER BY is_open DESC, p.sort_key COLLATE "C", p.birth_date, p.id
LIMIT %(limit)s
"""

_OPEN_HERE = open_by_treatment("p.id")
_NUMBER = """SELECT patient_id AS id FROM records_patientidentifier
    WHERE value_key = %(value)s AND kind = ANY(%(kinds)s) LIMIT %(limit)s"""
_PHONE = """SELECT id FROM records_patient
    WHERE phone <> '' AND right(phone, 6) = right(%(value)s, 6) AND phone = %(value)s LIMIT %(limit)s"""
_LONG_TAIL = """SELECT id FROM records_patient
    WHERE phone <> '' AND right(phone, 6) = right(%(tail)s, 6) AND phone LIKE %(like)s LIMIT %(spread)s"""
_SHORT_TAIL = """SELECT id FROM records_patient
    WHERE phone <> '' AND right(phone, 4) = right(%(tail)s, 4) AND phone LIKE %(like)s LIMIT %(spread)s"""
_BORN = "SELECT id FROM records_patient WHERE birth_date = %(day)s ORDER BY name_key LIMIT %(spread)s"
_CODE = """(SELECT patient_id AS id FROM records_patientidentifier
    WHERE value_key = ANY(%(codes)s) AND kind IN ('facility', 'passport') LIMIT %(limit)s)
    UNION ALL
    (SELECT patient_id FROM records_recordlink WHERE record_id = ANY(ARRAY(
        SELECT source_record_id FROM records_statementdetails
        WHERE household_number = ANY(%(codes)s) AND household_number <> '' LIMIT %(spread)s)))"""
_GIVEN_IDS = "SELECT unnest(%(ids)s::uuid[]) AS id"


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


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks and how many rows are wanted. ties: tie_parameters of the context; facility_code: of the facility that asks,
    for its own numbers of people; day: today in Hanoi."""

    ties: Mapping[str, Any]
    facility_code: str
    day: date
    limit: int

    @property
    def common(self) -> dict[str, Any]:
        """Parameters that every statement takes."""
        return {**self.ties, "limit": self.limit, "spread": max(SPREAD, self.limit)}


NUMBER_KINDS: dict[QueryKind, list[str]] = {
    QueryKind.CCCD: ["cccd"],
    QueryKind.QR_CCCD: ["cccd"],
    QueryKind.CMND: ["cmnd"],
    QueryKind.BHYT: ["bhyt", "bhxh"],
    QueryKind.QR_BHYT: ["bhyt", "bhxh"],
}
_CARDS = (QueryKind.BHYT, QueryKind.QR_BHYT)
_SHORT = 6  # digits of a tail from which the longer index is the better one


def numbered(kind: QueryKind, value: str, asking: Asking) -> list[Row]:
    """People by a number of their own, a phone or its last digits, a facility's or household's number, a birth date."""
    common = asking.common
    if kind in NUMBER_KINDS:
        number = value[-10:] if kind in _CARDS else value
        return show(_NUMBER, {**common, "value": number, "kinds": NUMBER_KINDS[kind]})
    if kind is QueryKind.PHONE:
        return show(_PHONE, {**common, "value": value})
    if kind is QueryKind.PHONE_TAIL:
        return _phone_tail(value, common)
    if kind is QueryKind.CODE:
        return show(_CODE, {**common, "codes": [value, f"{asking.facility_code}:{value}"]})
    if kind is QueryKind.BIRTH and value:
        return show(_BORN, {**common, "day": date.fromisoformat(value)})
    return []


def readings(asked: Query) -> list[tuple[QueryKind, str]]:
    """What a text may mean; a scanned card whose number is unknown may be somebody filed under name and birth date."""
    value = asked.birth.value.isoformat() if asked.kind is QueryKind.BIRTH and asked.birth else asked.value
    found = [(asked.kind, value), *asked.also]
    if asked.cccd_qr and asked.cccd_qr.old_cmnd:
        found.append((QueryKind.CMND, asked.cccd_qr.old_cmnd))
    if asked.cccd_qr or asked.bhyt_qr:
        found.append((QueryKind.NAME_BIRTH, asked.name))
    return found


def _phone_tail(tail: str, common: dict[str, Any]) -> list[Row]:
    """Four digits or more are an index look-up; fewer would fit thousands of people in no useful order."""
    if len(tail) < 4:  # noqa: PLR2004 - the shortest tail that has an index
        return []
    path = _LONG_TAIL if len(tail) >= _SHORT else _SHORT_TAIL
    return show(path, {**common, "tail": tail, "like": f"%{tail}"})


def show(path: str, parameters: Mapping[str, Any]) -> list[Row]:
    """The people whose numbers a path gives (a SELECT of `id`), those open here first, then in the order of staff lists."""
    with connection.cursor() as cursor:
        cursor.execute(_SHOW.format(path=path, open_here=_OPEN_HERE), parameters)
        rows = cursor.fetchall()
    return [
        Row(found, name, sex, PartialDate(born, precision), ward, phone, deceased, cccd or "", bhyt or "", is_open)
        for found, name, sex, born, precision, ward, phone, deceased, cccd, bhyt, is_open in rows
    ]


def show_these(ids: Sequence[uuid.UUID], asking: Asking) -> list[Row]:
    """The people of these numbers."""
    if not ids:
        return []
    return show(_GIVEN_IDS, {**asking.common, "ids": [str(one) for one in ids[: max(SPREAD, asking.limit)]]})
