"""Invitations on their way: messages go out, letters are marked as sent, and time answers for who says nothing."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import connection
from django.utils import timezone

from records.models import Patient
from records.queries.consents import people_who_agreed
from registry.kernel import Context, Permission, command, record_audit
from registry.rules.phrases import Phrase
from screening.commands.calling import MESSAGES
from screening.commands.invitations import change, end_untested, is_under_way, lock_invitation, next_round
from screening.commands.states import rules_of, set_standing
from screening.models import (
    Enrolment,
    Invitation,
    InvitationChannel,
    InvitationState,
    InvitationStatus,
    Response,
)
from screening.models.enrolments import Standing
from screening.queries.batches import batch_here
from screening.queries.scope import today_of
from screening.rules.calling import LEFT_OUT_NAMES, LeftOut, choose_channel, e164, message_text
from screening.senders import Message, NotSentError, Sender

AT_ONCE = 500


@command(Permission.SCREENING_ENROL)
def send_message(ctx: Context, *, invitation_id: uuid.UUID, sender: Sender) -> str:
    """Send one planned message; the state it has now. Somebody who may not get one any more gets a letter or a call.

    The key of an attempt stays the same until its outcome is committed: a crash in between sends nobody two messages.
    """
    invitation = _held(invitation_id)
    patient = invitation.episode.enrolment.patient
    if invitation.state == InvitationState.PLANNED and invitation.channel == InvitationChannel.SMS:
        way = _way(ctx, patient)
        if way == InvitationChannel.SMS:
            _send(ctx, invitation, patient, sender)
        else:
            invitation.channel = way
            invitation.save(update_fields=["channel"])
    record_audit(ctx, "send-invitation", patient_id=patient.pk, target=("Invitation", invitation.pk))
    return invitation.state


def _held(invitation_id: uuid.UUID) -> Invitation:
    """The invitation with its enrolment held."""
    found = Invitation.objects.filter(pk=invitation_id).values_list("episode__enrolment_id", flat=True)
    enrolments = Enrolment.objects.select_for_update(of=("self",), no_key=True).select_related("patient", "programme")
    enrolment = enrolments.get(pk=found.get())
    invitation = Invitation.objects.select_related("episode__version", "batch__facility").get(pk=invitation_id)
    invitation.episode.enrolment = enrolment
    return invitation


def _way(ctx: Context, patient: Patient) -> str:
    agreed = people_who_agreed([patient.pk], MESSAGES, today_of(ctx))
    return choose_channel(patient.phone if agreed else "", patient.address)


def _send(ctx: Context, invitation: Invitation, patient: Patient, sender: Sender) -> None:
    facility = invitation.batch.facility
    values = {
        "test": rules_of(invitation.episode).action.short_name,
        "facility": facility.short_name,
        "address": facility.address or facility.name,
    }
    text = str(message_text(values, reminder=invitation.number > 1))
    invitation.attempts += 1
    try:
        sender.send(Message(f"{invitation.pk}-{invitation.attempts}", e164(patient.phone), text))
    except NotSentError as fault:
        change(ctx, invitation, InvitationState.FAILED, note=fault.reason)
    else:
        change(ctx, invitation, InvitationState.SENT)


@command(Permission.SCREENING_ENROL)
def mark_letters_sent(ctx: Context, *, batch_id: uuid.UUID) -> int:
    """The printed letters of this facility's batch have gone out; how many. Doing it again changes nothing."""
    return _move_all(ctx, batch_id, "mark-letters-sent", InvitationChannel.LETTER, InvitationState.SENT)


@command(Permission.SCREENING_ENROL)
def retry_failed(ctx: Context, *, batch_id: uuid.UUID) -> int:
    """Try the messages again that did not go out; how many."""
    return _move_all(ctx, batch_id, "retry-messages", InvitationChannel.SMS, InvitationState.PLANNED)


def _move_all(ctx: Context, batch_id: uuid.UUID, action: str, channel: str, state: str) -> int:
    batch = batch_here(ctx, batch_id)
    came_from = InvitationState.PLANNED if state == InvitationState.SENT else InvitationState.FAILED
    moved = _update_all(
        ctx, {"batch": str(batch.pk), "channel": str(channel), "from": str(came_from), "to": str(state)}
    )
    record_audit(ctx, action, target=("InvitationBatch", batch.pk), detail={"rows": moved})
    return moved


