"""Writing a prescription before it is signed: every save is kept, and who saves an older one is told what changed."""

from __future__ import annotations

import uuid
from typing import Any

from django.apps import apps
from django.utils import timezone

from clinics.commands.steps import staff_of
from clinics.models import PrescribingSet, Prescription, PrescriptionDraft, PrescriptionLine, Visit
from clinics.queries.formulary import drugs_of
from clinics.queries.prescribing import Sheet, last_lines, open_draft, sheet_of
from clinics.queries.scope import facility_of, today_of, visit_here
from clinics.rules.drafts import ANSWERS, DraftLine, Written, changes
from clinics.rules.prescriptions import MOST_LINES, PRESCRIBING_STATES, SLOTS, Dosing
from clinics.rules.states import VisitState
from records.queries.access import RecordAccess, look_through_door
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note

LONGEST_ADVICE = 1000
LONGEST_REASON = 500


@command(Permission.PRESCRIPTION_SIGN)
def save_draft(ctx: Context, *, visit_id: uuid.UUID, version: int, written: Written) -> Sheet:
    """Keep what is written so far. version: of the draft that was shown, 0 when there was none.

    Raises Conflict(draft-changed) telling what somebody else changed meanwhile; Refused for too many lines.
    """
    visit, access = writable(ctx, visit_id)
    draft = keep(ctx, visit, open_draft(visit), version, written)
    return _told(ctx, access, visit, draft)


@command(Permission.PRESCRIPTION_SIGN)
def take_up_last(ctx: Context, *, visit_id: uuid.UUID, version: int) -> Sheet:
    """Add the lines of the person's last standing prescription here, each going on with the medicine it prescribed.

    Raises NotFound(no-last-prescription).
    """
    visit, access = writable(ctx, visit_id)
    lines = last_lines(ctx, access, visit)
    if not lines:
        raise NotFound("Người bệnh chưa có đơn thuốc nào trước đây ở cơ sở này.", "no-last-prescription")
    again = [DraftLine(line.drug.code, pattern_of(line), line.medication_id) for line in lines]
    return _told(ctx, access, visit, _added(ctx, visit, version, again))


@command(Permission.PRESCRIPTION_SIGN)
def take_up_set(ctx: Context, *, visit_id: uuid.UUID, version: int, set_id: uuid.UUID) -> Sheet:
    """Add the lines of a favourite or a set of this facility. Raises NotFound."""
    visit, access = writable(ctx, visit_id)
    kept = PrescribingSet.objects.filter(pk=set_id, facility_id=facility_of(ctx).id).first()
    if kept is None or not (kept.shared or kept.owner_id == ctx.actor.staff_id):
        raise NotFound("Không tìm thấy bộ thuốc này.", "no-such-set")
    PrescribingSet.objects.filter(pk=kept.pk).update(used=kept.used + 1)
    again = [DraftLine.from_json(line) for line in kept.lines]
    return _told(ctx, access, visit, _added(ctx, visit, version, again))


@command(Permission.PRESCRIPTION_SIGN)
def begin_replacement(ctx: Context, *, prescription_id: uuid.UUID, reason: str) -> Visit:
    """Open a draft with a signed prescription's lines that will take its place when it is signed.

    Raises NotFound; Conflict when it has ended already or another draft is open; Refused at "reason".
    """
    prescription = prescription_here(ctx, prescription_id)
    visit, access = writable(ctx, prescription.visit_id)
    standing(prescription)
    if open_draft(visit) is not None:
        raise Conflict("draft-open", "Lượt khám này đang có một đơn viết dở: hãy ký hoặc xoá đơn đó trước.")
    lines = [
        DraftLine(line.drug.code, pattern_of(line))
        for line in prescription.lines.select_related("drug").order_by("position")
    ]
    draft = PrescriptionDraft.objects.create(
        visit=visit, lines=[one.to_json() for one in lines], advice=prescription.advice, replaces=prescription,
        replace_reason=reason_for(reason), changed_by_id=staff_of(ctx), changed_at=ctx.at,
    )  # fmt: skip
    record_audit(ctx, "update", patient_id=access.patient_id, target=("PrescriptionDraft", draft.pk))
    return visit


def writable(ctx: Context, visit_id: uuid.UUID) -> tuple[Visit, RecordAccess]:
    """This facility's visit, locked, in a state in which a prescription may be written; and its opened record."""
    visit = visit_here(ctx, visit_id, lock=True)
    access = look_through_door(ctx, visit.encounter.patient_id)
    if VisitState(visit.state) not in PRESCRIBING_STATES:
        raise Conflict("visit-not-begun", "Chưa bắt đầu khám: hãy bấm “Bắt đầu khám” trước.")
    return visit, access


