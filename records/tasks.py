"""Doors of the scheduler and of the outbox into records."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from records.commands import alerts
from records.commands.candidates import FIRST, sweep_duplicates
from records.commands.documents import scan_waiting_files
from records.commands.stored_files import sweep_stored_files
from registry.queries.contexts import system_context


@shared_task
def scan_documents() -> dict[str, int]:
    """Every five minutes: files in quarantine go to the virus scanner. Returns the counts."""
    return scan_waiting_files(system_context(timezone.now(), label="document-scan"))


@shared_task
def sweep_files() -> dict[str, int]:
    """Nightly: files that a failed upload left behind. Returns how many of each store."""
    return sweep_stored_files(system_context(timezone.now(), label="file-sweep"))


@shared_task
def sweep_readings() -> int:
    """Every five minutes: accounts that open more residents' records than their role needs; returns how many are new."""
    return alerts.sweep_readings(system_context(timezone.now(), label="reading-sweep"))


@shared_task
def emergency_opened(message_id: str, payload: Mapping[str, str]) -> bool:
    """Listener of "emergency.opened": the Department of Health is told of each one. payload: access_id."""
    ctx = system_context(timezone.now(), label="emergency-listener")
    return alerts.alert_emergency(ctx, access_id=uuid.UUID(payload["access_id"]))


LOOK_BACK = timedelta(days=2)  # a night that failed is made up for by the next


@shared_task
def find_duplicates(after: str = "", pairs: int = 0) -> int:
    """Nightly: people whose record changed lately, one chunk a task; each sends the next. Returns the pairs so far."""
    now = timezone.now()
    ctx = system_context(now, label="duplicate-sweep")
    swept = sweep_duplicates(ctx, after=uuid.UUID(after) if after else FIRST, since=now - LOOK_BACK)
    if swept.last is not None:
        find_duplicates.delay(str(swept.last), pairs + swept.pairs)
    return pairs + swept.pairs
