"""Clinical rows in bulk: what a visit of another system brought with it, each row once, written with COPY.

A newer statement of the same system under the same key takes the place of the older one: the old row is superseded by the
new one and stays readable, as with a correction typed here. What a clinician has replaced since is theirs and is left alone.
Everything happens inside the caller's transaction, which holds the people concerned. No news is sent row by row: whoever
waits for results and procedures (screening) finds those of an import in its own hourly and nightly sweeps.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection, models

from records.commands.bulk_rows import BulkRow
from records.commands.copying import columns_of, copy_rows, new_ids
from records.commands.linking import facility_of
from records.models import (
    ClinicalNote,
    Condition,
    DiagnosticReport,
    Encounter,
    ExaminationFinding,
    Immunization,
    MedicationRequest,
    Observation,
    Procedure,
)
from records.queries.bulk_clinical import Filed, find_displays, find_keys, find_rows
from records.queries.history_rows import MODELS, SECTION_OF
from records.queries.history_rows import columns_of as columns_of_fact
from records.rules import bulk_facts as said
from records.rules.bulk_facts import BulkFact
from records.rules.history_facts import Disease
from registry.kernel import Context

CORRECTED = "bản gửi sau của cùng hệ thống nói khác"
WITHDRAWN = "bản gửi sau của cùng hệ thống không còn dòng này"
# What became of a row of the file.
LOADED, SKIPPED, REPLACED_HERE, UNKNOWN_VACCINE = "loaded", "skipped", "replaced-here", "vaccine-unknown"
_MODEL: Mapping[type, type[models.Model]] = {
    said.Stay: Encounter,
    said.Diagnosed: Condition,
    said.Medicine: MedicationRequest,
    said.Service: Procedure,
    said.Report: DiagnosticReport,
    said.Measure: Observation,
    said.Note: ClinicalNote,
    said.Finding: ExaminationFinding,
    said.Vaccination: Immunization,
}
# Written in this order: what others point at, and superseded rows before those that take their place.
_ORDER = tuple(dict.fromkeys(model._meta.db_table for model in (*_MODEL.values(), *MODELS.values())))
_ENCOUNTER = Encounter._meta.db_table
_CONDITION = Condition._meta.db_table


@dataclass(frozen=True, slots=True)
class Owner:
    """Whom facts belong to. prefix: what their keys begin with; encounter_id: None for facts without a visit."""

    record_id: uuid.UUID
    patient_id: uuid.UUID
    stated_at: datetime
    prefix: str
    encounter_id: uuid.UUID | None = None


@dataclass
class Plan:
    """What taking a statement in would write. became: (table of the file, row) -> LOADED and so on, for every row."""

    became: dict[tuple[str, int], str] = field(default_factory=dict)
    rows: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    superseded: list[tuple[str, uuid.UUID, uuid.UUID, str]] = field(default_factory=list)

    @property
    def visits(self) -> bool:
        """Whether a visit stated beside the person would be written."""
        return any(table == _ENCOUNTER for table, _ in self.rows)

    @property
    def changes(self) -> bool:
        """Whether anything would be written."""
        return bool(self.rows or self.superseded)

    def tell(self, fact: BulkFact, became: str) -> None:
        """A row is loaded when one of its facts is; one that a clinician replaced says so before that it was there."""
        place, rank = (fact.table, fact.row), (SKIPPED, REPLACED_HERE, UNKNOWN_VACCINE, LOADED)
        self.became[place] = max(self.became.get(place, SKIPPED), became, key=rank.index)


class ClinicalLoad:
    """The clinical rows of one chunk. Reads what is on file once, for all rows together."""

    def __init__(
        self,
        ctx: Context,
        rows: Sequence[BulkRow],
        *,
        system: str,
        batch_id: uuid.UUID,
        recorded_by: int | None,
        encounters: Sequence[uuid.UUID],
    ) -> None:
        """encounters: visits that are on file already, whose rows may be there too."""
        self.ctx, self.facility = ctx, facility_of(ctx)
        self.system, self.batch_id, self.recorded_by = system, batch_id, recorded_by
        facts = [fact for row in rows for fact in row.facts]
        self.ids: Iterator[uuid.UUID] = iter(new_ids(len(facts)) if facts else ())
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.superseded: dict[str, list[tuple[uuid.UUID, uuid.UUID, str]]] = {}
        self.filed = self._filed(facts, encounters)
        self.vaccines = find_displays(
            {one.said.vaccine_code for one in facts if isinstance(one.said, said.Vaccination)}
        )
        self.diseases = find_displays({one.said.code for one in facts if isinstance(one.said, Disease)}, "icd-10")
        self.alone = self._alone(rows)

    def _filed(
        self, facts: Sequence[BulkFact], encounters: Sequence[uuid.UUID]
    ) -> dict[uuid.UUID, dict[str, list[Filed]]]:
        found: dict[uuid.UUID, dict[str, list[Filed]]] = {}
        for table in {_table(fact.said) for fact in facts} if encounters else ():
            if "encounter_id" not in columns_of(table):
                continue
            for row in find_rows(
                table, _compared(table), facility=self.facility, system=self.system, encounters=encounters
            ):
                found.setdefault(row.encounter_id, {}).setdefault(table, []).append(row)
        return found

    def _alone(self, rows: Sequence[BulkRow]) -> set[tuple[str, str]]:
        """(table, key) of the facts without a visit that are on file; of visits, from whatever system."""
        keys: dict[str, set[str]] = {}
        for row in rows:
            if row.visit is None:
                for fact in row.facts:
                    keys.setdefault(_table(fact.said), set()).add(source_key(row.prefix, fact.key))
        return {
            (table, key)
            for table, wanted in keys.items()
            for key in find_keys(
                table, facility=self.facility, system=None if table == _ENCOUNTER else self.system, keys=wanted
            )
        }

    def plan(self, owner: Owner, facts: Sequence[BulkFact], whole: frozenset[str]) -> Plan:
        """What these facts would change. whole: tables of the file stated completely: what they leave out is withdrawn."""
        plan = Plan()
        filed = self.filed.get(owner.encounter_id, {}) if owner.encounter_id else {}
        versions = {(table, base): rows for table in filed for base, rows in _by_base(filed[table], owner).items()}
        placed: dict[str, uuid.UUID] = {}  # key -> the row that says it now
        for fact in facts:
            self._place(plan, owner, fact, versions, placed)
        self._withdraw(plan, owner, facts, filed, placed, whole)
        return plan

    def _place(
        self,
        plan: Plan,
        owner: Owner,
        fact: BulkFact,
        versions: Mapping[tuple[str, str], list[Filed]],
        placed: dict[str, uuid.UUID],
    ) -> None:
        table = _table(fact.said)
        if fact.visit and fact.visit not in placed:
            return plan.tell(fact, SKIPPED)  # with its visit, which is on file
        if fact.key in placed:
            return plan.tell(fact, SKIPPED)  # said twice
        columns = self._columns(fact, placed)
        if columns is None:
            return plan.tell(fact, UNKNOWN_VACCINE)
        earlier = versions.get((table, fact.key), [])
        last = earlier[-1] if earlier else None
        same = last is not None and last.values == tuple(columns[name] for name in _compared(table))
        if last and last.replaced_by not in ("", self.system):
            placed[fact.key] = last.id
            return plan.tell(fact, SKIPPED if same else REPLACED_HERE)
        if (table, source_key(owner.prefix, fact.key)) in self.alone:
            return plan.tell(fact, SKIPPED)
        if last and same and not last.replaced_by:
            placed[fact.key] = last.id
            return plan.tell(fact, SKIPPED)
        identity = placed[fact.key] = next(self.ids)
        key = source_key(owner.prefix, fact.key) + (f"~{len(earlier) + 1}" if earlier else "")
        row = self._provenance(owner, key) | columns | {"id": identity}
        plan.rows.append((table, row | ({"encounter_id": placed[fact.visit]} if fact.visit else {})))
        if last and not last.replaced_by:
            plan.superseded.append((table, last.id, identity, CORRECTED))
        return plan.tell(fact, LOADED)

    def _withdraw(
        self,
        plan: Plan,
        owner: Owner,
        facts: Sequence[BulkFact],
        filed: Mapping[str, list[Filed]],
        placed: Mapping[str, uuid.UUID],
        whole: frozenset[str],
    ) -> None:
        """Rows that the newer statement no longer has, superseded by a row of the same table that it has."""
        sibling = {(fact.table, _table(fact.said)): placed[fact.key] for fact in facts if fact.key in placed}
        for table, rows in filed.items():
            for row in rows:
                base = _base(row, owner)
                part = "condition" if table == _CONDITION else base.partition("/")[0]
                if not row.replaced_by and base not in placed and part in whole and (part, table) in sibling:
                    plan.superseded.append((table, row.id, sibling[part, table], WITHDRAWN))

    def apply(self, plan: Plan) -> None:
        """Take a plan up; `write` writes it."""
        for table, row in plan.rows:
            self.rows.setdefault(table, []).append(row)
            self.alone.add((table, row["source_key"]))
        for table, old, new, reason in plan.superseded:
            self.superseded.setdefault(table, []).append((old, new, reason))

    def write(self) -> None:
        """Write everything taken up. IntegrityError when a key is there already: the next attempt sees it."""
        for table in _ORDER:
            self._supersede(table)
        for table in _ORDER:
            if table in self.rows:
                names = columns_of(table)
                blank = _defaults(table)
                copy_rows(table, ([(blank | row)[name] for name in names] for row in self.rows[table]))

    def _supersede(self, table: str) -> None:
        """The new rows' ids are checked at commit: they are written after, or two would stand at once."""
        pairs = self.superseded.get(table)
        if not pairs:
            return
        with connection.cursor() as cursor:
            cursor.execute(
                f"UPDATE {table} t SET superseded_by_id = s.new, superseded_reason = s.reason"  # noqa: S608
                " FROM unnest(%s::uuid[], %s::uuid[], %s::text[]) AS s(old, new, reason)"
                " WHERE t.id = s.old AND t.superseded_by_id IS NULL",
                [[str(one[0]) for one in pairs], [str(one[1]) for one in pairs], [one[2] for one in pairs]],
            )

    def _columns(self, fact: BulkFact, placed: Mapping[str, uuid.UUID]) -> dict[str, Any] | None:
        """The columns a fact fills; None for a vaccine that our list does not have."""
        one = fact.said
        if isinstance(one, said.Measure):
            columns = _plain(one)
            columns["report_id"] = placed.get(columns.pop("within"))
            return columns
        if isinstance(one, said.Vaccination):
            display = self.vaccines.get(one.vaccine_code)
            return None if display is None else _plain(one) | {"vaccine_display": display}
        if (
            isinstance(one, Disease) and one.code and one.code not in self.diseases
        ):  # as written, where no list knows it
            one = replace(one, code="", note=", ".join(filter(None, (one.code, one.note)))[:500])
        return _plain(one) if type(one) in _MODEL else columns_of_fact(one)  # type: ignore[arg-type]

    def _provenance(self, owner: Owner, key: str) -> dict[str, Any]:
        told = {
            "source_record_id": owner.record_id,
            "patient_id": owner.patient_id,
            "facility_id": self.facility,
            "recorded_by_id": self.recorded_by,
            "recorded_at": owner.stated_at,
            "system": self.system,
            "source_key": key,
            "batch_id": self.batch_id,
        }
        return told | ({"encounter_id": owner.encounter_id} if owner.encounter_id else {})


