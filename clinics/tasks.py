"""Doors of the outbox into the clinics."""

from __future__ import annotations

from collections.abc import Mapping

from celery import shared_task
from django.utils import timezone

from clinics.commands.following import charge_visit
from clinics.queries.chargeable import visit_told_of
from registry.queries.contexts import system_context


@shared_task
def care_changed(message_id: str, payload: Mapping[str, str]) -> int:
    """Listener of orders, prescriptions, hand-overs and steps of a visit: its charges follow. Returns lines written.

    payload: visit_id, prescription_id, order_id or movement_id.
    """
    visit = visit_told_of(payload)
    if visit is None:
        return 0
    ctx = system_context(timezone.now(), facility=visit.facility, label="charges-listener")
    done = charge_visit(ctx, visit_id=visit.pk)
    return done.added + done.dropped
