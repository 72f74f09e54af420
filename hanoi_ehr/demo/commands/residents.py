"""Residents and their histories into the record's tables, in bulk: statements, links, numbers, grants, clinical rows."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import orjson
from django.db.models import Model
from django.utils import timezone

from hanoi_ehr.demo.commands.copying import copy_rows
from hanoi_ehr.demo.commands.pasts import Pasts
from hanoi_ehr.demo.facilities import ACCOUNTS
from hanoi_ehr.demo.histories import HANOI, History, Visit, history_of
from hanoi_ehr.demo.illnesses import kind_of
from hanoi_ehr.demo.names import FAMILY, personal_name
from hanoi_ehr.demo.people import Person, seeded_key
from records.models import (
    AccessGrant,
    AllergyIntolerance,
    Condition,
    DiagnosticReport,
    Encounter,
    LinkEvent,
    Observation,
    Patient,
    PatientIdentifier,
    RecordLink,
    SourceRecord,
)
from records.rules.person import name_keys
from records.rules.reports import interpret
from records.rules.vitals import VITALS
from registry.models import Department, Facility, Staff
from registry.rules.identifiers import parse_bhyt
from registry.rules.permissions import Role

# LOINC codes; ranges as laboratories print them for adults, written for the demo.
LABORATORY = {
    "glucose": ("14749-6", "Glucose máu", "mmol/L", "3,9–6,4"),  # glucose [moles/volume] in serum or plasma
    "hba1c": ("4548-4", "HbA1c", "%", "4,0–6,0"),  # hemoglobin A1c/hemoglobin.total in blood
    "cholesterol": (
        "14647-2",
        "Cholesterol toàn phần",
        "mmol/L",
        "<5,2",
    ),  # cholesterol [moles/volume] in serum or plasma
    "creatinine": ("14682-9", "Creatinin", "µmol/L", "53–120"),  # creatinine [moles/volume] in serum or plasma
    "alt": ("1742-6", "ALT (GPT)", "U/L", "<40"),  # alanine aminotransferase [enzymatic activity/volume]
}
_PERSON = (
    "name", "name_key", "given_key", "family_key", "sort_key", "birth_date", "birth_precision", "sex", "phone", "address",
    "ward_code", "ward_name",
)  # fmt: skip
PROVENANCE = (
    "id", "source_record_id", "patient_id", "facility_id", "recorded_by_id", "recorded_at", "system", "source_key",
    "superseded_reason",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Statement:
    """What one facility wrote of one person: the source record's key, the facility, the day, why the record is open."""

    id: str
    person: Person
    facility: str
    at: datetime
    basis: str


@dataclass(frozen=True, slots=True)
class City:
    """The generated people with their histories and statements, ready to be written."""

    people: Sequence[Person]
    histories: Sequence[History]
    statements: Sequence[Sequence[Statement]]


def compose(people: Sequence[Person], seed: int, today: date) -> City:
    """Histories and statements of the people: pure, and the same for the same seed and day."""
    chance = Random(f"histories-{seed}")
    histories = [history_of(chance, person, today) for person in people]
    statements = [list(_statements(chance, *pair, today)) for pair in zip(people, histories, strict=True)]
    return City(people, histories, statements)


def _statements(chance: Random, person: Person, history: History, today: date) -> Iterator[Statement]:
    for facility in history.facilities:
        first = next((visit.started for visit in history.visits if visit.facility == facility), None)
        at = first - timedelta(minutes=10) if first else _registered(chance, person, today)
        yield Statement(seeded_key(chance), person, facility, at, "encounter" if first else "registration")


def _registered(chance: Random, person: Person, today: date) -> datetime:
    days = min((today - person.birth).days, 900)
    day = today - timedelta(days=chance.randint(1, max(1, days)))
    return datetime.combine(day, time(chance.randint(7, 16), chance.randint(0, 59)), HANOI)


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit under its statement, with the encounter's key and who signed: a name, and the account if there is one."""

    key: str
    statement: Statement
    visit: Visit
    doctor: str
    doctor_id: int | None


