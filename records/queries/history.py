"""The history of an opened record: the second part of QĐ 831's form with who said each line, and what it replaced."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from json import loads
from typing import Any, Generic, TypeVar

from django.db import connection
from django.db.models import Model
from django.utils import timezone

from records.models import AskedAndNone
from records.queries.access import RecordAccess
from records.queries.history_rows import MODELS, RESTRICTED, fact_of
from records.queries.restricted import reader_parameters, visible
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
)

MOST = 600  # rows of all sections and versions together; nobody has as many
NONE = "none"
F_co = TypeVar("F_co", bound=Fact, covariant=True)

_COLUMNS = (
    "t.id, to_jsonb(t)::text AS said, t.recorded_at, t.superseded_by_id, t.superseded_reason, t.mistaken,"
    " t.facility_id, t.recorded_by_id, t.system, t.source_key"
)


def _select(section: str, table: str) -> str:
    """One branch, of what the reader may see; of the conditions only those noted as history, not a visit's diagnoses."""
    only = f" AND {visible('t', table)}" if section in RESTRICTED else ""
    if section == "diseases":
        only += " AND t.role = 'history' AND t.encounter_id IS NULL"
    return f"(SELECT '{section}' AS section, {_COLUMNS} FROM {table} t WHERE t.patient_id = %(patient)s{only})"  # noqa: S608


_MODELS: Mapping[str, type[Model]] = {**MODELS, NONE: AskedAndNone}
_ROWS = " UNION ALL ".join(_select(section, model._meta.db_table) for section, model in _MODELS.items())
_FRAME = """
SELECT r.section, r.id, r.said, r.recorded_at, r.superseded_by_id, r.superseded_reason, r.mistaken, f.short_name,
       coalesce(s.full_name, ''), f.id, r.system, r.source_key
FROM ({rows}) r JOIN registry_facility f ON f.id = r.facility_id LEFT JOIN registry_staff s ON s.id = r.recorded_by_id
ORDER BY r.recorded_at DESC, r.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Said:
    """Who said something where, when, and in which system; here: at the reader's own facility."""

    at: datetime
    who: str
    facility: str
    here: bool
    system: str = "ehr"
    source_key: str = ""


@dataclass(frozen=True, slots=True)
class Noted(Generic[F_co]):
    """One line of the history as it stands. earlier: what it replaced, newest first; reason: why this version was
    replaced, empty for the current one; mistaken: it only says that the earlier line was noted by mistake.
    """

    id: uuid.UUID
    fact: F_co
    said: Said
    mistaken: bool = False
    reason: str = ""
    earlier: tuple[Noted[F_co], ...] = ()


@dataclass(frozen=True, slots=True)
class History:
    """Every section of the form's second part, and the relatives of its first; newest lines first.

    none: section -> who asked and was told that there is none ("allergies" and the keys of records.rules.history.ASKED),
    only while the section has no line. withdrawn: lines noted by mistake, by section.
    """

    about: About
    birth: tuple[Noted[Birth], ...] = ()
    risks: tuple[Noted[Risk], ...] = ()
    allergies: tuple[Noted[Allergy], ...] = ()
    diseases: tuple[Noted[Disease], ...] = ()
    disabilities: tuple[Noted[DisabilityFact], ...] = ()
    surgeries: tuple[Noted[Surgery], ...] = ()
    family: tuple[Noted[FamilyIllness], ...] = ()
    reproductive: tuple[Noted[Reproductive], ...] = ()
    issues: tuple[Noted[Issue], ...] = ()
    relatives: tuple[Noted[Relative], ...] = ()
    none: Mapping[str, Said] = field(default_factory=dict)
    withdrawn: Mapping[str, tuple[Noted[Fact], ...]] = field(default_factory=dict)

    def section(self, key: str) -> tuple[Noted[Fact], ...]:
        """The lines of a section by its key."""
        return tuple(getattr(self, key))

    def line(self, key: str, identity: uuid.UUID) -> Noted[Fact] | None:
        """The current line with this number, or None."""
        return next((one for one in self.section(key) if one.id == identity), None)


