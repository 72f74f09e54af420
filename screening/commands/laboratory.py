"""What a laboratory does: opens a batch, receives kits and samples by barcode, sends many results, rejects.

Having the barcode in hand is what entitles a laboratory to a sample, whichever facility looks after the person; what one
laboratory has received no other writes results for.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from screening.commands.barcode_results import land_rejection, land_said, return_kit
from screening.commands.barcodes import Found, lock_barcode, lock_people_of
from screening.models import BatchItem, Kit, LaboratoryBatch, Result
from screening.models.kits import KitState, Rejection
from screening.queries.scope import facility_of, today_of
from screening.rules.result_file import Line, UnreadableFileError, read_lines

MOST_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that was not taken, and why."""

    number: int
    barcode: str
    code: str
    message: str | Phrase


@dataclass(frozen=True, slots=True)
class Received:
    """What became of many results: landed now, known from before (nothing changed), refused."""

    landed: int
    known: int
    refused: tuple[RefusedLine, ...]


@command(Permission.SCREENING_TEST)
def open_batch(ctx: Context, *, number: str = "") -> LaboratoryBatch:
    """A batch of the acting facility's laboratory; without a number it gets the day's next. Raises Refused: number;
    Conflict: batch-number-used."""
    facility = facility_of(ctx)
    number = " ".join(number.split())[:31] or _next_number(ctx, facility.id)
    if len(number) > 30:  # noqa: PLR2004 - the column
        raise Refused("number", "Số lô dài quá 30 ký tự.", "number")
    try:
        with transaction.atomic():
            batch = LaboratoryBatch.objects.create(
                facility_id=facility.id, number=number, opened_at=ctx.at, opened_by_id=ctx.actor.staff_id
            )
    except IntegrityError:
        raise Conflict("batch-number-used", "Số lô này đã có.", "number") from None
    record_audit(ctx, "open-batch", target=("LaboratoryBatch", batch.pk))
    return batch


def _next_number(ctx: Context, facility_id: int) -> str:
    day = f"{today_of(ctx):%d%m%Y}"
    taken = set(
        LaboratoryBatch.objects.filter(facility_id=facility_id, number__startswith=day).values_list("number", flat=True)
    )
    return next(name for name in (f"{day}-{count}" for count in range(1, len(taken) + 2)) if name not in taken)


def _batch_here(ctx: Context, batch_id: uuid.UUID) -> LaboratoryBatch:
    batch = LaboratoryBatch.objects.filter(pk=batch_id, facility_id=facility_of(ctx).id).first()
    if batch is None:
        raise NotFound
    return batch


@command(Permission.SCREENING_TEST)
def receive_barcode(ctx: Context, *, batch_id: uuid.UUID, number: str, sampled_on: date | None = None) -> BatchItem:
    """A kit or a sample has come to the laboratory; a kit still out is thereby returned.

    Raises NotFound; Refused: barcode-unknown, sampled_on; Conflict: received-already, has-result, kit-rejected.
    """
    batch = _batch_here(ctx, batch_id)
    found = lock_barcode(ctx, number)
    held = _held(found)
    if held is not None:
        where = Phrase("Mã này đã nhận trong lô {batch}.", batch=held.batch.number)
        here = held.batch.facility_id == batch.facility_id
        raise Conflict("received-already", where if here else Phrase("Phòng xét nghiệm khác đã nhận mã này."), "number")
    _refuse_finished(found)
    if found.kit is not None and found.kit.state == KitState.ISSUED:
        return_kit(ctx, found.kit, sampled_on)
    item = _put(ctx, batch, found)
    record_audit(ctx, "receive-sample", patient_id=found.enrolment.patient_id, target=("BatchItem", item.pk))
    return item


def _refuse_finished(found: Found) -> None:
    if found.kit is not None and found.kit.state == KitState.REJECTED:
        raise Conflict("kit-rejected", "Mẫu của kit này đã bị loại.", "number")
    if found.finished:
        raise Conflict("has-result", "Mã này đã có kết quả.", "number")


def _held(found: Found) -> BatchItem | None:
    items = BatchItem.objects.select_related("batch")
    return (items.filter(kit=found.kit) if found.kit is not None else items.filter(sample=found.sample)).first()


def _put(ctx: Context, batch: LaboratoryBatch, found: Found) -> BatchItem:
    return BatchItem.objects.create(
        batch=batch, kit=found.kit, sample=found.sample, received_at=ctx.at, received_by_id=ctx.actor.staff_id
    )


