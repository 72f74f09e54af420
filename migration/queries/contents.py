"""What a batch's file says of people: quarantined records and a preview. Every look is audited."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice

from migration.models import ImportBatch, Quarantine
from migration.queries.batches import visible_batch
from migration.queries.kept import rows_path
from migration.queries.reconciliation import TABLE_TITLES
from migration.readers.formats import reader_for
from migration.readers.records import Span
from migration.rules.faults import kept_message
from migration.rules.profiles import Profile
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.phrases import Phrase, joined

PAGE = 25
PREVIEW_RECORDS = 20
_RAW_SHOWN = 1200  # characters
# What a person needs to recognise a record; the rest is in the raw text.
_FIELDS = (
    "MA_LK", "MA_BN", "HO_TEN", "NGAY_SINH", "GIOI_TINH", "SO_CCCD", "MA_THE_BHYT", "DIEN_THOAI", "DIA_CHI", "NGAY_VAO",
    "NGAY_RA", "MA_BENH_CHINH", "MA_BENH_KT",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason, as people read it."""

    message: Phrase
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class QuarantineLine:
    """One quarantined record. shown: (field, decoded text); raw: its bytes as text, cut for the screen."""

    id: int
    record_no: int
    line: int
    part: str
    reasons: tuple[Reason, ...]
    shown: tuple[tuple[str, str], ...]
    raw: str
    raw_bytes: int
    state: str


@dataclass(frozen=True, slots=True)
class QuarantinePage:
    """A page of quarantine, in the file's order; next: the key after which the next page begins."""

    file_name: str
    total: int
    lines: tuple[QuarantineLine, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Preview:
    """The first records, decoded as they will be loaded. rows: cells by column, with the faults reading found."""

    columns: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...], Phrase], ...]


@query(Permission.IMPORT_READ)
def find_quarantine(
    ctx: Context, batch_id: uuid.UUID, *, after: int = 0, code: str = "", column: str = "", state: str = ""
) -> QuarantinePage:
    """Quarantined records of a batch, of one rule, column or state where asked, PAGE at a time. Raises NotFound."""
    batch = visible_batch(ctx, batch_id)
    found = Quarantine.objects.filter(batch_id=batch.pk)
    if code or column:
        asked = {"code": code, "field": column}
        found = found.filter(reasons__contains=[{name: text for name, text in asked.items() if text}])
    if state in Quarantine.State.values:
        found = found.filter(state=state)
    rows = list(found.filter(id__gt=after).order_by("id")[: PAGE + 1])
    record_audit(ctx, "read", target=("ImportBatch", batch.pk), detail={"part": "quarantine", "after": after})
    shown = rows[:PAGE]
    return QuarantinePage(
        batch.file_name, found.count(), tuple(map(_line, shown)), shown[-1].pk if len(rows) > PAGE else None
    )


@query(Permission.IMPORT_READ)
def get_preview(ctx: Context, batch_id: uuid.UUID) -> Preview:
    """The first PREVIEW_RECORDS records, decoded. Raises NotFound."""
    batch = visible_batch(ctx, batch_id)
    record_audit(ctx, "read", target=("ImportBatch", batch.pk), detail={"part": "preview"})
    return preview_of(batch)


def preview_of(batch: ImportBatch) -> Preview:
    """The first records of the kept file, as the reader gives them."""
    chunk = batch.chunks.order_by("no").first()
    if chunk is None:
        return Preview((), ())
    profile = Profile.from_json(batch.profile.name, batch.profile.title, batch.profile.version, batch.profile.spec)
    span = Span(chunk.byte_from, chunk.byte_to, chunk.first_record, chunk.first_line, chunk.records)
    with rows_path(batch).open("rb") as file:
        file.seek(span.byte_from)
        data = file.read(span.byte_to - span.byte_from)
    records = list(islice(reader_for(profile, batch.facility.code).read(data, span, batch.layout), PREVIEW_RECORDS))
    columns = tuple(name for name in _FIELDS if any(record.fields.get(name) for record in records))
    rows = tuple(
        (
            record.number,
            tuple(record.fields.get(name, "") for name in columns),
            joined(fault.message for fault in record.faults),
        )
        for record in records
    )
    return Preview(columns, rows)


def _line(row: Quarantine) -> QuarantineLine:
    raw = bytes(row.raw)
    return QuarantineLine(
        id=row.pk,
        record_no=row.record_no,
        line=row.line,
        part="" if row.table == "record" else TABLE_TITLES.get(row.table, row.table),
        reasons=tuple(Reason(kept_message(one), one["field"], row.shown.get(one["field"], "")) for one in row.reasons),
        shown=tuple(_shown(row.shown)),
        raw=raw.decode("utf-8", "backslashreplace")[:_RAW_SHOWN],
        raw_bytes=row.byte_to - row.byte_from,
        state=row.get_state_display(),
    )


def _shown(fields: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(name, fields[name]) for name in _FIELDS if fields.get(name)]
