"""Reports of laboratories and imaging in an opened record: the list, and one with its numbers and its earlier versions.

Two statements a report however often it was corrected; one statement a page of the list.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from records.models import DiagnosticReport, Encounter
from records.queries.access import RecordAccess
from records.queries.restricted import reader_parameters, visible
from records.queries.timeline import END, cursor_of
from registry.kernel import NotFound

PAGE = 20
MOST_VERSIONS = 40
CATEGORIES: Mapping[str, str] = dict(DiagnosticReport.Category.choices)

_PAPER_SHOWN = "(NOT d.restricted OR %(sees_restricted)s OR d.recorded_by_id = %(reader)s)"
_LIST = f"""
SELECT r.id, r.status, r.category, r.display, r.conclusion, r.result, r.performed_at, f.short_name,
       f.id = %(facility)s,
       (SELECT count(*) FROM records_observation o WHERE o.report_id = r.id AND o.superseded_by_id IS NULL)
  FROM records_diagnosticreport r JOIN registry_facility f ON f.id = r.facility_id
 WHERE r.patient_id = %(patient)s AND r.superseded_by_id IS NULL AND (r.performed_at, r.id) < (%(at)s, %(id)s)
   AND {visible("r", "records_diagnosticreport")}
 ORDER BY r.performed_at DESC, r.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants
# From the version asked for on to the one in force, and back through all it replaced.
_VERSIONS = f"""
WITH RECURSIVE onward (id, next) AS (
  SELECT r.id, r.superseded_by_id FROM records_diagnosticreport r WHERE r.id = %(report)s
  UNION SELECT r.id, r.superseded_by_id FROM onward o JOIN records_diagnosticreport r ON r.id = o.next
), chain (id, age) AS (
  SELECT id, 0 FROM onward WHERE next IS NULL
  UNION SELECT r.id, c.age + 1 FROM chain c JOIN records_diagnosticreport r ON r.superseded_by_id = c.id
   WHERE c.age < {MOST_VERSIONS}
)
SELECT r.id, r.status, r.category, r.code, r.display, r.result, r.conclusion, r.performed_at, r.performer_name,
       f.short_name, coalesce(s.full_name, ''), r.recorded_at, r.encounter_id, r.superseded_reason, d.id, d.title
  FROM chain c JOIN records_diagnosticreport r ON r.id = c.id JOIN registry_facility f ON f.id = r.facility_id
  LEFT JOIN registry_staff s ON s.id = r.recorded_by_id
  LEFT JOIN records_document d ON d.id = r.attachment_id AND d.patient_id = r.patient_id AND {_PAPER_SHOWN}
 WHERE r.patient_id = %(patient)s AND {visible("r", "records_diagnosticreport")}
 ORDER BY c.age
"""  # noqa: S608 - constants
_NUMBERS = f"""
SELECT o.report_id, o.code, o.display, trim_scale(o.value), o.value_text, o.unit, o.reference, o.interpretation
  FROM records_observation o
 WHERE o.report_id = ANY(%(reports)s::uuid[]) AND {visible("o", "records_observation")}
 ORDER BY o.id
"""  # noqa: S608 - constants
_ENCOUNTER = f"""
SELECT e.id, e.started_at, f.short_name FROM records_encounter e JOIN registry_facility f ON f.id = e.facility_id
 WHERE e.id = %(encounter)s AND e.patient_id = %(patient)s AND e.superseded_by_id IS NULL
   AND e.facility_id = %(facility)s AND e.status <> '{Encounter.Status.CANCELLED}' AND {visible("e", "records_encounter")}
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class ReportLine:
    """A report in the list. here: this facility wrote it; numbers: how many indexes it has."""

    id: uuid.UUID
    status: str
    category: str
    display: str
    conclusion: str
    result: str
    performed_at: datetime
    facility: str
    here: bool
    numbers: int

    @property
    def withdrawn(self) -> bool:
        """Whether it was noted by mistake."""
        return self.status == DiagnosticReport.Status.ENTERED_IN_ERROR

    @property
    def kind(self) -> str:
        """Its category in people's words."""
        return CATEGORIES[self.category]


