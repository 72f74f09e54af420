"""Laboratory and imaging reports: a service with its result, its numbers as observations of the record.

Whoever writes one (the record's page, a laboratory's order) writes through write_report and replace_report.
"""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from records.commands.copying import new_ids
from records.commands.corrections import (
    current_row,
    open_to_write,
    reason_given,
    refuse,
    replace_row,
    stamp_like,
    stamp_new,
)
from records.commands.encounters import stamp_of
from records.commands.linking import facility_of
from records.models import DiagnosticReport, Encounter, Observation
from records.queries.access import RecordAccess
from records.queries.documents import Line, get_document
from records.queries.restricted import visible_rows
from records.rules.reports import Measure, Report, code_of, interpret, report_faults
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note, fold

MOST_NAMES = 500  # names of indexes looked through in one record


@command(Permission.REPORT_RECORD)
def record_report(
    ctx: Context, *, patient_id: uuid.UUID, report: Report, encounter_id: uuid.UUID | None = None
) -> DiagnosticReport:
    """Keep a report. Raises NotFound (also for an encounter of somebody else or of another facility), RecordClosed, Refused
    with every fault at its field of Report."""
    access = open_to_write(ctx, patient_id)
    report = _coded(access, report)
    _check(ctx, report)
    _attached(access, report, None)
    encounter = None
    if encounter_id is not None:
        own = Encounter.objects.filter(pk=encounter_id, patient_id=access.patient_id, facility_id=facility_of(ctx))
        encounter = own.first()
        if encounter is None:
            raise NotFound("Không tìm thấy lượt khám này.", "no-such-encounter")
    stamp = stamp_of(ctx, encounter) if encounter else stamp_new(ctx, access)
    row = write_report(ctx, stamp, report, encounter_id=encounter_id)
    return _told(ctx, row, "record-report")


@command(Permission.REPORT_RECORD)
def correct_report(
    ctx: Context, *, patient_id: uuid.UUID, report_id: uuid.UUID, report: Report, reason: str
) -> DiagnosticReport:
    """Replace a report and its numbers; all its earlier indexes are answered, or Refused(measure-dropped)."""
    access = open_to_write(ctx, patient_id)
    row = _shown_row(access, report_id)
    report = _coded(access, report)
    _check(ctx, report)
    paper = _attached(access, report, row.attachment_id)
    fresh = replace_report(ctx, row, replace(report, document=paper), reason_given(reason))
    return _told(ctx, fresh, "correct-report")


@command(Permission.REPORT_RECORD)
def withdraw_report(ctx: Context, *, patient_id: uuid.UUID, report_id: uuid.UUID, reason: str) -> DiagnosticReport:
    """Say that a report was noted by mistake: it and its numbers no longer count, and stay readable with the reason.

    Raises NotFound, RecordClosed, Refused(reason-missing), Conflict for one corrected or withdrawn meanwhile.
    """
    access = open_to_write(ctx, patient_id)
    row = _shown_row(access, report_id)
    return _told(ctx, _take_back(ctx, row, reason_given(reason)), "withdraw-report")


def replace_report(ctx: Context, row: DiagnosticReport, report: Report, why: str) -> DiagnosticReport:
    """Building block: the report and its numbers superseded by these. Raises Refused, Conflict as correct_report."""
    _check(ctx, report)
    if row.status != DiagnosticReport.Status.FINAL:
        raise Conflict("report-withdrawn", "Phiếu kết quả này đã được bỏ vì ghi nhầm.")
    before = {one.code: one for one in Observation.objects.filter(report=row, superseded_by=None)}
    dropped = [one.display for code, one in before.items() if code not in {m.code for m in report.measures}]
    if dropped:
        told = Phrase("Bản sửa thiếu chỉ số đã có: {names}.", names=", ".join(sorted(dropped)))
        raise Refused("measure-dropped", told, "measures")
    identity = new_ids(1)[0]
    replace_row(row, identity, why)
    fresh = write_report(ctx, stamp_like(ctx, row), report, encounter_id=row.encounter_id, identity=identity)
    for one in Observation.objects.filter(report=fresh):
        if one.code in before:
            replace_row(before[one.code], one.pk, why)
    return fresh


def write_report(
    ctx: Context,
    stamp: dict[str, Any],
    report: Report,
    *,
    encounter_id: uuid.UUID | None = None,
    identity: uuid.UUID | None = None,
) -> DiagnosticReport:
    """Building block: the report and its observations under this provenance (stamp_of an encounter, or stamp_for)."""
    row = DiagnosticReport.objects.create(
        id=identity or new_ids(1)[0],
        **stamp,
        encounter_id=encounter_id,
        category=report.category,
        code=clean_line(report.code)[:50],
        display=clean_line(report.display)[:500],
        result=clean_note(report.result),
        conclusion=clean_note(report.conclusion),
        performed_at=report.performed_at,
        performer_name=clean_line(report.performer)[:255],
        attachment_id=report.document,
    )
    Observation.objects.bulk_create(
        [_observation(stamp, row, one, report.performed_at, encounter_id) for one in report.measures]
    )
    if report.measures:
        emit(ctx, "observation.recorded", {"patient_id": str(row.patient_id), "report_id": str(row.pk)})
    return row


