"""The doctor's part: begin, diagnose, conclude and close."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence

from django.utils import timezone

from clinics.commands.steps import move, refused, staff_of, visit_to_change
from clinics.models import Visit
from clinics.queries.diagnoses import codes_on, nearest_code
from clinics.queries.sheet import get_sheet
from clinics.rules.diagnoses import CHRONIC, Coded, check_coded, check_selection, normalise_code
from clinics.rules.outcomes import OUTCOMES
from clinics.rules.sheet import PART_NAMES, Part, Sheet, overtaken
from clinics.rules.states import VisitState
from records.commands import encounters
from records.commands.examinations import write_examination
from records.models import Condition
from records.rules.examination import Examination
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.models import Staff
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase, joined
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
    ctx: Context,
    *,
    visit_id: uuid.UUID,
    main: str,
    secondary: Sequence[str] = (),
    conclusion: str | None = None,
    examined: Examination | None = None,
    seen: Mapping[Part, str] | None = None,
) -> Visit:
    """Write the visit's diagnoses (ICD-10 codes as typed); earlier ones are superseded. conclusion: a draft, kept with them.

    examined: course, findings and advice, written into the record. seen: the marks of the sheet this is an answer to
    (clinics.rules.sheet). Raises Refused at "main" or "secondary": missing, unknown (with the nearest code), not allowed
    as main, not of this sex; at the key of a finding; Conflict sheet-changed when somebody else changed the same part.
    """
    visit = _in_consultation(ctx, visit_id)
    _refuse_overtaken(visit, seen, main, secondary, conclusion, examined)
    faults: list[Refused] = []
    # A draft may wait for its diagnosis; one that stands is never emptied in silence.
    if main or secondary or examined is None or _diagnosed(visit):
        faults += _faults_of(lambda: _write_diagnoses(ctx, visit, main, secondary))
    if examined is not None:
        faults += _faults_of(lambda: _examine(ctx, visit, examined))
    if faults:
        raise Refused.several(faults)
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
    examined: Examination | None = None,
    seen: Mapping[Part, str] | None = None,
) -> Visit:
    """Conclude, sign and close, with the diagnoses already written or those given here (they are written first).

    Nothing of a signed sheet is overwritten afterwards: what else is to be said is an addendum. outcome_code:
    KET_QUA_DTRI; examined and seen as in record_diagnoses. Raises Refused at "main", "secondary", "conclusion",
    "outcome_code" or the key of a finding, all at once, and Conflict as record_diagnoses.
    """
    visit = _in_consultation(ctx, visit_id)
    _refuse_overtaken(visit, seen, main, secondary, conclusion, examined)
    faults = [*_diagnosis_faults(ctx, visit, main, secondary), *_ending_faults(conclusion, outcome_code)]
    if examined is not None:
        faults += _faults_of(lambda: _examine(ctx, visit, examined))
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
        return [] if _diagnosed(visit) else [Refused("diagnosis-main-missing", "Cần đúng một bệnh chính.", "main")]
    return _faults_of(lambda: _write_diagnoses(ctx, visit, main, secondary))


def _diagnosed(visit: Visit) -> bool:
    standing = Condition.objects.filter(encounter=visit.encounter, superseded_by=None, role=Condition.Role.MAIN)
    return standing.exists()


def _faults_of(write: Callable[[], object]) -> Sequence[Refused]:
    """Write, and tell what was wrong with it; the caller refuses everything at once."""
    try:
        write()
    except Refused as fault:
        return fault.all
    return []


def _examine(ctx: Context, visit: Visit, examined: Examination) -> None:
    write_examination(ctx, visit.encounter, examined, sex=visit.encounter.patient.sex)


def _refuse_overtaken(
    visit: Visit,
    seen: Mapping[Part, str] | None,
    main: str | None,
    secondary: Sequence[str],
    conclusion: str | None,
    examined: Examination | None,
) -> None:
    """The second of two tabs, or of two doctors, learns what the first one wrote."""
    if seen is None:
        return
    standing, by, at = get_sheet(visit)
    said = (examined or Examination()).cleaned
    wanted = Sheet(
        main=standing.main if main is None else normalise_code(main),
        secondary=standing.secondary if main is None else tuple(filter(None, map(normalise_code, secondary))),
        conclusion=standing.conclusion if conclusion is None else _conclusion(conclusion),
        course=standing.course if said.course is None else said.course,
        advice=standing.advice if said.advice is None else said.advice,
        findings={**standing.findings, **said.findings},
    )
    parts = overtaken(seen, standing, wanted)
    if parts:
        names = joined((PART_NAMES[part] for part in parts), ", ")
        template = "{who} vừa sửa {parts} lúc {time}. Phần bạn gõ còn nguyên; hãy so với bản đang lưu rồi lưu lại."
        time = f"{timezone.localtime(at):%H:%M}" if at else "–"
        raise Conflict("sheet-changed", Phrase(template, who=by or Phrase("Người khác"), parts=names, time=time))


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
