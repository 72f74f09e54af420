"""Where a verified result lives: a report with its observations in the record, or a procedure; corrected by superseding."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from clinics.models import OrderItem, ResultEntry
from clinics.rules.orders import ServiceKind
from clinics.rules.results import Value, record_code
from records.commands.corrections import replace_row
from records.commands.encounters import record_procedure, stamp_of
from records.commands.reports import replace_report, write_report
from records.models import DiagnosticReport, Procedure
from records.rules.reports import Measure, Report
from registry.kernel import Conflict, Context, emit

_CATEGORY = {ServiceKind.LAB: "LAB", ServiceKind.IMAGING: "RAD", ServiceKind.FUNCTION: "RAD"}


def land(ctx: Context, item: OrderItem, entry: ResultEntry) -> dict[str, Any]:
    """Write the entry into the record under the visit's encounter; the link the step keeps."""
    encounter = item.order.visit.encounter
    if item.kind == ServiceKind.PROCEDURE:
        return {"procedure": _procedure(ctx, item, entry)}
    row = write_report(ctx, stamp_of(ctx, encounter), report_of(item, entry), encounter_id=encounter.pk)
    emit(ctx, "report.recorded", {"patient_id": str(row.patient_id), "report_id": str(row.pk)})
    return {"report": row}


def land_again(ctx: Context, item: OrderItem, entry: ResultEntry, why: str) -> dict[str, Any]:
    """Supersede what was written.

    Raises Conflict when it was corrected elsewhere meanwhile or taken back, Refused(measure-dropped).
    """
    if item.kind == ServiceKind.PROCEDURE:
        fresh = _procedure(ctx, item, entry)
        if item.procedure is not None:
            replace_row(item.procedure, fresh.pk, why)
        return {"procedure": fresh}
    if item.report is None:
        raise Conflict("result-not-verified", "Kết quả này chưa duyệt: hãy nhập lại thay vì sửa.")
    stands = _in_force(item.report)
    row = replace_report(ctx, stands, replace(report_of(item, entry), document=stands.attachment_id), why)
    emit(ctx, "report.recorded", {"patient_id": str(row.patient_id), "report_id": str(row.pk)})
    return {"report": row}


def _in_force(report: DiagnosticReport) -> DiagnosticReport:
    """What stands now: the record's own page may have corrected it since."""
    found = report
    while found.superseded_by_id is not None:
        found = DiagnosticReport.objects.get(pk=found.superseded_by_id)
    return found


def report_of(item: OrderItem, entry: ResultEntry) -> Report:
    """An entry as the record keeps it. A measure goes by its LOINC code where it has one, so that its course is one line."""
    values = [Value.from_json(one) for one in entry.values]
    return Report(
        category=_CATEGORY[ServiceKind(item.kind)],
        display=item.service.name,
        performed_at=entry.performed_at,
        code=item.service.code,
        result=entry.description,
        conclusion=entry.conclusion,
        performer=entry.entered_by.full_name if entry.entered_by else "",
        measures=tuple(_measure(one) for one in values),
    )


def _measure(one: Value) -> Measure:
    return Measure(
        code=record_code(one.code, one.loinc),
        display=one.name,
        value=one.number,
        value_text=one.text,
        unit=one.unit,
        reference=one.reference,
        interpretation=one.flag,
    )


def _procedure(ctx: Context, item: OrderItem, entry: ResultEntry) -> Procedure:
    encounter = item.order.visit.encounter
    said = "\n".join(filter(None, (entry.description, entry.conclusion)))
    return record_procedure(
        ctx,
        patient_id=encounter.patient_id,
        code=item.service.code,
        display=item.service.name,
        result=said,
        performed_at=entry.performed_at,
        encounter=encounter,
    )