@command(Permission.SCREENING_TEST)
def record_batch_results(ctx: Context, *, batch_id: uuid.UUID, lines: Sequence[Line]) -> Received:
    """The results typed on the batch's page, each by its barcode; good lines land, the others say why."""
    batch = _batch_here(ctx, batch_id)
    done = _land_all(ctx, lines, batch, Result.Origin.FORM)
    _told(ctx, done, ("LaboratoryBatch", batch.pk))
    return done


@command(Permission.SCREENING_TEST)
def receive_result_file(ctx: Context, *, batch_id: uuid.UUID, content: bytes) -> Received:
    """A file of results (screening.rules.result_file): good lines land once, and are received in this batch if nobody had
    them; the file a second time changes nothing. Raises NotFound, Refused(file)."""
    batch = _batch_here(ctx, batch_id)
    try:
        lines = read_lines(content)
    except UnreadableFileError as error:
        raise Refused("file", error.message, "file") from None
    if not lines:
        raise Refused("file", "Tệp không có dòng kết quả nào.", "file")
    done = _land_all(ctx, lines, batch, Result.Origin.FILE)
    _told(ctx, done, ("LaboratoryBatch", batch.pk))
    return done


@command(Permission.API_RESULT_SEND)
def receive_sent_results(ctx: Context, *, lines: Sequence[Line]) -> Received:
    """What a hospital's system sends, one result or many; sent twice it changes nothing. Raises Refused(results) for none
    or too many."""
    if not 0 < len(lines) <= MOST_AT_ONCE:
        raise Refused("results", Phrase("Mỗi lần gửi từ 1 đến {most} kết quả.", most=MOST_AT_ONCE), "results")
    done = _land_all(ctx, lines, None, Result.Origin.API)
    _told(ctx, done, ("ScreeningResults", "api"))
    return done


def _told(ctx: Context, done: Received, target: tuple[str, object]) -> None:
    counts = {"landed": done.landed, "known": done.known, "refused": len(done.refused)}
    record_audit(ctx, "record-results", target=target, detail=counts)


def _land_all(ctx: Context, lines: Sequence[Line], batch: LaboratoryBatch | None, origin: Result.Origin) -> Received:
    """Each line by itself: one that is refused leaves the others."""
    lock_people_of(line.barcode for line in lines)
    landed = known = 0
    refused = []
    for line in lines:
        try:
            with transaction.atomic():
                fresh = _land_line(ctx, line, batch, origin)
            landed, known = landed + fresh, known + (not fresh)
        except Refused as refusal:
            refused.append(RefusedLine(line.number, line.barcode, refusal.code, refusal.message))
    return Received(landed, known, tuple(refused))


def _land_line(ctx: Context, line: Line, batch: LaboratoryBatch | None, origin: Result.Origin) -> bool:
    """Whether the line's result landed now; False when it was here before."""
    if line.fault is not None:
        raise Refused("line", line.fault)
    found = lock_barcode(ctx, line.barcode)
    held = _held(found)
    if held is not None and held.batch.facility_id != facility_of(ctx).id:
        raise Refused("other-laboratory", "Phòng xét nghiệm khác đã nhận mã này.", "barcode")
    if held is None and batch is not None and not found.finished:
        _put(ctx, batch, found)
    return land_said(ctx, found, line, origin)


@command(Permission.SCREENING_TEST)
def reject_barcode(ctx: Context, *, batch_id: uuid.UUID, number: str, reason: str) -> Result | Kit:
    """A received kit or sample cannot be used, and why. A kit may be handed out anew; a sample ends with the action's
    "inadequate", and the pathway says what follows.

    Raises NotFound; Refused: barcode-unknown, not-in-batch, reason, no-inadequate; Conflict: kit-rejected, has-result.
    """
    batch = _batch_here(ctx, batch_id)
    if reason not in Rejection.values:
        raise Refused("rejection", "Hãy chọn lý do loại mẫu.", "reason")
    found = lock_barcode(ctx, number)
    held = _held(found)
    if held is None or held.batch_id != batch.pk:
        raise Refused("not-in-batch", "Mã này không có trong lô.", "number")
    _refuse_finished(found)
    rejected = land_rejection(ctx, found, Rejection(reason))
    record_audit(
        ctx,
        "reject-sample",
        patient_id=found.enrolment.patient_id,
        target=("BatchItem", held.pk),
        detail={"reason": reason},
    )
    return rejected
