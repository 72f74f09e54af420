"""What a form of QĐ 831 says, as the record's own facts: history, doses, examinations. What cannot be read is told, by tag.

Relations are matched by the words of our own lists and else kept as words; a planned appointment is no dose and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from records.rules.doses import GIVEN, Dose, Recipient, dose_faults
from records.rules.history import ALLERGIES, DELIVERIES, DISABILITIES, DISEASES, RELATIONSHIPS, RISKS
from records.rules.history_checks import About
from records.rules.history_facts import (
    Allergy,
    Birth,
    DisabilityFact,
    Disease,
    Fact,
    FamilyIllness,
    Issue,
    Relative,
    Reproductive,
    Risk,
    Surgery,
    faults_of,
)
from records.rules.qd831 import form
from records.rules.qd831.examination import FIELD_OF_SIGHT, FIELD_OF_SYSTEM, READINGS, TAG_OF_FIELD
from records.rules.qd831.reading import Reading, Unread
from records.rules.vitals import check_pressure, check_vital
from registry.rules.dates import parse_partial_date
from registry.rules.invalid import Invalid
from registry.rules.text import fold

_NOTE = re.compile(r"(?:([A-Z]\d\d[\d.]*)(?:, |$))?(?:từ ([\d/]+)(?:, |$))?(.*)", re.DOTALL)
_OPERATION = re.compile(r"(?P<what>.+?), (?P<year>(?:19|20)\d\d)(?:, (?P<place>.+))?")
VACCINE_PROGRAMMES = {"1": "national", "2": "outside", "3": "tetanus"}
SEVERE = "nặng"
_RISK = {one.code: one.key for one in RISKS.values() if one.code}
_RELATION = {fold(label): code for code, label in RELATIONSHIPS.items()}
_DISABILITY = {one.code: one.key for one in DISABILITIES.values()}
_ALLERGY = {one.code: one.key for one in ALLERGIES.values()}
_DELIVERY = {one.code: one.key for one in DELIVERIES.values()}


@dataclass(frozen=True, slots=True)
class Visit:
    """One examination as the form tells it. readings: key of VITALS -> number; findings: key of SYSTEMS -> words."""

    key: str
    on: date
    until: date
    doctor: str = ""
    reason: str = ""
    course: str = ""
    advice: str = ""
    readings: dict[str, Decimal] = field(default_factory=dict)
    sight: dict[str, str] = field(default_factory=dict)
    findings: dict[str, str] = field(default_factory=dict)
    services: tuple[form.Service, ...] = ()
    diagnoses: tuple[form.Diagnosis, ...] = ()


@dataclass(frozen=True, slots=True)
class Told:
    """Everything a form tells besides who it is about."""

    facts: tuple[Fact, ...]
    doses: tuple[Dose, ...]
    visits: tuple[Visit, ...]
    unread: tuple[Unread, ...]


def facts_of_form(record: form.HealthRecord, about: About) -> Told:
    """The form's facts about this person; what is wrong with one leaves the others."""
    reader = _Reader(about)
    reader.relatives(record.general.relatives)
    reader.history(record.history)
    doses = tuple(reader.doses(record.vaccination.doses))
    visits = tuple(reader.visits(record.examinations))
    return Told(tuple(reader.facts), doses, visits, tuple(reader.unread))


