"""Doors of the scheduler into records."""

from __future__ import annotations

from celery import shared_task
from django.utils import timezone

from records.commands.documents import scan_waiting_files
from registry.queries.contexts import system_context


@shared_task
def scan_documents() -> dict[str, int]:
    """Every five minutes: files in quarantine go to the virus scanner. Returns the counts."""
    return scan_waiting_files(system_context(timezone.now(), label="document-scan"))
