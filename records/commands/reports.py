"""Laboratory and imaging reports: a service with its result, its numbers as observations of the record."""

from __future__ import annotations

import uuid
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
from records.rules.reports import Measure, Report, interpret, report_faults
from registry.kernel import Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note


@command(Permission.REPORT_RECORD)
def record_report(
    ctx: Context, *, patient_id: uuid.UUID, report: Report, encounter_id: uuid.UUID | None = None
) -> DiagnosticReport:
    """Keep a report. Raises NotFound (also for an encounter of somebody else or of another facility), RecordClosed, Refused
    with every fault at its field of Report."""
    access = open_to_write(ctx, patient_id)
    _check(ctx, report)
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
    row = current_row(DiagnosticReport, access, report_id)
    fresh = replace_report(ctx, row, report, reason_given(reason))
    return _told(ctx, fresh, "correct-report")


def replace_report(ctx: Context, row: DiagnosticReport, report: Report, why: str) -> DiagnosticReport:
    """Building block: the report and its numbers superseded by these. Raises Refused, Conflict as correct_report."""
    _check(ctx, report)
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
    )
    Observation.objects.bulk_create(
        [_observation(stamp, row, one, report.performed_at, encounter_id) for one in report.measures]
    )
    return row


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
