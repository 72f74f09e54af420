"""Doors of the scheduler and of the outbox into screening."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date

from celery import shared_task
from django.utils import timezone

from registry.kernel import Context, advance_job, finish_job
from registry.queries.contexts import system_context
from registry.rules.phrases import Phrase
from screening.commands.arrivals import accept_colonoscopy
from screening.commands.calling import Station, measure_station, plan_station, share_city
from screening.commands.escalation import note_missed
from screening.commands.observations import accept_observations, sweep_observations
from screening.commands.sending import follow_up, send_message
from screening.commands.sweeps import sweep
from screening.queries.batches import planned_messages
from screening.queries.calling import Capacity, stations
from screening.queries.scope import has_open_duty
from screening.queries.untaken import find_untaken
from screening.senders import configured_sender

SENDING_HOURS = range(8, 20)  # nobody is woken by an invitation


@shared_task
def sweep_duties() -> dict[str, int]:
    """Hourly: no positive without a duty, no duty open that the record has answered. Returns the counts."""
    return asdict(sweep(system_context(timezone.now(), label="screening-sweep")))


@shared_task
def procedure_recorded(message_id: str, payload: Mapping[str, str]) -> int:
    """Listener of "procedure.recorded": a colonoscopy done anywhere answers for the person's open duty.

    payload: patient_id, procedure_id, code. Returns how many duties it closed.
    """
    patient_id = uuid.UUID(payload["patient_id"])
    if not has_open_duty(patient_id):
        return 0
    return accept_colonoscopy(system_context(timezone.now(), label="screening-listener"), patient_id=patient_id)


@shared_task
def sweep_results() -> int:
    """Nightly: results of clinics that no message told of. Returns how many landed."""
    return sweep_observations(system_context(timezone.now(), label="screening-sweep"))


@shared_task
def observation_recorded(message_id: str, payload: Mapping[str, str]) -> int:
    """Listener of "observation.recorded": a test done anywhere is a result of the programmes the person is in.

    payload: patient_id. Returns how many results landed.
    """
    return _take_results(uuid.UUID(payload["patient_id"]))


@shared_task
def appointment_missed(message_id: str, payload: Mapping[str, str]) -> int:
    """Listener of "appointment.missed": whoever owes a step and did not come is told of at once.

    payload: patient_id. Returns how many duties.
    """
    patient_id = uuid.UUID(payload["patient_id"])
    if not has_open_duty(patient_id):
        return 0
    return note_missed(system_context(timezone.now(), label="screening-listener"), patient_id=patient_id)


def _take_results(patient_id: uuid.UUID) -> int:
    """Nothing is written, nor audited, for somebody whose record holds nothing new for a programme."""
    ctx = system_context(timezone.now(), label="screening-listener")
    if not find_untaken(ctx.at, 1, patient_id):
        return 0
    return accept_observations(ctx, patient_id=patient_id)


@shared_task
def identity_changed(message_id: str, payload: Mapping[str, str]) -> int:
    """Listener of "patient.merged", "patient.unmerged" and "record.moved": a colonoscopy that came to a person with the
    records of another answers for their open duty at once, not at the next hourly sweep; so do results of tests.

    payload: patient_id and alias_id, the two people. Returns how many duties it closed.
    """
    people = {uuid.UUID(payload["patient_id"]), uuid.UUID(payload["alias_id"])}
    for one in sorted(people):
        _take_results(one)
    ctx = system_context(timezone.now(), label="screening-listener")
    owed = [one for one in sorted(people) if has_open_duty(one)]
    return sum(accept_colonoscopy(ctx, patient_id=one) for one in owed)


@shared_task
def plan_city(job_id: str, programme: str, week: str, laboratory: int, endoscopy: int) -> int:
    """Plan a week for every ward that has a health station; how many people are invited. Stations that have their batch
    already keep it, so doing it again adds only what is missing."""
    ctx, monday, capacity = _system("screening-plan"), date.fromisoformat(week), Capacity(laboratory, endoscopy)
    job, places = uuid.UUID(job_id), stations()
    advance_job(job, total=2 * len(places))
    try:
        found = []
        for place in places:
            measured = measure_station(ctx, programme=programme, week=monday, facility_id=place.pk)
            found += [measured] if measured else []
            advance_job(job, by=1)
        invited = _plan_stations(ctx, job, programme, monday, capacity, found)
    except Exception:
        finish_job(job, failed=True, message="Dừng giữa chừng. Lập lại sẽ chỉ thêm những phường còn thiếu.")
        raise
    finish_job(job, message=Phrase("Đã mời {n} người ở {wards} phường, xã.", n=invited, wards=len(found)))
    return invited


def _plan_stations(
    ctx: Context, job: uuid.UUID, programme: str, week: date, capacity: Capacity, found: list[Station]
) -> int:
    """Share the week's places among the stations and invite."""
    if not found:
        return 0
    plan, invited = share_city(found, capacity), 0
    for station, share in zip(found, plan.shares, strict=True):
        invited += plan_station(
            ctx, programme=programme, week=week, station=station, size=share.invited, capacity=capacity, plan=plan
        )
        advance_job(job, by=1)
    return invited


@shared_task
def send_invitations() -> int:
    """Every few minutes in the daytime: the planned messages of weeks that have begun; how many were tried."""
    ctx = _system("screening-sender")
    if timezone.localtime(ctx.at).hour not in SENDING_HOURS:
        return 0
    sender, tried = configured_sender(), 0
    for invitation_id in planned_messages(ctx):
        send_message(_system("screening-sender"), invitation_id=invitation_id, sender=sender)
        tried += 1
    return tried


@shared_task
def follow_up_invitations() -> dict[str, int]:
    """Hourly: who may not be invited any more, who is reminded, whose round ends, whose deferral is over."""
    return asdict(follow_up(_system("screening-follow-up")))


def _system(label: str) -> Context:
    return system_context(timezone.now(), label=label)