class _Reader(Reading):
    """Reads section after section, and keeps what it could not take."""

    def __init__(self, about: About) -> None:
        super().__init__(about.today)
        self.about = about
        self.facts: list[Fact] = []

    def relatives(self, told: tuple[form.Relative, ...]) -> None:
        for one in told:
            code, words = _relation(one.relation)
            said = Relative(
                code, words, one.name, one.health_id, one.mobile, one.landline, guardian=one.guardian == "1"
            )
            self._keep("QUANHE_GIADINH", said)

    def history(self, told: form.History) -> None:
        if told.birth != form.Birth():
            self._keep("TINHTRANG_LUCSINH", self._birth(told.birth))
        self._risks(told.risks)
        for one in told.disabilities.items:
            self._keep("KHUYETTAT", DisabilityFact(_DISABILITY.get(one.kind, one.kind), one.description))
        for allergy in told.own.allergies:
            self._keep("DIUNG", _allergy(allergy))
        for disease in told.own.diseases:
            self._keep("BENHTAT", self._disease(disease))
        self._family(told.family)
        for words in _pieces(told.surgery):
            self._keep("TIENSU_PHAUTHUAT", _surgery(words))
        if told.reproduction != form.Reproduction():
            self._keep("SUCKHOE_SINHSAN", self._reproduction(told.reproduction))
        for words in _pieces(told.other):
            self._keep("VANDEKHAC", Issue(words))

    def doses(self, told: tuple[form.Dose, ...]) -> Iterator[Dose]:
        """Doses that were given."""
        person = Recipient(self.about.born, self.about.sex)
        for one in told:
            if one.state != "1":
                continue
            on = self.parse("NGAYTIEM", one.given_on, lambda text: parse_partial_date(text, self.about.today))
            if on is None:
                continue
            month = self.number("THANGTHAI", one.pregnancy_month)
            dose = Dose(
                vaccine=one.vaccine_code,
                programme=VACCINE_PROGRAMMES.get(one.vaccine_kind, "outside"),
                on=on,
                status=GIVEN,
                primary_source=False,
                reaction=one.reaction,
                next_due_on=self.day("NGAYHENTIEM", one.due_on),
                gestation_weeks=None if month is None else int(month) * 4 - 2,  # the middle of the month
            )
            faults = dose_faults(dose, person, self.about.today)
            self.unread += [Unread(f"THONGTINMUITIEM: {one.vaccine}", str(fault.message)) for fault in faults]
            if not faults:
                yield dose

    def visits(self, told: tuple[form.Examination, ...]) -> Iterator[Visit]:
        """Examinations with a day and a number."""
        for one in told:
            where = f"HOSOKHAMCHUABENH {one.encounter_key}".strip()
            on = self.day(f"{where}: NGAYKHAM", one.examined_on or one.started_on)
            if on is None or not one.encounter_key:
                self.unread.append(Unread(where, "Lượt khám phải có MA_LK và NGAYKHAM."))
                continue
            until = self.day(f"{where}: NGAYKETTHUC", one.ended_on) or on
            yield Visit(
                key=one.encounter_key,
                on=on,
                until=max(on, until),
                doctor=one.doctor,
                reason=one.reason,
                course=one.course,
                advice=one.advice,
                readings=self._readings(where, one),
                sight={key: text for key, name in FIELD_OF_SIGHT.items() if (text := getattr(one, name))},
                findings={key: text for key, name in FIELD_OF_SYSTEM.items() if (text := getattr(one, name))},
                services=tuple(service for service in one.services if service.name or service.code),
                diagnoses=tuple(diagnosis for diagnosis in one.diagnoses if diagnosis.code),
            )

    def _readings(self, where: str, one: form.Examination) -> dict[str, Decimal]:
        told: dict[str, Decimal] = {}
        for key in READINGS:
            here = f"{where}: {TAG_OF_FIELD[key]}"
            value = self.number(here, getattr(one, key))
            if value is not None and self.parse(here, value, partial(check_vital, key)) is not None:
                told[key] = value
        try:
            check_pressure(told)
        except Invalid as problem:  # turned round or of another person: neither can be trusted
            self.unread.append(Unread(f"{where}: {TAG_OF_FIELD['diastolic']}", str(problem.message)))
            return {key: value for key, value in told.items() if key not in {"systolic", "diastolic"}}
        return told

    def _birth(self, one: form.Birth) -> Birth:
        weight = self.number("CANNANG", one.weight)
        return Birth(
            delivery=_DELIVERY.get(one.delivery, one.delivery),
            preterm=_flag(one.preterm),
            asphyxia=_flag(one.asphyxia),
            weight_g=None if weight is None else int(weight),
            length_cm=self.number("CHIEUDAI", one.length),
            malformation=one.malformation,
            other=one.other,
        )

    def _risks(self, told: form.Risks) -> None:
        for one in told.factors:
            kind = _RISK.get(one.kind, one.kind)
            state = (
                "quit" if one.quit == "1" else {"0": "never", "1": "now", "2": "regularly"}.get(one.state, one.state)
            )
            amount = None if state == "never" else self.number("SOLUONG", one.amount)
            self._keep("DSYEUTO", Risk(kind, state, amount))
        if told.exposure:
            self._keep("YEUTO_TIEPXUC", Risk("exposure", detail=told.exposure, duration=told.exposure_time))
        if told.latrine:
            self._keep("LOAIHOXIGD", Risk("toilet", detail=told.latrine))
        if told.other:
            self._keep("YEUTO_SUCKHOE/KHAC", Risk("other", detail=told.other))

    def _disease(self, one: form.Disease) -> Disease:
        """Our own forms write code and onset before the note: read back as they were written."""
        category = int(one.kind) if one.kind.isdecimal() else 0
        said = _NOTE.fullmatch(one.description)
        code, since, note = said.groups() if said else (None, None, one.description)
        return Disease(
            category,
            "" if one.name == DISEASES.get(category) else one.name,
            code or "",
            "resolved" if one.state == "0" else "active",
            self.parse("BENHTAT", since, lambda text: parse_partial_date(text, self.about.today)) if since else None,
            note,
        )

    def _family(self, told: form.Ailments) -> None:
        for allergy in told.allergies:
            code, words = _relation(allergy.who)
            kind = _ALLERGY.get(allergy.kind, allergy.kind)
            self._keep("TIENSU_GIADINH/DIUNG", FamilyIllness(code, words, allergy=kind, description=allergy.name))
        for one in told.diseases:
            code, words = _relation(one.who)
            disease = int(one.kind) if one.kind.isdecimal() else 0
            self._keep("TIENSU_GIADINH/BENHTAT", FamilyIllness(code, words, disease=disease, description=one.name))

    def _reproduction(self, one: form.Reproduction) -> Reproductive:
        words = {"contraception", "last_pregnancy", "gynaecological_disease"}
        counts = {each.name: getattr(one, each.name) for each in fields(one) if each.name not in words}
        numbers = {name: self.number("SUCKHOE_SINHSAN", text) for name, text in counts.items()}
        said: dict[str, Any] = {name: None if number is None else int(number) for name, number in numbers.items()}
        return Reproductive(one.contraception, one.last_pregnancy, gynaecological=one.gynaecological_disease, **said)

    def _keep(self, where: str, fact: Fact) -> None:
        faults = faults_of(fact, self.about)
        self.unread += [Unread(where, str(fault.message)) for fault in faults]
        if not faults:
            self.facts.append(fact)


def _allergy(one: form.Allergy) -> Allergy:
    severe = one.description == SEVERE or one.description.endswith(f", {SEVERE}")
    reaction = one.description.removesuffix(SEVERE).removesuffix(", ") if severe else one.description
    return Allergy(_ALLERGY.get(one.kind, one.kind), one.name, reaction, severe, one.code)


def _surgery(words: str) -> Surgery:
    said = _OPERATION.fullmatch(words)
    return Surgery(said["what"], int(said["year"]), said["place"] or "") if said else Surgery(words)


def _relation(words: str) -> tuple[str, str]:
    """A relation in words as its code; what no code says stays in words beside "other relative"."""
    code = _RELATION.get(fold(words))
    return (code, "") if code else ("EXT", words)


def _pieces(text: str) -> list[str]:
    return [piece for part in text.split(";") if (piece := part.strip())]


def _flag(text: str) -> bool | None:
    return {"0": False, "1": True}.get(text)