def keep(
    ctx: Context, visit: Visit, draft: PrescriptionDraft | None, version: int, written: Written
) -> PrescriptionDraft:
    """Write the draft when it is still the one that was shown; the visit is locked, so nobody comes between."""
    fields = _fields(written)
    if draft is None and version == 0:
        return PrescriptionDraft.objects.create(visit=visit, **fields, changed_by_id=staff_of(ctx), changed_at=ctx.at)
    if draft is None:
        raise Conflict("draft-gone", "Đơn này vừa được ký hoặc xoá ở một cửa sổ khác: hãy tải lại trang.")
    same = all(getattr(draft, name) == value for name, value in fields.items())
    if draft.version != version and not same:
        raise Conflict("draft-changed", told_changes(ctx, draft, version))
    if not same:
        for name, value in {**fields, "version": draft.version + 1, "changed_at": ctx.at}.items():
            setattr(draft, name, value)
        draft.changed_by_id = staff_of(ctx)
        draft.save()
    return draft


def told_changes(ctx: Context, draft: PrescriptionDraft, version: int) -> Phrase:
    """Who changed the draft since this version, when, and what: read from the table's own history."""
    history: Any = apps.get_model("clinics", "PrescriptionDraftEvent")
    shown = history.objects.filter(pgh_obj_id=draft.pk, version=version).order_by("pgh_id").last()
    before = [DraftLine.from_json(one) for one in shown.lines] if shown else []
    after = [DraftLine.from_json(one) for one in draft.lines]
    drugs = drugs_of(facility_of(ctx).id, {one.code for one in (*before, *after)}, today_of(ctx))
    return Phrase(
        "{who} vừa sửa đơn này lúc {time}: {changes}. Đơn đang hiện là bản mới; hãy xem lại rồi làm tiếp.",
        who=draft.changed_by.full_name,
        time=f"{timezone.localtime(draft.changed_at):%H:%M}",
        changes=changes(before, after, {code: drug.name for code, drug in drugs.items()}),
    )


def prescription_here(ctx: Context, prescription_id: uuid.UUID) -> Prescription:
    """This facility's prescription; NotFound otherwise."""
    found = Prescription.objects.select_related("visit__encounter", "end", "signed_by").filter(
        pk=prescription_id, facility_id=facility_of(ctx).id
    )
    prescription = found.first()
    if prescription is None:
        raise NotFound("Không tìm thấy đơn thuốc này ở cơ sở của bạn.", "no-such-prescription")
    return prescription


def standing(prescription: Prescription) -> None:
    """Conflict, with what became of it, for one that was replaced or cancelled."""
    end = getattr(prescription, "end", None)
    if end is not None:
        template = "Đơn {code} không còn hiệu lực: {state:lower} lúc {time}."
        time = f"{timezone.localtime(end.at):%H:%M %d/%m/%Y}"
        said = Phrase(template, code=prescription.code, state=Phrase(end.get_kind_display()), time=time)
        raise Conflict("prescription-ended", said)


def reason_for(reason: str) -> str:
    """A reason as it is stored; Refused(reason-missing) at "reason"."""
    text = clean_line(reason)[:300]
    if not text:
        raise Refused("reason-missing", "Hãy ghi lý do.", "reason")
    return text


def pattern_of(line: PrescriptionLine) -> Dosing:
    """How a signed line is taken."""
    morning, noon, afternoon, evening = (getattr(line, name).normalize() for name in SLOTS)
    return Dosing(morning, noon, afternoon, evening, line.days, line.note)


def _added(ctx: Context, visit: Visit, version: int, again: list[DraftLine]) -> PrescriptionDraft:
    """The draft with more lines; a medicine that stands there already is not added twice."""
    draft = open_draft(visit)
    if draft is not None and draft.version != version:
        raise Conflict("draft-changed", told_changes(ctx, draft, version))
    lines = [DraftLine.from_json(one) for one in draft.lines] if draft else []
    known = {one.code for one in lines}
    lines += [one for one in again if one.code not in known]
    kept = (draft.reasons, draft.advice, draft.pregnant, draft.lactating) if draft else ()
    return keep(ctx, visit, draft, version, Written(tuple(lines), *kept))


def _fields(written: Written) -> dict[str, Any]:
    if len(written.lines) > MOST_LINES:
        raise Refused("lines-many", Phrase("Một đơn không quá {most} thuốc.", most=MOST_LINES))
    if len({one.code for one in written.lines}) != len(written.lines):
        raise Refused("drug-twice", "Một thuốc được ghi hai lần: hãy gộp thành một dòng.")
    reasons = {key: clean_line(said)[:LONGEST_REASON] for key, said in (written.reasons or {}).items() if said.strip()}
    return {
        "lines": [one.to_json() for one in written.lines],
        "reasons": reasons,
        "advice": clean_note(written.advice)[:LONGEST_ADVICE],
        "pregnant": written.pregnant if written.pregnant in ANSWERS else "",
        "lactating": written.lactating if written.lactating in ANSWERS else "",
    }


def _told(ctx: Context, access: RecordAccess, visit: Visit, draft: PrescriptionDraft) -> Sheet:
    detail = {"version": draft.version, **access.audit_detail}
    record_audit(ctx, "update", patient_id=access.patient_id, target=("PrescriptionDraft", draft.pk), detail=detail)
    return sheet_of(ctx, access, visit, draft)
