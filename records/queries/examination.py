"""One encounter as the doctor examined it: vitals, sight, systems, results, diagnoses, advice, with earlier versions.

Five statements whatever was written.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from records.models import ClinicalNote, Encounter
from records.queries.access import RecordAccess
from records.queries.restricted import reader_parameters, visible, with_encounter_visible
from records.rules.examination import SIGHT, BodySystem, systems_asked
from records.rules.vitals import BY_CODE, Vital, flag_of
from registry.kernel import NotFound
from registry.rules.dates import Age, age_on

MOST = 400
MOST_REPORTS = 100
PAPERS = frozenset(ClinicalNote.Kind.values) - {"course", "advice", "addendum"}

_ENCOUNTER = f"""
SELECT e.id, e.status, e.care_type, e.started_at, e.ended_at, e.reason, e.conclusion,
       coalesce(nullif(e.practitioner_name, ''), CASE e.system WHEN 'ehr' THEN s.full_name END, ''),
       f.id, f.short_name, e.system, e.source_key,
       coalesce(d.name, e.department_code),
       (SELECT coalesce(json_agg(json_build_array(c.code, c.display, c.role) ORDER BY c.role = 'main' DESC, c.code), '[]')
          FROM records_condition c
          WHERE c.encounter_id = e.id AND c.superseded_by_id IS NULL AND {visible("c", "records_condition")})
  FROM records_encounter e JOIN registry_facility f ON f.id = e.facility_id
  LEFT JOIN registry_staff s ON s.id = e.recorded_by_id LEFT JOIN registry_department d ON d.id = e.department_id
 WHERE e.id = %(encounter)s AND e.patient_id = %(patient)s AND e.superseded_by_id IS NULL
   AND {visible("e", "records_encounter")}
"""  # noqa: S608 - constants
_LINES = """
SELECT 'finding', x.body_system, x.text, x.id, x.recorded_at, coalesce(s.full_name, ''), x.superseded_by_id,
       x.superseded_reason
  FROM records_examinationfinding x LEFT JOIN registry_staff s ON s.id = x.recorded_by_id
 WHERE x.encounter_id = %(encounter)s
UNION ALL
SELECT 'note', n.kind, n.text, n.id, n.recorded_at, coalesce(s.full_name, ''), n.superseded_by_id, n.superseded_reason
  FROM records_clinicalnote n LEFT JOIN registry_staff s ON s.id = n.recorded_by_id
 WHERE n.encounter_id = %(encounter)s
ORDER BY 5 DESC, 4 DESC LIMIT %(limit)s
"""
_OBSERVATIONS = f"""
SELECT o.id, o.report_id, o.code, o.display, trim_scale(o.value), o.value_text, o.unit, o.reference, o.interpretation,
       o.observed_at,
       coalesce(s.full_name, ''), o.recorded_at, o.superseded_by_id, o.superseded_reason, o.mistaken
  FROM records_observation o LEFT JOIN registry_staff s ON s.id = o.recorded_by_id
 WHERE o.encounter_id = %(encounter)s AND {visible("o", "records_observation")}
 ORDER BY o.observed_at, o.id LIMIT %(limit)s
"""  # noqa: S608 - constants
_DRUGS = f"""
SELECT concat_ws(' ', t.name, nullif(t.strength, '')), t.dose, trim_scale(t.quantity), t.unit, t.prescriber_name
  FROM records_medicationrequest t WHERE t.encounter_id = %(encounter)s AND t.superseded_by_id IS NULL
   AND t.status <> 'entered-in-error' AND {with_encounter_visible("t")}
 ORDER BY t.id LIMIT %(limit)s
"""  # noqa: S608 - constants
_DONE = f"""
SELECT t.code, t.display, t.result, t.performed_at FROM records_procedure t
 WHERE t.encounter_id = %(encounter)s AND t.superseded_by_id IS NULL AND {visible("t", "records_procedure")}
 ORDER BY t.performed_at, t.id LIMIT %(limit)s
"""  # noqa: S608 - constants
_REPORTS = f"""
SELECT r.id, r.category, r.code, r.display, r.result, r.conclusion, r.performed_at, r.performer_name, r.recorded_at,
       r.superseded_by_id, r.superseded_reason
  FROM records_diagnosticreport r WHERE r.encounter_id = %(encounter)s AND r.superseded_by_id IS NULL AND r.status = 'final'
   AND {visible("r", "records_diagnosticreport")}
 ORDER BY r.performed_at DESC, r.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
