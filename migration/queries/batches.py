"""What people see of imports: a facility its own, the Department of Health all of them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from migration.models import ImportBatch, MappingProfile
from migration.queries.reconciliation import Line, Totals, count_batch, count_records
from migration.rules.profiles import BUILT_IN
from registry.kernel import Context, NotFound, Permission, query
from registry.rules.phrases import Phrase

PAGE = 30
_NOTHING = Line("record", 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class BatchLine:
    """One batch of the list."""

    id: uuid.UUID
    file_name: str
    facility: str
    profile: str
    state: str
    state_label: str
    dry_run: bool
    received_at: datetime
    totals: Line


@dataclass(frozen=True, slots=True)
class BatchList:
    """A page of the list, newest first; next: the key after which the next page begins, or None."""

    lines: tuple[BatchLine, ...]
    next: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """One batch as its page shows it. rate: records a second; seconds_left: None while unknown.

    missing: how many records the envelope announces and the file does not hold (negative: more than announced).
    deleted: records a DBF marks as deleted; passed_over: members, sheets and tables that hold nothing the profile reads;
    memos: columns whose texts stand in a memo file that did not come.
    """

    id: uuid.UUID
    file_name: str
    facility: str
    facility_code: str
    profile: str
    sha256: str
    size: int
    state: str
    state_label: str
    refusal: Phrase
    dry_run: bool
    received_by: str
    received_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    encodings: dict[str, str]
    missing: int
    deleted: int
    passed_over: tuple[str, ...]
    memos: tuple[str, ...]
    totals: Totals
    rate: float
    seconds_left: int | None
    receipt: str
    stop: Phrase | None = None

    @property
    def running(self) -> bool:
        """Whether the page should ask again."""
        return self.state == ImportBatch.State.RUNNING


def visible_batches(ctx: Context) -> QuerySet[ImportBatch]:
    """All batches for who reads the whole city's audit (Sở Y tế) and the system; else the facility's own."""
    batches = ImportBatch.objects.select_related("facility", "profile", "received_by", "receipt")
    if ctx.may(Permission.AUDIT_READ):
        return batches
    return batches.filter(facility_id=ctx.facility.id) if ctx.facility else batches.none()


@query(Permission.IMPORT_READ, audited=False)
def find_batches(ctx: Context, *, after: uuid.UUID | None = None) -> BatchList:
    """Batches, newest first, PAGE at a time."""
    found = visible_batches(ctx).order_by("-id")
    rows = list((found.filter(id__lt=after) if after else found)[: PAGE + 1])
    shown = rows[:PAGE]
    counted = count_records([batch.pk for batch in shown])
    lines = tuple(_line(batch, counted.get(batch.pk, _NOTHING)) for batch in shown)
    return BatchList(lines, shown[-1].pk if len(rows) > PAGE else None)


@query(Permission.IMPORT_READ, audited=False)
def get_batch(ctx: Context, batch_id: uuid.UUID) -> BatchPage:
    """One batch; raises NotFound for another facility's."""
    batch = visible_batch(ctx, batch_id)
    totals = count_batch(batch.pk)
    rate = _rate(batch, totals)
    left = (totals.records - totals.rows_in) / rate if rate else None
    return BatchPage(
        id=batch.pk,
        file_name=batch.file_name,
        facility=batch.facility.short_name,
        facility_code=batch.facility.code,
        profile=batch.profile.title,
        sha256=batch.sha256,
        size=batch.size,
        state=batch.state,
        state_label=batch.get_state_display(),
        refusal=Phrase.from_json(batch.refusal_phrase) if batch.refusal_phrase else Phrase(batch.refusal),
        dry_run=batch.dry_run,
        received_by=batch.received_by.full_name if batch.received_by else "",
        received_at=batch.received_at,
        started_at=batch.started_at,
        ended_at=batch.ended_at,
        encodings=dict(batch.layout.get("encodings", {})),
        missing=_missing(batch.layout, totals.records),
        deleted=batch.layout.get("deleted", 0),
        passed_over=tuple(batch.layout.get("passed_over", ())),
        memos=tuple(batch.layout.get("memos", ())),
        totals=totals,
        rate=rate,
        seconds_left=round(left) if left is not None else None,
        receipt=batch.receipt.number if hasattr(batch, "receipt") else "",
        stop=Phrase.from_json(batch.stop) if batch.stop else None,
    )


@query(Permission.IMPORT_RUN, audited=False)
def find_profiles(ctx: Context) -> list[tuple[str, str]]:
    """(name, title) of every profile a file can be read with; the built-in ones first."""
    own = MappingProfile.objects.filter(active=True).exclude(name__in=BUILT_IN).order_by("title")
    built_in = [(one.name, one.title) for one in BUILT_IN.values()]
    return [*built_in, *own.values_list("name", "title").distinct()]


def visible_batch(ctx: Context, batch_id: uuid.UUID) -> ImportBatch:
    """The row; raises NotFound."""
    batch = visible_batches(ctx).filter(pk=batch_id).first()
    if batch is None:
        raise NotFound
    return batch


def _line(batch: ImportBatch, counted: Line) -> BatchLine:
    return BatchLine(
        id=batch.pk,
        file_name=batch.file_name,
        facility=batch.facility.short_name,
        profile=batch.profile.title,
        state=batch.state,
        state_label=batch.get_state_display(),
        dry_run=batch.dry_run,
        received_at=batch.received_at,
        totals=counted,
    )


def _rate(batch: ImportBatch, totals: Totals) -> float:
    if batch.started_at is None:
        return 0.0
    seconds = ((batch.ended_at or timezone.now()) - batch.started_at).total_seconds()
    return totals.rows_in / seconds if seconds > 0 else 0.0


def _missing(layout: dict[str, Any], records: int) -> int:
    announced: Sequence[str] | str = layout.get("announced", "")
    return int(announced) - records if isinstance(announced, str) and announced.isdigit() else 0
