"""The whole record of an opened person as QĐ 831's form: read once, printed or sent.

A fixed number of statements whatever the record holds; the latest MOST_ENCOUNTERS examinations, as many as the form says.
"""

from __future__ import annotations

from dataclasses import dataclass

from records.queries.access import RecordAccess
from records.queries.administrative import get_administrative
from records.queries.form831_examinations import latest_examinations
from records.queries.form831_history import history_part, vaccination_part
from records.queries.form831_words import day_of, flag_of
from records.queries.history import History, get_history
from records.queries.immunisation import get_immunisations
from records.rules.history import HOUSEHOLD_RELATIONSHIPS, RELATIONSHIPS
from records.rules.qd831 import form

MOST_ENCOUNTERS = 100
CURRENT_PROVINCE = "01"  # Hà Nội: whoever lives in a ward of the city


@dataclass(frozen=True, slots=True)
class Form:
    """The form and what it leaves out: more examinations than it holds."""

    record: form.HealthRecord
    cut: bool


def get_form(access: RecordAccess, *, coded: bool) -> Form:
    """The opened record as the form says it. coded: coded fields as their code (for XML), else in words (for paper)."""
    history = get_history(access)
    immunisations = get_immunisations(access)
    examinations = latest_examinations(access, MOST_ENCOUNTERS + 1)
    record = form.HealthRecord(
        _general(access, history, coded=coded),
        history_part(history),
        vaccination_part(immunisations),
        examinations[:MOST_ENCOUNTERS],
    )
    return Form(record, cut=len(examinations) > MOST_ENCOUNTERS)


def _general(access: RecordAccess, history: History, *, coded: bool) -> form.General:
    def said(code: str, words: str) -> str:
        return (code or words) if coded else (words or code)

    told = get_administrative(access)
    person, details, numbers = told.person, told.details, told.numbers
    cccd = numbers.get("cccd")
    values = {kind: number.value for kind, number in numbers.items()}
    relatives = tuple(
        form.Relative(
            relation=line.fact.relationship_text or RELATIONSHIPS.get(line.fact.relationship, ""),
            health_id=line.fact.national_id,
            name=line.fact.name,
            landline=line.fact.landline,
            mobile=line.fact.phone,
            guardian=flag_of(line.fact.guardian),
        )
        for line in history.relatives
    )
    return form.General(
        health_id=values.get("cccd", ""),
        social_insurance=values.get("bhxh", ""),
        insurance_card=values.get("bhyt", ""),
        household_number=details.household_number,
        member_number=details.member_number,
        name=person.name,
        relation_to_head=HOUSEHOLD_RELATIONSHIPS.get(details.head_relationship, ""),
        sex={"male": "1", "female": "2"}.get(person.sex, ""),
        blood_abo=details.blood_abo,
        blood_rh=details.blood_rh,
        birth=person.birth.display,
        birth_province=said(details.birth_province_code, details.birth_province),
        ethnicity=said(details.ethnicity_code, details.ethnicity),
        nationality=said(details.nationality_code, details.nationality),
        religion=said(details.religion_code, details.religion),
        occupation=said(details.occupation_code, details.occupation),
        national_id=values.get("cmnd", ""),
        issued_on=day_of(cccd.valid_from) if cccd else "",
        issued_by=cccd.issuer if cccd else "",
        permanent_address=", ".join(filter(None, (details.permanent_address, details.permanent_ward_name))),
        permanent_province=details.permanent_province_code,
        permanent_commune=details.permanent_ward_code,
        permanent_hamlet=details.permanent_hamlet,
        current_address=", ".join(filter(None, (person.address, person.ward_name))),
        current_province=CURRENT_PROVINCE if person.ward_code else "",
        current_commune=person.ward_code,
        current_hamlet=details.hamlet,
        landline=details.landline,
        mobile=person.phone,
        email=details.email,
        relatives=relatives,
    )