# The latest reports of the whole record with their numbers, for lists outside an encounter.
_LATEST = f"""
SELECT r.id, r.category, r.code, r.display, r.result, r.conclusion, r.performed_at, r.performer_name, r.recorded_at,
       r.superseded_by_id, r.superseded_reason, f.short_name, r.encounter_id,
       (SELECT coalesce(json_agg(json_build_array(o.code, o.display, trim_scale(o.value)::text, o.value_text, o.unit,
                                                  o.reference, o.interpretation) ORDER BY o.id), '[]')
          FROM records_observation o WHERE o.report_id = r.id AND o.superseded_by_id IS NULL AND NOT o.mistaken
           AND {visible("o", "records_observation")})
  FROM records_diagnosticreport r JOIN registry_facility f ON f.id = r.facility_id
 WHERE r.patient_id = %(patient)s AND r.superseded_by_id IS NULL AND r.status = 'final'
   AND {visible("r", "records_diagnosticreport")}
 ORDER BY r.performed_at DESC, r.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class EncounterHead:
    """The encounter itself. conditions: (code, words, role), the main one first."""

    id: uuid.UUID
    status: str
    care_type: str
    started_at: datetime
    ended_at: datetime | None
    reason: str
    conclusion: str
    practitioner: str
    facility_id: int
    facility: str
    system: str
    source_key: str
    department: str
    conditions: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Version:
    """One line as it was written: what it is about, its words, by whom, when, and why it was replaced."""

    kind: str
    key: str
    text: str
    id: uuid.UUID
    recorded_at: datetime
    recorded_by: str
    superseded_by: uuid.UUID | None = None
    superseded_reason: str = ""


@dataclass(frozen=True, slots=True)
class SystemLine:
    """A body system with what was found, None when it was not examined."""

    system: BodySystem
    found: Version | None


@dataclass(frozen=True, slots=True)
class Measured:
    """One observation; flag as records.rules.vitals has it, for vital signs."""

    id: uuid.UUID
    report_id: uuid.UUID | None
    code: str
    display: str
    value: Decimal | None
    value_text: str
    unit: str
    reference: str
    interpretation: str
    observed_at: datetime
    flag: str = ""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A laboratory's or imaging's report and its numbers."""

    id: uuid.UUID
    category: str
    code: str
    display: str
    result: str
    conclusion: str
    performed_at: datetime
    performer: str
    recorded_at: datetime
    superseded_by: uuid.UUID | None
    superseded_reason: str
    measures: tuple[Measured, ...] = ()


