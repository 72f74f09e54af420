"""Quarantine in people's hands: mend one row or many, give one up with a reason, run the mended ones again."""

from __future__ import annotations

import csv
import io
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db import connection

from migration.commands.accounting import Account, quarantine_rows
from migration.commands.chunks import raw_records, sender_of
from migration.commands.interpreting import Rejected, Taken, interpret
from migration.commands.replaying import WHOLE, as_counted, move_part, records_of, recount, run_again, with_edits
from migration.models import ImportBatch, ImportChunk, Quarantine
from migration.readers.records import Raw
from records.commands.linking import facility_of
from records.commands.merging import told_reason
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.queries.contexts import system_context
from registry.rules.phrases import Phrase

MOST_AT_ONCE = 1000  # rows one transaction runs again: each person takes two or three advisory locks
LONGEST = 4000  # characters of a mended field
LINE, TABLE = "SO_HO_SO", "BANG"  # columns of the exported file that name the row
WAITING = (Quarantine.State.OPEN, Quarantine.State.MENDED)
_CLOSED = (ImportBatch.State.REFUSED, ImportBatch.State.REVERSING, ImportBatch.State.REVERSED)


@dataclass(frozen=True, slots=True)
class Replayed:
    """loaded: rows that are in the record now (or were there already); still: rows that wait on; left: mended rows that
    were not tried yet, for a next call.
    """

    loaded: int
    still: int
    left: int


@dataclass(frozen=True, slots=True)
class Choice:
    """Which waiting rows: of one rule, of one column, of one state, or these ids; empty means any."""

    code: str = ""
    column: str = ""
    ids: tuple[int, ...] = ()

    def of(self, batch_id: uuid.UUID) -> Any:
        """The rows, in the file's order."""
        rows = Quarantine.objects.filter(batch_id=batch_id, state__in=WAITING)
        if self.code:
            rows = rows.filter(reasons__contains=[{"code": self.code}])
        if self.column:
            rows = rows.filter(reasons__contains=[{"field": self.column}])
        return (rows.filter(id__in=self.ids) if self.ids else rows).order_by("id")


@command(Permission.IMPORT_RUN)
def mend_row(ctx: Context, *, batch_id: uuid.UUID, row_id: int, fields: Mapping[str, str]) -> None:
    """Change fields of one waiting row; what equals the text as read is not kept as a change. Raises NotFound, Refused."""
    batch = _own(ctx, batch_id)
    row = Quarantine.objects.select_for_update().filter(batch=batch, pk=row_id, state__in=WAITING).first()
    if row is None:
        raise NotFound
    changed = _changes(row.shown, row.edited or {}, fields)
    _keep(ctx, [row], {row.pk: changed})
    record_audit(
        ctx, "import.mend", target=("ImportBatch", batch.pk), detail={"row": row.pk, "fields": sorted(changed)}
    )


@command(Permission.IMPORT_RUN)
def mend_many(ctx: Context, *, batch_id: uuid.UUID, choice: Choice, column: str, value: str, search: str = "") -> int:
    """Set a column of all chosen rows to one value, or replace `search` in it by the value; how many rows changed.

    Raises NotFound; Refused: column-missing, nothing-chosen.
    """
    batch = _own(ctx, batch_id)
    if not column:
        raise Refused("column-missing", "Hãy chọn cột cần sửa.", "column")
    rows = list(choice.of(batch.pk).select_for_update())
    edits: dict[int, dict[str, str]] = {}
    for row in rows:
        now = (row.edited or {}).get(column, row.shown.get(column, ""))
        mended = now.replace(search, value) if search else value
        if mended != now:
            edits[row.pk] = _changes(row.shown, row.edited or {}, {column: mended})
    if not edits:
        raise Refused("nothing-chosen", "Không có dòng nào thay đổi theo lựa chọn này.", "value")
    _keep(ctx, [row for row in rows if row.pk in edits], edits)
    record_audit(ctx, "import.mend", target=("ImportBatch", batch.pk), detail={"rows": len(edits), "fields": [column]})
    return len(edits)


@command(Permission.IMPORT_RUN)
def drop_rows(ctx: Context, *, batch_id: uuid.UUID, choice: Choice, reason: str) -> int:
    """Give rows up with a reason: they stay in the ledger as quarantined, and nobody is asked about them again."""
    batch, told = _own(ctx, batch_id), told_reason(reason)
    dropped = Quarantine.objects.filter(pk__in=choice.of(batch.pk).values("pk")).update(
        state=Quarantine.State.DROPPED, dropped_reason=told, edited_by_id=ctx.actor.staff_id, edited_at=ctx.at
    )
    record_audit(ctx, "import.drop", target=("ImportBatch", batch.pk), detail={"rows": dropped, "reason": told})
    return int(dropped)