_KEPT = (
    "encounter_id", "category", "code", "display", "result", "conclusion", "performed_at", "performer_name", "attachment_id",
)  # fmt: skip
_KEPT_NUMBERS = (
    "encounter_id", "code", "display", "value", "value_text", "unit", "reference", "interpretation", "observed_at",
)  # fmt: skip


def _take_back(ctx: Context, row: DiagnosticReport, why: str) -> DiagnosticReport:
    numbers = list(Observation.objects.filter(report=row, superseded_by=None, mistaken=False))
    identity, *others = new_ids(1 + len(numbers))
    stamp = stamp_like(ctx, row)
    replace_row(row, identity, why)
    kept = {name: getattr(row, name) for name in _KEPT}
    error = DiagnosticReport.Status.ENTERED_IN_ERROR
    taken_back = DiagnosticReport.objects.create(id=identity, **stamp, **kept, status=error)
    for one, fresh in zip(numbers, others, strict=True):
        same = {name: getattr(one, name) for name in _KEPT_NUMBERS}
        Observation.objects.create(id=fresh, **stamp, **same, report=taken_back, mistaken=True)
        replace_row(one, fresh, why)
    return taken_back


def _shown_row(access: RecordAccess, report_id: uuid.UUID) -> DiagnosticReport:
    """The report in force; one that is hidden from the writer is not there."""
    row = current_row(DiagnosticReport, access, report_id)
    if not visible_rows(access, DiagnosticReport.objects.filter(pk=row.pk)).exists():
        raise NotFound("Không tìm thấy mục này trong hồ sơ.", "no-such-entry")
    if row.status != DiagnosticReport.Status.FINAL:
        raise Conflict("report-withdrawn", "Phiếu kết quả này đã được bỏ vì ghi nhầm.")
    return row


def _attached(access: RecordAccess, report: Report, before: uuid.UUID | None) -> uuid.UUID | None:
    """The paper to keep: the one chosen, or the earlier one where the writer cannot see it to choose it again."""
    if report.document is None:
        return before if before and _paper(access, before) is None else None
    if report.document != before:
        paper = _paper(access, report.document)
        if paper is None or not paper.current:
            raise Refused("document-unknown", "Hãy chọn một giấy tờ đang có trong hồ sơ này.", "document")
    return report.document


def _paper(access: RecordAccess, document_id: uuid.UUID) -> Line | None:
    try:
        return get_document(access, document_id)
    except NotFound:
        return None


def _coded(access: RecordAccess, report: Report) -> Report:
    """The same with a code for every index: the one its name has in this record already, so that its course goes on."""
    if all(one.code for one in report.measures):
        return report
    said = visible_rows(access, Observation.objects.filter(patient_id=access.patient_id, superseded_by=None))
    pairs = said.order_by().values_list("display", "code").distinct()[:MOST_NAMES]
    known = {fold(name): code for name, code in pairs}
    coded = (
        replace(one, code=one.code or known.get(fold(one.display), code_of(one.display))) for one in report.measures
    )
    return replace(report, measures=tuple(coded))


def _observation(
    stamp: dict[str, Any], row: DiagnosticReport, one: Measure, at: datetime, encounter_id: uuid.UUID | None
) -> Observation:
    return Observation(
        **stamp,
        encounter_id=encounter_id,
        report=row,
        code=one.code[:40],
        display=clean_line(one.display)[:255],
        value=one.value,
        value_text=clean_line(one.value_text)[:500],
        unit=clean_line(one.unit)[:50],
        reference=clean_line(one.reference)[:60],
        interpretation=one.interpretation or interpret(one.value, one.reference),
        observed_at=at,
    )


def _check(ctx: Context, report: Report) -> None:
    refuse(report_faults(report, ctx.at))
    if report.category not in DiagnosticReport.Category.values:
        raise Refused("category-unknown", "Hãy chọn xét nghiệm hoặc chẩn đoán hình ảnh.", "category")


def _told(ctx: Context, row: DiagnosticReport, action: str) -> DiagnosticReport:
    emit(ctx, "report.recorded", {"patient_id": str(row.patient_id), "report_id": str(row.pk)})
    record_audit(ctx, action, patient_id=row.patient_id, target=("DiagnosticReport", row.pk))
    return row
