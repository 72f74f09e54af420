"""From a record as read to a row the record can take, or the reasons why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from django.utils import timezone

from migration.commands.forms831 import read_form
from migration.readers.records import Raw
from migration.rules.clinical import Clinical, Frame, read_drugs, read_results, read_services
from migration.rules.faults import Fault
from migration.rules.papers import read_papers
from migration.rules.patients import PersonRow, read_person
from migration.rules.profiles import PEOPLE, ROUNDS, Profile
from migration.rules.vaccinations import TABLE as DOSES
from migration.rules.vaccinations import read_doses
from migration.rules.visits import Diagnosis, Visit, read_visit
from records.commands.bulk_rows import BulkRow, BulkVisit
from records.commands.linking import content_hash
from records.rules.bulk_facts import BulkFact, Diagnosed
from screening.rules.reported import Codes, Round, read_round


@dataclass(frozen=True)
class Sender:
    """Whose file it is and when it came: what rules compare a record with. codes: of the screening programmes, for files of
    their rounds.
    """

    facility_code: str
    profile: Profile
    received_at: datetime
    codes: Codes | None = None

    @cached_property
    def today(self) -> date:
        """The day the file came."""
        return timezone.localdate(self.received_at)


@dataclass(frozen=True, slots=True)
class Taken:
    """A record that can be loaded. faults: diagnoses left out, each quarantined by itself; notices: doubts by code.

    bad: rows of other tables left out, (table, row from 0) -> why; each is quarantined by itself too.
    """

    raw: Raw
    row: BulkRow
    notices: tuple[str, ...]
    faults: tuple[Fault, ...] = ()
    bad: Mapping[tuple[str, int], tuple[Fault, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakenRound:
    """A round of screening that can be loaded."""

    raw: Raw
    row: Round


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that waits for a person, with every reason found."""

    raw: Raw
    faults: tuple[Fault, ...]


def interpret(raw: Raw, sender: Sender) -> Taken | TakenRound | Rejected:
    """One record by the rules of its profile."""
    if not raw.fields:
        return Rejected(raw, raw.faults or (Fault("record-empty", "Bản ghi không có nội dung."),))
    if sender.profile.format == ROUNDS and sender.codes is not None:
        return _interpret_round(raw, sender, sender.codes)
    if sender.profile.format == "qd831":
        return _interpret_form(raw, sender)
    person = read_person(
        raw.fields,
        today=sender.today,
        facility_code=sender.facility_code,
        date_order=sender.profile.date_order,
        lenient=sender.profile.lenient,
    )
    visit = _visit(raw, sender)
    if isinstance(person, list) or isinstance(visit, list) or raw.faults:
        return Rejected(raw, (*raw.faults, *_listed(person), *_listed(visit)))
    return _taken(raw, sender, person, visit)


def _interpret_form(raw: Raw, sender: Sender) -> Taken | Rejected:
    read = read_form(raw, today=sender.today, received_at=sender.received_at, storable=_storable(raw.fields))
    if isinstance(read, Fault):
        return Rejected(raw, (read,))
    return Taken(read.raw, read.row, (), bad=read.bad)


def _interpret_round(raw: Raw, sender: Sender, codes: Codes) -> TakenRound | Rejected:
    found = read_round(raw.fields, sender.today, codes)
    if isinstance(found, Round) and not raw.faults:
        return TakenRound(raw, found)
    flaws = [] if isinstance(found, Round) else found
    return Rejected(raw, (*raw.faults, *(Fault(one.code, one.message, one.column) for one in flaws)))


def _listed(found: object) -> list[Fault]:
    return found if isinstance(found, list) else []


def _visit(raw: Raw, sender: Sender) -> Visit | list[Fault] | None:
    of_a_visit = sender.profile.format == "qd3176" or raw.fields.get("MA_LK")
    if sender.profile.format in PEOPLE or not of_a_visit:
        return None
    return read_visit(raw.fields, now=sender.received_at, facility_code=sender.facility_code)


def _taken(raw: Raw, sender: Sender, person: PersonRow, visit: Visit | None) -> Taken:
    stated_at = (visit.ended_at or visit.started_at) if visit else sender.received_at
    clinical = _clinical(raw, sender, visit) if visit else Clinical()
    holder = "" if visit else person.key or content_hash(person.person)[:32]
    read_doses(clinical, raw.rows.get(DOSES, ()), person.person, sender.today, holder)
    told = (
        [BulkFact("condition", at, one.code, _diagnosed(one)) for at, one in enumerate(visit.diagnoses)]
        if visit
        else []
    )
    row = BulkRow(
        number=raw.number,
        key=person.key,
        person=person.person,
        raw=_storable(raw.fields),
        stated_at=min(stated_at, sender.received_at),
        visit=_bulk_visit(visit) if visit else None,
        facts=(*told, *clinical.facts),
        whole=_whole(raw, clinical, visit),
    )
    notices = (*person.notices, *(visit.notices if visit else ()))
    return Taken(raw, row, notices, visit.faults if visit else (), clinical.faults)


def _clinical(raw: Raw, sender: Sender, visit: Visit) -> Clinical:
    """What the record's other tables say of its visit."""
    clinical = Clinical()
    frame = Frame(visit.care_type, visit.started_at, visit.ended_at, sender.received_at)
    services = raw.rows.get("XML3", ())
    read_drugs(clinical, raw.rows.get("XML2", ()), frame)
    read_services(clinical, services, frame)
    read_results(clinical, raw.rows.get("XML4", ()), services, frame)
    read_papers(clinical, raw.rows, frame)
    return clinical


def _diagnosed(one: Diagnosis) -> Diagnosed:
    return Diagnosed(one.role, one.code, one.raw, one.display)


def _whole(raw: Raw, clinical: Clinical, visit: Visit | None) -> frozenset[str]:
    """Tables whose every row was read: what a correction no longer says in them is withdrawn."""
    doubtful = {table for table, _ in clinical.faults}
    conditions = {"condition"} if visit and not visit.faults else set()
    return frozenset((set(raw.rows) - doubtful) | conditions)


def _storable(fields: Mapping[str, str]) -> dict[str, str]:
    """jsonb holds every character but NUL."""
    return {name: text.replace("\x00", "\ufffd") for name, text in fields.items() if text}


def _bulk_visit(visit: Visit) -> BulkVisit:
    return BulkVisit(
        key=visit.key,
        care_type=visit.care_type,
        started_at=visit.started_at,
        ended_at=visit.ended_at,
        reason=visit.reason,
        conclusion=visit.conclusion,
        department_code=visit.department_code,
        practitioner_name=visit.practitioner_name,
        outcome_code=visit.outcome_code,
        discharge_code=visit.discharge_code,
    )
