"""The doctor's part: begin, diagnose, conclude and close."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.utils import timezone

from clinics.commands.steps import move, refused, staff_of, visit_to_change
from clinics.models import Visit
from clinics.queries.diagnoses import codes_on, nearest_code
from clinics.rules.diagnoses import CHRONIC, Coded, check_coded, check_selection, normalise_code
from clinics.rules.outcomes import OUTCOMES
from clinics.rules.states import VisitState
from records.commands import encounters
from records.models import Condition
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.models import Staff
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_note

LONGEST_CONCLUSION = 5_000


@command(Permission.DIAGNOSIS_RECORD)
def start_consultation(ctx: Context, *, visit_id: uuid.UUID) -> Visit:
    """The doctor calls the person in. Conflict names the colleague who was faster."""
    visit = visit_to_change(ctx, visit_id)
    if visit.state == VisitState.IN_CONSULTATION:
        begun = visit.statuses.select_related("by").filter(state=VisitState.IN_CONSULTATION).latest("at")
        since = timezone.localtime(begun.at)
        template = "{doctor} đang khám người bệnh này từ {time}."
        raise Conflict("visit-taken", Phrase(template, doctor=begun.by.full_name, time=f"{since:%H:%M}"))
    move(ctx, visit, VisitState.IN_CONSULTATION)
    _audit(ctx, visit, "update")
    return visit


@command(Permission.DIAGNOSIS_RECORD)
def record_diagnoses(
    ctx: Context, *, visit_id: uuid.UUID, main: str, secondary: Sequence[str] = (), conclusion: str | None = None
) -> Visit:
    """Write the visit's diagnoses (ICD-10 codes as typed); earlier ones are superseded. conclusion: a draft, kept with them.

    Raises Refused at "main" or "secondary": missing, unknown (with the nearest code), not allowed as main, not of this sex.
    """
    visit = _in_consultation(ctx, visit_id)
    _write_diagnoses(ctx, visit, main, secondary)
    if conclusion is not None:
        visit.encounter.conclusion = _conclusion(conclusion)
        visit.encounter.save(update_fields=["conclusion"])
    _audit(ctx, visit, "update")
    return visit


@command(Permission.VISIT_CLOSE)
def close_visit(
    ctx: Context,
    *,
    visit_id: uuid.UUID,
    conclusion: str,
    outcome_code: str,
    main: str | None = None,
    secondary: Sequence[str] = (),
) -> Visit:
    """Conclude and close, with the diagnoses already written or those given here (they are written first).

    outcome_code: KET_QUA_DTRI. Raises Refused at "main", "secondary", "conclusion" or "outcome_code", all at once.
    """
    visit = _in_consultation(ctx, visit_id)
    faults = [*_diagnosis_faults(ctx, visit, main, secondary), *_ending_faults(conclusion, outcome_code)]
    if faults:
        raise Refused.several(faults)
    doctor = Staff.objects.get(pk=staff_of(ctx))
    encounters.finish_encounter(
        ctx, visit.encounter, _conclusion(conclusion), outcome_code, "1", practitioner_name=doctor.full_name
    )
    move(ctx, visit, VisitState.CLOSED)
    _audit(ctx, visit, "close")
    return visit


def _in_consultation(ctx: Context, visit_id: uuid.UUID) -> Visit:
    visit = visit_to_change(ctx, visit_id)
    if visit.state != VisitState.IN_CONSULTATION:
        raise Conflict("visit-not-begun", "Chưa bắt đầu khám: hãy bấm “Bắt đầu khám” trước.")
    return visit


def _diagnosis_faults(ctx: Context, visit: Visit, main: str | None, secondary: Sequence[str]) -> Sequence[Refused]:
    """Write what was given; without anything given, what stands must hold a main diagnosis."""
    if main is None:
        written = Condition.objects.filter(encounter=visit.encounter, superseded_by=None, role=Condition.Role.MAIN)
        return [] if written.exists() else [Refused("diagnosis-main-missing", "Cần đúng một bệnh chính.", "main")]
    try:
        _write_diagnoses(ctx, visit, main, secondary)
    except Refused as fault:
        return fault.all
    return []


def _ending_faults(conclusion: str, outcome_code: str) -> list[Refused]:
    faults = []
    if not clean_note(conclusion):
        faults.append(Refused("conclusion-missing", "Hãy ghi kết luận và hướng xử trí.", "conclusion"))
    if len(conclusion) > LONGEST_CONCLUSION:
        message = Phrase("Kết luận dài quá {most} ký tự.", most=LONGEST_CONCLUSION)
        faults.append(Refused("conclusion-long", message, "conclusion"))
    if outcome_code not in OUTCOMES:
        faults.append(Refused("outcome-unknown", "Hãy chọn kết quả điều trị.", "outcome_code"))
    return faults


def _conclusion(text: str) -> str:
    return clean_note(text)[:LONGEST_CONCLUSION]


def _write_diagnoses(ctx: Context, visit: Visit, main: str, secondary: Sequence[str]) -> None:
    first = normalise_code(main)
    others = [code for code in map(normalise_code, secondary) if code]
    try:
        check_selection(first, others)
    except Invalid as invalid:
        raise refused(invalid) from invalid
    known = codes_on([first, *others], visit.visit_date)
    faults = [
        fault
        for code, field in [(first, "main"), *((code, "secondary") for code in others)]
        if (fault := _code_fault(visit, code, known.get(code), field))
    ]
    if faults:
        raise Refused.several(faults)
    encounters.record_diagnoses(
        ctx, visit.encounter, _as_recorded(known[first]), [_as_recorded(known[code]) for code in others]
    )


def _code_fault(visit: Visit, code: str, coded: Coded | None, field: str) -> Refused | None:
    if coded is None:
        return Refused("diagnosis-unknown", _unknown_code(visit, code), field)
    try:
        check_coded(coded, sex=visit.encounter.patient.sex, field=field)
    except Invalid as invalid:
        return refused(invalid, field)
    return None


def _unknown_code(visit: Visit, code: str) -> Phrase:
    near = nearest_code(code, visit.visit_date)
    hint = Phrase("Hãy gõ tên bệnh để tìm mã.")
    if near:
        hint = Phrase("Có phải {code} ({display})?", code=near.code, display=near.display)
    template = "Không có mã {code} trong danh mục ICD-10 ngày {day}. {hint}"
    return Phrase(template, code=code, day=f"{visit.visit_date:%d/%m/%Y}", hint=hint)


def _as_recorded(coded: Coded) -> encounters.Diagnosis:
    return encounters.Diagnosis(code=coded.code, display=coded.display, chronic=coded.has(CHRONIC))


def _audit(ctx: Context, visit: Visit, action: str) -> None:
    record_audit(ctx, action, patient_id=visit.encounter.patient_id, target=("Visit", visit.pk))