_MOVE = """
WITH moved AS (
    UPDATE screening_invitation SET state = %(to)s, changed_on = %(today)s, note = '',
           sent_on = CASE WHEN %(to)s = 'sent' THEN coalesce(sent_on, %(today)s) ELSE sent_on END
     WHERE batch_id = %(batch)s AND channel = %(channel)s AND state = %(from)s RETURNING id)
INSERT INTO screening_invitationstatus (invitation_id, state, by_id, at) SELECT id, %(to)s, %(staff)s, %(at)s FROM moved
"""


def _update_all(ctx: Context, named: dict[str, str]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, named | {"today": today_of(ctx), "staff": ctx.actor.staff_id, "at": ctx.at})
        return int(cursor.rowcount)


@command(Permission.SCREENING_ENROL)
def withdraw_batch(ctx: Context, *, batch_id: uuid.UUID) -> int:
    """Take back whatever of this facility's batch has not gone out, and end those rounds; how many."""
    batch = batch_here(ctx, batch_id)
    planned = Invitation.objects.filter(batch=batch, state=InvitationState.PLANNED).values_list("pk", flat=True)
    taken = 0
    for invitation_id in planned.order_by("pk"):
        invitation = lock_invitation(ctx, invitation_id)
        if invitation.state == InvitationState.PLANNED:
            _take_back(ctx, invitation)
            taken += 1
    record_audit(ctx, "withdraw-batch", target=("InvitationBatch", batch.pk), detail={"rows": taken})
    return taken


def _take_back(ctx: Context, invitation: Invitation) -> None:
    why = Phrase("Rút đợt mời tuần {day}", day=f"{invitation.batch.week:%d/%m/%Y}")
    if is_under_way(invitation.episode) or invitation.number > 1:
        change(ctx, invitation, InvitationState.WITHDRAWN, note=str(why))
    else:
        end_untested(ctx, invitation.episode, Standing.ACTIVE, today_of(ctx), str(why))


@dataclass(frozen=True, slots=True)
class FollowedUp:
    """What time did: invitations withdrawn because the person may not be invited any more, reminders planned, rounds ended
    without an answer, and people whose deferral is over."""

    withdrawn: int
    reminded: int
    ended: int
    resumed: int


@command(Permission.SCREENING_ENROL)
def follow_up(ctx: Context) -> FollowedUp:
    """For the scheduler: at most AT_ONCE of each. Running it again on the same day changes nothing."""
    withdrawn = sum(1 for pk, reason in _unfit(ctx) if _withdraw(ctx, pk, LeftOut(reason)))
    late = [_time_is_up(ctx, pk) for pk in _unanswered(ctx)]
    resumed = sum(1 for pk in _deferred(ctx) if _resume(ctx, pk))
    done = FollowedUp(withdrawn, late.count("reminded"), late.count("ended"), resumed)
    record_audit(ctx, "follow-up-invitations", detail={name: getattr(done, name) for name in FollowedUp.__slots__})
    return done


# People with an invitation on its way, or who said they would come, who may not be invited any more, and why.
_UNFIT = """
SELECT i.id, x.reason FROM screening_invitation i
  JOIN screening_episode e ON e.id = i.episode_id AND e.closed_at IS NULL
  JOIN screening_enrolment n ON n.id = e.enrolment_id
  JOIN records_patient p ON p.id = n.patient_id
  JOIN screening_programmeversion v ON v.id = e.version_id
 CROSS JOIN LATERAL (SELECT CASE
       WHEN p.deceased_on IS NOT NULL THEN 'deceased'
       WHEN n.standing = 'ceased' THEN 'ceased'
       WHEN p.ward_code <> '' AND NOT EXISTS (
            SELECT 1 FROM registry_administrativeunit u WHERE u.code = p.ward_code) THEN 'moved'
       WHEN EXISTS (SELECT 1 FROM records_observation o WHERE o.patient_id = p.id AND o.superseded_by_id IS NULL
                       AND NOT o.mistaken AND o.observed_at > e.opened_at AND o.code = ANY(
                           SELECT jsonb_array_elements_text(a->'codes') FROM jsonb_array_elements(v.rules->'actions') a
                            WHERE a->>'code' = v.rules->>'test'))
         OR EXISTS (SELECT 1 FROM records_procedure r WHERE r.patient_id = p.id AND r.superseded_by_id IS NULL
                       AND r.performed_at > e.opened_at AND v.rules->'cleared'->'codes' ? r.code) THEN 'tested'
       END AS reason) x
 WHERE (i.state IN ('planned', 'sent', 'failed') OR i.response = 'accepted') AND x.reason IS NOT NULL
 ORDER BY i.id LIMIT %s
"""


