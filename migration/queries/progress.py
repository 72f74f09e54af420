"""How far an import is: by stage, by worker, how fast, how long still. Read from the ledger alone."""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from migration.models import ImportBatch, SignOff
from migration.queries.batches import visible_batch
from migration.queries.reconciliation import Totals, count_batch
from registry.kernel import Context, Permission, query
from registry.models import Facility

RECENT = 60  # seconds the present rate is measured over
_WORKERS = """
SELECT worker, count(*) FILTER (WHERE state = 'done'), coalesce(sum(rows_in), 0),
       coalesce(extract(epoch FROM sum(finished_at - started_at) FILTER (WHERE state = 'done')), 0)::float,
       max(no) FILTER (WHERE state = 'running' AND lease_until > now())
FROM migration_importchunk WHERE batch_id = %s AND worker <> '' GROUP BY worker ORDER BY worker LIMIT 200
"""
_RECENT = """
SELECT coalesce(sum(rows_in), 0) FROM migration_importchunk
WHERE batch_id = %s AND state = 'done' AND finished_at > now() - make_interval(secs => %s)
"""


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a batch: records done of all."""

    code: str
    title: str
    done: int
    all: int


@dataclass(frozen=True, slots=True)
class Worker:
    """What one worker did: chunks, records, records a second while it worked; chunk: the one it has now, or None."""

    name: str
    chunks: int
    rows: int
    rate: float
    chunk: int | None


@dataclass(frozen=True, slots=True)
class Progress:
    """A batch on its way. rate: records a second, of the last minute while it runs; seconds_left: None while unknown."""

    batch_id: uuid.UUID
    facility: Facility
    state: str
    state_label: str
    stages: tuple[Stage, ...]
    workers: tuple[Worker, ...]
    rate: float
    seconds_left: int | None
    totals: Totals

    def to_json(self) -> dict[str, Any]:
        """As the page's data, the API and --json carry it."""
        return {
            "batch": str(self.batch_id), "facility": self.facility.code, "state": self.state,
            "stages": [{**asdict(one), "title": str(one.title)} for one in self.stages],
            "workers": [asdict(one) for one in self.workers],
            "rows_per_second": round(self.rate, 1), "seconds_left": self.seconds_left, "totals": self.totals.to_json(),
        }  # fmt: skip


@query(Permission.IMPORT_READ, audited=False)
def get_progress(ctx: Context, batch_id: uuid.UUID) -> Progress:
    """How far one batch is; names nobody. Raises NotFound."""
    return progress_of(visible_batch(ctx, batch_id))


def progress_of(batch: ImportBatch) -> Progress:
    """The same for who holds the batch already."""
    totals = count_batch(batch.pk)
    rate = _rate(batch, totals)
    running = batch.state == ImportBatch.State.RUNNING
    left = round((totals.records - totals.rows_in) / rate) if rate and running else None
    return Progress(
        batch.pk, batch.facility, batch.state, str(batch.get_state_display()), _stages(batch, totals),
        _workers(batch.pk), rate, left, totals,
    )  # fmt: skip


def _stages(batch: ImportBatch, totals: Totals) -> tuple[Stage, ...]:
    settled = totals.loaded + totals.linked + totals.skipped
    named: tuple[str, ...] = tuple(map(str, (_("Nhận tệp"), _("Đọc và xét"), _("Gắn và nạp"), _("Đối soát, ký"))))
    signed = SignOff.objects.filter(batch=batch).values("side").distinct().count()
    return (
        Stage("received", named[0], totals.records, totals.records),
        Stage("read", named[1], totals.rows_in, totals.records),
        Stage("loaded", named[2], settled, totals.records),
        Stage("reconciled", named[3], signed, len(SignOff.Side.values)),
    )


def _rate(batch: ImportBatch, totals: Totals) -> float:
    if batch.started_at is None:
        return 0.0
    seconds = ((batch.ended_at or timezone.now()) - batch.started_at).total_seconds()
    if batch.state == ImportBatch.State.RUNNING and seconds > RECENT:
        with connection.cursor() as cursor:
            cursor.execute(_RECENT, [batch.pk, RECENT])
            return float((cursor.fetchone() or (0,))[0]) / RECENT
    return totals.rows_in / seconds if seconds > 0 else 0.0


def _workers(batch_id: uuid.UUID) -> tuple[Worker, ...]:
    with connection.cursor() as cursor:
        cursor.execute(_WORKERS, [batch_id])
        return tuple(
            Worker(name, chunks, int(rows), rows / busy if busy else 0.0, chunk)
            for name, chunks, rows, busy, chunk in cursor.fetchall()
        )
