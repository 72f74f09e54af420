"""The administrative part as somebody types it: details, numbers and the card's issue, each fault at its field."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date

from records.rules.details import Details
from records.rules.history import HOUSEHOLD_RELATIONSHIPS
from records.rules.person import Fault, StatedIdentifier, StatedPerson
from registry.rules.dates import parse_partial_date
from registry.rules.identifiers import compact
from registry.rules.invalid import Invalid
from registry.rules.phones import parse_phone
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

BLOOD_ABO = ("A", "B", "AB", "O")
BLOOD_RH = ("+", "-")
SOCIAL_NUMBER_LENGTH = 10  # the ten digits at the end of an insurance card
LONGEST_NUMBER = 40
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")


def state_details(details: Details) -> Details | list[Fault]:
    """Details as typed -> tidied, or every fault found."""
    tidy = Details(**{one.name: clean_line(getattr(details, one.name)) for one in fields(details)})
    faults = [
        Fault("too-long", Phrase("Dài quá {limit} ký tự.", limit=one.metadata["limit"]), one.name)
        for one in fields(tidy)
        if one.name != "landline" and len(getattr(tidy, one.name)) > one.metadata["limit"]
    ]
    if tidy.blood_abo and tidy.blood_abo not in BLOOD_ABO:
        faults.append(Fault("blood-abo", "Nhóm máu hệ ABO là A, B, AB hoặc O.", "blood_abo"))
    if tidy.blood_rh and tidy.blood_rh not in BLOOD_RH:
        faults.append(Fault("blood-rh", "Nhóm máu hệ Rh là + hoặc -.", "blood_rh"))
    if tidy.email and not _EMAIL.fullmatch(tidy.email):
        faults.append(Fault("email", "Địa chỉ thư điện tử có dạng ten@mien.vn.", "email"))
    if tidy.head_relationship and tidy.head_relationship not in HOUSEHOLD_RELATIONSHIPS:
        faults.append(Fault("head", "Hãy chọn quan hệ với chủ hộ trong danh sách.", "head_relationship"))
    landline = _landline(tidy.landline, faults)
    return faults or replace(tidy, landline=landline)


def _landline(text: str, faults: list[Fault]) -> str:
    if not text:
        return ""
    try:
        return parse_phone(text).national
    except Invalid as problem:
        faults.append(Fault(problem.code, problem.message, "landline"))
        return ""


def with_numbers(
    person: StatedPerson, *, today: date, vneid: str = "", bhxh: str = "", issued_on: str = "", issuer: str = ""
) -> StatedPerson | list[Fault]:
    """The person with a VNeID account, a social insurance number and their card's day and place of issue.

    Faults are named as the arguments are. The issue belongs to the citizen card, else to the old identity card.
    """
    faults: list[Fault] = []
    numbers = list(person.identifiers)
    if social := compact(bhxh):
        if not social.isdecimal() or len(social) != SOCIAL_NUMBER_LENGTH:
            faults.append(Fault("bhxh", "Mã số BHXH có 10 chữ số.", "bhxh"))
        numbers.append(StatedIdentifier("bhxh", social, social))
    if account := clean_line(vneid):
        if len(account) > LONGEST_NUMBER:
            faults.append(Fault("vneid", Phrase("Dài quá {limit} ký tự.", limit=LONGEST_NUMBER), "vneid"))
        numbers.append(StatedIdentifier("vneid", account, compact(account)))
    day = _issue_day(issued_on, today, faults)
    card = next((one for one in numbers if one.kind == "cccd"), None) or person.identifier("cmnd")
    if card and (day or issuer.strip()):
        numbers[numbers.index(card)] = replace(card, valid_from=day, issuer=clean_line(issuer)[:60])
    elif day or issuer.strip():
        faults.append(Fault("issue-without-card", "Có ngày, nơi cấp thì phải có số CCCD hoặc CMND.", "issued_on"))
    return faults or replace(person, identifiers=tuple(numbers))


def _issue_day(text: str, today: date, faults: list[Fault]) -> date | None:
    if not text.strip():
        return None
    try:
        day = parse_partial_date(text, today)
    except Invalid as problem:
        faults.append(Fault(problem.code, problem.message, "issued_on"))
        return None
    if day.precision != "day":
        faults.append(Fault("issue-day", "Ngày cấp ghi đủ ngày, tháng, năm.", "issued_on"))
    return day.value
