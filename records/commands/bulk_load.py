"""Many statements at once: persons, visits and diagnoses of another system, linked by the same rule as one at a time.

Decisions are made in Python by records.rules.matching; rows are written with COPY, those of a visit's clinical tables by
records.commands.bulk_clinical. A visit sent again with another content corrects the one on file when both are of one
person: the visit is changed in place (its history is the database's), its rows are superseded.

Everything happens inside the caller's transaction, under the same advisory locks as a registration, so that nobody is
created twice. A row that is already there is seen and skipped; a race that the locks cannot see ends in IntegrityError, and
the caller's next attempt sees the row.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from django.conf import settings
from django.db import IntegrityError, connection

from records.commands.bulk_clinical import ClinicalLoad, Owner, Plan
from records.commands.bulk_rows import BulkRow, BulkVisit, Outcome
from records.commands.candidates import queue_people
from records.commands.copying import copy_rows, new_ids
from records.commands.holding import hold_to_link
from records.commands.linking import content_hash, demographics, facility_of, identity_locks, reproject
from records.models import MatchCandidate
from records.queries.bulk import (
    Known,
    KnownVisit,
    find_departments,
    find_known,
    find_people_like,
    find_people_loosely_like,
    find_visits,
    links_moved,
)
from records.queries.linkage_model import get_scale
from records.rules.bulk import Choice, Finder, Target
from records.rules.person import StatedPerson
from registry.kernel import Context, emit


@dataclass
class _Load:
    """One call: what is known, what was decided, what will be written."""

    ctx: Context
    system: str
    batch_id: uuid.UUID
    recorded_by: int | None
    known: dict[tuple[str, str], Known]
    visits: dict[str, KnownVisit]
    finder: Finder
    departments: dict[str, int]
    ids: Iterator[uuid.UUID]
    clinical: ClinicalLoad
    restoring: bool = False
    amended: list[tuple[KnownVisit, BulkVisit]] = field(default_factory=list)
    rows: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)
    grants: set[tuple[uuid.UUID, str]] = field(default_factory=set)
    stale: set[uuid.UUID] = field(default_factory=set)
    alike: set[tuple[uuid.UUID, uuid.UUID]] = field(default_factory=set)

    def add(self, table: str, *values: Any) -> None:
        self.rows.setdefault(table, []).append(values)


def load_rows(
    ctx: Context,
    rows: Sequence[BulkRow],
    *,
    system: str,
    batch_id: uuid.UUID,
    recorded_by: int | None,
    restoring: bool = False,
) -> list[Outcome]:
    """Write what is not there yet; one outcome a row, in order. ctx.facility is whose rows these are.

    restoring: these rows were this batch's already and count again, as after a row was mended or a later batch was taken
    back: they may correct what the same batch wrote.
    """
    facility = facility_of(ctx)
    hashed = [(row, content_hash(row.person)) for row in rows]
    known, visits = _already(facility, system, hashed)

    def clinical_load() -> ClinicalLoad:
        encounters = [visit.encounter_id for visit in visits.values()]
        return ClinicalLoad(ctx, rows, system=system, batch_id=batch_id, recorded_by=recorded_by, encounters=encounters)

    clinical = clinical_load()
    fresh = [pair for pair in hashed if not _is_there(*pair, known, visits, clinical)]
    if fresh:
        lock_people([row.person for row, _ in fresh])
        known, visits = _already(facility, system, hashed)  # again, now that nobody else can write them
        clinical = clinical_load()
    unknown = [row for row, digest in fresh if (source_key(row, digest), digest) not in known]
    load = _Load(
        ctx, system, batch_id, recorded_by, known, visits,
        finder=_finder([row.person for row in unknown]),
        departments=find_departments(facility),
        ids=iter(new_ids(_ids_needed(rows))),
        clinical=clinical, restoring=restoring,
    )  # fmt: skip
    outcomes = [_decide(load, row, digest) for row, digest in hashed]
    _write(load, facility)
    queue_people(ctx, load.alike, MatchCandidate.FoundBy.IMPORT)
    return outcomes


def _finder(people: Sequence[StatedPerson]) -> Finder:
    """Who of those on file these may be: tight keys for everybody, loose ones for whom the tight ones settled nothing."""
    finder = Finder(find_people_like(people), get_scale())
    finder.add(find_people_loosely_like([one for one in people if finder.find(one).target is None]))
    return finder


def lock_people(people: Iterable[StatedPerson]) -> None:
    """Take every person's identity locks at once, in ascending order, until the transaction ends."""
    numbers = sorted({number for person in people for number in identity_locks(person)})
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(pg_advisory_xact_lock(k)) FROM unnest(%s::bigint[]) AS k", [numbers])


def source_key(row: BulkRow, digest: str) -> str:
    """The row's key in its own system; without one, what it says: the same words twice are one statement."""
    return row.key or f"~{digest[:32]}"


def _already(
    facility: int, system: str, hashed: Sequence[tuple[BulkRow, str]]
) -> tuple[dict[tuple[str, str], Known], dict[str, KnownVisit]]:
    known = find_known(facility, system, [source_key(row, digest) for row, digest in hashed])
    return known, find_visits(facility, system, [row.visit.key for row, _ in hashed if row.visit])


