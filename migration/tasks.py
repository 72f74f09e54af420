"""Celery tasks of imports: a message carries a chunk's id and nothing else; the ledger in PostgreSQL says what is true.

Acknowledged late and rejected when a worker is lost (settings): a message may come twice, and the claim makes the second a
no-op. A broker that forgets everything costs time only: the sweep sends what the ledger still owes.
"""

from __future__ import annotations

import uuid

import structlog
from celery import shared_task
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from migration.commands.batches import send_chunks
from migration.commands.chunks import claim_chunk, run_claimed
from migration.commands.files import sweep_kept_files
from migration.commands.reversing import finish_reversal
from migration.commands.sweeping import take_abandoned
from registry.queries.contexts import system_context

log = structlog.get_logger(__name__)


@shared_task(name="migration.tasks.run_chunk")
def run_chunk(chunk_id: int) -> bool:
    """Do one chunk; False when it is not ours to do, is done already, or went back to waiting."""
    for _ in range(2):  # a race lost to another chunk is settled by looking again
        claim = claim_chunk(chunk_id)
        if claim is None:
            return False
        if run_claimed(claim):
            return True
    return False


@shared_task(name="migration.tasks.sweep_chunks")
def sweep_chunks() -> int:
    """Send again every chunk whose worker died or whose message was lost; how many."""
    chunk_ids = take_abandoned()
    if chunk_ids:
        log.info("import.swept", chunks=len(chunk_ids))
        send_chunks(chunk_ids)
    return len(chunk_ids)


@shared_task(name="migration.tasks.finish_reversal")
def finish_reversals(batch_id: str) -> int:
    """The second step of a reversal: what other batches say runs again; how many records were newly written."""
    ctx = system_context(timezone.now(), label="import-reversal")
    return finish_reversal(ctx, uuid.UUID(batch_id)).written


def send_reversal(batch_id: uuid.UUID) -> None:
    """Hand the second step to the workers once the first is committed; a broker that is away is made up for by the sweep."""

    def send() -> None:
        try:
            finish_reversals.apply_async(
                args=[str(batch_id)], queue=getattr(settings, "IMPORT_QUEUE", "import"), retry=False
            )
        except Exception as error:  # noqa: BLE001 - any broker fault means the same: the command line finishes it
            log.warning("import.broker_away", error=type(error).__name__)

    transaction.on_commit(send)


@shared_task(name="migration.tasks.sweep_files")
def sweep_files() -> int:
    """Nightly: files that a failed upload left behind; how many."""
    return sweep_kept_files(system_context(timezone.now(), label="import-file-sweep"))