@command(Permission.IMPORT_RUN)
def take_mended(ctx: Context, *, batch_id: uuid.UUID, content: bytes) -> int:
    """Take back the exported file after the hospital mended it: rows are found by the record's number and table; how many
    changed. Raises NotFound; Refused: file-columns, file-row.
    """
    batch = _own(ctx, batch_id)
    told = list(_mended_lines(content))
    rows = {(row.record_no, row.table): row for row in Choice().of(batch.pk).select_for_update()}
    edits: dict[int, dict[str, str]] = {}
    for no, key, fields in told:
        row = rows.get(key)
        if row is None:
            message = Phrase("Dòng {no}: hồ sơ số {record} không còn chờ sửa trong đợt này.", no=no, record=key[0])
            raise Refused("file-row", message, "file")
        changed = _changes(row.shown, row.edited or {}, fields)
        if changed != (row.edited or {}):
            edits[row.pk] = changed
    _keep(ctx, [row for row in rows.values() if row.pk in edits], edits)
    record_audit(ctx, "import.mend", target=("ImportBatch", batch.pk), detail={"rows": len(edits), "file": True})
    return len(edits)


def _mended_lines(content: bytes) -> Iterable[tuple[int, tuple[int, str], dict[str, str]]]:
    """(line, (record number, table), fields) of a returned file. Our own columns of reasons are left aside."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused("file-columns", "Tệp sửa phải là CSV mã UTF-8, như khi tải xuống.", "file") from None
    mark = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    lines = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark)
    if LINE not in (lines.fieldnames or ()):
        message = Phrase("Tệp thiếu cột {column}: hãy sửa trên tệp đã tải xuống, giữ nguyên các cột.", column=LINE)
        raise Refused("file-columns", message, "file")
    for no, line in enumerate(lines, start=2):
        number = (line.get(LINE) or "").strip()
        if not number.isdecimal():
            raise Refused("file-row", Phrase("Dòng {no}: cột {column} phải là số.", no=no, column=LINE), "file")
        fields = {
            name: text or "" for name, text in line.items() if name and name not in EXPORTED and isinstance(text, str)
        }
        yield no, (int(number), line.get(TABLE) or WHOLE), fields


EXPORTED = (LINE, "DONG", TABLE, "LY_DO")


def _changes(shown: Mapping[str, str], edited: Mapping[str, str], fields: Mapping[str, str]) -> dict[str, str]:
    told = {**edited, **{name: text.strip()[:LONGEST] for name, text in fields.items()}}
    return {name: text for name, text in told.items() if text != shown.get(name, "")}


def _keep(ctx: Context, rows: Sequence[Quarantine], edits: Mapping[int, dict[str, str]]) -> None:
    for row in rows:
        row.edited = edits[row.pk] or None
        row.state = Quarantine.State.MENDED if row.edited else Quarantine.State.OPEN
        row.edited_by_id, row.edited_at = ctx.actor.staff_id, ctx.at
    Quarantine.objects.bulk_update(rows, ["edited", "state", "edited_by_id", "edited_at"], batch_size=500)


@command(Permission.IMPORT_RUN)
def replay_rows(ctx: Context, *, batch_id: uuid.UUID, choice: Choice | None = None) -> Replayed:
    """Run waiting rows again: those chosen, else every mended one, MOST_AT_ONCE in one transaction. The ledger follows.

    Raises NotFound; Conflict(batch-state) of a trial, a refused or a reversed batch; Refused(nothing-chosen).
    """
    batch = _own(ctx, batch_id)
    rows = choice.of(batch.pk) if choice else Choice().of(batch.pk).filter(state=Quarantine.State.MENDED)
    chosen = list(rows.select_for_update()[:MOST_AT_ONCE])
    if not chosen:
        raise Refused("nothing-chosen", "Không có dòng nào để nạp lại: hãy sửa dòng trước.", "value")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '60s'; SET LOCAL statement_timeout = '120s'")
    acting = system_context(ctx.at, facility=batch.facility, channel=ctx.channel, label="import")
    by_chunk: dict[int, list[Quarantine]] = defaultdict(list)
    for row in chosen:
        by_chunk[row.chunk_id].append(row)
    chunks = ImportChunk.objects.select_related("batch__facility", "batch__profile").in_bulk(by_chunk)
    loaded = 0
    for chunk_id in sorted(by_chunk):
        whole = [row for row in by_chunk[chunk_id] if row.table == WHOLE]
        parts = [row for row in by_chunk[chunk_id] if row.table != WHOLE]
        loaded += _replay_whole(acting, chunks[chunk_id], whole) if whole else 0
        loaded += _replay_parts(acting, chunks[chunk_id], parts) if parts else 0
    left = Choice().of(batch.pk).filter(state=Quarantine.State.MENDED).exclude(pk__in=[row.pk for row in chosen])
    done = Replayed(loaded, len(chosen) - loaded, left.count())
    record_audit(
        ctx, "import.replay", target=("ImportBatch", batch.pk), detail={"loaded": done.loaded, "still": done.still}
    )
    return done


def _replay_whole(ctx: Context, chunk: ImportChunk, rows: Sequence[Quarantine]) -> int:
    """Records that wait as a whole; how many are in the record now."""
    numbers = {row.record_no for row in rows}
    received = {raw.number: raw for raw in raw_records(chunk) if raw.number in numbers}
    before = as_counted(chunk.batch, [(received[row.record_no], row.reasons) for row in rows])
    mended = [with_edits(received[row.record_no], row.edited or {}) for row in rows]
    after = run_again(ctx, chunk.batch, mended, restoring=True).account
    recount(chunk, before, after)
    waits = {one.raw.number: one for one in after.waiting if one.table == WHOLE}
    for row in rows:
        one = waits.get(row.record_no)
        row.state = Quarantine.State.OPEN if one else Quarantine.State.LOADED
        row.reasons = [fault.to_json() for fault in one.faults] if one else row.reasons
    Quarantine.objects.bulk_update(rows, ["state", "reasons"], batch_size=500)
    parts = Account(waiting=[one for one in after.waiting if one.table != WHOLE])
    Quarantine.objects.bulk_create(quarantine_rows(chunk, parts))
    return len(rows) - len(waits)


def _replay_parts(ctx: Context, chunk: ImportChunk, rows: Sequence[Quarantine]) -> int:
    """Single bad rows of records that were taken: the record runs again with the row as mended."""
    raws = records_of(chunk, {row.record_no for row in rows})
    sender, loaded = sender_of(chunk.batch), []
    for row in rows:
        raw = _with_row(raws[row.record_no], row)
        judged = interpret(raw, sender)
        faults = _faults_of(judged, row, raw)
        if faults or not isinstance(judged, Taken):
            row.reasons = faults or row.reasons
            row.state = Quarantine.State.OPEN
            continue
        rerun = run_again(ctx, chunk.batch, [raw], restoring=True)
        if rerun.account.records["quarantined"]:
            row.state = Quarantine.State.OPEN
            continue
        raws[row.record_no] = raw
        row.state = Quarantine.State.LOADED
        loaded.append(row)
        move_part(chunk, row.table, len(row.reasons) if row.table == "condition" else 1)
    Quarantine.objects.bulk_update(rows, ["state", "reasons"], batch_size=500)
    return len(loaded)


def _with_row(raw: Raw, row: Quarantine) -> Raw:
    if row.table == "condition":
        return with_edits(raw, row.edited or {})
    told = [{**one, **(row.edited or {})} if _is_row(one, row.shown) else one for one in raw.rows.get(row.table, ())]
    return replace(raw, rows={**raw.rows, row.table: tuple(told)})


def _is_row(fields: Mapping[str, str], shown: Mapping[str, str]) -> bool:
    """Whether this is the row that was put aside; what is kept of it is cut at 400 characters."""
    return all(fields.get(name, "").replace("\x00", "\ufffd").startswith(text) for name, text in shown.items())


def _faults_of(judged: object, row: Quarantine, raw: Raw) -> list[dict[str, Any]]:
    """What is still wrong with the row itself."""
    if isinstance(judged, Rejected):
        return [fault.to_json() for fault in judged.faults]
    if not isinstance(judged, Taken):
        return []
    if row.table == "condition":
        return [fault.to_json() for fault in judged.faults]
    told = {**row.shown, **(row.edited or {})}
    rows = raw.rows.get(row.table, ())
    return [
        fault.to_json()
        for (table, at), faults in judged.bad.items()
        if table == row.table and at < len(rows) and _is_row(rows[at], told)
        for fault in faults
    ]


def _own(ctx: Context, batch_id: uuid.UUID) -> ImportBatch:
    found = ImportBatch.objects.select_for_update(of=("self",)).select_related("facility", "profile")
    batch = found.filter(pk=batch_id, facility_id=facility_of(ctx)).first()
    if batch is None:
        raise NotFound
    if batch.dry_run or batch.state in _CLOSED:
        raise Conflict("batch-state", "Đợt này không sửa cách ly được: chỉ sửa ở đợt nạp thật chưa hoàn tác.")
    return batch
