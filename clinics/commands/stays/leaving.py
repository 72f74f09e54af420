"""The end of a stay: home, another hospital, or death; what its papers say is written with it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.utils import timezone

from clinics.commands.appointments import book_follow_up
from clinics.commands.referring import facility_to
from clinics.commands.sheet_writing import faults_of
from clinics.commands.stays.placing import leave_place, stay_here
from clinics.commands.steps import move, refused, staff_of
from clinics.models import Appointment, Stay, StayEnding
from clinics.rules.outcomes import OUTCOMES
from clinics.rules.states import VisitState
from clinics.rules.stays import DIED, Ending, ending_faults
from records.commands.deaths import record_death
from records.commands.encounters import finish_encounter
from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.models import Facility, Staff
from registry.rules.text import clean_line, clean_note


@dataclass(frozen=True, slots=True)
class Left:
    """The stay that ended, what its papers say, and the follow-up booked with it."""

    stay: Stay
    ending: StayEnding
    appointment: Appointment | None = None


@command(Permission.STAY_ADMIT)
def discharge(ctx: Context, *, visit_id: uuid.UUID, ending: Ending) -> Left:
    """Close the stay and its visit, free the bed, write what the papers say, book the follow-up.

    Raises Refused at the fields of Ending, all at once; Conflict stay-ended naming the colleague who was faster.
    """
    stay = stay_here(ctx, visit_id)
    faults = [refused(one) for one in ending_faults(ending, stay.admitted_at, ctx.at)]
    if ending.outcome not in OUTCOMES:
        faults.append(Refused("outcome-unknown", "Hãy chọn kết quả điều trị.", "outcome"))
    to, unknown = facility_to(ctx, ending.discharge, ending.referred_to)
    faults += unknown
    booked: list[Appointment] = []
    if ending.follow_up.strip() and not faults:
        faults += faults_of(lambda: booked.append(book_follow_up(ctx, stay.visit, ending.follow_up, ending.advice)))
    if faults:
        raise Refused.several(faults)
    row = _write(ctx, stay, ending, to)
    leave_place(ctx, stay)
    doctor = Staff.objects.get(pk=staff_of(ctx))
    visit = stay.visit
    finish_encounter(
        ctx, visit.encounter, row.treatment, ending.outcome, ending.discharge, practitioner_name=doctor.full_name
    )
    move(ctx, visit, VisitState.CLOSED)
    if ending.outcome == DIED and ending.died_at:
        record_death(ctx, visit.encounter.patient_id, timezone.localdate(ending.died_at))
    record_audit(ctx, "discharge", patient_id=visit.encounter.patient_id, target=("Stay", stay.pk))
    return Left(stay, row, next(iter(booked), None))


def _write(ctx: Context, stay: Stay, ending: Ending, to: Facility | None) -> StayEnding:
    return StayEnding.objects.create(
        stay=stay,
        outcome_code=ending.outcome,
        discharge_code=ending.discharge,
        treatment=clean_note(ending.treatment),
        condition=clean_note(ending.condition),
        advice=clean_note(ending.advice),
        leave_days=ending.leave_days,
        referred_to=to,
        referral_reason=clean_line(ending.referral_reason)[:500] if to else "",
        died_at=ending.died_at,
        cause=clean_line(ending.cause)[:500],
        by_id=staff_of(ctx),
        at=ctx.at,
    )
