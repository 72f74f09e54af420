"""Who holds an open case, and the two ways out of the worklist: what was done, or a documented reason."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from django.utils import timezone

from records.commands.encounters import record_procedure
from records.models import Procedure
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.models import Assignment
from registry.rules.phrases import Phrase
from screening.commands.arrivals import since
from screening.commands.landing import Fact, ask, land
from screening.commands.states import close_duty, close_episode, note_duty, note_episode, rules_of, set_standing
from screening.models import Duty, DutyStatus, Enrolment, Episode, EpisodeStatus, Result
from screening.models.duties import CLASSIFY, DECIDE
from screening.models.enrolments import Standing
from screening.models.results import Reason
from screening.queries.scope import enrolment_here, facility_of, today_of
from screening.rules.intervals import add_months
from screening.rules.pathway import Action, Ending, Kind, Lesion, Outcome
from screening.rules.programme import ProgrammeRules

CALL_WITHIN = 90  # days: who is put off longer than this has refused, and the case says so
NOTE_WANTED = (Reason.UNREACHABLE, Reason.OTHER)
_GRAVE = (Lesion.CANCER, Lesion.PRECANCER, Lesion.ADVANCED)


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
    stage: str = "",
    note: str = "",
    next_due_on: date | None = None,
    action: str = "",
) -> Result:
    """An examination or a treatment was done, and what it showed; or what an arrived one showed. It lands in the record too.

    action: what was done, the owed step where it is not named. One that was not complete is noted and the step stays owed
    (CR-INC), unless it found a cancer. performed_on is not asked again for what another facility wrote. Raises Conflict:
    no-open-duty; Refused: action, performed_on, complete, finding, next_due_on.
    """
    case = lock_case(ctx, enrolment_id)
    arrived = case.duty.result if case.duty.action == CLASSIFY else None
    done = _checked_action(case, arrived, action)
    day = arrived.performed_on if arrived else None
    fact = Fact(
        done.code,
        day or _checked_day(ctx, case, performed_on),
        finding,
        complete=complete if done.complete else None,
        stage=stage.strip()[:30],
        note=note.strip()[:500],
        facility_id=arrived.facility_id if arrived else facility_of(ctx).id,
        decided_on=next_due_on,
    )
    _refuse_unsaid(ctx, case, done, fact)
    seen = arrived.procedure if arrived else _write_record(ctx, case, done, fact)
    result = land(ctx, case.episode, replace(fact, procedure=seen))
    record_audit(ctx, "record-assessment", patient_id=case.enrolment.patient_id, target=("Result", result.pk))
    return result


def _checked_action(case: OpenCase, arrived: Result | None, action: str) -> Action:
    """What was done: the owed step, what arrived, or another examination or treatment of the version that was named."""
    named = arrived.action if arrived else action or case.duty.action
    try:
        known = case.rules.pathway.action(named)
    except KeyError:
        raise Refused("action", "Hãy chọn việc đã làm.", "action") from None
    if known.kind is Kind.TEST:
        raise Refused("action", Phrase("{name} ghi ở phần xét nghiệm.", name=Phrase(known.name)), "action")
    return known


def _checked_day(ctx: Context, case: OpenCase, day: date | None) -> date:
    earliest = since(case.duty)
    if day is None:
        raise Refused("performed-on", "Hãy ghi ngày làm.", "performed_on")
    if not earliest <= day <= today_of(ctx):
        template = "Ngày làm phải từ {earliest} (ngày lấy mẫu hoặc có kết quả trước) đến hôm nay."
        raise Refused("performed-on", Phrase(template, earliest=f"{earliest:%d/%m/%Y}"), "performed_on")
    return day


def _refuse_unsaid(ctx: Context, case: OpenCase, done: Action, fact: Fact) -> None:
    """An examination must say whether it was complete and what it showed, in the version's words."""
    known = next((one for one in done.outcomes if one.code == fact.code), None)
    faults = []
    if done.complete and fact.complete is None:
        faults.append(
            Refused("complete", "Hãy cho biết nội soi có trọn vẹn (đến manh tràng, ruột sạch) không.", "complete")
        )
    if not fact.code and (fact.complete or not done.complete):
        faults.append(Refused("finding", "Hãy chọn kết luận.", "finding"))
    if fact.code and known is None:
        faults.append(Refused("finding", "Kết luận này không có trong phiên bản của chương trình.", "finding"))
    if faults:
        raise Refused.several(faults)
    _refuse_undated(ctx, case, known, fact)


def _refuse_undated(ctx: Context, case: OpenCase, known: Outcome | None, fact: Fact) -> None:
    """Where no row answers for a minor finding, the doctor who writes it says when the person is seen again."""
    follows = ask(ctx, case.episode, case.rules, replace(fact, decided_on=None))
    examined = case.rules.pathway.action(fact.action).kind is Kind.EXAMINATION
    minor = examined and known is not None and known.lesion not in _GRAVE
    if fact.decided_on is not None and fact.decided_on <= today_of(ctx):
        raise Refused("next-due-on", "Ngày hẹn phải sau hôm nay.", "next_due_on")
    if follows.step == Ending.DECIDE and minor and fact.decided_on is None:
        raise Refused("next-due-on", "Với kết luận này, bác sĩ phải hẹn ngày khám tiếp (sau hôm nay).", "next_due_on")


