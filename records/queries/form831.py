"""The whole record of an opened person as QĐ 831's form: read once, printed or sent.

A fixed number of statements whatever the record holds; the latest MOST_ENCOUNTERS examinations, as many as the form says.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.db import connection
from django.utils import timezone

from records.queries.access import RecordAccess
from records.queries.administrative import get_administrative
from records.queries.history import History as RecordHistory
from records.queries.history import get_history
from records.queries.immunisation import Immunisations, get_immunisations
from records.queries.restricted import reader_parameters, visible, with_encounter_visible
from records.rules.examination import SIGHT
from records.rules.history import ALLERGIES, DELIVERIES, DISABILITIES, HOUSEHOLD_RELATIONSHIPS, RELATIONSHIPS, RISKS
from records.rules.history_facts import Allergy as AllergyFact
from records.rules.history_facts import Disease as DiseaseFact
from records.rules.history_facts import FamilyIllness, Reproductive
from records.rules.history_facts import Risk as RiskFact
from records.rules.qd831 import form
from records.rules.qd831.examination import FIELD_OF_SIGHT, FIELD_OF_SYSTEM, READINGS
from records.rules.vitals import VITALS, bmi, check_vital
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

MOST_ENCOUNTERS = 100
CURRENT_PROVINCE = "01"  # Hà Nội: whoever lives in a ward of the city

_ENCOUNTERS = f"""
WITH latest AS (
    SELECT e.* FROM records_encounter e
     WHERE e.patient_id = %(patient)s AND e.superseded_by_id IS NULL AND e.status <> 'cancelled'
       AND {visible("e", "records_encounter")}
     ORDER BY e.started_at DESC, e.id LIMIT %(limit)s)
SELECT e.source_key, e.started_at, e.ended_at, coalesce(nullif(e.practitioner_name, ''), s.full_name, ''),
       coalesce(s.licence_number, ''), e.reason, e.conclusion,
       (SELECT json_object_agg(x.body_system, x.text) FROM records_examinationfinding x
         WHERE x.encounter_id = e.id AND x.superseded_by_id IS NULL),
       (SELECT json_object_agg(n.kind, n.text) FROM records_clinicalnote n
         WHERE n.encounter_id = e.id AND n.superseded_by_id IS NULL),
       (SELECT json_object_agg(o.code, coalesce(trim_scale(o.value)::text, o.value_text) ORDER BY o.observed_at)
          FROM records_observation o
         WHERE o.encounter_id = e.id AND o.superseded_by_id IS NULL AND o.report_id IS NULL
           AND o.code = ANY(%(codes)s)),
       (SELECT json_agg(json_build_array(r.code, r.category, r.display, concat_ws('; ', nullif(r.result, ''),
                                         nullif(r.conclusion, ''), (
                 SELECT string_agg(concat_ws(' ', o.display || ':', coalesce(trim_scale(o.value)::text, o.value_text),
                                             o.unit), '; ' ORDER BY o.id)
                   FROM records_observation o WHERE o.report_id = r.id AND o.superseded_by_id IS NULL)))
                 ORDER BY r.performed_at, r.id)
          FROM records_diagnosticreport r
         WHERE r.encounter_id = e.id AND r.superseded_by_id IS NULL AND r.status = 'final'
           AND {with_encounter_visible("r")}),
       (SELECT json_agg(json_build_array(c.code, c.display) ORDER BY c.role = 'main' DESC, c.code)
          FROM records_condition c
         WHERE c.encounter_id = e.id AND c.superseded_by_id IS NULL AND {visible("c", "records_condition")})
  FROM latest e LEFT JOIN registry_staff s ON s.id = e.recorded_by_id
 ORDER BY e.started_at DESC, e.id
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Form:
    """The form and what it leaves out: more examinations than it holds."""

    record: form.HealthRecord
    cut: bool


