"""Examinations that other facilities wrote into the record: they answer for the open duty, wherever they were done."""

from __future__ import annotations

import uuid
from datetime import date

from django.utils import timezone

from records.models import Procedure
from registry.kernel import Context, Permission, command, record_audit
from screening.commands.landing import Fact, land
from screening.commands.states import rules_of
from screening.models import Duty, Enrolment, Result
from screening.models.duties import CLASSIFY, DECIDE


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
    """Close the enrolment's open duty by an examination in the record; whether one did. Caller holds the lock.

    Counts: a procedure of the owed action's codes, done on or after the day the sample was taken (or its kit handed out, or
    the result's own day), that no result has used yet. What it found must still be read: that opens the next clock.
    """
    duty = _owed(enrolment)
    procedure = _answering(duty, enrolment) if duty else None
    if duty is None or procedure is None:
        return False
    duty.episode.enrolment = enrolment
    land(
        ctx,
        duty.episode,
        Fact(
            duty.action,
            timezone.localdate(procedure.performed_at),
            facility_id=procedure.facility_id,
            procedure=procedure,
            origin=Result.Origin.RECORD,
        ),
    )
    return True


def _owed(enrolment: Enrolment) -> Duty | None:
    duties = Duty.objects.select_related("episode__version", "result__kit").exclude(action__in=[CLASSIFY, DECIDE])
    return duties.filter(episode__enrolment=enrolment, closed_at=None).first()


def since(duty: Duty) -> date:
    """From which day on an examination may be the one that is owed."""
    kit, result = duty.result.kit, duty.result
    if kit is not None:
        return kit.sampled_on or timezone.localdate(kit.issued_at)
    return result.performed_on or timezone.localdate(result.at)


def _answering(duty: Duty, enrolment: Enrolment) -> Procedure | None:
    """The latest unused procedure since the result."""
    action = rules_of(duty.episode).pathway.action(duty.action)
    found = Procedure.objects.filter(
        patient_id=enrolment.patient_id,
        code__in=action.codes,
        performed_at__date__gte=since(duty),
        superseded_by=None,
    ).exclude(pk__in=Result.objects.filter(procedure__isnull=False).values("procedure_id"))
    return found.order_by("-performed_at", "-pk").first()
