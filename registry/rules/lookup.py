"""What a person typed or scanned into the one search box."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from registry.rules.dates import PartialDate
from registry.rules.identifiers import (
    CCCD_LENGTH,
    CMND_LENGTH,
    PROVINCES,
    SOCIAL_LENGTH,
    Bhyt,
    compact,
    parse_bhyt,
    parse_cccd,
)
from registry.rules.invalid import Invalid
from registry.rules.name_query import NameReading, read_name
from registry.rules.phones import parse_phone
from registry.rules.qr import BhytQr, CccdQr, is_bhyt_qr, is_cccd_qr, parse_bhyt_qr, parse_cccd_qr
from registry.rules.text import clean_line, fold


class QueryKind(StrEnum):
    """How a search text will be looked up."""

    EMPTY = "empty"
    CCCD = "cccd"
    CMND = "cmnd"
    BHYT = "bhyt"
    PHONE = "phone"
    PHONE_TAIL = "phone-tail"
    QR_CCCD = "qr-cccd"
    QR_BHYT = "qr-bhyt"
    NAME = "name"
    NAME_BIRTH = "name-birth"
    NAME_PHONE = "name-phone"
    BIRTH = "birth"
    CODE = "code"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Query:
    """A classified search. `value` is the canonical number, `folded` the name's search key.

    `tail` is a phone's last digits beside a name. `also` holds other readings of the same digits, in the order to try them,
    and `others` other readings of a name with digits; `problem` says in Vietnamese why a scanned
    code or a number could not be used as it stands.
    """

    kind: QueryKind
    text: str
    value: str = ""
    name: str = ""
    folded: str = ""
    birth: PartialDate | None = None
    tail: str = ""
    also: tuple[tuple[QueryKind, str], ...] = ()
    others: tuple[Query, ...] = ()
    cccd_qr: CccdQr | None = None
    bhyt_qr: BhytQr | None = None
    problem: str = ""


LONGEST_CODE = 30
_NUMBER = re.compile(r"\+?[0-9][0-9\s.\-()]*", re.ASCII)


def _phone(text: str) -> str:
    try:
        return parse_phone(text).national
    except Invalid:
        return ""


def _card(text: str) -> Bhyt | None:
    try:
        return parse_bhyt(text)
    except Invalid:
        return None


def _classify_scan(text: str, today: date) -> Query | None:
    try:
        if is_bhyt_qr(text):
            bhyt = parse_bhyt_qr(text, today)
            name = bhyt.full_name
            return Query(QueryKind.QR_BHYT, text, bhyt.card.value, name, fold(name), bhyt.birth, bhyt_qr=bhyt)
        if is_cccd_qr(text):
            cccd = parse_cccd_qr(text, today)
            name = cccd.full_name
            return Query(QueryKind.QR_CCCD, text, cccd.cccd.value, name, fold(name), cccd.birth, cccd_qr=cccd)
    except Invalid as problem:
        kind = QueryKind.QR_BHYT if is_bhyt_qr(text) else QueryKind.QR_CCCD
        return Query(kind, text, problem=problem.message)
    return None


def _classify_twelve(text: str, digits: str) -> Query:
    try:
        return Query(QueryKind.CCCD, text, parse_cccd(digits).value)
    except Invalid as problem:
        phone = _phone(digits)
        if phone:
            return Query(QueryKind.PHONE, text, phone)
        return Query(QueryKind.CCCD, text, digits, problem=problem.message)


def _born(digits: str, today: date) -> PartialDate | None:
    """Eight digits as a birth date, or None."""
    dates = (reading.birth for reading in read_name(digits, today))
    return next((birth for birth in dates if birth and birth.precision == "day"), None)


def _classify_digits(text: str, today: date) -> Query:
    """Digits alone: the reading that fits best, and the other readings that fit."""
    digits = compact(text).lstrip("+").replace("(", "").replace(")", "")
    if len(digits) == CCCD_LENGTH and not text.startswith("+"):
        return _classify_twelve(text, digits)
    readings: list[tuple[QueryKind, str]] = []
    phone = _phone(text)
    if phone and (len(digits) != CMND_LENGTH or text.startswith("+")):
        readings.append((QueryKind.PHONE, phone))
    if len(digits) == SOCIAL_LENGTH:
        readings.append((QueryKind.BHYT, digits))
    if len(digits) == CMND_LENGTH:
        readings.append((QueryKind.CMND, digits))
        readings += [(QueryKind.PHONE, phone)] if phone else []
    if len(digits) in range(9, CCCD_LENGTH) and digits.zfill(12)[:3] in PROVINCES and not phone:
        readings.append((QueryKind.CCCD, digits.zfill(12)))  # a spreadsheet dropped leading zeros
    if len(digits) in range(3, 9):
        readings.append((QueryKind.PHONE_TAIL, digits))
    readings.append((QueryKind.CODE, digits))
    if len(digits) == len("ddMMyyyy") and (born := _born(digits, today)):
        readings.insert(1, (QueryKind.BIRTH, born.value.isoformat()))
    if len(readings) == 1:
        return Query(
            QueryKind.UNKNOWN, text, digits, also=tuple(readings),
            problem="Dãy số này không giống CCCD, CMND, thẻ BHYT hay số điện thoại.",
        )  # fmt: skip
    (kind, value), *others = readings
    return Query(kind, text, value, also=tuple(others))


_NAME_KINDS = {(False, False): QueryKind.NAME, (True, False): QueryKind.NAME_BIRTH}


def _classify_name(text: str, today: date) -> Query:
    """A name with or without birth date and phone tail; what cannot be a name may be a date or a household's number."""
    readings = [_name_reading(text, one) for one in read_name(text, today)]
    named = [one for one in readings if one.folded]
    if named:
        best = replace(named[0], others=tuple(named[1:]))
        return replace(best, also=((QueryKind.CODE, _code(text)),)) if _is_code(text) else best
    return next((one for one in readings if one.birth and one.birth.precision == "day"), readings[0])


def _name_reading(text: str, reading: NameReading) -> Query:
    kind = _NAME_KINDS.get((reading.birth is not None, bool(reading.tail)), QueryKind.NAME_PHONE)
    folded = fold(reading.name)
    if not folded:
        kind = QueryKind.BIRTH if reading.birth else QueryKind.UNKNOWN
    return Query(kind, text, name=reading.name, folded=folded, birth=reading.birth, tail=reading.tail)


def _code(text: str) -> str:
    return compact(text).upper()


def _is_code(text: str) -> bool:
    """Whether it may be a number that a facility or the household book gave: a digit, and one word of letters at most."""
    return any(sign.isdigit() for sign in text) and len(text.split()) <= 2 and len(text) <= LONGEST_CODE  # noqa: PLR2004


def classify_query(text: str, today: date) -> Query:
    """The kind of a search text with its parsed parts; never raises.

    >>> classify_query("1980 nguyen thi hoa", date(2026, 11, 22)).birth.display
    '1980'
    """
    shown = clean_line(text)
    if not shown:
        return Query(QueryKind.EMPTY, "")
    scan = _classify_scan(shown, today)
    if scan:
        return scan
    if _NUMBER.fullmatch(shown):
        return _classify_digits(shown, today)
    card = _card(shown)
    if card:
        return Query(QueryKind.BHYT, shown, card.value)
    query = _classify_name(shown, today)
    if query.folded or query.kind is QueryKind.BIRTH:
        return query
    return Query(QueryKind.UNKNOWN, shown, problem="Chưa có gì để tìm.")
