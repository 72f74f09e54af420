"""Doors of the scheduler and of the outbox into records."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from celery import shared_task
from django.utils import timezone

from records.commands import alerts
from records.commands.documents import scan_waiting_files
from registry.queries.contexts import system_context


@shared_task
def scan_documents() -> dict[str, int]:
    """Every five minutes: files in quarantine go to the virus scanner. Returns the counts."""
    return scan_waiting_files(system_context(timezone.now(), label="document-scan"))


@shared_task
def sweep_readings() -> int:
    """Every five minutes: accounts that open more residents' records than their role needs; returns how many are new."""
    return alerts.sweep_readings(system_context(timezone.now(), label="reading-sweep"))


@shared_task
def emergency_opened(message_id: str, payload: Mapping[str, str]) -> bool:
    """Listener of "emergency.opened": the Department of Health is told of each one. payload: access_id."""
    ctx = system_context(timezone.now(), label="emergency-listener")
    return alerts.alert_emergency(ctx, access_id=uuid.UUID(payload["access_id"]))