@dataclass(frozen=True, slots=True)
class Index:
    """One number (value) or answer in words (text) of a report; flag as HL7 v3 ObservationInterpretation."""

    code: str
    display: str
    value: Decimal | None
    text: str
    unit: str
    reference: str
    flag: str

    @property
    def written(self) -> str:
        """The result as people write it: decimal comma."""
        return self.text if self.value is None else f"{self.value:f}".replace(".", ",")


@dataclass(frozen=True, slots=True)
class ReportVersion:
    """A report as it was written, by whom and when; reason: why it was replaced, empty for the one in force."""

    id: uuid.UUID
    status: str
    category: str
    code: str
    display: str
    result: str
    conclusion: str
    performed_at: datetime
    performer: str
    facility: str
    recorded_by: str
    recorded_at: datetime
    encounter_id: uuid.UUID | None
    reason: str
    document_id: uuid.UUID | None
    document: str
    indexes: tuple[Index, ...] = ()

    @property
    def withdrawn(self) -> bool:
        """Whether it was noted by mistake."""
        return self.status == DiagnosticReport.Status.ENTERED_IN_ERROR

    @property
    def kind(self) -> str:
        """Its category in people's words."""
        return CATEGORIES[self.category]


@dataclass(frozen=True, slots=True)
class ReportPage:
    """The version in force and those it replaced, the latest first."""

    now: ReportVersion
    earlier: tuple[ReportVersion, ...]


@dataclass(frozen=True, slots=True)
class EncounterChoice:
    """An encounter of this facility that a new report is written under."""

    id: uuid.UUID
    started_at: datetime
    facility: str


def find_reports(access: RecordAccess, *, before: str = "") -> tuple[tuple[ReportLine, ...], str]:
    """Reports of every facility, the latest first, and the cursor of earlier ones. Raises Refused for a bad cursor."""
    moment, identity = cursor_of(before) if before else (END, uuid.UUID(int=0))
    told = {"at": moment, "id": identity, "limit": PAGE + 1}
    rows = _rows(_LIST, access, told)
    lines = tuple(ReportLine(*row) for row in rows[:PAGE])
    return lines, f"{lines[-1].performed_at.isoformat()}~{lines[-1].id}" if len(rows) > PAGE else ""


def get_report(access: RecordAccess, report_id: uuid.UUID) -> ReportPage:
    """The report that this number is a version of. Raises NotFound for another person's and for a hidden one."""
    rows = _rows(_VERSIONS, access, {"report": report_id})
    if not rows:
        raise NotFound("Không tìm thấy phiếu kết quả này trong hồ sơ.", "no-such-report")
    indexes: dict[uuid.UUID, list[Index]] = {}
    for report, *said in _rows(_NUMBERS, access, {"reports": [str(row[0]) for row in rows]}):
        indexes.setdefault(report, []).append(Index(*said))
    now, *earlier = (ReportVersion(*[*row[:-1], row[-1] or "", tuple(indexes.get(row[0], ()))]) for row in rows)
    return ReportPage(now, tuple(earlier))


def get_encounter_choice(access: RecordAccess, encounter_id: uuid.UUID) -> EncounterChoice:
    """This facility's encounter of the opened record. Raises NotFound."""
    rows = _rows(_ENCOUNTER, access, {"encounter": encounter_id})
    if not rows:
        raise NotFound("Không tìm thấy lượt khám này.", "no-such-encounter")
    return EncounterChoice(*rows[0])


def _rows(statement: str, access: RecordAccess, more: dict[str, Any]) -> list[tuple[Any, ...]]:
    known = {"patient": access.patient_id, "facility": access.facility_id, **reader_parameters(access)}
    with connection.cursor() as cursor:
        cursor.execute(statement, known | more)
        return list(cursor.fetchall())