def source_key(prefix: str, key: str) -> str:
    """A fact's key in its system."""
    return f"{prefix}/{key}" if prefix else key


def _base(row: Filed, owner: Owner) -> str:
    return row.source_key.removeprefix(source_key(owner.prefix, "")).partition("~")[0]


def _by_base(rows: Sequence[Filed], owner: Owner) -> dict[str, list[Filed]]:
    """The versions of each key, oldest first."""
    found: dict[str, list[Filed]] = {}
    for row in rows:
        found.setdefault(_base(row, owner), []).append(row)
    return found


def _table(one: said.Said) -> str:
    model = _MODEL.get(type(one)) or MODELS[SECTION_OF[type(one)]]
    return str(model._meta.db_table)


def _plain(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _names(one.__class__)}


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))


@cache
def _compared(table: str) -> tuple[str, ...]:
    """The columns that a statement fills: two rows are the same when these are."""
    kind = next((kind for kind, model in _MODEL.items() if model._meta.db_table == table), None)
    names = _names(kind) if kind else ()
    return tuple("report_id" if name == "within" else name for name in names)


@cache
def _defaults(table: str) -> dict[str, Any]:
    """What a column holds when a file says nothing of it."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    return {str(one.column): one.get_default() for one in model._meta.concrete_fields}