def get_form(access: RecordAccess, *, coded: bool) -> Form:
    """The opened record as the form says it. coded: coded fields as their code (for XML), else in words (for paper)."""
    history = get_history(access)
    immunisations = get_immunisations(access)
    examinations = _examinations(access)
    record = form.HealthRecord(
        _general(access, history, coded=coded),
        _history(history),
        _vaccination(immunisations),
        examinations[:MOST_ENCOUNTERS],
    )
    return Form(record, cut=len(examinations) > MOST_ENCOUNTERS)


def _general(access: RecordAccess, history: RecordHistory, *, coded: bool) -> form.General:
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
            guardian=_flag(line.fact.guardian),
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
        issued_on=_day(cccd.valid_from) if cccd else "",
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


def _history(history: RecordHistory) -> form.History:
    return form.History(
        birth=_birth(history),
        risks=_risks([line.fact for line in history.risks]),
        disabilities=form.Disabilities(
            tuple(
                form.Disability(
                    DISABILITIES[line.fact.kind].code, DISABILITIES[line.fact.kind].label, line.fact.description
                )
                for line in history.disabilities
            )
        ),
        own=form.Ailments(
            tuple(_allergy(line.fact) for line in history.allergies),
            tuple(_disease(line.fact) for line in history.diseases),
        ),
        family=_family([line.fact for line in history.family]),
        surgery="; ".join(_surgery(line.fact) for line in history.surgeries),
        reproduction=_reproduction([line.fact for line in history.reproductive]),
        other="; ".join(line.fact.text for line in history.issues),
    )


def _birth(history: RecordHistory) -> form.Birth:
    if not history.birth:
        return form.Birth()
    fact = history.birth[0].fact
    return form.Birth(
        delivery=DELIVERIES[fact.delivery].code if fact.delivery else "",
        preterm=_flag(fact.preterm),
        asphyxia=_flag(fact.asphyxia),
        weight=_text(fact.weight_g),
        length=_text(fact.length_cm),
        malformation=fact.malformation,
        other=fact.other,
    )


def _risks(facts: Sequence[RiskFact]) -> form.Risks:
    """Habits by their number; what is no habit in the tags of its own. The newest line of each comes first."""
    states = {"never": "0", "now": "1", "regularly": "2", "quit": "0"}
    habits = tuple(
        form.RiskFactor(
            kind=RISKS[one.kind].code,
            name=RISKS[one.kind].label,
            state=states.get(one.state, ""),
            quit=_flag(one.state == "quit"),
            amount=_text(one.amount),
        )
        for one in facts
        if RISKS[one.kind].code
    )
    said: dict[str, list[RiskFact]] = {}
    for one in facts:
        said.setdefault(one.kind, []).append(one)
    return form.Risks(
        habits,
        exposure="; ".join(one.detail for one in said.get("exposure", ())),
        exposure_time="; ".join(one.duration for one in said.get("exposure", ()) if one.duration),
        latrine="; ".join(one.detail for one in said.get("toilet", ())),
        other="; ".join(one.detail for one in said.get("other", ())),
    )


def _allergy(one: AllergyFact) -> form.Allergy:
    kind = ALLERGIES.get(one.kind)
    reaction = ", ".join(filter(None, (one.reaction, "nặng" if one.severe else "")))
    return form.Allergy(kind.code if kind else "", one.code, one.substance, reaction)


def _disease(one: DiseaseFact) -> form.Disease:
    since = Phrase("từ {day}", day=one.onset.display) if one.onset else ""
    note = ", ".join(filter(None, (one.code, since, one.note)))
    return form.Disease(_text(one.category or None), one.name, "1" if one.status == "active" else "0", note)


def _family(facts: Iterable[FamilyIllness]) -> form.Ailments:
    allergies, diseases = [], []
    for one in facts:
        who = one.relationship_text or RELATIONSHIPS.get(one.relationship, "")
        if one.allergy:
            kind = ALLERGIES[one.allergy]
            allergies.append(form.Allergy(kind.code, name=one.description or kind.label, who=who))
        else:
            diseases.append(form.Disease(_text(one.disease), one.description, "1", who=who))
    return form.Ailments(tuple(allergies), tuple(diseases))


