"""What the chaos benchmark reads: progress as the page shows it while the import runs, and every row in SQL at its end.

Import after the environment points at the benchmark's servers and Django is set up.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.db import Error, connection
from django.db.models import F

from benchmarks.chaos_file import Expected
from hanoi_ehr.celery import app
from migration.commands.chunks import LEASE
from migration.models import ImportBatch, ImportChunk, Quarantine, Receipt
from migration.queries.progress import progress_of
from records.models import SourceRecord
from registry.models import AuditEvent

MINUTE = timedelta(minutes=1)
_COUNTS = {
    "patients": "SELECT count(*) FROM records_patient",
    "source records": "SELECT count(*) FROM records_sourcerecord",
    "record links": "SELECT count(*) FROM records_recordlink",
    "link events": "SELECT count(*) FROM records_linkevent",
    "keys doubled": "SELECT count(*) FROM (SELECT FROM records_sourcerecord GROUP BY facility_id, system, key"
    " HAVING count(*) > 1) d",
    "numbers of two people": "SELECT count(*) FROM (SELECT FROM records_patientidentifier WHERE kind = 'cccd'"
    " GROUP BY value_key HAVING count(DISTINCT patient_id) > 1) d",
    "people without a record": "SELECT count(*) FROM records_patient p WHERE NOT EXISTS"
    " (SELECT FROM records_recordlink l WHERE l.patient_id = p.id)",
}


@dataclass
class Watch:
    """Looks at one batch's progress page again and again. faults: whatever was wrong at any look."""

    batch_id: uuid.UUID
    looks: int = 0
    away: int = 0  # looks while the database was restarting
    rows: int = 0
    of: int = 0
    chunks: int = 0
    state: str = "running"
    faults: list[str] = field(default_factory=list)

    def look(self) -> None:
        """Once. A database that is away is no fault: the page would say so and be loaded again."""
        try:
            shown = progress_of(ImportBatch.objects.select_related("facility").get(pk=self.batch_id))
        except Error:
            self.away += 1
            connection.close()
            return
        self.looks += 1
        for stage in shown.stages:
            if stage.done > stage.all:
                self.faults.append(f"{stage.code}: {stage.done} of {stage.all}")
        totals = shown.totals
        if totals.rows_in < self.rows or totals.chunks_done < self.chunks:
            self.faults.append(f"went down: {totals.rows_in} rows after {self.rows}")
        if not totals.closes:
            self.faults.append(f"does not close at {totals.rows_in} rows")
        self.rows, self.of, self.chunks, self.state = totals.rows_in, totals.records, totals.chunks_done, shown.state


def find_batch() -> uuid.UUID | None:
    """The one batch, once it runs (or ended otherwise, which its state tells)."""
    batch = ImportBatch.objects.exclude(state=ImportBatch.State.READY).first()
    return batch.pk if batch else None


def send_sweep() -> None:
    """What the clock of the deployment sends; a broker that is away gets the next one."""
    try:
        app.send_task("migration.tasks.sweep_chunks", queue="import", retry=False, ignore_result=True, expires=60)
    except Exception:  # noqa: BLE001 - any broker fault means the same: the clock ticks again
        app.pool.force_close_all()


def age_ledger(batch_id: uuid.UUID) -> None:
    """Let so much time pass for a batch that stands still as leases and the sweep's patience last."""
    chunks = ImportChunk.objects.filter(batch_id=batch_id)
    try:
        chunks.update(sent_at=F("sent_at") - MINUTE, finished_at=F("finished_at") - MINUTE)
        chunks.exclude(lease_until=None).update(lease_until=F("lease_until") - LEASE)
    except Error:
        connection.close()


def what_hangs(batch_id: uuid.UUID) -> Iterator[str]:
    """Every chunk that is not done, in words."""
    for chunk in ImportChunk.objects.filter(batch_id=batch_id).exclude(state="done")[:20]:
        yield (
            f"chunk {chunk.no}: {chunk.state}, attempt {chunk.attempt}, sent {chunk.sent_at}, lease {chunk.lease_until},"
            f" worker {chunk.worker}, {chunk.error}"
        )


def most_attempts(batch_id: uuid.UUID) -> int:
    """How often the unluckiest chunk was begun."""
    return max(ImportChunk.objects.filter(batch_id=batch_id).values_list("attempt", flat=True), default=0)


def checks(watch: Watch, expected: Expected) -> list[tuple[str, Any, Any]]:
    """(what, expected, found) for everything that must hold at the end."""
    totals = progress_of(ImportBatch.objects.select_related("facility").get(pk=watch.batch_id)).totals
    kept = expected.loaded + expected.linked
    found = {name: _number(statement) for name, statement in _COUNTS.items()}
    keys = set(SourceRecord.objects.values_list("key", flat=True))
    bad = list(Quarantine.objects.values_list("record_no", flat=True))
    chunks = ImportChunk.objects.filter(batch_id=watch.batch_id)
    receipts = [one.totals["rows_in"] for one in Receipt.objects.filter(batch_id=watch.batch_id)]
    loads = AuditEvent.objects.filter(action="import.chunk", target_id=str(watch.batch_id)).count()
    return [
        ("state of the batch", "done", watch.state),
        ("rows in", expected.rows, totals.rows_in),
        ("loaded", expected.loaded, totals.loaded),
        ("linked", expected.linked, totals.linked),
        ("skipped", expected.skipped, totals.skipped),
        ("quarantined", len(expected.bad), totals.quarantined),
        ("loaded + linked + skipped + quarantined", expected.rows,
         totals.loaded + totals.linked + totals.skipped + totals.quarantined),
        ("people in SQL", expected.loaded, found["patients"]),
        ("source records in SQL", kept, found["source records"]),
        ("record links in SQL", kept, found["record links"]),
        ("link events in SQL", kept, found["link events"]),
        ("rows lost", 0, len(expected.keys - keys) + len(expected.bad - set(bad))),
        ("rows nobody sent", 0, len(keys - expected.keys) + len(set(bad) - expected.bad)),
        ("keys doubled", 0, found["keys doubled"] + len(bad) - len(set(bad))),
        ("CCCD of two people", 0, found["numbers of two people"]),
        ("people without a record", 0, found["people without a record"]),
        ("chunks loaded, each in one audited transaction", chunks.count(), loads),
        ("receipts, with rows in", [expected.rows], receipts),
        ("progress at the end", (expected.rows, expected.rows), (watch.rows, watch.of)),
        ("looks at the progress page that were wrong", [], watch.faults[:5]),
    ]  # fmt: skip


def _number(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])
