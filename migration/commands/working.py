"""Getting a batch done from a terminal: the workers when there are any, else this process itself."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

from celery import current_app
from django.conf import settings

from migration.commands.chunks import claim_next, run_claimed
from migration.models import ImportBatch
from migration.queries.reconciliation import Totals, count_batch
from registry.kernel import Channel

PATIENCE = 20.0  # seconds without a finished chunk before this process takes part
_PAUSE = 0.4
Watch = Callable[[Totals], None]


def workers_listen() -> bool:
    """Whether a worker that reads the import queue answers within a second."""
    queue = getattr(settings, "IMPORT_QUEUE", "import")
    try:
        answers: Any = current_app.control.inspect(timeout=1.0).active_queues()
    except Exception:  # noqa: BLE001 - a broker that is away means the same as no worker
        return False
    return any(one.get("name") == queue for queues in (answers or {}).values() for one in queues)


def work_off(batch_id: uuid.UUID, watch: Watch, *, helping: bool) -> str:
    """Until the batch is closed: watch the ledger, and do chunks when nobody else does. Returns the batch's state.

    helping: begin at once (no worker is up); else only after PATIENCE seconds without movement.
    """
    done, moved = -1, time.monotonic()
    while (state := _state(batch_id)) == ImportBatch.State.RUNNING:
        totals = count_batch(batch_id)
        watch(totals)
        if totals.chunks_done != done:
            done, moved = totals.chunks_done, time.monotonic()
        helping = helping or time.monotonic() - moved > PATIENCE
        if not (helping and _do_one(batch_id)):
            time.sleep(_PAUSE)
    watch(count_batch(batch_id))
    return state


def _state(batch_id: uuid.UUID) -> str:
    return ImportBatch.objects.values_list("state", flat=True).get(pk=batch_id)


def _do_one(batch_id: uuid.UUID) -> bool:
    claim = claim_next(batch_id)
    return claim is not None and run_claimed(claim, Channel.COMMAND_LINE)