@dataclass(frozen=True, slots=True)
class ReportSummary:
    """A report of the whole record. measures: (code, name, value, words, unit, reference, interpretation)."""

    id: uuid.UUID
    category: str
    display: str
    result: str
    conclusion: str
    performed_at: datetime
    facility: str
    encounter_id: uuid.UUID | None
    measures: tuple[tuple[str, str, str | None, str, str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ExaminationPage:
    """One encounter as it stands, what it said before (newest first), and what was added after signing (oldest first).

    papers: daily progress and what papers of another system said (records.ClinicalNote), oldest first. drugs, done: the
    visit's medicines (name, strength, dose, quantity, unit) and services (code, name, when).
    """

    head: EncounterHead
    age: Age
    vitals: tuple[Measured, ...]
    sight: Mapping[str, str]
    systems: tuple[SystemLine, ...]
    course: str
    advice: str
    results: tuple[Measured, ...]
    reports: tuple[ReportRow, ...]
    earlier: tuple[Version, ...]
    addenda: tuple[Version, ...] = ()
    papers: tuple[Version, ...] = ()
    drugs: tuple[tuple[Any, ...], ...] = ()
    done: tuple[tuple[Any, ...], ...] = ()

    @property
    def readings(self) -> Mapping[str, Decimal]:
        """The vitals by key of records.rules.vitals."""
        return {BY_CODE[one.code].key: one.value for one in self.vitals if one.value is not None}

    @property
    def findings(self) -> Mapping[str, str]:
        """What was found by key of SYSTEMS."""
        return {line.system.key: line.found.text for line in self.systems if line.found}


def get_examination(access: RecordAccess, encounter_id: uuid.UUID) -> ExaminationPage:
    """One encounter of the opened record. Raises NotFound for somebody else's and for one hidden from the reader."""
    head = _head(access, encounter_id)
    parameters = {"encounter": encounter_id, "limit": MOST, **reader_parameters(access)}
    lines = [Version(*row) for row in _rows(_LINES, parameters)]
    observed = _rows(_OBSERVATIONS, parameters)
    day = head.started_at.date()
    age = age_on(access.person.birth, max(day, access.person.birth.value))
    standing = [Measured(*[*row[:10], _flag(row, age)]) for row in observed if row[12] is None and not row[14]]
    latest = {one.code: one for one in standing if one.report_id is None}
    notes = {one.key: one.text for one in lines if one.kind == "note" and one.superseded_by is None}
    sight_codes = {line.code: key for key, line in SIGHT.items()}
    return ExaminationPage(
        head=head,
        age=age,
        vitals=tuple(latest[code] for code in BY_CODE if code in latest),
        sight={sight_codes[code]: one.value_text for code, one in latest.items() if code in sight_codes},
        systems=_systems(lines, access.person.sex),
        course=notes.get("course", ""),
        advice=notes.get("advice", ""),
        results=tuple(
            one for one in standing if not one.report_id and one.code not in BY_CODE and one.code not in sight_codes
        ),
        reports=_reports(parameters, standing),
        earlier=tuple(_earlier(lines, observed)),
        addenda=tuple(one for one in reversed(lines) if one.key == "addendum" and one.superseded_by is None),
        papers=tuple(one for one in reversed(lines) if one.key in PAPERS and one.superseded_by is None),
        drugs=tuple(_rows(_DRUGS, parameters)),
        done=tuple(_rows(_DONE, parameters)),
    )


def get_reports(access: RecordAccess, *, limit: int = 10) -> tuple[ReportSummary, ...]:
    """The latest reports of every facility, newest first, with their numbers. One statement."""
    rows = _rows(
        _LATEST, {"patient": access.patient_id, "limit": max(1, min(limit, MOST_REPORTS)), **reader_parameters(access)}
    )
    return tuple(_summary(row) for row in rows)


def _summary(row: tuple[Any, ...]) -> ReportSummary:
    measures = tuple(map(tuple, _json(row[13])))
    return ReportSummary(row[0], row[1], row[3], row[4], row[5], row[6], row[11], row[12], measures)


def _head(access: RecordAccess, encounter_id: uuid.UUID) -> EncounterHead:
    rows = _rows(_ENCOUNTER, {"encounter": encounter_id, "patient": access.patient_id, **reader_parameters(access)})
    if not rows:
        raise NotFound("Không tìm thấy lượt khám này.", "no-such-encounter")
    return EncounterHead(*[*rows[0][:-1], tuple(map(tuple, _json(rows[0][-1])))])


def _systems(lines: Iterable[Version], sex: str) -> tuple[SystemLine, ...]:
    found = {one.key: one for one in lines if one.kind == "finding" and one.superseded_by is None}
    return tuple(SystemLine(one, found.get(one.key)) for one in systems_asked(sex, found))


def _reports(parameters: Mapping[str, Any], standing: list[Measured]) -> tuple[ReportRow, ...]:
    rows = _rows(_REPORTS, {**parameters, "limit": MOST_REPORTS})
    return tuple(ReportRow(*[*row, tuple(one for one in standing if one.report_id == row[0])]) for row in rows)


def _earlier(lines: list[Version], observed: list[tuple[Any, ...]]) -> list[Version]:
    """Replaced lines of every kind, the latest replaced first."""
    numbers = [
        Version("observation", row[2], _said(row), row[0], row[11], row[10], row[12], row[13])
        for row in observed
        if row[12] is not None
    ]
    replaced = [one for one in lines if one.superseded_by is not None] + numbers
    return sorted(replaced, key=lambda one: one.recorded_at, reverse=True)


def _said(row: tuple[Any, ...]) -> str:
    number = f"{row[4].normalize():f}".replace(".", ",") if row[4] is not None else row[5]
    return f"{row[3]}: {number} {row[6]}".strip()


def _flag(row: tuple[Any, ...], age: Age) -> str:
    vital: Vital | None = BY_CODE.get(row[2])
    return str(flag_of(vital.key, row[4], age)) if vital and row[4] is not None else ""


def editable(head: EncounterHead, facility_id: int | None) -> bool:
    """Whether the acting facility may write into the encounter."""
    return head.facility_id == facility_id and head.status != Encounter.Status.CANCELLED


def is_closed(head: EncounterHead) -> bool:
    """Whether changing what stands needs a reason of its own."""
    return head.status != Encounter.Status.IN_PROGRESS


def _rows(statement: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value
