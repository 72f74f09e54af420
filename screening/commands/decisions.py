"""A clinician's decision where no row of the table answers: the next step, the next round, or the end, with the words."""

from __future__ import annotations

import uuid
from datetime import date, timedelta

from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from screening.commands.duties import OpenCase, lock_case
from screening.commands.landing import BY_CLINICIAN, go_on
from screening.commands.states import close_duty, note_episode
from screening.models import Duty, EpisodeStatus, Result
from screening.models.duties import DECIDE
from screening.queries.scope import facility_of, today_of
from screening.rules.pathway import Ending, Next


@command(Permission.SCREENING_ASSESS)
def decide(ctx: Context, *, enrolment_id: uuid.UUID, step: str, note: str, due_on: date | None = None) -> Result:
    """Answer the open duty "clinician decides". step: an action of the version, "recall" or "cease"; note: on what grounds.

    Raises Conflict: no-open-duty, nothing-to-decide; Refused: step, note, due_on (a recall needs its day).
    """
    case = lock_case(ctx, enrolment_id)
    if case.duty.action != DECIDE:
        raise Conflict("nothing-to-decide", "Bước đang mở không phải chờ bác sĩ quyết định.")
    follows = _checked(ctx, case, step, note.strip(), due_on)
    result = Result.objects.create(
        episode=case.episode,
        action=DECIDE,
        kind=Result.Kind.DECISION,
        performed_on=today_of(ctx),
        note=note.strip()[:500],
        next_step=step,
        next_due_on=follows.due if step != Ending.CEASE else None,
        rule=BY_CLINICIAN,
        facility_id=facility_of(ctx).id,
        by_id=ctx.actor.staff_id,
        at=ctx.at,
    )
    note_episode(ctx, case.episode, EpisodeStatus.Step.DECIDED)
    close_duty(ctx, case.duty, Duty.Outcome.DONE, result)
    go_on(ctx, result, follows, owner_id=case.duty.owner_id)
    record_audit(
        ctx, "decide-step", patient_id=case.enrolment.patient_id, target=("Result", result.pk), detail={"step": step}
    )
    return result


def _checked(ctx: Context, case: OpenCase, step: str, note: str, due_on: date | None) -> Next:
    known = {action.code for action in case.rules.pathway.actions} | {Ending.RECALL, Ending.CEASE}
    faults = []
    if step not in known:
        faults.append(Refused("step", "Hãy chọn bước tiếp theo.", "step"))
    if not note:
        faults.append(Refused("note", "Hãy ghi căn cứ của quyết định.", "note"))
    if due_on is not None and due_on <= today_of(ctx):
        faults.append(Refused("due-on", "Ngày hẹn phải sau hôm nay.", "due_on"))
    if step == Ending.RECALL and due_on is None:
        faults.append(Refused("due-on", "Mời lại thì phải hẹn ngày.", "due_on"))
    if faults:
        raise Refused.several(faults)
    limit = today_of(ctx) + timedelta(days=case.rules.pathway.decide_days)
    return Next(step, due_on or limit, BY_CLINICIAN)
