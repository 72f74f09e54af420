"""What becomes of an invitation: sent, failed, answered, expired, withdrawn. Each change is a row that says who and when."""

from __future__ import annotations

import uuid
from datetime import date

from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from screening.commands.states import close_episode, rules_of, set_standing
from screening.models import Duty, Enrolment, Episode, Invitation, InvitationState, InvitationStatus, Kit, Response
from screening.models.enrolments import Standing
from screening.models.kits import KitState
from screening.queries.scope import facility_of, today_of
from screening.rules.intervals import add_months

LIVE = (InvitationState.PLANNED, InvitationState.SENT, InvitationState.FAILED)
LATEST_DEFERRAL_MONTHS = 24


def change(
    ctx: Context,
    invitation: Invitation,
    state: InvitationState,
    *,
    response: str = "",
    note: str = "",
    day: date | None = None,
) -> None:
    """Give an invitation its next state, and say so in its ledger. Caller holds the lock of the enrolment or the row."""
    invitation.state, invitation.response, invitation.note, invitation.day = state, response, note[:300], day
    invitation.changed_on = today_of(ctx)
    if state == InvitationState.SENT:
        invitation.sent_on = invitation.sent_on or today_of(ctx)
    invitation.save(update_fields=["state", "response", "note", "day", "changed_on", "sent_on", "attempts"])
    InvitationStatus.objects.create(
        invitation=invitation, state=state, response=response, reason=note[:300], by_id=ctx.actor.staff_id, at=ctx.at
    )


def note_attendance(ctx: Context, episode: Episode) -> None:
    """The person came: whatever invitation was on its way, or accepted, has been answered. Inside the enrolment's lock."""
    mine = Invitation.objects.filter(episode=episode).order_by("-number")
    for one in mine.filter(state__in=LIVE) or mine.filter(response__in=[Response.ACCEPTED, Response.DEFERRED])[:1]:
        change(ctx, one, InvitationState.RESPONDED, response=Response.ATTENDED)


def withdraw_open(ctx: Context, episode: Episode, why: str) -> None:
    """Whatever is on its way is not sent any more. why: Vietnamese."""
    for one in Invitation.objects.filter(episode=episode, state__in=LIVE):
        change(ctx, one, InvitationState.WITHDRAWN, note=why)


def is_under_way(episode: Episode) -> bool:
    """Whether a kit is out, a sample waits or a result has come: then the round ends by what is done and by nothing else."""
    return (
        Kit.objects.filter(episode=episode, state__in=[KitState.ISSUED, KitState.RETURNED]).exists()
        or episode.samples.filter(closed_at=None).exists()
        or episode.results.exists()
        or Duty.objects.filter(episode=episode, closed_at=None).exists()
    )


def end_untested(ctx: Context, episode: Episode, standing: Standing, due: date | None, reason: str) -> None:
    """Close a round in which nothing was done, and say when the person is asked again."""
    withdraw_open(ctx, episode, reason)
    close_episode(ctx, episode, Episode.Ending.NOT_TESTED)
    set_standing(ctx, episode.enrolment, standing, due, reason)


def next_round(episode: Episode, since: date) -> date:
    """One interval later."""
    return add_months(since, rules_of(episode).interval_of(episode.group))


@command(Permission.SCREENING_ENROL)
def answer_invitation(
    ctx: Context, *, invitation_id: uuid.UUID, response: str, day: date | None = None, note: str = ""
) -> Invitation:
    """What the person said, or that nobody was reached (response ""), with the caller's note.

    "deferred" and "elsewhere" need a day. Raises NotFound for another facility's; Conflict: answered, reminded, under-way;
    Refused: response, day, note.
    """
    invitation = lock_invitation(ctx, invitation_id)
    episode, enrolment = invitation.episode, invitation.episode.enrolment
    accepted = invitation.response == Response.ACCEPTED and response != Response.ACCEPTED
    if accepted and Invitation.objects.filter(episode=episode, number__gt=invitation.number).exists():
        raise Conflict("reminded", "Người này đã được nhắc lại sau đó: hãy ghi trả lời ở lời mời mới nhất.")
    if invitation.state not in LIVE and not accepted:
        raise Conflict("answered", "Lời mời này đã có trả lời hoặc đã kết thúc. Hãy tải lại trang để xem.")
    _refuse_unusable(ctx, response, day, note.strip())
    if response not in ("", Response.ACCEPTED) and is_under_way(episode):
        raise Conflict("under-way", "Người này đang làm xét nghiệm của vòng này: ghi ở trang của người đó.")
    if not response:
        change(ctx, invitation, InvitationState.FAILED, note=note.strip())
    else:
        change(ctx, invitation, InvitationState.RESPONDED, response=response, note=note.strip(), day=day)
        _follow(ctx, episode, Response(response), day)
    record_audit(
        ctx, "answer-invitation", patient_id=enrolment.patient_id, target=("Invitation", invitation.pk),
        detail={"response": response or "unreached"},
    )  # fmt: skip
    return invitation


def _follow(ctx: Context, episode: Episode, response: Response, day: date | None) -> None:
    """A refusal waits for the next round; who defers is asked again on the day they named, in this round."""
    said = str(response.label)
    if response == Response.REFUSED:
        end_untested(ctx, episode, Standing.ACTIVE, next_round(episode, today_of(ctx)), said)
    elif response == Response.ELSEWHERE and day:
        end_untested(ctx, episode, Standing.ACTIVE, max(next_round(episode, day), today_of(ctx)), said)
    elif response == Response.CEASED:
        end_untested(ctx, episode, Standing.CEASED, None, said)
    elif response == Response.DEFERRED:
        set_standing(ctx, episode.enrolment, Standing.DEFERRED, day, said)


def lock_invitation(ctx: Context, invitation_id: uuid.UUID) -> Invitation:
    """This facility's invitation with its episode, the enrolment held to the end of the transaction; NotFound otherwise."""
    found = Invitation.objects.filter(pk=invitation_id, batch__facility_id=facility_of(ctx).id)
    enrolment_id = found.values_list("episode__enrolment_id", flat=True).first()
    if enrolment_id is None:
        raise NotFound
    enrolment = Enrolment.objects.select_for_update(of=("self",), no_key=True).get(pk=enrolment_id)
    invitation = Invitation.objects.select_related("episode__version", "batch").get(pk=invitation_id)
    invitation.episode.enrolment = enrolment
    return invitation


def _refuse_unusable(ctx: Context, response: str, day: date | None, note: str) -> None:
    today = today_of(ctx)
    faults = []
    if response and response not in set(Response) - {Response.ATTENDED}:
        faults.append(Refused("response", "Hãy chọn câu trả lời.", "response"))
    if not response and not note:
        faults.append(Refused("note", "Hãy ghi vì sao chưa gặp được.", "note"))
    if response == Response.DEFERRED and (day is None or not today < day <= add_months(today, LATEST_DEFERRAL_MONTHS)):
        faults.append(Refused("day", "Hãy ghi ngày muốn được mời lại: sau hôm nay, không quá hai năm.", "day"))
    if response == Response.ELSEWHERE and (day is None or day > today):
        faults.append(Refused("day", "Hãy ghi ngày đã làm ở nơi khác: đến hôm nay.", "day"))
    if response not in (Response.DEFERRED, Response.ELSEWHERE) and day is not None:
        faults.append(Refused("day", "Chỉ ghi ngày khi xin hoãn hoặc đã làm ở nơi khác.", "day"))
    if faults:
        raise Refused.several(faults)
