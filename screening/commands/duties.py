"""Who holds an open case, and the two ways out of the worklist: an examination, or a documented reason."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, time

from django.utils import timezone

from records.commands.encounters import record_procedure
from records.models import Procedure
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.models import Assignment
from registry.rules.phrases import Phrase
from screening.commands.states import close_duty, close_episode, note_duty, note_episode, rules_of, set_standing
from screening.models import Assessment, Duty, DutyStatus, Enrolment, Episode, EpisodeStatus
from screening.models.enrolments import Standing
from screening.queries.scope import enrolment_here, facility_of, today_of
from screening.rules.eligibility import due_on
from screening.rules.programme import ProgrammeRules
from screening.rules.results import FollowUp, NextStep, after_colonoscopy

NOTE_WANTED = (Assessment.Reason.UNREACHABLE, Assessment.Reason.OTHER)


@dataclass(frozen=True, slots=True)
class OpenCase:
    """An enrolment under lock with its open duty and the rules of its episode."""

    enrolment: Enrolment
    episode: Episode
    duty: Duty
    rules: ProgrammeRules


def lock_case(ctx: Context, enrolment_id: uuid.UUID) -> OpenCase:
    """The open case of this facility's enrolment, read after the lock. Raises Conflict when no duty is open (any more)."""
    enrolment = enrolment_here(ctx, enrolment_id, lock=True)
    duties = Duty.objects.select_related("episode__version", "result__kit")
    duty = duties.filter(episode__enrolment=enrolment, closed_at=None).first()
    if duty is None:
        raise Conflict("no-open-duty", "Ca này không còn bước nào đang mở. Hãy tải lại trang để xem.")
    duty.episode.enrolment = enrolment
    return OpenCase(enrolment, duty.episode, duty, rules_of(duty.episode))


@command(Permission.SCREENING_ENROL)
def take_duty(ctx: Context, *, enrolment_id: uuid.UUID) -> Duty:
    """Hold the case oneself. Raises Conflict when somebody else holds it or nothing is open."""
    case = lock_case(ctx, enrolment_id)
    if case.duty.owner_id and case.duty.owner_id != ctx.actor.staff_id:
        raise Conflict("owned", "Ca này đã có người giữ. Hãy dùng “Giao cho” để đổi người.")
    return _give(ctx, case, ctx.actor.staff_id)


@command(Permission.SCREENING_ENROL)
def assign_duty(ctx: Context, *, enrolment_id: uuid.UUID, staff_id: int) -> Duty:
    """Give the case to somebody who works at this facility today. Raises Refused for anybody else."""
    case = lock_case(ctx, enrolment_id)
    here = Assignment.objects.on(today_of(ctx)).filter(facility_id=facility_of(ctx).id, staff__is_active=True)
    if not here.filter(staff_id=staff_id).exists():
        raise Refused("owner", "Người này hiện không làm việc tại cơ sở.", "staff_id")
    return _give(ctx, case, staff_id)


def _give(ctx: Context, case: OpenCase, staff_id: int | None) -> Duty:
    if case.duty.owner_id != staff_id:
        case.duty.owner_id = staff_id
        case.duty.save(update_fields=["owner_id"])
        note_duty(ctx, case.duty, DutyStatus.Kind.ASSIGNED, owner_id=staff_id)
    record_audit(ctx, "assign-duty", patient_id=case.enrolment.patient_id, target=("Duty", case.duty.pk))
    return case.duty


@command(Permission.SCREENING_ASSESS)
def record_assessment(
    ctx: Context,
    *,
    enrolment_id: uuid.UUID,
    performed_on: date | None = None,
    complete: bool | None = None,
    finding: str = "",
    note: str = "",
    next_due_on: date | None = None,
) -> Assessment:
    """A colonoscopy was done, and what it found; or what an arrived one found. It lands in the person's record too.

    An incomplete examination is noted and the duty stays open (CR-INC), unless it found a cancer. performed_on is not
    asked again for an examination that another facility wrote. Raises Conflict: no-open-duty; Refused: performed_on,
    complete, finding, next_due_on.
    """
    case = lock_case(ctx, enrolment_id)
    arrived = _arrived(case)
    day = timezone.localdate(arrived.performed_at) if arrived else _checked_day(ctx, case, performed_on)
    follow = _checked_follow_up(ctx, case, complete, finding, day, next_due_on)
    assessment = Assessment.objects.create(
        episode=case.episode,
        outcome=Assessment.Outcome.DONE,
        note=note.strip()[:500],
        performed_on=day,
        facility_id=arrived.facility_id if arrived else facility_of(ctx).id,
        complete=complete,
        finding=finding,
        next_step=follow.step,
        next_due_on=follow.due,
        procedure=arrived or _write_record(ctx, case, day, finding, complete),
        by_id=ctx.actor.staff_id,
        at=ctx.at,
    )
    _conclude(ctx, case, assessment, follow)
    record_audit(ctx, "record-assessment", patient_id=case.enrolment.patient_id, target=("Assessment", assessment.pk))
    return assessment


def _arrived(case: OpenCase) -> Procedure | None:
    """The examination that awaits classification, or None while the colonoscopy itself is awaited."""
    if case.duty.step != Duty.Step.CLASSIFICATION:
        return None
    done = Assessment.objects.filter(episode=case.episode, procedure__isnull=False).select_related("procedure")
    latest = done.order_by("-at", "-pk").first()
    return latest.procedure if latest else None


