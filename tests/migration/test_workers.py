"""Several workers, one import: nothing lost, nothing doubled, whoever dies in between. Real PostgreSQL, real Valkey."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from migration.commands import chunks as pipeline
from migration.commands.batches import cancel_batch, start_batch
from migration.commands.chunks import claim_chunk, claim_next, read_chunk, run_claimed
from migration.models import ImportBatch, ImportChunk, Quarantine, Receipt
from migration.queries.reconciliation import count_batch
from migration.tasks import run_chunk, sweep_chunks
from records.models import Encounter, Patient, RecordLink, SourceRecord
from registry.kernel import Conflict
from registry.models import AuditEvent
from tests.databases import with_database
from tests.migration import files
from tests.migration.test_pipeline import counts, send

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def ctx(live_city: Any) -> Any:
    return live_city.ctx("di.tru")


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("migration.readers.records.CHUNK_RECORDS", 20)


def started(ctx: Any, content: bytes, *, sent: bool = False) -> ImportBatch:
    received = send(ctx, content)
    start_batch(ctx, batch_id=received.batch_id, send=sent)
    return ImportBatch.objects.get(pk=received.batch_id)


def visits_of_few_people(visits: int, people: int) -> bytes:
    """Every person comes back again and again, in chunks far apart: the hardest case for two workers."""
    return files.envelope(
        files.visit(files.visit_no(number % people + 1, MA_LK=f"LK{number}")) for number in range(visits)
    )


def assert_exact(batch: ImportBatch, visits: int, people: int) -> None:
    assert counts(batch) == (visits, people, visits - people, 0, 0)
    assert (Encounter.objects.count(), Patient.objects.count()) == (visits, people)
    assert SourceRecord.objects.count() == RecordLink.objects.count() == people
    assert ImportBatch.objects.get(pk=batch.pk).state == "done"
    assert Receipt.objects.get(batch=batch).totals["rows_in"] == visits


def test_four_threads_share_a_batch_and_create_nobody_twice(ctx: Any, small_chunks: None) -> None:
    batch = started(ctx, visits_of_few_people(240, 30))

    def work() -> None:
        try:
            while claim := claim_next(batch.pk):
                run_claimed(claim)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while claim := claim_next(batch.pk):  # what a lost race gave back
        run_claimed(claim)
    assert_exact(batch, 240, 30)
    done = AuditEvent.objects.filter(action="import.chunk", target_id=str(batch.pk)).count()
    assert done == ImportChunk.objects.filter(batch=batch).count() == 12


def test_a_worker_that_lost_its_lease_writes_nothing(ctx: Any) -> None:
    batch = started(ctx, files.envelope([files.visit(files.visit_no(1))]))
    slow = claim_next(batch.pk)
    assert slow is not None
    assert claim_next(batch.pk) is None
    ImportChunk.objects.filter(pk=slow.chunk_id).update(lease_until=timezone.now() - timedelta(seconds=1))
    quick = claim_next(batch.pk)
    assert quick is not None
    assert quick.attempt == slow.attempt + 1
    assert not run_claimed(slow)
    assert not Encounter.objects.exists()
    assert run_claimed(quick)
    assert not run_claimed(slow)
    assert_exact(batch, 1, 1)


def test_a_message_that_comes_twice_or_too_late_does_nothing(ctx: Any) -> None:
    batch = started(ctx, files.envelope([files.visit(files.visit_no(1))]))
    chunk = ImportChunk.objects.get(batch=batch)
    assert run_chunk(chunk.pk)
    assert not run_chunk(chunk.pk)
    assert_exact(batch, 1, 1)


def test_a_fault_gives_the_chunk_back_and_five_fail_the_batch_which_can_go_on(
    ctx: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = started(ctx, files.envelope([files.visit(files.visit_no(1))]))

    def broken(_: Any) -> Any:
        raise OSError("the disk is away")

    monkeypatch.setattr(pipeline, "read_chunk", broken)
    while claim := claim_next(batch.pk):
        assert not run_claimed(claim)
    batch.refresh_from_db()
    assert batch.state == "failed"
    assert ImportChunk.objects.get(batch=batch).error == "OSError"
    monkeypatch.setattr(pipeline, "read_chunk", read_chunk)
    start_batch(ctx, batch_id=batch.pk, send=False)
    claim = claim_next(batch.pk)
    assert claim is not None
    assert run_claimed(claim)
    assert_exact(batch, 1, 1)


def test_a_cancelled_batch_stops_and_the_file_may_come_again(ctx: Any, small_chunks: None) -> None:
    content = visits_of_few_people(60, 60)
    batch = started(ctx, content)
    claim = claim_next(batch.pk)
    assert claim is not None
    assert run_claimed(claim)
    cancel_batch(ctx, batch_id=batch.pk)
    assert claim_next(batch.pk) is None
    assert counts(batch) == (20, 20, 0, 0, 0)
    with pytest.raises(Conflict):
        cancel_batch(ctx, batch_id=batch.pk)
    again = started(ctx, content)
    while claim := claim_next(again.pk):
        run_claimed(claim)
    assert again.pk != batch.pk
    assert counts(again) == (60, 40, 0, 20, 0)


def test_the_sweep_sends_what_a_dead_worker_or_a_lost_broker_left(
    ctx: Any, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    monkeypatch.setattr("migration.tasks.send_chunks", sent.extend)
    batch = started(ctx, visits_of_few_people(60, 60))
    claim = claim_next(batch.pk)
    assert claim is not None
    ImportChunk.objects.filter(pk=claim.chunk_id).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert sweep_chunks() == 3
    assert sent == sorted(ImportChunk.objects.filter(batch=batch).values_list("id", flat=True))
    for chunk_id in sent:
        assert claim_chunk(chunk_id)
    assert sweep_chunks() == 0


@contextmanager
def worker(queue: str, tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A real Celery worker on this test's database and its own queue."""
    name = connection.settings_dict["NAME"]
    from django.conf import settings

    environment = os.environ | {
        "DATABASE_URL": with_database(os.environ["DATABASE_URL"], str(name)),
        "EHR_VAR": str(Path(settings.MEDIA_ROOT).parent),
        "EHR_ENV": "test",
    }
    log = (tmp_path / f"worker-{uuid.uuid4().hex[:6]}.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "celery", "-A", "hanoi_ehr", "worker", "-Q", queue, "-c", "1", "-l", "warning",
         "-n", f"{queue}-{uuid.uuid4().hex[:6]}@%h", "--without-gossip", "--without-mingle", "--without-heartbeat"],
        cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        _kill(process)
        log.close()