def _surgery(one: Any) -> str:
    return ", ".join(filter(None, (one.description, _text(one.year), one.place)))


def _reproduction(facts: Sequence[Reproductive]) -> form.Reproduction:
    if not facts:
        return form.Reproduction()
    one = facts[0]
    counts = {
        field.name: _text(getattr(one, field.name))
        for field in fields(form.Reproduction)
        if field.name not in {"contraception", "last_pregnancy", "gynaecological_disease"}
    }
    return form.Reproduction(
        contraception=one.contraception,
        last_pregnancy=one.last_pregnancy,
        gynaecological_disease=one.gynaecological,
        **counts,
    )


def _vaccination(found: Immunisations) -> form.Vaccination:
    kinds = {"national": "1", "outside": "2", "tetanus": "3"}
    doses = tuple(
        form.Dose(
            vaccine_code=one.vaccine,
            vaccine=one.display,
            vaccine_kind=kinds[one.programme],
            state=_flag(one.given),
            given_on=one.on.display if one.given else "",
            pregnancy_month=_text(one.gestation_weeks // 4 + 1 if one.gestation_weeks is not None else None),
            reaction=one.reaction,
            due_on=_day(one.next_due_on),
        )
        for one in found.doses
    )
    tetanus = sum(1 for one in found.doses if one.given and one.programme == "tetanus")
    return form.Vaccination(_text(tetanus or None), doses)


def _examinations(access: RecordAccess) -> tuple[form.Examination, ...]:
    codes = [vital.code for vital in VITALS.values()] + [line.code for line in SIGHT.values()]
    parameters: dict[str, Any] = {"patient": access.patient_id, "limit": MOST_ENCOUNTERS + 1, "codes": codes}
    with connection.cursor() as cursor:
        cursor.execute(_ENCOUNTERS, parameters | reader_parameters(access))
        return tuple(_examination(row) for row in cursor.fetchall())


def _examination(row: tuple[Any, ...]) -> form.Examination:
    key, started, ended, doctor, licence, reason, conclusion, findings, notes, measured, reports, conditions = row
    told: dict[str, str] = {FIELD_OF_SYSTEM[system]: text for system, text in (findings or {}).items()}
    told |= _measured(measured or {})
    return form.Examination(
        encounter_key=key,
        examined_on=_moment(started),
        started_on=_moment(started),
        ended_on=_moment(ended),
        doctor_code=licence,
        doctor=doctor,
        reason=reason,
        course=(notes or {}).get("course", ""),
        advice=(notes or {}).get("advice", ""),
        services=tuple(
            form.Service(code, "1" if category == "LAB" else "2", name, result)
            for code, category, name, result in reports or ()
        ),
        diagnoses=tuple(
            form.Diagnosis(code, name, conclusion if first == 0 else "")
            for first, (code, name) in enumerate(conditions or ())
        ),
        **told,
    )


def _measured(values: Mapping[str, str]) -> dict[str, str]:
    told = {key: values[VITALS[key].code] for key in READINGS if VITALS[key].code in values}
    told |= {FIELD_OF_SIGHT[key]: values[line.code] for key, line in SIGHT.items() if line.code in values}
    index = bmi(_believable("weight", told), _believable("height", told))
    return told | ({"bmi": str(index)} if index is not None else {})


def _believable(key: str, told: Mapping[str, str]) -> Decimal | None:
    """The number, if it can be one of a human being: old systems send 0 for "not measured"."""
    try:
        value = Decimal(told.get(key, ""))
        check_vital(key, value)
    except (InvalidOperation, Invalid):
        return None
    return value


def _flag(value: bool | None) -> str:
    return "" if value is None else str(int(value))


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _day(value: date | None) -> str:
    return f"{value:%d/%m/%Y}" if value else ""


def _moment(value: datetime | None) -> str:
    return _day(timezone.localtime(value).date()) if value else ""