def _checked_day(ctx: Context, case: OpenCase, day: date | None) -> date:
    kit = case.duty.result.kit
    earliest = kit.sampled_on or timezone.localdate(kit.issued_at)
    if day is None:
        raise Refused("performed-on", "Hãy ghi ngày nội soi.", "performed_on")
    if not earliest <= day <= today_of(ctx):
        template = "Ngày nội soi phải từ {earliest} (ngày lấy mẫu) đến hôm nay."
        raise Refused("performed-on", Phrase(template, earliest=f"{earliest:%d/%m/%Y}"), "performed_on")
    return day


def _checked_follow_up(
    ctx: Context, case: OpenCase, complete: bool | None, finding: str, day: date, next_due_on: date | None
) -> FollowUp:
    faults = []
    if complete is None:
        faults.append(
            Refused("complete", "Hãy cho biết nội soi có trọn vẹn (đến manh tràng, ruột sạch) không.", "complete")
        )
    if complete and not finding:
        faults.append(Refused("finding", "Hãy chọn kết luận nội soi.", "finding"))
    if finding and case.rules.finding(finding) is None:
        faults.append(Refused("finding", "Kết luận này không có trong phiên bản của chương trình.", "finding"))
    if faults:
        raise Refused.several(faults)
    follow = after_colonoscopy(case.rules, finding, complete, day)
    if follow.step is not NextStep.CLINICIAN_DECIDES:
        return follow
    if next_due_on is None or next_due_on <= today_of(ctx):
        raise Refused("next-due-on", "Với kết luận này, bác sĩ phải hẹn ngày khám tiếp (sau hôm nay).", "next_due_on")
    return FollowUp(follow.step, next_due_on, follow.closes)


def _write_record(ctx: Context, case: OpenCase, day: date, finding: str, complete: bool | None) -> Procedure:
    known = case.rules.finding(finding)
    words = [known.label] if known else []
    words += [] if complete else ["Chưa trọn vẹn, cần làm lại"]
    return record_procedure(
        ctx,
        patient_id=case.enrolment.patient_id,
        code=case.rules.colonoscopy_codes.value[0],
        display="Nội soi đại tràng",
        result=". ".join(words),
        performed_at=min(ctx.at, datetime.combine(day, time(12), timezone.get_default_timezone())),
    )


def _conclude(ctx: Context, case: OpenCase, assessment: Assessment, follow: FollowUp) -> None:
    if not follow.closes:
        note_duty(ctx, case.duty, DutyStatus.Kind.INCOMPLETE)
        return
    if case.duty.step == Duty.Step.COLONOSCOPY:
        note_episode(ctx, case.episode, EpisodeStatus.Step.ASSESSED)
    close_duty(ctx, case.duty, Duty.Outcome.DONE, assessment)
    close_episode(ctx, case.episode, Episode.Ending.ASSESSED)
    if follow.step is NextStep.REFERRAL:
        set_standing(ctx, case.enrolment, Standing.CEASED, None, Phrase("chuyển điều trị"))
    else:
        set_standing(ctx, case.enrolment, Standing.SURVEILLANCE, follow.due, Phrase("sau nội soi"))


@command(Permission.SCREENING_ASSESS)
def close_duty_not_done(ctx: Context, *, enrolment_id: uuid.UUID, reason: str, note: str = "") -> Assessment:
    """The step will not be done, and why. Some reasons want words: what was tried, and when.

    Raises Conflict: no-open-duty; Refused: reason, note.
    """
    case = lock_case(ctx, enrolment_id)
    note = note.strip()
    if reason not in Assessment.Reason.values:
        raise Refused("reason", "Hãy chọn lý do không làm.", "reason")
    if reason in NOTE_WANTED and not note:
        raise Refused("note", "Hãy ghi rõ: đã làm những gì, vào ngày nào.", "note")
    assessment = Assessment.objects.create(
        episode=case.episode,
        outcome=Assessment.Outcome.NOT_DONE,
        reason=reason,
        note=note[:500],
        by_id=ctx.actor.staff_id,
        at=ctx.at,
    )
    note_episode(ctx, case.episode, EpisodeStatus.Step.NOT_ASSESSED)
    close_duty(ctx, case.duty, Duty.Outcome.NOT_DONE, assessment)
    close_episode(ctx, case.episode, Episode.Ending.NOT_ASSESSED)
    _stand_after(ctx, case, Assessment.Reason(reason))
    record_audit(
        ctx,
        "close-not-done",
        patient_id=case.enrolment.patient_id,
        target=("Duty", case.duty.pk),
        detail={"reason": reason},
    )
    return assessment


def _stand_after(ctx: Context, case: OpenCase, reason: Assessment.Reason) -> None:
    """Whoever died or moved away leaves; everybody else is invited again one interval after the test."""
    if reason in (Assessment.Reason.DECEASED, Assessment.Reason.MOVED):
        set_standing(ctx, case.enrolment, Standing.CEASED, None, reason.label)
        return
    measured_on = timezone.localdate(case.duty.result.measured_at)
    set_standing(ctx, case.enrolment, Standing.ACTIVE, due_on(case.rules, measured_on, measured_on), reason.label)