def _is_there(
    row: BulkRow,
    digest: str,
    known: Mapping[tuple[str, str], Known],
    visits: Mapping[str, KnownVisit],
    clinical: ClinicalLoad,
) -> bool:
    """Whether nothing at all of the row would be written."""
    record = known.get((source_key(row, digest), digest))
    if row.visit:
        found = visits.get(row.visit.key) if record else None
        return found is not None and row.visit.same_as(found) and not _plan(clinical, row, found).changes
    return record is not None and not clinical.plan(_owner(row, record), row.facts, row.whole).changes


def _owner(row: BulkRow, record: Known, encounter_id: uuid.UUID | None = None) -> Owner:
    return Owner(record.record_id, record.patient_id, row.stated_at, row.prefix, encounter_id)


def _plan(clinical: ClinicalLoad, row: BulkRow, visit: KnownVisit) -> Plan:
    """What the row's facts would change of a visit on file, under the statement that the visit was written under."""
    owner = _owner(row, Known(visit.record_id, visit.patient_id), visit.encounter_id)
    return clinical.plan(owner, row.facts, row.whole)


def _ids_needed(rows: Sequence[BulkRow]) -> int:
    """Patient, record, link event, details, visit, numbers: at most."""
    return sum(5 + len(row.person.identifiers) for row in rows)


def _decide(load: _Load, row: BulkRow, digest: str) -> Outcome:
    if row.visit and row.visit.key in load.visits:
        return _again(load, row, row.visit, digest, load.visits[row.visit.key])
    record, person, doubtful = _state(load, row, digest)
    encounter = _add_visit(load, row, row.visit, record, digest) if row.visit else None
    plan = load.clinical.plan(_owner(row, record, encounter), row.facts, row.whole)
    load.clinical.apply(plan)
    if plan.visits:
        load.grants.add((record.record_id, "encounter"))
    became = person if row.visit is None or person == "loaded" else "linked"
    if row.visit is None and person == "skipped" and plan.changes:
        became = "linked"
    return Outcome(row.number, became, person, doubtful, rows=plan.became)


def _again(load: _Load, row: BulkRow, visit: BulkVisit, digest: str, known: KnownVisit) -> Outcome:
    """A visit that is on file: left alone when it says the same of the same person, corrected by a later file, else left to
    people.
    """
    plan = _plan(load.clinical, row, known)
    stated = load.known.get((source_key(row, digest), digest))
    if stated and stated.patient_id == known.patient_id and visit.same_as(known) and not plan.changes:
        return Outcome(row.number, "skipped", "skipped", rows=plan.became)
    own = None if load.restoring else load.batch_id
    if known.batch_id in (None, own) or not _same_person(load, row, digest, known):
        return Outcome(row.number, "changed", "skipped")
    _, person, doubtful = _state(load, row, digest)
    load.known[known.key, known.digest] = Known(known.record_id, known.patient_id)
    load.clinical.apply(plan)
    if not visit.same_as(known):
        load.amended.append((known, visit))
    load.visits[visit.key] = replace(known, facts=visit.facts, batch_id=None)
    return Outcome(row.number, "linked", person, doubtful, corrected=True, rows=plan.became)


def _same_person(load: _Load, row: BulkRow, digest: str, known: KnownVisit) -> bool:
    """Whether a correction speaks of the person the visit was written under: the same statement, or the same number in
    that system of somebody whom the linking finds to be that person.
    """
    if (source_key(row, digest), digest) == (known.key, known.digest):
        return True
    if not row.key or row.key != known.key:
        return False
    found = load.known.get((row.key, digest))
    if found is None:
        target = load.finder.find(row.person).target
        return target is not None and target.patient_id == known.patient_id
    return found.patient_id == known.patient_id


def _state(load: _Load, row: BulkRow, digest: str) -> tuple[Known, str, bool]:
    """The statement's record and person, made when they are not there yet."""
    key = (source_key(row, digest), digest)
    found = load.known.get(key)
    if found:
        return found, "skipped", False
    choice = load.finder.find(row.person)
    target = choice.target or _add_patient(load, row.person)
    record = Known(next(load.ids), target.patient_id)
    load.known[key] = record
    load.alike.update((record.patient_id, other) for other in choice.alike)
    load.finder.remember(target, row.person)
    _add_record(load, row, key, record, choice)
    if choice.target is None:
        return record, "loaded", choice.doubtful
    if not target.says_the_same(row.person):
        load.stale.add(target.patient_id)
    return record, "linked", choice.doubtful


def _add_patient(load: _Load, person: StatedPerson) -> Target:
    identity = next(load.ids)
    load.add("records_patient", identity, *demographics(person).values(), None, 1, load.ctx.at, load.ctx.at)
    return Target.of_person(identity, person)


