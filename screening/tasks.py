"""Doors of the scheduler and of the outbox into screening."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict

from celery import shared_task
from django.utils import timezone

from registry.queries.contexts import system_context
from screening.commands.arrivals import accept_colonoscopy
from screening.commands.sweeps import sweep
from screening.queries.scope import has_open_duty


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
def identity_changed(message_id: str, payload: Mapping[str, str]) -> int:
    """Listener of "patient.merged", "patient.unmerged" and "record.moved": a colonoscopy that came to a person with the
    records of another answers for their open duty at once, not at the next hourly sweep.

    payload: patient_id and alias_id, the two people. Returns how many duties it closed.
    """
    people = {uuid.UUID(payload["patient_id"]), uuid.UUID(payload["alias_id"])}
    ctx = system_context(timezone.now(), label="screening-listener")
    owed = [one for one in sorted(people) if has_open_duty(one)]
    return sum(accept_colonoscopy(ctx, patient_id=one) for one in owed)
