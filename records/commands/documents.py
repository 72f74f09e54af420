"""Papers of a record: file one, replace one with a reason, withdraw one that stands in the wrong record."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone

from records.commands.document_files import keep_content, scan_again
from records.commands.encounters import stamp_for
from records.commands.linking import facility_of
from records.models import Document, StoredFile
from records.queries.access import require_open
from records.rules.access import SHORTEST_REASON, reason_is_told
from records.scanners import ScannerAwayError, configured_scanner
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.dates import EARLIEST_YEAR
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

SCANS_A_SWEEP = 200


@dataclass(frozen=True, slots=True)
class Paper:
    """What is said of a paper. kind: a value of Document.Kind; dated_on: the day the paper itself bears."""

    kind: str
    title: str
    dated_on: date | None
    restricted: bool = False


@command(Permission.DOCUMENT_ADD)
def add_document(
    ctx: Context, *, patient_id: uuid.UUID, paper: Paper, blocks: Iterable[bytes], size: int | None = None
) -> uuid.UUID:
    """File a paper in a record that is open here. size: as announced by the sender, or None.

    Raises Refused at `kind`, `title`, `dated_on` (all at once) or `file`, Conflict(document-again), RecordClosed, NotFound,
    InfectedFile.
    """
    known = require_open(ctx, patient_id)
    told = _check(ctx, paper)
    row = _file(ctx, known, told, blocks, size)
    record_audit(ctx, "add-document", patient_id=known, target=("Document", row.pk), detail={"scan": row.file.scan})
    return row.pk


@command(Permission.DOCUMENT_ADD)
def replace_document(
    ctx: Context,
    *,
    patient_id: uuid.UUID,
    document_id: uuid.UUID,
    reason: str,
    paper: Paper,
    blocks: Iterable[bytes],
    size: int | None = None,
) -> uuid.UUID:
    """File a paper in place of another of this facility; the earlier one stays readable.

    Raises as add_document, and Refused at `reason`, Refused(document-not-yours), Conflict(document-not-current).
    """
    known = require_open(ctx, patient_id)
    earlier = _own_current(ctx, known, document_id)
    why = _reason(reason)
    row = _file(ctx, known, _check(ctx, paper), blocks, size)
    earlier.superseded_by, earlier.superseded_reason = row, why
    earlier.save(update_fields=["superseded_by", "superseded_reason"])
    record_audit(ctx, "replace-document", patient_id=known, target=("Document", row.pk))
    return row.pk


@command(Permission.DOCUMENT_ADD)
def withdraw_document(ctx: Context, *, patient_id: uuid.UUID, document_id: uuid.UUID, reason: str) -> None:
    """Take a paper out of use: it belongs to somebody else, or should not be here. The row and the reason stay.

    Raises Refused at `reason`, Refused(document-not-yours), Conflict(document-not-current), RecordClosed, NotFound.
    """
    known = require_open(ctx, patient_id)
    row = _own_current(ctx, known, document_id)
    row.withdrawn_reason = _reason(reason)
    row.withdrawn_at, row.withdrawn_by_id = ctx.at, ctx.actor.staff_id
    row.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawn_reason"])
    emit(ctx, "document.withdrawn", {"patient_id": str(known), "document_id": str(row.pk)})
    record_audit(ctx, "withdraw-document", patient_id=known, target=("Document", row.pk))


@command(Permission.DOCUMENT_ADD)
def scan_waiting_files(ctx: Context) -> dict[str, int]:
    """Look at what no scanner has looked at yet, oldest first; stops at once while the scanner is away."""
    counts = {"clean": 0, "infected": 0, "waiting": 0}
    if configured_scanner() is not None:
        _scan_each(counts)
    record_audit(ctx, "scan-documents", detail=counts)
    return counts


def _scan_each(counts: dict[str, int]) -> None:
    waiting = StoredFile.objects.filter(scan__in=[StoredFile.Scan.WAITING, StoredFile.Scan.NOT_SCANNED])
    for stored in waiting.order_by("id").select_for_update(skip_locked=True)[:SCANS_A_SWEEP]:
        try:
            scan_again(stored)
        except (ScannerAwayError, FileNotFoundError):
            counts["waiting"] += 1
            return
        counts[stored.scan] += 1


def _check(ctx: Context, paper: Paper) -> dict[str, Any]:
    """The paper's columns; every fault at its field, at once, before the file is taken in."""
    title, today = clean_line(paper.title)[:200], timezone.localdate(ctx.at)
    faults = []
    if paper.kind not in Document.Kind.values:
        faults.append(Refused("document-kind", "Hãy chọn loại giấy tờ.", "kind"))
    if not title:
        faults.append(Refused("document-title", "Hãy ghi tên giấy tờ, ví dụ: Kết quả nội soi đại tràng.", "title"))
    if paper.dated_on is None:
        faults.append(Refused("document-date", "Hãy ghi ngày trên giấy tờ.", "dated_on"))
    elif paper.dated_on > today:
        faults.append(Refused("document-date", "Ngày trên giấy tờ không thể ở tương lai.", "dated_on"))
    elif paper.dated_on.year < EARLIEST_YEAR:
        faults.append(
            Refused("document-date", Phrase("Năm trên giấy tờ sớm hơn {year}.", year=EARLIEST_YEAR), "dated_on")
        )
    if faults:
        raise Refused.several(faults)
    return {"kind": paper.kind, "title": title, "dated_on": paper.dated_on, "restricted": paper.restricted}


def _file(ctx: Context, known: uuid.UUID, told: dict[str, Any], blocks: Iterable[bytes], size: int | None) -> Document:
    stamp = stamp_for(ctx, known)
    stored = keep_content(ctx, blocks, size, known)
    again = Document.objects.filter(patient_id=known, file=stored, superseded_by=None, withdrawn_at=None)
    if again.exists():
        raise Conflict("document-again", "Giấy tờ này đã có trong hồ sơ, không cần nộp lại.", "file")
    row = Document.objects.create(**stamp, file=stored, **told)
    emit(ctx, "document.recorded", {"patient_id": str(known), "document_id": str(row.pk)})
    return row


def _own_current(ctx: Context, known: uuid.UUID, document_id: uuid.UUID) -> Document:
    """The paper, locked, if this facility filed it and it is in use."""
    row = Document.objects.select_for_update().filter(pk=document_id, patient_id=known).first()
    if row is None or not _may_know(ctx, row):
        raise NotFound
    if row.facility_id != facility_of(ctx):
        raise Refused("document-not-yours", "Giấy tờ do cơ sở khác lưu: chỉ cơ sở đó thay hoặc rút được.")
    if row.superseded_by_id or row.withdrawn_at:
        raise Conflict("document-not-current", "Giấy tờ này đã được thay hoặc rút trước đó.")
    return row


def _may_know(ctx: Context, row: Document) -> bool:
    """Whether this actor may know that the paper is there: the reading side's rule (records/queries/restricted.py)."""
    own = row.recorded_by_id is not None and row.recorded_by_id == ctx.actor.staff_id
    return not row.restricted or own or ctx.may(Permission.RECORD_READ_RESTRICTED)


def _reason(text: str) -> str:
    told = clean_line(text)[:300]
    if not reason_is_told(told):
        raise Refused(
            "reason-too-short", Phrase("Hãy ghi rõ lý do, ít nhất {count} ký tự.", count=SHORTEST_REASON), "reason"
        )
    return told