def _unfit(ctx: Context) -> list[tuple[uuid.UUID, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_UNFIT, [AT_ONCE])
        return list(cursor.fetchall())


def _withdraw(ctx: Context, invitation_id: uuid.UUID, reason: LeftOut) -> bool:
    """The dead and the moved are not asked again by us; who was tested elsewhere is asked one interval later."""
    invitation = _held(invitation_id)
    episode, why = invitation.episode, LEFT_OUT_NAMES[reason]
    if is_under_way(episode):
        if invitation.state in (InvitationState.RESPONDED, InvitationState.WITHDRAWN):
            return False
        change(ctx, invitation, InvitationState.WITHDRAWN, note=why)
    elif reason is LeftOut.TESTED:
        end_untested(ctx, episode, Standing.ACTIVE, next_round(episode, today_of(ctx)), why)
    else:
        end_untested(ctx, episode, Standing.CEASED, None, why)
    return True


# The latest invitation of a round that has waited long enough: its version says how long, by the invitation's number.
_WAITED = """
SELECT i.id FROM screening_invitation i
  JOIN screening_episode e ON e.id = i.episode_id AND e.closed_at IS NULL
  JOIN screening_programmeversion v ON v.id = e.version_id
 WHERE (i.state IN ('sent', 'failed') OR i.response = 'accepted')
   AND NOT EXISTS (SELECT 1 FROM screening_invitation o WHERE o.episode_id = e.id AND o.number > i.number)
   AND NOT EXISTS (SELECT 1 FROM screening_kit k WHERE k.episode_id = e.id AND k.state IN ('issued', 'returned'))
   AND NOT EXISTS (SELECT 1 FROM screening_sample s WHERE s.episode_id = e.id AND s.closed_at IS NULL)
   AND NOT EXISTS (SELECT 1 FROM screening_result r WHERE r.episode_id = e.id)
   AND i.changed_on + coalesce((v.rules->'calling'->'reminders'->(i.number - 1)->>'days')::int,
                               (v.rules->'calling'->'give_up'->>'days')::int) <= %s
 ORDER BY i.changed_on, i.id LIMIT %s
"""


def _unanswered(ctx: Context) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(_WAITED, [today_of(ctx), AT_ONCE])
        return [row[0] for row in cursor.fetchall()]


def _time_is_up(ctx: Context, invitation_id: uuid.UUID) -> str:
    """Remind, or end the round after the last reminder: a person who never answers is asked again in the next one."""
    invitation = _held(invitation_id)
    episode, calling = invitation.episode, rules_of(invitation.episode).calling
    if is_under_way(episode) or calling is None:
        return ""
    if invitation.state != InvitationState.RESPONDED:
        change(ctx, invitation, InvitationState.EXPIRED)
    if invitation.number < calling.most:
        _invite_again(ctx, invitation)
        return "reminded"
    end_untested(
        ctx,
        episode,
        Standing.ACTIVE,
        next_round(episode, timezone.localdate(episode.opened_at)),
        "Không trả lời lời mời",
    )
    return "ended"


def _invite_again(ctx: Context, last: Invitation) -> Invitation:
    patient = last.episode.enrolment.patient
    invitation = Invitation.objects.create(
        episode=last.episode,
        batch=last.batch,
        number=last.number + 1,
        channel=_way(ctx, patient),
        state=InvitationState.PLANNED,
        changed_on=today_of(ctx),
    )
    InvitationStatus.objects.create(
        invitation=invitation, state=InvitationState.PLANNED, by_id=ctx.actor.staff_id, at=ctx.at
    )
    return invitation


def _deferred(ctx: Context) -> list[uuid.UUID]:
    reached = Enrolment.objects.filter(standing=Standing.DEFERRED, deferred_until__lte=today_of(ctx))
    return list(reached.order_by("deferred_until", "pk").values_list("pk", flat=True)[:AT_ONCE])


def _resume(ctx: Context, enrolment_id: uuid.UUID) -> bool:
    """The day the person named has come: they are invited again in the round that was open."""
    enrolments = Enrolment.objects.select_for_update(of=("self",), no_key=True).select_related("patient", "programme")
    enrolment = enrolments.get(pk=enrolment_id)
    if enrolment.standing != Standing.DEFERRED:
        return False
    set_standing(ctx, enrolment, Standing.ACTIVE, enrolment.deferred_until, "Hết thời gian hoãn")
    said = Invitation.objects.filter(episode__enrolment=enrolment, episode__closed_at=None)
    last = said.select_related("episode__version", "batch").order_by("-number").first()
    if last is not None and last.response == Response.DEFERRED and not is_under_way(last.episode):
        last.episode.enrolment = enrolment
        _invite_again(ctx, last)
    return True