def _forget(queue: str) -> None:
    """Leave nothing of this test in the broker."""
    from hanoi_ehr.celery import app

    with app.connection_for_write() as broker:
        broker.default_channel.queue_delete(queue)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL to the worker and its children at once, as a machine that loses power."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _until(seconds: float, ready: Any) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if ready():
            return True
        time.sleep(0.05)
    return False


def test_a_worker_killed_in_the_middle_loses_nothing_and_doubles_nothing(
    ctx: Any, small_chunks: None, settings: Any, tmp_path: Path
) -> None:
    settings.IMPORT_QUEUE = f"thu-{uuid.uuid4().hex[:10]}"
    batch = started(ctx, visits_of_few_people(400, 90), sent=True)

    def done() -> int:
        return count_batch(batch.pk).chunks_done

    with worker(settings.IMPORT_QUEUE, tmp_path) as victim:
        assert _until(120, lambda: done() >= 3), "the worker did not begin"
        _kill(victim)
    killed_at = done()
    assert killed_at < 20, "the worker was too fast to be killed in the middle"
    # What the clock does in production within two minutes: the dead worker's lease runs out, the sweep sends again.
    ImportChunk.objects.filter(batch=batch, state="running").update(lease_until=timezone.now() - timedelta(seconds=1))
    ImportChunk.objects.filter(batch=batch).update(sent_at=timezone.now() - timedelta(minutes=5))
    ImportChunk.objects.filter(batch=batch, state="done").update(finished_at=timezone.now() - timedelta(minutes=5))
    assert sweep_chunks() == 20 - killed_at
    with worker(settings.IMPORT_QUEUE, tmp_path):
        assert _until(120, lambda: done() == 20)
    assert_exact(batch, 400, 90)
    assert not Quarantine.objects.exists()
    _forget(settings.IMPORT_QUEUE)
