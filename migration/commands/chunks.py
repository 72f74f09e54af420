"""One chunk, one transaction: claim it under a lease, read and judge its records, load them, count them, all or nothing."""

from __future__ import annotations

import os
import socket
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.db import connection, transaction
from django.utils import timezone

from migration.commands.accounting import account_for, write_account
from migration.commands.batches import finish_if_last, stop_if_too_bad
from migration.commands.interpreting import Rejected, Sender, Taken, TakenRound, interpret
from migration.commands.profiles import as_profile
from migration.models import ImportBatch, ImportChunk
from migration.queries.kept import rows_path
from migration.readers.formats import reader_for
from migration.readers.records import Raw, Span
from migration.rules.profiles import ROUNDS
from records.commands.bulk_load import load_rows
from registry.kernel import Channel, Context, Permission, command, record_audit
from registry.queries.contexts import system_context
from screening.commands.reported import Reported, load_rounds
from screening.queries.codes import known_codes

Judged = Taken | TakenRound
log = structlog.get_logger(__name__)

LEASE = timedelta(
    minutes=2
)  # chunks take a second or two; a worker that is killed gives its chunk back after this long
MAX_ATTEMPTS = 5


class LeaseLost(Exception):
    """Another worker has the chunk now: whatever this one did is rolled back."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A chunk that is ours for as long as the lease runs. attempt is the fence."""

    chunk_id: int
    batch_id: uuid.UUID
    attempt: int


_CLAIM = """
UPDATE migration_importchunk c
SET state = 'running', attempt = c.attempt + 1, lease_until = clock_timestamp() + %(lease)s, error = '',
    worker = %(worker)s, started_at = clock_timestamp()
FROM migration_importbatch b
WHERE b.id = c.batch_id AND b.state = 'running' AND c.id = (
    SELECT w.id FROM migration_importchunk w
    WHERE {which} AND (w.state = 'waiting' OR (w.state = 'running' AND w.lease_until < clock_timestamp()))
    ORDER BY w.no LIMIT 1 FOR UPDATE SKIP LOCKED)
RETURNING c.id, c.batch_id, c.attempt
"""


def claim_chunk(chunk_id: int) -> Claim | None:
    """Take this chunk, unless somebody else has it, it is done, or its batch is not running."""
    return _claim("w.id = %(one)s", chunk_id)


def claim_next(batch_id: uuid.UUID) -> Claim | None:
    """Take the next chunk of a batch that nobody has."""
    return _claim("w.batch_id = %(one)s", batch_id)


def worker_name() -> str:
    """Who works here, as people tell workers apart: the machine and the process."""
    return f"{socket.gethostname()}:{os.getpid()}"[:80]


def _claim(which: str, one: object) -> Claim | None:
    with connection.cursor() as cursor:
        parameters: dict[str, Any] = {"one": one, "lease": LEASE, "worker": worker_name()}
        cursor.execute(_CLAIM.format(which=which), parameters)
        row = cursor.fetchone()
    return Claim(*row) if row else None


def run_claimed(claim: Claim, channel: Channel = Channel.TASK) -> bool:
    """Do a claimed chunk; whether it is done. A fault gives the chunk back, or fails it after MAX_ATTEMPTS."""
    chunk = ImportChunk.objects.select_related("batch__facility", "batch__profile").get(pk=claim.chunk_id)
    ctx = system_context(timezone.now(), facility=chunk.batch.facility, channel=channel, label="import")
    try:
        taken, rejected = read_chunk(chunk)
        load_chunk(ctx, claim=claim, taken=taken, rejected=rejected)
    except LeaseLost:
        log.info("import.lease_lost", chunk=claim.chunk_id, attempt=claim.attempt)
        return False
    except Exception as error:  # noqa: BLE001 - any fault leaves the chunk in the ledger, to be tried again
        log.warning("import.chunk_failed", chunk=claim.chunk_id, attempt=claim.attempt, error=type(error).__name__)
        give_back(ctx, claim=claim, error=type(error).__name__)
        return False
    return True


