"""Colonoscopies that other facilities wrote into the record: they answer for the open duty, wherever they were done."""

from __future__ import annotations

import uuid

from django.utils import timezone

from records.models import Procedure
from registry.kernel import Context, Permission, command, record_audit
from screening.commands.states import close_duty, note_episode, open_duty, rules_of
from screening.models import Assessment, Duty, Enrolment, EpisodeStatus
from screening.rules.results import NextStep, classification_deadline


@command(Permission.SCREENING_ASSESS)
def accept_colonoscopy(ctx: Context, *, patient_id: uuid.UUID) -> int:
    """Let the person's record answer for their open duties; returns how many it closed. Doing it again changes nothing.

    Told of a procedure late, twice or before the result it belongs to, this looks at the record as it stands now.
    """
    enrolments = Enrolment.objects.select_for_update(of=("self",), no_key=True).filter(patient_id=patient_id)
    closed = [enrolment for enrolment in enrolments.order_by("pk") if settle_with_record(ctx, enrolment)]
    record_audit(ctx, "accept-colonoscopy", patient_id=patient_id, detail={"closed": len(closed)})
    return len(closed)


def settle_with_record(ctx: Context, enrolment: Enrolment) -> bool:
    """Close the enrolment's colonoscopy duty by an examination in the record; whether one did. Caller holds the lock.

    Counts: a procedure of the version's code set, done on or after the day the positive sample was taken (or its kit
    handed out), that no assessment has used yet. What it found must still be read and classified: that opens the next clock.
    """
    duty = _open_colonoscopy_duty(enrolment)
    procedure = _answering(duty, enrolment) if duty else None
    if duty is None or procedure is None:
        return False
    performed_on = timezone.localdate(procedure.performed_at)
    assessment = Assessment.objects.create(
        episode=duty.episode,
        outcome=Assessment.Outcome.DONE,
        performed_on=performed_on,
        facility_id=procedure.facility_id,
        next_step=NextStep.CLASSIFY,
        procedure=procedure,
        by_id=ctx.actor.staff_id,
        at=ctx.at,
    )
    note_episode(ctx, duty.episode, EpisodeStatus.Step.ASSESSED)
    close_duty(ctx, duty, Duty.Outcome.DONE, assessment)
    deadline = classification_deadline(rules_of(duty.episode), timezone.localdate(ctx.at))
    open_duty(ctx, duty.result, Duty.Step.CLASSIFICATION, deadline, owner_id=duty.owner_id)
    return True


def _open_colonoscopy_duty(enrolment: Enrolment) -> Duty | None:
    duties = Duty.objects.select_related("episode__version", "result__kit__episode__enrolment")
    return duties.filter(episode__enrolment=enrolment, step=Duty.Step.COLONOSCOPY, closed_at=None).first()


def _answering(duty: Duty, enrolment: Enrolment) -> Procedure | None:
    """The latest unused colonoscopy since the sample."""
    kit = duty.result.kit
    since = kit.sampled_on or timezone.localdate(kit.issued_at)
    found = Procedure.objects.filter(
        patient_id=enrolment.patient_id,
        code__in=rules_of(duty.episode).colonoscopy_codes.value,
        performed_at__date__gte=since,
        superseded_by=None,
    ).exclude(pk__in=Assessment.objects.filter(procedure__isnull=False).values("procedure_id"))
    return found.order_by("-performed_at", "-pk").first()
