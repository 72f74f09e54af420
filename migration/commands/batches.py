"""Starting, cancelling and finishing a batch."""

from __future__ import annotations

import uuid
from functools import partial
from typing import Any

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.module_loading import import_string

from migration.models import ImportBatch, ImportChunk, Receipt
from migration.queries.reconciliation import count_batch
from records.commands.linking import facility_of
from registry.kernel import Conflict, Context, NotFound, Permission, command, record_audit
from registry.rules.phrases import Phrase

log = structlog.get_logger(__name__)
_CANCELLABLE = (
    ImportBatch.State.READY, ImportBatch.State.RUNNING, ImportBatch.State.FAILED, ImportBatch.State.PAUSED,
    ImportBatch.State.STOPPED,
)  # fmt: skip
_OPEN = (ImportChunk.State.WAITING, ImportChunk.State.RUNNING)


@command(Permission.IMPORT_RUN)
def start_batch(ctx: Context, *, batch_id: uuid.UUID, send: bool = True) -> None:
    """Let the workers begin; a failed batch goes on with what is left. send=False: the caller does the chunks itself.

    Raises NotFound, Conflict(batch-state).
    """
    batch = _own(ctx, batch_id)
    if batch.state not in (ImportBatch.State.READY, ImportBatch.State.FAILED):
        raise _conflict(batch, Phrase("không bắt đầu được"))
    batch.chunks.filter(state=ImportChunk.State.FAILED).update(state=ImportChunk.State.WAITING, attempt=0, error="")
    ImportBatch.objects.filter(pk=batch.pk).update(
        state=ImportBatch.State.RUNNING, started_at=batch.started_at or ctx.at, ended_at=None
    )
    record_audit(ctx, "import.start", target=("ImportBatch", batch.pk), detail={"dry_run": batch.dry_run})
    if send:
        _send_waiting(ctx, batch)


@command(Permission.IMPORT_RUN)
def cancel_batch(ctx: Context, *, batch_id: uuid.UUID) -> None:
    """Stop before the next chunk; chunks already loaded stay, and the ledger says which. Raises NotFound, Conflict."""
    batch = _own(ctx, batch_id)
    if batch.state not in _CANCELLABLE:
        raise _conflict(batch, Phrase("không huỷ được"))
    batch.chunks.filter(state__in=[ImportChunk.State.WAITING, ImportChunk.State.FAILED]).update(
        state=ImportChunk.State.CANCELLED
    )
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.CANCELLED, ended_at=ctx.at)
    record_audit(ctx, "import.cancel", target=("ImportBatch", batch.pk))


@command(Permission.IMPORT_RUN)
def pause_batch(ctx: Context, *, batch_id: uuid.UUID) -> None:
    """No further chunk is begun; those at work are finished and counted. Raises NotFound, Conflict."""
    batch = _own(ctx, batch_id)
    if batch.state != ImportBatch.State.RUNNING:
        raise _conflict(batch, Phrase("không tạm dừng được"))
    ImportBatch.objects.filter(pk=batch.pk).update(state=ImportBatch.State.PAUSED)
    record_audit(ctx, "import.pause", target=("ImportBatch", batch.pk))


@command(Permission.IMPORT_RUN)
def resume_batch(ctx: Context, *, batch_id: uuid.UUID, send: bool = True) -> None:
    """Go on after a pause, or after the batch stopped itself: who lets it go on has seen why. Raises NotFound, Conflict."""
    batch = _own(ctx, batch_id)
    if batch.state not in (ImportBatch.State.PAUSED, ImportBatch.State.STOPPED):
        raise _conflict(batch, Phrase("không chạy tiếp được"))
    stopped = batch.state == ImportBatch.State.STOPPED
    ImportBatch.objects.filter(pk=batch.pk).update(
        state=ImportBatch.State.RUNNING, stop=None, stop_waived=batch.stop_waived or stopped
    )
    record_audit(ctx, "import.resume", target=("ImportBatch", batch.pk), detail={"stopped": stopped})
    finish_if_last(ctx, batch.pk)
    if send:
        _send_waiting(ctx, batch)


