"""A person as somebody stated them: parsed, checked, not yet anybody in particular."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeVar

from records.rules.details import Details
from registry.rules.dates import PartialDate, parse_partial_date
from registry.rules.identifiers import compact, parse_bhyt, parse_cccd, parse_cmnd, parse_passport
from registry.rules.invalid import Invalid, Notice
from registry.rules.names import parse_name, sort_key, split_name
from registry.rules.phones import parse_phone
from registry.rules.phrases import Phrase
from registry.rules.qr import CccdQr
from registry.rules.text import clean_line, display_key, fold

T = TypeVar("T")
Sex = Literal["male", "female", "unknown"]
SEXES: frozenset[str] = frozenset({"male", "female", "unknown"})
OLDEST = 125  # years; the oldest life on record is 122, so an older birth date is a slip of the keyboard


@dataclass(frozen=True, slots=True)
class StatedIdentifier:
    """A number stated of a person. kind: a value of records.models.IdentifierKind; value as cards print it.

    value_key is what look-ups compare: the number itself; of a BHYT card its 10 social-insurance digits, so that the
    15 characters of an old card and the 10 digits of a new one meet.
    """

    kind: str
    value: str
    value_key: str
    issuer: str = ""
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class StatedPerson:
    """What is said of one person, once. Phone is national ("0912000345") or empty; ward_code as of the day it was said."""

    name: str
    birth: PartialDate
    sex: Sex
    phone: str = ""
    address: str = ""
    ward_code: str = ""
    ward_name: str = ""
    identifiers: tuple[StatedIdentifier, ...] = ()
    deceased_on: date | None = None
    notices: tuple[Notice, ...] = ()
    details: Details = field(default_factory=Details)

    def identifier(self, kind: str) -> StatedIdentifier | None:
        """The first number of this kind, or None."""
        return next((one for one in self.identifiers if one.kind == kind), None)

    @property
    def name_key(self) -> str:
        """The folded name, in the order it was stated."""
        return fold(self.name)


@dataclass(frozen=True, slots=True)
class NameKeys:
    """The four stored keys of a name: search, given, family, and order by given name under "C" collation."""

    name_key: str
    given_key: str
    family_key: str
    sort_key: str


def name_keys(name: str) -> NameKeys:
    """Keys of a name; a name of one word is all given name."""
    parts = split_name(fold(name))
    return NameKeys(fold(name)[:255], parts.given[:60], parts.family[:60], sort_key(name)[:600])


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that cannot be accepted: stable code, Vietnamese message, the argument it belongs to."""

    code: str
    message: str
    field: str


def state_person(
    *,
    today: date,
    name: str,
    birth: str,
    sex: str,
    phone: str = "",
    address: str = "",
    ward_code: str = "",
    ward_name: str = "",
    cccd: str = "",
    cmnd: str = "",
    bhyt: str = "",
    bhyt_from: date | None = None,
    bhyt_to: date | None = None,
    passport: str = "",
    facility_number: str = "",
    facility_code: str = "",
    deceased_on: date | None = None,
) -> StatedPerson | list[Fault]:
    """Raw strings as typed or sent -> a person, or every fault found (fields named as the arguments are).

    Doubts that do not block (a CCCD that tells another birth year or sex) travel as `notices`.
    """
    faults: list[Fault] = []
    parsed_name = _take(faults, "name", lambda: parse_name(name))
    parsed_birth = _take(faults, "birth", lambda: _parse_birth(birth, today))
    parsed_phone = _take(faults, "phone", lambda: parse_phone(phone).national) if phone.strip() else ""
    if sex not in SEXES:
        faults.append(Fault("sex-unknown", "Hãy chọn giới tính: nam, nữ hoặc chưa xác định.", "sex"))
    if deceased_on and parsed_birth and deceased_on < parsed_birth.value:
        faults.append(Fault("deceased-before-birth", "Ngày mất sớm hơn ngày sinh.", "deceased_on"))
    numbers = [
        _take(faults, "cccd", lambda: _simple("cccd", parse_cccd(cccd).value)) if cccd.strip() else None,
        _take(faults, "cmnd", lambda: _simple("cmnd", parse_cmnd(cmnd))) if cmnd.strip() else None,
        _take(faults, "bhyt", lambda: _insurance(bhyt, bhyt_from, bhyt_to)) if bhyt.strip() else None,
        _take(faults, "passport", lambda: _simple("passport", parse_passport(passport))) if passport.strip() else None,
        _facility_number(facility_number, facility_code) if facility_number.strip() else None,
    ]
    if faults or parsed_name is None or parsed_birth is None:
        return faults
    return StatedPerson(
        name=parsed_name,
        birth=parsed_birth,
        sex=sex,  # type: ignore[arg-type]  # checked against SEXES above
        phone=parsed_phone or "",
        address=clean_line(address)[:500],
        ward_code=clean_line(ward_code)[:5],
        ward_name=clean_line(ward_name)[:120],
        identifiers=tuple(number for number in numbers if number),
        deceased_on=deceased_on,
        notices=_notices(cccd, bhyt, parsed_birth, sex),
    )


