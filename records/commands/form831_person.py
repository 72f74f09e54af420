"""Who a form of QĐ 831 is about: the statement its administrative part makes, and whether the record is that person's."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from records.queries.access import RecordAccess
from records.queries.duplicates import traits_of
from records.queries.known_traits import traits_of_record
from records.queries.linkage_model import get_scale
from records.rules.details import Details
from records.rules.details_stated import state_details, with_numbers
from records.rules.history import HOUSEHOLD_RELATIONSHIPS
from records.rules.matching import Level, Verdict, match
from records.rules.person import StatedPerson, state_person
from records.rules.qd831.form import General
from records.rules.qd831.reading import Unread
from registry.kernel import Refused
from registry.rules.phrases import Phrase
from registry.rules.text import fold

SEXES = {"1": "male", "2": "female"}
_HEAD = {fold(label): code for code, label in HOUSEHOLD_RELATIONSHIPS.items()}


def person_of_form(told: General, today: date) -> tuple[StatedPerson, list[Unread]]:
    """Who the form is about. A doubtful number or detail is left out and told; without a name or a birth date, Refused."""
    said: dict[str, Any] = {"name": told.name, "birth": told.birth, "sex": SEXES.get(told.sex, "unknown")}
    numbers: dict[str, Any] = {
        "cccd": told.health_id,
        "cmnd": told.national_id,
        "bhyt": told.insurance_card,
        "phone": told.mobile,
    }
    person = state_person(today=today, **said, **numbers, address=told.current_address, ward_code=told.current_commune)
    unread: list[Unread] = []
    if isinstance(person, list):
        wrong = {fault.field for fault in person}
        unread = [Unread(f"{fault.field} “{numbers.get(fault.field, '')}”", str(fault.message)) for fault in person]
        if wrong & said.keys():
            reasons = "; ".join(str(fault.message) for fault in person if fault.field in said)
            raise Refused(
                "form-person", Phrase("Phần hành chính của tệp không dùng được: {reasons}", reasons=reasons), "file"
            )
        kept = {name: text for name, text in numbers.items() if name not in wrong}
        person = state_person(today=today, **said, **kept, address=told.current_address)
    if isinstance(person, list):
        raise Refused("form-person", "Phần hành chính của tệp không dùng được.", "file")
    numbered = with_numbers(person, today=today, vneid=told.vneid, bhxh=told.social_insurance)
    return replace(person if isinstance(numbered, list) else numbered, details=_details(told, unread)), unread


def _details(told: General, unread: list[Unread]) -> Details:
    """The administrative details; all of them or, when one is wrong, none, and told."""
    coded = {
        name: getattr(told, name) for name in ("occupation", "ethnicity", "nationality", "religion", "birth_province")
    }
    split = {f"{name}_code" if text.isalnum() and text.upper() == text else name: text for name, text in coded.items()}
    details = state_details(
        Details(
            **split,
            blood_abo=told.blood_abo,
            blood_rh=told.blood_rh,
            email=told.email,
            landline=told.landline,
            hamlet=told.current_hamlet,
            permanent_address=told.permanent_address,
            permanent_hamlet=told.permanent_hamlet,
            permanent_ward_code=told.permanent_commune,
            permanent_province_code=told.permanent_province,
            household_number=told.household_number,
            member_number=told.member_number,
            head_relationship=_HEAD.get(fold(told.relation_to_head), ""),
        )
    )
    if isinstance(details, list):
        unread += [Unread(f"THONGTINCHUNG: {fault.field}", str(fault.message)) for fault in details]
        return Details()
    return details


def refuse_another(access: RecordAccess, person: StatedPerson) -> None:
    """Refuse a form that tells of somebody else: nobody looks through a file of numbers for that."""
    found = match(traits_of(person), traits_of_record(access), get_scale())
    other = Level.DIFFERENT in (found.level("name"), found.level("birth"))  # an equal number alone is a borrowed card
    if other or found.verdict is Verdict.DIFFERENT:
        reasons = "; ".join(str(reason) for reason in found.reasons)
        raise Refused("form-other-person", Phrase("Tệp này của người khác: {reasons}.", reasons=reasons), "file")