def _write_record(ctx: Context, case: OpenCase, done: Action, fact: Fact) -> Procedure:
    words = [done.outcome(fact.code).label] if fact.code else []
    words += ["Chưa trọn vẹn, cần làm lại"] if fact.complete is False else []
    return record_procedure(
        ctx,
        patient_id=case.enrolment.patient_id,
        code=done.codes[0] if done.codes else done.code,
        display=done.name,
        result=". ".join(words),
        performed_at=min(ctx.at, datetime.combine(fact.performed_on, time(12), timezone.get_default_timezone())),
    )


@command(Permission.SCREENING_ASSESS)
def put_off(ctx: Context, *, enrolment_id: uuid.UUID, call_on: date | None, note: str = "") -> Duty:
    """The person refuses for now: the step stays owed, its clock runs on, and they are called again on a day.

    call_on: from tomorrow, at most CALL_WITHIN days ahead; note: what was said. Raises Conflict: no-open-duty; Refused:
    call_on, note.
    """
    case = lock_case(ctx, enrolment_id)
    today, words = today_of(ctx), note.strip()[:500]
    faults = []
    if call_on is None or not today < call_on <= today + timedelta(days=CALL_WITHIN):
        message = Phrase("Ngày gọi lại phải từ ngày mai, trong vòng {days} ngày.", days=CALL_WITHIN)
        faults.append(Refused("call-on", message, "call_on"))
    if not words:
        faults.append(Refused("note", "Hãy ghi người bệnh nói gì, vì sao chưa làm.", "note"))
    if faults:
        raise Refused.several(faults)
    case.duty.call_again_on = call_on
    case.duty.save(update_fields=["call_again_on"])
    note_duty(ctx, case.duty, DutyStatus.Kind.PUT_OFF, call_on=call_on, note=words)
    record_audit(ctx, "put-off", patient_id=case.enrolment.patient_id, target=("Duty", case.duty.pk))
    return case.duty


@command(Permission.SCREENING_ASSESS)
def close_duty_not_done(ctx: Context, *, enrolment_id: uuid.UUID, reason: str, note: str = "") -> Result:
    """The step will not be done, and why. Some reasons want words: what was tried, and when.

    Raises Conflict: no-open-duty; Refused: reason, note.
    """
    case = lock_case(ctx, enrolment_id)
    note = note.strip()
    if reason not in Reason.values:
        raise Refused("reason", "Hãy chọn lý do không làm.", "reason")
    if reason in NOTE_WANTED and not note:
        raise Refused("note", "Hãy ghi rõ: đã làm những gì, vào ngày nào.", "note")
    result = Result.objects.create(
        episode=case.episode,
        action=case.duty.action,
        kind=_kind_of(case),
        state=Result.State.NOT_DONE,
        reason=reason,
        note=note[:500],
        by_id=ctx.actor.staff_id,
        at=ctx.at,
    )
    note_episode(ctx, case.episode, EpisodeStatus.Step.NOT_ASSESSED)
    close_duty(ctx, case.duty, Duty.Outcome.NOT_DONE, result)
    close_episode(ctx, case.episode, Episode.Ending.NOT_ASSESSED)
    _stand_after(ctx, case, Reason(reason))
    record_audit(
        ctx,
        "close-not-done",
        patient_id=case.enrolment.patient_id,
        target=("Duty", case.duty.pk),
        detail={"reason": reason},
    )
    return result


def _kind_of(case: OpenCase) -> str:
    if case.duty.action == DECIDE:
        return Result.Kind.DECISION
    named = case.duty.result.action if case.duty.action == CLASSIFY else case.duty.action
    return case.rules.pathway.action(named).kind.value


def _stand_after(ctx: Context, case: OpenCase, reason: Reason) -> None:
    """Whoever died, moved away or has a cancer leaves; everybody else is invited again one interval after the result."""
    words = str(reason.label)
    if reason in (Reason.DECEASED, Reason.MOVED) or _has_cancer(case):
        set_standing(ctx, case.enrolment, Standing.CEASED, None, words)
        return
    latest = case.duty.result.performed_on or timezone.localdate(case.duty.result.at)
    due = add_months(latest, case.rules.interval_of(case.episode.group))
    set_standing(ctx, case.enrolment, Standing.ACTIVE, due, words)


def _has_cancer(case: OpenCase) -> bool:
    said = Result.objects.filter(episode=case.episode).exclude(code="").exclude(kind=Result.Kind.TEST)
    found = said.exclude(kind=Result.Kind.DECISION).values_list("action", "code")
    return any(case.rules.pathway.action(action).outcome(code).lesion is Lesion.CANCER for action, code in found)