class Writer:
    """Writes a city into the tables. `say(step, rows)` is told after each table."""

    def __init__(
        self, city: City, facilities: Mapping[str, Facility], seed: int, at: datetime, say: Callable[[str, int], None]
    ) -> None:
        self.city = city
        self.ids = {code: facility.pk for code, facility in facilities.items()}
        self.seed = seed
        self.at = at
        self.say = say
        self.chance = Random(f"rows-{seed}")
        self.departments = dict(Department.objects.filter(code="K01").values_list("facility__code", "pk"))
        self.doctors = self._doctors()
        self.encounters = [
            Seen(self._id(), statement, visit, *self.chance.choice(self.doctors[visit.facility]))
            for statement, visit in self._visits()
        ]
        self.reports = {
            seen.key: self._id() for seen in self.encounters if LABORATORY.keys() & seen.visit.readings.keys()
        }

    def write(self) -> dict[str, int]:
        """All tables in the order their keys need. Gives rows per table."""
        tables: tuple[tuple[type[Model], tuple[str, ...], Any], ...] = (
            (Patient, ("id", *_PERSON, "version", "created_at", "changed_at"), self._patients()),
            (SourceRecord, ("id", *_PERSON, "facility_id", "channel", "system", "key", "content_hash", "raw", "recorded_at"),
             self._records()),
            (RecordLink, ("record_id", "patient_id"), self._links()),
            (LinkEvent, ("id", "record_id", "patient_id", "action", "by", "reason", "model", "at"), self._link_events()),
            (PatientIdentifier, ("id", "source_record_id", "patient_id", "kind", "value", "value_key", "issuer", "state"),
             self._identifiers()),
            (AccessGrant, ("id", "source_record_id", "facility_id", "basis", "granted_at"), self._grants()),
            (Encounter, (*PROVENANCE, "status", "care_type", "department_id", "department_code", "started_at",
                         "ended_at", "reason",
                         "conclusion", "practitioner_name", "outcome_code", "discharge_code"), self._encounters()),
            (Condition, (*PROVENANCE, "encounter_id", "role", "code", "code_raw", "display", "clinical_status", "chronic"),
             self._conditions()),
            (DiagnosticReport, (*PROVENANCE, "encounter_id", "category", "status", "code", "display", "result", "conclusion",
                                "performed_at", "performer_name"), self._reports()),
            (Observation, (*PROVENANCE, "encounter_id", "report_id", "code", "display", "value", "value_text", "unit",
                           "reference", "interpretation", "observed_at"), self._observations()),
            (AllergyIntolerance, (*PROVENANCE, "substance", "reaction", "severe", "none_known", "kind"),
             self._allergies()),
        )  # fmt: skip
        counts = {}
        for model, columns, rows in (*tables, *self._pasts()):
            counts[model.__name__] = copy_rows(model, columns, rows)
            self.say(model.__name__, counts[model.__name__])
        return counts

    def _id(self) -> str:
        return seeded_key(self.chance)

    def _doctors(self) -> dict[str, list[tuple[str, int | None]]]:
        """Who signs at each facility: the demo's own doctors, else three made-up names without an account."""
        own = {account.facility: account for account in ACCOUNTS if account.role is Role.DOCTOR}
        keys = dict(Staff.objects.filter(username__in=[a.username for a in own.values()]).values_list("username", "pk"))
        found: dict[str, list[tuple[str, int | None]]] = {}
        for code in self.ids:
            names = [personal_name(self.chance, FAMILY.pick(self.chance), "male", 1980) for _ in range(3)]
            found[code] = [(f"BS. {name}", None) for name in names]
            if code in own:
                found[code] = [(f"BS. {own[code].full_name}", keys[own[code].username])]
        return found

    def _visits(self) -> Iterator[tuple[Statement, Visit]]:
        for history, statements in zip(self.city.histories, self.city.statements, strict=True):
            by_facility = {statement.facility: statement for statement in statements}
            for visit in history.visits:
                yield by_facility[visit.facility], visit

    def _patients(self) -> Iterator[tuple[object, ...]]:
        for person, statements in zip(self.city.people, self.city.statements, strict=True):
            first = min(statement.at for statement in statements)
            yield (person.id, *_stated(person), 1, first, max(statement.at for statement in statements))

    def _all_statements(self) -> Iterator[Statement]:
        for statements in self.city.statements:
            yield from statements

    def _records(self) -> Iterator[tuple[object, ...]]:
        for statement in self._all_statements():
            stated = _stated(statement.person)
            digest = hashlib.sha256(
                orjson.dumps([*map(str, stated), statement.person.cccd, statement.person.bhyt])
            ).hexdigest()
            yield (
                statement.id, *stated, self.ids[statement.facility], "demo", "ehr", "", digest, {"demo": self.seed},
                statement.at,
            )  # fmt: skip

    def _links(self) -> Iterator[tuple[object, ...]]:
        for statement in self._all_statements():
            yield (statement.id, statement.person.id)

    def _link_events(self) -> Iterator[tuple[object, ...]]:
        for statement in self._all_statements():
            yield (
                self._id(),
                statement.id,
                statement.person.id,
                "linked",
                "demo",
                "dữ liệu trình diễn",
                "",
                statement.at,
            )

    def _identifiers(self) -> Iterator[tuple[object, ...]]:
        for statement in self._all_statements():
            person = statement.person
            if person.cccd:
                yield (self._id(), statement.id, person.id, "cccd", person.cccd, person.cccd, "", "active")
            if person.bhyt:
                key = parse_bhyt(person.bhyt).social_number
                yield (self._id(), statement.id, person.id, "bhyt", person.bhyt, key, "", "active")

    def _grants(self) -> Iterator[tuple[object, ...]]:
        """The reason of each statement, counted from the last visit: whom a clinic saw long ago is closed to it again."""
        last: dict[str, datetime] = {}
        for seen in self.encounters:
            last[seen.statement.id] = max(seen.visit.ended, last.get(seen.statement.id, seen.visit.ended))
        for statement in self._all_statements():
            at = max(statement.at, last.get(statement.id, statement.at))
            yield (self._id(), statement.id, self.ids[statement.facility], statement.basis, at)

    def _provenance(self, statement: Statement, doctor: int | None, at: datetime) -> tuple[object, ...]:
        facility = self.ids[statement.facility]
        return (self._id(), statement.id, statement.person.id, facility, doctor, at, "ehr", "", "")

    def _encounters(self) -> Iterator[tuple[object, ...]]:
        for seen in self.encounters:
            visit = seen.visit
            yield (
                seen.key, *self._provenance(seen.statement, seen.doctor_id, visit.ended)[1:], "finished", visit.care_type,
                self.departments.get(visit.facility), "", visit.started, visit.ended, visit.reason, visit.conclusion,
                seen.doctor, visit.outcome, "1",
            )  # fmt: skip

    def _conditions(self) -> Iterator[tuple[object, ...]]:
        for seen in self.encounters:
            for found in seen.visit.diagnoses:
                yield (
                    *self._provenance(seen.statement, seen.doctor_id, seen.visit.ended), seen.key, found.role, found.code,
                    found.code, found.display, "active" if found.chronic else "resolved", found.chronic,
                )  # fmt: skip

    def _reports(self) -> Iterator[tuple[object, ...]]:
        """One sheet of blood chemistry a visit that has any; its numbers are observations."""
        for seen in self.encounters:
            if seen.key in self.reports:
                at = seen.visit.started + timedelta(minutes=50)
                row = self._provenance(seen.statement, None, at)
                yield (
                    self.reports[seen.key], *row[1:], seen.key, "LAB", "final", "", "Sinh hoá máu", "", "", at, "",
                )  # fmt: skip

    def _observations(self) -> Iterator[tuple[object, ...]]:
        for seen in self.encounters:
            at = seen.visit.started + timedelta(minutes=6)
            for reading, value in seen.visit.readings.items():
                code, display, unit, reference = _coded(reading)
                report = self.reports[seen.key] if reference else None
                yield (
                    *self._provenance(seen.statement, None, at), seen.key, report, code, display, value, "", unit,
                    reference, interpret(value, reference), at,
                )  # fmt: skip

    def _allergies(self) -> Iterator[tuple[object, ...]]:
        for history, statements in zip(self.city.histories, self.city.statements, strict=True):
            first = statements[0]
            for substance, reaction, severe in history.allergies:
                yield (*self._provenance(first, None, first.at), substance, reaction, severe, False, kind_of(substance))
            if history.none_known:
                yield (*self._provenance(first, None, first.at), "", "", False, True, "")

    def _pasts(self) -> Iterator[tuple[type[Model], tuple[str, ...], Any]]:
        """What people told of themselves, under the first statement of each, written down that day."""
        firsts = zip(self.city.people, (statements[0] for statements in self.city.statements), strict=True)
        chance = Random(f"pasts-{self.seed}")
        today = timezone.localdate(self.at)
        return Pasts(chance, today, lambda one, at: self._provenance(one, None, at), self._id).tables(firsts)


def _stated(person: Person) -> tuple[object, ...]:
    keys = name_keys(person.name)
    return (
        person.name, keys.name_key, keys.given_key, keys.family_key, keys.sort_key, person.birth, person.birth_precision,
        person.sex, person.phone, person.address, person.ward.code, person.ward.name,
    )  # fmt: skip


def _coded(reading: str) -> tuple[str, str, str, str]:
    """Code, Vietnamese name, unit and printed range of a reading."""
    vital = VITALS.get(reading)
    return (vital.code, str(vital.display), str(vital.unit), "") if vital else LABORATORY[reading]