def stop_if_too_bad(ctx: Context, batch_id: uuid.UUID) -> bool:
    """Stop a batch of which too much is bad, inside the transaction that counted a chunk; whether it was stopped.

    At least IMPORT_STOP_ROWS rows in quarantine and more than IMPORT_STOP_SHARE of what was read; a trial goes on, for it
    writes nothing and its report is what people want.
    """
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state != ImportBatch.State.RUNNING or batch.dry_run or batch.stop_waived:
        return False
    totals = batch.chunks.all().totals()
    bad, read = totals["quarantined"], totals["rows_in"]
    if bad < settings.IMPORT_STOP_ROWS or bad <= settings.IMPORT_STOP_SHARE * read:
        return False
    if not batch.chunks.filter(state=ImportChunk.State.WAITING).exists():
        return False  # nothing is left to be kept from
    template = "Đã tự dừng: {bad} trên {read} hồ sơ đã đọc bị cách ly. Hãy xem vì sao, rồi cho chạy tiếp hoặc huỷ."
    told = Phrase(template, bad=bad, read=read)
    ImportBatch.objects.filter(pk=batch_id).update(state=ImportBatch.State.STOPPED, stop=told.to_json())
    record_audit(ctx, "import.stop", target=("ImportBatch", batch_id), detail={"bad": bad, "read": read})
    return True


def _own(ctx: Context, batch_id: uuid.UUID) -> ImportBatch:
    batch = ImportBatch.objects.select_for_update().filter(pk=batch_id, facility_id=facility_of(ctx)).first()
    if batch is None:
        raise NotFound
    return batch


def _send_waiting(ctx: Context, batch: ImportBatch) -> None:
    waiting = list(batch.chunks.filter(state=ImportChunk.State.WAITING).values_list("id", flat=True))
    batch.chunks.filter(id__in=waiting).update(sent_at=ctx.at)
    transaction.on_commit(partial(send_chunks, waiting))


def send_chunks(chunk_ids: list[int]) -> None:
    """Hand chunks to the workers. A broker that is away loses nothing: the sweep finds them in the ledger."""
    run: Any = import_string("migration.tasks.run_chunk")
    queue = getattr(settings, "IMPORT_QUEUE", "import")
    try:
        for chunk_id in chunk_ids:
            run.apply_async(args=[chunk_id], queue=queue, retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 - any broker fault means the same: the sweep sends them again
        log.warning("import.broker_away", error=type(error).__name__)


def finish_if_last(ctx: Context, batch_id: uuid.UUID) -> bool:
    """Close the batch when no chunk is left, inside the transaction that finished a chunk; whether it was the last."""
    batch = ImportBatch.objects.select_for_update().get(pk=batch_id)
    if batch.state != ImportBatch.State.RUNNING or batch.chunks.filter(state__in=_OPEN).exists():
        return False
    failed = batch.chunks.filter(state=ImportChunk.State.FAILED).exists()
    state = ImportBatch.State.FAILED if failed else ImportBatch.State.DONE
    now = timezone.now()
    ImportBatch.objects.filter(pk=batch_id).update(state=state, ended_at=now)
    if not failed:
        batch.ended_at = now
        _issue_receipt(ctx, batch)
    return True


def _issue_receipt(ctx: Context, batch: ImportBatch) -> None:
    totals = count_batch(batch.pk)
    Receipt.objects.create(
        batch=batch,
        number=f"{batch.facility.code}-{batch.received_at:%y%m%d}-{str(batch.pk)[-8:].upper()}",
        totals=totals.to_json() | {"sha256": batch.sha256, "dry_run": batch.dry_run},
        issued_at=ctx.at,
    )


def _conflict(batch: ImportBatch, what: Phrase) -> Conflict:
    state = Phrase(str(ImportBatch.State(batch.state).label))
    return Conflict("batch-state", Phrase("Đợt này đang ở trạng thái “{state}”, {what}.", state=state, what=what))
