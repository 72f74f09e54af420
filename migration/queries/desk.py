"""The quarantine desk: why rows wait, by rule and by column; one row to mend; the file a hospital mends."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from django.db import connection

from migration.models import Quarantine
from migration.queries.batches import visible_batch
from migration.rules.faults import kept_message
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.rules.phrases import Phrase

EXPORTED = ("SO_HO_SO", "DONG", "BANG", "LY_DO")  # our own columns, before those of the file
_WAITING = (Quarantine.State.OPEN, Quarantine.State.MENDED)
_REASONS = """
SELECT r.one->>'code', r.one->>'field', count(DISTINCT q.id) FILTER (WHERE q.state IN ('open', 'mended')),
       count(DISTINCT q.id) FILTER (WHERE q.state = 'mended'), count(DISTINCT q.id), (array_agg(r.one ORDER BY q.id))[1]
FROM migration_quarantine q CROSS JOIN LATERAL jsonb_array_elements(q.reasons) AS r(one)
WHERE q.batch_id = %s
GROUP BY 1, 2 ORDER BY 3 DESC, 5 DESC, 1, 2 LIMIT 200
"""


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """One rule at one column: how many rows wait because of it, how many of those are mended, how many there ever were."""

    code: str
    column: str
    waiting: int
    mended: int
    all: int
    example: Phrase


@dataclass(frozen=True, slots=True)
class RowToMend:
    """One row: (field, as read, as mended) and why it waits."""

    id: int
    file_name: str
    record_no: int
    line: int
    table: str
    state: str
    state_label: str
    fields: tuple[tuple[str, str, str], ...]
    reasons: tuple[tuple[str, Phrase], ...]
    raw: str
    dropped_reason: str

    @property
    def waits(self) -> bool:
        """Whether it may still be mended."""
        return self.state in _WAITING


@query(Permission.IMPORT_READ, audited=False)
def find_reasons(ctx: Context, batch_id: uuid.UUID) -> list[ReasonCount]:
    """Why rows of a batch wait, most first. Names nobody. Raises NotFound."""
    batch = visible_batch(ctx, batch_id)
    with connection.cursor() as cursor:
        cursor.execute(_REASONS, [batch.pk])
        found = cursor.fetchall()
    return [
        ReasonCount(code, column or "", waiting, mended, every, kept_message(_as_json(example)))
        for code, column, waiting, mended, every, example in found
    ]


def _as_json(told: object) -> dict[str, object]:
    read: dict[str, object] = told if isinstance(told, dict) else orjson.loads(str(told))
    return read


@query(Permission.IMPORT_READ)
def get_row_to_mend(ctx: Context, batch_id: uuid.UUID, row_id: int) -> RowToMend:
    """One row with every field that could be read. Raises NotFound."""
    batch = visible_batch(ctx, batch_id)
    row = Quarantine.objects.filter(batch=batch, pk=row_id).first()
    if row is None:
        raise NotFound
    record_audit(ctx, "read", target=("ImportBatch", batch.pk), detail={"part": "quarantine", "row": row.pk})
    edited = row.edited or {}
    faulty = [one["field"] for one in row.reasons if one["field"]]
    names = sorted({*row.shown, *edited, *faulty}, key=lambda name: (name not in faulty, name))
    return RowToMend(
        id=row.pk,
        file_name=batch.file_name,
        record_no=row.record_no,
        line=row.line,
        table=row.table,
        state=row.state,
        state_label=row.get_state_display(),
        fields=tuple((name, row.shown.get(name, ""), edited.get(name, row.shown.get(name, ""))) for name in names),
        reasons=tuple((one["field"], kept_message(one)) for one in row.reasons),
        raw=bytes(row.raw).decode("utf-8", "backslashreplace")[:4000],
        dropped_reason=row.dropped_reason,
    )


@query(Permission.IMPORT_READ)
def export_waiting(ctx: Context, batch_id: uuid.UUID) -> Iterator[bytes]:
    """Every waiting row as CSV (UTF-8 with a mark, so that spreadsheets read it): record number, line, table, reasons, and
    the fields as they stand now. Raises NotFound.
    """
    batch = visible_batch(ctx, batch_id)
    rows = Quarantine.objects.filter(batch=batch, state__in=_WAITING).order_by("id")
    record_audit(ctx, "export", target=("ImportBatch", batch.pk), detail={"part": "quarantine"})
    names: dict[str, None] = {}
    for shown, edited in rows.values_list("shown", "edited").iterator(chunk_size=500):
        names.update(dict.fromkeys([*shown, *(edited or {})]))
    return _lines(rows.iterator(chunk_size=500), list(names))


def _lines(rows: Iterator[Quarantine], names: list[str]) -> Iterator[bytes]:
    yield b"\xef\xbb\xbf" + _line([*EXPORTED, *names])
    for row in rows:
        told = {**row.shown, **(row.edited or {})}
        reasons = " | ".join(str(kept_message(one)) for one in row.reasons)
        yield _line([str(row.record_no), str(row.line), row.table, reasons, *(told.get(name, "") for name in names)])


def _line(cells: list[str]) -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out).writerow(cells)
    return out.getvalue().encode()