def read_chunk(chunk: ImportChunk) -> tuple[list[Judged], list[Rejected]]:
    """The chunk's records, judged. Raises ValueError when the kept file does not hold what the ledger says."""
    sender = sender_of(chunk.batch)
    judged = [interpret(raw, sender) for raw in raw_records(chunk)]
    if len(judged) != chunk.records:
        raise ValueError(f"chunk {chunk.pk}: {len(judged)} records read, {chunk.records} planned")
    return [one for one in judged if isinstance(one, Judged)], [one for one in judged if isinstance(one, Rejected)]


def sender_of(batch: ImportBatch) -> Sender:
    """Whose records these are, as the rules compare them."""
    profile = as_profile(batch.profile)
    codes = known_codes() if profile.format == ROUNDS else None
    return Sender(batch.facility.code, profile, batch.received_at, codes)


def raw_records(chunk: ImportChunk) -> Iterator[Raw]:
    """The chunk's records out of the kept file, one after another."""
    batch = chunk.batch
    span = Span(chunk.byte_from, chunk.byte_to, chunk.first_record, chunk.first_line, chunk.records)
    with rows_path(batch).open("rb") as file:
        file.seek(span.byte_from)
        data = file.read(span.byte_to - span.byte_from)
    yield from reader_for(as_profile(batch.profile), batch.facility.code).read(data, span, batch.layout)


@command(Permission.IMPORT_RUN)
def load_chunk(ctx: Context, *, claim: Claim, taken: Sequence[Judged], rejected: Sequence[Rejected]) -> None:
    """Write a chunk and its account. Raises LeaseLost when the claim no longer counts."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '120s'")
    chunk = ImportChunk.objects.select_for_update().get(pk=claim.chunk_id)
    if chunk.attempt != claim.attempt or chunk.state != ImportChunk.State.RUNNING:
        raise LeaseLost
    batch = ImportBatch.objects.get(pk=claim.batch_id)
    account = account_for(rejected, zip(taken, load_judged(ctx, batch, taken), strict=True))
    write_account(chunk, account)
    ImportChunk.objects.filter(pk=chunk.pk).update(
        state=ImportChunk.State.DONE,
        lease_until=None,
        finished_at=timezone.now(),
        rows_in=account.records.total(),
        notices=dict(account.notices),
        **dict(account.records),
    )
    record_audit(ctx, "import.chunk", target=("ImportBatch", batch.pk), detail={"chunk": chunk.no, **account.records})
    stop_if_too_bad(ctx, batch.pk)
    finish_if_last(ctx, batch.pk)


def load_judged(ctx: Context, batch: ImportBatch, taken: Sequence[Judged], *, restoring: bool = False) -> Sequence[Any]:
    """Load the rows; a trial run does all of it and takes it back. What became of each: an Outcome, of a round its word.

    restoring: the rows count again although this very batch wrote what is on file (records.commands.bulk_load).
    """
    with transaction.atomic():
        rounds = [Reported(one.raw.number, one.row) for one in taken if isinstance(one, TakenRound)]
        people = [one.row for one in taken if isinstance(one, Taken)]
        outcomes: Sequence[Any] = load_rounds(batch.facility_id, batch.pk, rounds) if rounds else []
        if people:
            system, by = batch.profile.spec["system"], batch.received_by_id
            outcomes = load_rows(ctx, people, system=system, batch_id=batch.pk, recorded_by=by, restoring=restoring)
        if batch.dry_run:
            transaction.set_rollback(True)
    return outcomes


@command(Permission.IMPORT_RUN)
def give_back(ctx: Context, *, claim: Claim, error: str) -> None:
    """A chunk that went wrong waits again, or is failed after MAX_ATTEMPTS; only for the attempt that was claimed."""
    failed = claim.attempt >= MAX_ATTEMPTS
    ImportChunk.objects.filter(pk=claim.chunk_id, attempt=claim.attempt, state=ImportChunk.State.RUNNING).update(
        state=ImportChunk.State.FAILED if failed else ImportChunk.State.WAITING, lease_until=None, error=error[:200]
    )
    record_audit(ctx, "import.chunk-fault", target=("ImportBatch", claim.batch_id), detail={"error": error})
    if failed:
        finish_if_last(ctx, claim.batch_id)