def half_typed(*, today: date, **said: str) -> StatedPerson | None:
    """What can already be read of a form that somebody is still typing; None before a name and a birth date.

    said: arguments of state_person. A field that cannot be read yet is as if it were empty; nothing is a fault.
    """
    said = {"sex": "unknown"} | {field: text for field, text in said.items() if text.strip()}
    if not (said.get("name") and said.get("birth")):
        return None
    first = state_person(today=today, **said)  # type: ignore[arg-type]
    if isinstance(first, StatedPerson):
        return first
    unread = {fault.field for fault in first}
    if unread & {"name", "birth"}:
        return None
    readable = {field: text for field, text in said.items() if field not in unread}
    again = state_person(today=today, **({"sex": "unknown"} | readable))  # type: ignore[arg-type]
    return again if isinstance(again, StatedPerson) else None


def whole_numbers(*, cccd: str = "", bhyt: str = "") -> tuple[StatedIdentifier, ...]:
    """The personal numbers among these that are typed to their end."""
    faults: list[Fault] = []
    read = (
        _take(faults, "cccd", lambda: _simple("cccd", parse_cccd(cccd).value)) if cccd.strip() else None,
        _take(faults, "bhyt", lambda: _insurance(bhyt, None, None)) if bhyt.strip() else None,
    )
    return tuple(one for one in read if one)


def whole_phone(text: str) -> str:
    """The phone as it is kept, once it is typed to its end; else ""."""
    try:
        return parse_phone(text).national if text.strip() else ""
    except Invalid:
        return ""


def agrees_with_card(person: StatedPerson, card: CccdQr) -> bool:
    """Whether the person was stated as the scanned citizen card says: number, name and birth date."""
    number = person.identifier("cccd")
    same_number = number is not None and number.value_key == card.cccd.value
    return same_number and person.birth == card.birth and display_key(person.name) == display_key(card.full_name)


def _take(faults: list[Fault], field: str, parse: Callable[[], T]) -> T | None:
    try:
        return parse()
    except Invalid as problem:
        faults.append(Fault(problem.code, problem.message, field))
        return None


def _parse_birth(text: str, today: date) -> PartialDate:
    birth = parse_partial_date(text, today)
    if today.year - birth.value.year > OLDEST:
        message = Phrase("Năm sinh {year} quá xa (trên {oldest} tuổi).", year=birth.value.year, oldest=OLDEST)
        raise Invalid("birth-too-old", message, "birth")
    return birth


def _simple(kind: str, value: str) -> StatedIdentifier:
    return StatedIdentifier(kind, value, value)


def _insurance(text: str, valid_from: date | None, valid_to: date | None) -> StatedIdentifier:
    card = parse_bhyt(text)
    return StatedIdentifier("bhyt", card.value, card.social_number, valid_from=valid_from, valid_to=valid_to)


def _facility_number(number: str, facility_code: str) -> StatedIdentifier | None:
    """A hospital's own number means something only together with the hospital: its key carries the facility's code."""
    value = clean_line(number)[:34]
    return StatedIdentifier("facility", value, f"{facility_code}:{compact(value)}"[:40], issuer=facility_code)


def _notices(cccd: str, bhyt: str, birth: PartialDate, sex: str) -> tuple[Notice, ...]:
    found: list[Iterable[Notice]] = []
    if cccd.strip():
        found.append(parse_cccd(cccd, birth, sex).notices)
    if bhyt.strip():
        found.append(parse_bhyt(bhyt).notices)
    return tuple(notice for notices in found for notice in notices)
