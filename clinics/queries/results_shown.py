"""Results of ordered services as people read them: each number beside the one before, from the record itself."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from records.models import DiagnosticReport, Observation
from records.queries.access import RecordAccess
from records.queries.restricted import visible_rows

MOST_HOPS = 5  # corrections followed to the report in force


@dataclass(frozen=True, slots=True)
class Earlier:
    """The last result of the same index before this one, wherever it was measured."""

    value: str
    unit: str
    at: datetime
    facility: str
    number: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One index: value as written, flag (N, L, H, LL, HH, A), range, and the result before it."""

    code: str
    name: str
    value: str
    unit: str
    reference: str
    flag: str
    before: Earlier | None = None
    number: Decimal | None = None

    @property
    def critical(self) -> bool:
        """Whether a doctor must be told at once."""
        return self.flag in {"LL", "HH"}

    @property
    def trend(self) -> str:
        """How it moved since the result before: up, down, same; empty where the two cannot be compared."""
        if self.before is None or self.number is None or self.before.number is None or self.before.unit != self.unit:
            return ""
        if self.number == self.before.number:
            return "same"
        return "up" if self.number > self.before.number else "down"


def written(value: Decimal | None, text: str) -> str:
    """A result as people read it: decimal comma, no needless zeros; or its words."""
    if value is None:
        return text
    short = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    return f"{short:f}".replace(".", ",")


def reports_in_force(access: RecordAccess, report_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, DiagnosticReport]:
    """Each of these reports, or what superseded it, by the number asked for, without hidden ones and those taken back."""
    asked = {one: one for one in report_ids}
    found: dict[uuid.UUID, DiagnosticReport] = {}
    for _ in range(MOST_HOPS):
        if not asked:
            break
        rows = visible_reports(access, asked.values())
        pending: dict[uuid.UUID, uuid.UUID] = {}
        for first, now in asked.items():
            row = rows.get(now)
            if row is not None and row.superseded_by_id:
                pending[first] = row.superseded_by_id
            elif row is not None and row.status == DiagnosticReport.Status.FINAL:
                found[first] = row
        asked = pending
    return found


def visible_reports(access: RecordAccess, ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, DiagnosticReport]:
    """These reports of the opened record by number, without what is hidden from the reader."""
    rows = DiagnosticReport.objects.filter(pk__in=list(ids), patient_id=access.patient_id)
    return {row.pk: row for row in visible_rows(access, rows)}


def values_of(access: RecordAccess, reports: Iterable[DiagnosticReport]) -> dict[uuid.UUID, list[Shown]]:
    """Report to its indexes in the order they were written, each beside the result before; two statements."""
    standing = list(reports)
    rows = visible_rows(access, Observation.objects.filter(report__in=standing, superseded_by=None)).order_by("id")
    measured = list(rows)
    first = min((row.observed_at for row in measured), default=None)
    before = earlier_of(access, {row.code for row in measured}, exclude=[one.pk for one in standing], until=first)
    found: dict[uuid.UUID, list[Shown]] = {}
    for row in measured:
        if row.report_id is not None:
            found.setdefault(row.report_id, []).append(_shown(row, before.get(row.code)))
    return found


def earlier_of(
    access: RecordAccess, codes: Collection[str], *, exclude: Collection[uuid.UUID] = (), until: datetime | None = None
) -> dict[str, Earlier]:
    """The last result of each code in the whole record, without those of the reports named and those after `until`."""
    if not codes:
        return {}
    rows = Observation.objects.filter(
        patient_id=access.patient_id, code__in=list(codes), superseded_by=None, mistaken=False
    )
    if until is not None:
        rows = rows.filter(observed_at__lte=until)
    rows = visible_rows(access, rows.exclude(report_id__in=list(exclude)) if exclude else rows)
    latest = rows.order_by("code", "-observed_at").distinct("code").select_related("facility")
    return {row.code: _earlier(row) for row in latest}


def _earlier(row: Observation) -> Earlier:
    value = written(row.value, row.value_text)
    return Earlier(value, row.unit, row.observed_at, row.facility.short_name, row.value)


def _shown(row: Observation, before: Earlier | None) -> Shown:
    return Shown(
        code=row.code,
        name=row.display,
        value=written(row.value, row.value_text),
        unit=row.unit,
        reference=row.reference,
        flag=row.interpretation,
        before=before,
        number=row.value,
    )