@dataclass(slots=True)
class _Row:
    section: str
    id: uuid.UUID
    columns: Mapping[str, Any]
    superseded_by: uuid.UUID | None
    reason: str
    mistaken: bool
    said: Said


def get_relatives(access: RecordAccess) -> tuple[Noted[Relative], ...]:
    """Only the relatives and guardians, for the administrative form: the desk reads no clinical row."""
    branch = _FRAME.format(rows=_select("relatives", MODELS["relatives"]._meta.db_table))
    return _history(access, _rows(access, branch)).relatives


def get_history(access: RecordAccess) -> History:
    """The history of an opened record: one statement, whatever there is."""
    return _history(access, _rows(access, _FRAME.format(rows=_ROWS)))


def _history(access: RecordAccess, rows: list[_Row]) -> History:
    nones = [row for row in rows if row.superseded_by is None and not row.mistaken and _is_none(row)]
    lines = [row for row in rows if row.section != NONE and not row.columns.get("none_known")]
    replaced: dict[uuid.UUID, list[_Row]] = {}
    for row in lines:
        if row.superseded_by is not None:
            replaced.setdefault(row.superseded_by, []).append(row)
    current = [_noted(row, replaced) for row in lines if row.superseded_by is None]
    sections = [row.section for row in lines if row.superseded_by is None]
    shown: dict[str, list[Noted[Fact]]] = {}
    withdrawn: dict[str, list[Noted[Fact]]] = {}
    for section, noted in zip(sections, current, strict=True):
        (withdrawn if noted.mistaken else shown).setdefault(section, []).append(noted)
    return History(
        about=about(access),
        none=_answers(nones, shown),
        withdrawn={section: tuple(found) for section, found in withdrawn.items()},
        **{section: tuple(found) for section, found in shown.items()},  # type: ignore[arg-type]  # by MODELS' keys
    )


def about(access: RecordAccess) -> About:
    """Whom the history is about."""
    person = access.person
    return About(timezone.localdate(access.ctx.at), person.birth, person.sex)


def _rows(access: RecordAccess, statement: str) -> list[_Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"patient": access.patient_id, "limit": MOST, **reader_parameters(access)})
        found = cursor.fetchall()
    return [_row(row, access) for row in found]


def _row(row: tuple[Any, ...], access: RecordAccess) -> _Row:
    section, identity, columns, at, superseded_by, reason, mistaken, facility, who, facility_id, system, key = row
    said = Said(at, who, facility, facility_id == access.facility_id, system, key)
    told = loads(columns, parse_float=Decimal)
    return _Row(section, identity, told, superseded_by, reason, mistaken, said)


def _noted(row: _Row, replaced: Mapping[uuid.UUID, list[_Row]]) -> Noted[Fact]:
    fact = fact_of(row.section, row.columns.get)
    earlier = tuple(_versions(row.id, replaced))
    return Noted(row.id, fact, row.said, row.mistaken, row.reason, earlier)


def _versions(identity: uuid.UUID, replaced: Mapping[uuid.UUID, list[_Row]]) -> Iterable[Noted[Fact]]:
    """What a line replaced, one after the other."""
    for row in replaced.get(identity, ()):
        yield Noted(row.id, fact_of(row.section, row.columns.get), row.said, row.mistaken, row.reason)
        yield from _versions(row.id, replaced)


def _is_none(row: _Row) -> bool:
    return row.section == NONE or bool(row.columns.get("none_known"))


def _answers(nones: Iterable[_Row], shown: Mapping[str, object]) -> dict[str, Said]:
    """The newest answer of each section that has no line."""
    answers: dict[str, Said] = {}
    for row in nones:
        section = row.columns["section"] if row.section == NONE else "allergies"
        if section not in shown:
            answers.setdefault(section, row.said)
    return answers
