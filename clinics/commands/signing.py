"""Signing: the draft is checked as a whole, becomes one prescription of each kind, and is written into the record."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from datetime import timedelta
from secrets import randbelow
from typing import Any

from django.utils import timezone

from clinics.commands.drafts import keep, prescription_here, reason_for, standing, writable
from clinics.commands.steps import refused, staff_of
from clinics.models import (
    Dispensing,
    Prescription,
    PrescriptionDraft,
    PrescriptionEnd,
    PrescriptionLine,
    SafetyOverride,
    Visit,
)
from clinics.queries.prescribing import Judged, SheetLine, diagnosed, judge, replaced_rows
from clinics.queries.scope import facility_of, today_of
from clinics.rules.drafts import Written
from clinics.rules.formulary import Kind
from clinics.rules.prescriptions import ALPHABET, by_kind, make_code, valid_until
from clinics.rules.safety import Severity
from records.commands.medications import add_medicines
from records.commands.prescribed import complete_medicines, stop_medicines
from records.models import MedicationRequest
from records.queries.access import RecordAccess
from records.rules.medication import Medicine
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.models import Staff
from registry.rules.phrases import Phrase

LETTERS = 7
TRIES = 20  # of 36**7 codes a facility; one is taken about never
LONG_TERM_DAYS = 28


@command(Permission.PRESCRIPTION_SIGN)
def sign_prescription(
    ctx: Context, *, visit_id: uuid.UUID, draft_id: uuid.UUID, version: int, written: Written
) -> tuple[Prescription, ...]:
    """Sign what is written: one prescription of each kind. Signing the same draft again gives the same prescriptions.

    Raises Conflict(draft-signed | draft-changed) telling what a colleague did; Refused with every fault: at "line-N" of a
    line, at "reason-N" of its Nth finding without a reason, or at none for what concerns the whole.
    """
    visit, access = writable(ctx, visit_id)
    draft = PrescriptionDraft.objects.select_related("changed_by", "replaces").filter(pk=draft_id, visit=visit).first()
    if draft is None:
        raise NotFound("Không tìm thấy đơn viết dở này.", "no-such-draft")
    if draft.signed_at is not None:
        return _signed_before(ctx, access, draft)
    draft = keep(ctx, visit, draft, version, written)
    diagnoses, chronic = diagnosed(access, visit)
    judged = judge(ctx, access, written, chronic=chronic, without=replaced_rows(draft))
    faults = _faults(judged, diagnoses)
    if faults:
        raise Refused.several(faults)
    made = _write(ctx, visit, draft, judged, written, ", ".join(diagnoses), chronic=chronic)
    _settle(ctx, access, draft, made, judged.continued)
    _tell(ctx, access, made)
    return made


@command(Permission.PRESCRIPTION_SIGN)
def cancel_prescription(ctx: Context, *, prescription_id: uuid.UUID, reason: str) -> Prescription:
    """Take a signed prescription back with a reason; its medicines stop. Conflict once anything of it was given out."""
    prescription = prescription_here(ctx, prescription_id)
    _, access = writable(ctx, prescription.visit_id)
    standing(prescription)
    why = reason_for(reason)
    _not_given_out(prescription)
    _end(ctx, prescription, PrescriptionEnd.Kind.CANCELLED, why)
    record_audit(ctx, "cancel-prescription", patient_id=access.patient_id, target=("Prescription", prescription.pk))
    return prescription


def _signed_before(ctx: Context, access: RecordAccess, draft: PrescriptionDraft) -> tuple[Prescription, ...]:
    """The same hand twice: the same answer. Somebody else's: told who signed what."""
    made = tuple(draft.prescriptions.select_related("signed_by").order_by("code"))
    if made and made[0].signed_by_id != staff_of(ctx):
        template = "{who} đã ký đơn này lúc {time}: {codes}. Không ký thêm lần nữa."
        time = f"{timezone.localtime(made[0].signed_at):%H:%M}"
        codes = ", ".join(one.code for one in made)
        raise Conflict("draft-signed", Phrase(template, who=made[0].signed_by.full_name, time=time, codes=codes))
    record_audit(
        ctx, "sign-prescription", patient_id=access.patient_id, target=("PrescriptionDraft", draft.pk),
        detail={"again": True},
    )  # fmt: skip
    return made


def _faults(judged: Judged, diagnoses: Sequence[str]) -> list[Refused]:
    faults = []
    if not judged.lines:
        faults.append(Refused("draft-empty", "Đơn chưa có thuốc nào."))
    if not diagnoses:
        faults.append(Refused("diagnosis-missing", "Hãy ghi chẩn đoán của lượt khám trước khi ký đơn."))
    for line in judged.lines:
        faults += [refused(one, f"line-{line.index}") for one in line.faults]
    faults += [_stopped(judged, one) for one in judged.stopped]
    return faults


def _stopped(judged: Judged, finding: Any) -> Refused:
    at = judged.findings.index(finding)
    if finding.severity is Severity.BLOCK:
        return Refused("unsafe", finding.message, f"line-{finding.line}" if finding.line is not None else None)
    message = Phrase("{danger} Hãy ghi lý do (ít nhất 5 ký tự) hoặc bỏ thuốc.", danger=finding.message)
    return Refused("reason-missing", message, f"reason-{at}")