def _add_record(load: _Load, row: BulkRow, key: tuple[str, str], record: Known, choice: Choice) -> None:
    ctx, person = load.ctx, row.person
    raw = orjson.dumps(dict(row.raw)).decode()
    load.add(
        "records_sourcerecord", record.record_id, *demographics(person).values(), facility_of(ctx), "import",
        load.system, *key, raw, load.batch_id, load.recorded_by, row.stated_at,
    )  # fmt: skip
    load.add("records_recordlink", record.record_id, record.patient_id, None)
    by = f"{ctx.actor.kind}:{ctx.actor.label}"[:80]
    reason = choice.reason or "người mới, từ dữ liệu cũ"
    load.add(
        "records_linkevent", next(load.ids), record.record_id, record.patient_id, None, "linked", by, reason[:300],
        choice.weight, choice.model, ctx.at,
    )  # fmt: skip
    for number in person.identifiers:
        load.add(
            "records_patientidentifier", next(load.ids), record.record_id, record.patient_id, number.kind,
            number.value, number.value_key, number.issuer, number.valid_from, number.valid_to, "active",
        )  # fmt: skip
    if person.details:
        said = asdict(person.details).values()
        load.add("records_statementdetails", next(load.ids), record.record_id, *said)
    if row.visit is None:
        load.grants.add((record.record_id, "registration"))


def _provenance(load: _Load, record: Known, stated_at: datetime, source: str) -> tuple[Any, ...]:
    return (
        record.record_id, record.patient_id, facility_of(load.ctx), load.recorded_by, stated_at, load.system, source,
        load.batch_id, None, "",
    )  # fmt: skip


def _add_visit(load: _Load, row: BulkRow, visit: BulkVisit, record: Known, digest: str) -> uuid.UUID:
    identity = next(load.ids)
    load.add(
        "records_encounter", identity, *_provenance(load, record, row.stated_at, visit.key),
        "finished" if visit.ended_at else "in-progress", visit.care_type,
        load.departments.get(visit.department_code), visit.department_code, visit.started_at, visit.ended_at,
        visit.reason, visit.conclusion, visit.practitioner_name, visit.outcome_code, visit.discharge_code,
    )  # fmt: skip
    load.grants.add((record.record_id, "encounter"))
    load.visits[visit.key] = KnownVisit(
        identity, visit.facts, record.record_id, record.patient_id, source_key(row, digest), digest
    )
    return identity


_AMEND = """
UPDATE records_encounter e
SET status = n.status, care_type = n.care_type, department_id = n.department, department_code = n.department_code,
    started_at = n.started_at, ended_at = n.ended_at, reason = n.reason, conclusion = n.conclusion,
    practitioner_name = n.practitioner, outcome_code = n.outcome, discharge_code = n.discharge
FROM unnest(%s::uuid[], %s::text[], %s::bigint[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[],
            %s::text[], %s::text[], %s::text[], %s::text[], %s::text[])
  AS n(id, care_type, department, status, started_at, ended_at, reason, conclusion, department_code, practitioner,
       outcome, discharge)
WHERE e.id = n.id
"""


def _amend(load: _Load) -> None:
    """Visits as their newer statement has them. What they said before stays in the table's history."""
    if not load.amended:
        return
    rows = [
        (
            str(known.encounter_id), visit.care_type, load.departments.get(visit.department_code),
            "finished" if visit.ended_at else "in-progress", *visit.facts[1:],
        )
        for known, visit in load.amended
    ]  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_AMEND, [list(column) for column in zip(*rows, strict=True)])


def _hold_the_known(load: _Load) -> None:
    """Keep merges away from the people whom this load links to or writes about. One that was faster, after they were
    looked up, ends in IntegrityError: the next attempt looks them up anew.
    """
    held = {record.record_id: record.patient_id for record in load.known.values()}
    merged_away = hold_to_link(set(held.values()))
    if merged_away or links_moved(held):
        raise IntegrityError("people were merged or unmerged while their rows were prepared")


def _write(load: _Load, facility: int) -> None:
    _hold_the_known(load)
    for table, rows in load.rows.items():
        copy_rows(table, rows)
    _amend(load)
    load.clinical.write()
    _grant(load, facility)
    for patient_id in sorted(load.stale):
        reproject(load.ctx, patient_id)
    _tell(load)


def _grant(load: _Load, facility: int) -> None:
    records, bases = [str(one) for one, _ in load.grants], [basis for _, basis in load.grants]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_accessgrant (source_record_id, facility_id, basis, granted_at)"
            " SELECT r, %s, b, %s FROM unnest(%s::uuid[], %s::text[]) AS given(r, b) ON CONFLICT DO NOTHING",
            [facility, load.ctx.at, records, bases],
        )


# Table -> topic, and where a written row holds what the news names.
_NEWS = {
    "records_patient": ("patient.registered", {"patient_id": 0}),
    "records_encounter": ("encounter.recorded", {"encounter_id": 0, "patient_id": 2}),
}


def _tell(load: _Load) -> None:
    """News of what was written, for whoever listens; a topic nobody listens to costs nothing."""
    for table, (topic, places) in _NEWS.items():
        if topic in settings.RECORD_LISTENERS:
            for values in load.rows.get(table, ()):
                emit(load.ctx, topic, {name: str(values[at]) for name, at in places.items()})