def _write(
    ctx: Context,
    visit: Visit,
    draft: PrescriptionDraft,
    judged: Judged,
    written: Written,
    indication: str,
    *,
    chronic: bool,
) -> tuple[Prescription, ...]:
    doctor = Staff.objects.get(pk=staff_of(ctx))
    made = []
    for kind, lines in by_kind((Kind(line.drug.kind), line) for line in judged.lines if line.drug).items():
        prescription = Prescription.objects.create(
            code=_free_code(ctx, kind), kind=kind, visit=visit, facility_id=facility_of(ctx).id, draft=draft,
            replaces=draft.replaces if draft.replaces and draft.replaces.kind == kind else None,
            checked_with_id=judged.checked_with.id or 0, signed_by=doctor, signed_at=ctx.at,
            valid_until=valid_until(today_of(ctx)), advice=draft.advice,
        )  # fmt: skip
        rows = _lines(ctx, visit, prescription, lines, _Said(doctor.full_name, indication[:300]))
        _override(prescription, rows, lines, judged, written)
        made.append(prescription)
    return tuple(made)


class _Said:
    """What every line of a prescription says alike."""

    def __init__(self, doctor: str, indication: str) -> None:
        self.doctor, self.indication = doctor, indication


def _lines(
    ctx: Context, visit: Visit, prescription: Prescription, lines: Sequence[SheetLine], said: _Said
) -> dict[int, PrescriptionLine]:
    """The record's rows and the lines that name them; by the index of the draft's line."""
    medicines = add_medicines(ctx, visit.encounter, [_medicine(ctx, line, said) for line in lines])
    return {
        line.index: PrescriptionLine.objects.create(
            prescription=prescription, position=position, medication=medicine, drug_id=line.drug.id if line.drug else 0,
            morning=line.dosing.morning, noon=line.dosing.noon, afternoon=line.dosing.afternoon,
            evening=line.dosing.evening, days=line.dosing.days, note=line.dosing.note[:300],
        )
        for position, (line, medicine) in enumerate(zip(lines, medicines, strict=True), start=1)
    }  # fmt: skip


def _medicine(ctx: Context, line: SheetLine, said: _Said) -> Medicine:
    drug: Any = line.drug
    today = today_of(ctx)
    return Medicine(
        name=drug.name, started_on=today, ingredient=drug.ingredient, strength=drug.strength, dose=str(line.words),
        route=drug.route.name, quantity=line.dosing.quantity, unit=drug.unit, indication=said.indication,
        ended_on=today + timedelta(days=line.dosing.days - 1), long_term=line.dosing.days >= LONG_TERM_DAYS,
        prescriber=said.doctor, code=drug.code,
    )  # fmt: skip


def _override(
    prescription: Prescription,
    rows: dict[int, PrescriptionLine],
    lines: Sequence[SheetLine],
    judged: Judged,
    written: Written,
) -> None:
    """Findings that were signed over, with the reason; those of no line go with the first prescription's lines."""
    own = {line.index for line in lines}
    SafetyOverride.objects.bulk_create(
        SafetyOverride(
            prescription=prescription, line=rows.get(one.line) if one.line is not None else None, finding=one.key[:300],
            severity=one.severity, message=one.message.to_json(), reason=(written.reasons or {})[one.key][:500],
        )
        for one in judged.findings
        if one.severity is Severity.REASON and (one.line in own or one.line is None)
    )  # fmt: skip


def _settle(
    ctx: Context,
    access: RecordAccess,
    draft: PrescriptionDraft,
    made: Sequence[Prescription],
    continued: Collection[uuid.UUID],
) -> None:
    """The draft is signed; what it replaces ends; what its lines go on with is complete."""
    if draft.replaces is not None:
        standing(draft.replaces)
        _not_given_out(draft.replaces)
        _end(ctx, draft.replaces, PrescriptionEnd.Kind.REPLACED, draft.replace_reason)
    if continued:
        complete_medicines(ctx, access.patient_id, continued, made[0].code)
    draft.signed_at = ctx.at
    draft.save(update_fields=["signed_at"])


def _end(ctx: Context, prescription: Prescription, kind: str, why: str) -> None:
    PrescriptionEnd.objects.create(prescription=prescription, kind=kind, by_id=staff_of(ctx), at=ctx.at, reason=why)
    rows = MedicationRequest.objects.filter(prescription_line__prescription=prescription)
    stop_medicines(ctx, list(rows.values_list("pk", flat=True)), why)
    emit(ctx, "prescription.ended", {"prescription_id": str(prescription.pk)})


def _not_given_out(prescription: Prescription) -> None:
    if Dispensing.objects.filter(prescription=prescription).exists():
        template = "Đơn {code} đã cấp phát thuốc: không huỷ hay thay được. Hãy nhận lại thuốc và kê đơn mới."
        raise Conflict("already-dispensed", Phrase(template, code=prescription.code))


def _tell(ctx: Context, access: RecordAccess, made: Sequence[Prescription]) -> None:
    for one in made:
        emit(ctx, "prescription.signed", {"prescription_id": str(one.pk), "visit_id": str(one.visit_id)})
    detail = {"codes": [one.code for one in made], **access.audit_detail}
    record_audit(
        ctx, "sign-prescription", patient_id=access.patient_id, target=("Prescription", made[0].pk), detail=detail
    )


def _free_code(ctx: Context, kind: Kind) -> str:
    """A national code nobody has; the table's uniqueness has the last word."""
    for _ in range(TRIES):
        code = make_code(facility_of(ctx).code, [randbelow(len(ALPHABET)) for _ in range(LETTERS)], kind)
        if not Prescription.objects.filter(code=code).exists():
            return code
    raise RuntimeError("no free prescription code")
