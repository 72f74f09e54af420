"""The pharmacy's ledger: lots come in, are handed over first expired first, come back, are thrown away."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from clinics.commands.drafts import prescription_here, reason_for, standing
from clinics.commands.steps import refused, staff_of
from clinics.models import Dispensing, Drug, Prescription, PrescriptionLine, StockLot, StockMovement
from clinics.queries.pharmacy import handed_over
from clinics.queries.prescriptions import state_of
from clinics.queries.scope import facility_of, today_of, visit_here
from clinics.rules.dispensing import Shelf, first_expiring, hand_over_fault, receipt_faults
from clinics.rules.safety.doses import number
from records.queries.access import look_through_door
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

Kind = StockMovement.Kind


@command(Permission.STOCK_MANAGE)
def receive_lot(
    ctx: Context, *, code: str, lot: str, expires_on: date | None, quantity: Decimal, token: uuid.UUID
) -> StockLot:
    """A lot comes in, or more of one. token: of the form; the same form again changes nothing.

    Raises NotFound for an unknown medicine; Refused at "lot", "expires_on" or "quantity", all at once.
    """
    drug = Drug.objects.on(today_of(ctx)).filter(code=code).first()
    if drug is None:
        raise NotFound("Không có thuốc này trong danh mục hôm nay.", "no-such-drug")
    said = clean_line(lot)[:60]
    faults = receipt_faults(said, expires_on, quantity, today_of(ctx))
    if faults or expires_on is None:
        raise Refused.several([refused(one) for one in faults])
    shelf, _ = StockLot.objects.get_or_create(
        facility_id=facility_of(ctx).id, code=code, lot=said, expires_on=expires_on,
        defaults={"name": drug.name, "unit": drug.unit},
    )  # fmt: skip
    shelf = _held(shelf.pk)
    if not StockMovement.objects.filter(token=token).exists():
        StockMovement.objects.create(
            lot=shelf, kind=Kind.RECEIPT, quantity=quantity, token=token, by_id=staff_of(ctx), at=ctx.at
        )
        shelf.refresh_from_db()
    record_audit(ctx, "receive-stock", target=("StockLot", shelf.pk), detail={"code": code})
    return shelf


@command(Permission.STOCK_MANAGE)
def discard_stock(ctx: Context, *, lot_id: uuid.UUID, quantity: Decimal, reason: str, token: uuid.UUID) -> StockLot:
    """Expired, broken or lost: it leaves the shelf with a reason. Raises NotFound; Refused at "quantity", "reason"."""
    shelf = _lot_here(ctx, lot_id)
    why = reason_for(reason)
    if not quantity.is_finite() or not 0 < quantity <= shelf.on_hand:
        if StockMovement.objects.filter(token=token).exists():
            return _discarded(ctx, shelf)
        message = Phrase("Số lượng phải từ 0 đến {most}.", most=number(shelf.on_hand))
        raise Refused("quantity", message, "quantity")
    if not StockMovement.objects.filter(token=token).exists():
        StockMovement.objects.create(
            lot=shelf, kind=Kind.DISCARDED, quantity=-quantity, token=token, by_id=staff_of(ctx), at=ctx.at, reason=why
        )
    return _discarded(ctx, shelf)


@command(Permission.MEDICINE_DISPENSE)
def dispense(
    ctx: Context, *, prescription_id: uuid.UUID, amounts: Mapping[uuid.UUID, Decimal], token: uuid.UUID
) -> Dispensing:
    """Hand over units by line, all or part of what is owed, from the lots that expire first.

    Raises Conflict for a prescription that was replaced, cancelled or is out of date, and when the shelf holds less; Refused
    at "line-N" (position). The same token gives the same hand-over.
    """
    prescription = prescription_here(ctx, prescription_id)
    visit_here(ctx, prescription.visit_id, lock=True)  # whoever signs, cancels or hands over waits for one another
    access = look_through_door(ctx, prescription.visit.encounter.patient_id)
    done = Dispensing.objects.filter(token=token, prescription=prescription).first()
    if done is None:
        standing(prescription_here(ctx, prescription_id))
        _in_time(ctx, prescription)
        done = _hand_over(ctx, prescription, amounts, token)
    record_audit(ctx, "dispense", patient_id=access.patient_id, target=("Prescription", prescription.pk))
    return done


@command(Permission.MEDICINE_DISPENSE)
def return_medicine(
    ctx: Context, *, movement_id: uuid.UUID, quantity: Decimal, reason: str, token: uuid.UUID
) -> StockMovement:
    """Take back what was handed over, into the same lot, by a row that reverses it.

    Raises NotFound; Refused at "quantity" (no more than was handed over and not yet returned) or "reason".
    """
    given = (
        StockMovement.objects.select_related("lot", "line__prescription__visit__encounter")
        .filter(pk=movement_id, kind=Kind.DISPENSED, lot__facility_id=facility_of(ctx).id)
        .first()
    )
    if given is None or given.line is None:
        raise NotFound("Không tìm thấy lần cấp phát này.", "no-such-movement")
    access = look_through_door(ctx, given.line.prescription.visit.encounter.patient_id)
    _held(given.lot_id)
    row = StockMovement.objects.filter(token=token).first() or _returned(ctx, given, quantity, reason, token)
    record_audit(ctx, "return-medicine", patient_id=access.patient_id, target=("StockMovement", row.pk))
    return row


def _hand_over(
    ctx: Context, prescription: Prescription, amounts: Mapping[uuid.UUID, Decimal], token: uuid.UUID
) -> Dispensing:
    lines = list(prescription.lines.select_related("medication", "drug").order_by("position"))
    given = handed_over([line.pk for line in lines])
    wanted = [(line, amounts.get(line.pk, Decimal(0))) for line in lines]
    faults = [
        refused(fault)
        for line, asked in wanted
        if (fault := hand_over_fault(line.medication.name, asked, _owed(line, given), f"line-{line.position}"))
    ]
    if faults:
        raise Refused.several(faults)
    if not any(asked > 0 for _, asked in wanted):
        raise Refused("nothing-asked", "Hãy ghi số lượng cấp của ít nhất một thuốc.")
    made = Dispensing.objects.create(prescription=prescription, token=token, by_id=staff_of(ctx), at=ctx.at)
    for line, asked in wanted:
        if asked > 0:
            _from_shelf(ctx, made, line, asked)
    emit(
        ctx,
        "medicine.dispensed",
        {
            "dispensing_id": str(made.pk),
            "prescription_id": str(prescription.pk),
            "visit_id": str(prescription.visit_id),
        },
    )
    return made


def _from_shelf(ctx: Context, made: Dispensing, line: PrescriptionLine, asked: Decimal) -> None:
    """One movement a lot. The lots are held in one order, so that two counters never wait for each other in a ring."""
    lots = StockLot.objects.select_for_update().filter(
        facility_id=facility_of(ctx).id, code=line.drug.code, on_hand__gt=0
    )
    shelves = [Shelf(one.pk, one.lot, one.expires_on, one.on_hand) for one in lots.order_by("pk")]
    taken, missing = first_expiring(shelves, asked, today_of(ctx))
    if missing:
        template = "{drug}: kho chỉ còn {left} {unit} còn hạn. Hãy cấp phần còn, hoặc nhập thêm."
        said = Phrase(template, drug=line.medication.name, left=number(asked - missing), unit=line.medication.unit)
        raise Conflict("stock-short", said, f"line-{line.position}")
    for one in taken:
        StockMovement.objects.create(
            lot_id=one.lot, kind=Kind.DISPENSED, quantity=-one.quantity, dispensing=made, line=line, by_id=staff_of(ctx),
            at=ctx.at,
        )  # fmt: skip


def _owed(line: PrescriptionLine, given: Mapping[uuid.UUID, Decimal]) -> Decimal:
    return (line.medication.quantity or Decimal(0)) - given.get(line.pk, Decimal(0))


def _in_time(ctx: Context, prescription: Prescription) -> None:
    if state_of(prescription, today_of(ctx)) == "expired":
        template = "Đơn {code} đã quá hạn lãnh thuốc ({until}): người bệnh cần khám lại."
        until = f"{prescription.valid_until:%d/%m/%Y}"
        raise Conflict("prescription-expired", Phrase(template, code=prescription.code, until=until))


def _returned(ctx: Context, given: StockMovement, quantity: Decimal, reason: str, token: uuid.UUID) -> StockMovement:
    back = sum((row.quantity for row in StockMovement.objects.filter(reverses=given)), Decimal(0))
    most = -given.quantity - back
    if not quantity.is_finite() or not 0 < quantity <= most:
        raise Refused("quantity", Phrase("Chỉ nhận lại được từ 0 đến {most}.", most=number(most)), "quantity")
    row = StockMovement.objects.create(
        lot_id=given.lot_id, kind=Kind.RETURNED, quantity=quantity, dispensing_id=given.dispensing_id, line_id=given.line_id,
        reverses=given, token=token, by_id=staff_of(ctx), at=ctx.at, reason=reason_for(reason),
    )  # fmt: skip
    emit(ctx, "medicine.returned", {"movement_id": str(row.pk), "dispensing_id": str(given.dispensing_id)})
    return row


def _held(lot_id: uuid.UUID) -> StockLot:
    return StockLot.objects.select_for_update().get(pk=lot_id)


def _lot_here(ctx: Context, lot_id: uuid.UUID) -> StockLot:
    shelf = StockLot.objects.select_for_update().filter(pk=lot_id, facility_id=facility_of(ctx).id).first()
    if shelf is None:
        raise NotFound("Không tìm thấy lô thuốc này ở kho của cơ sở.", "no-such-lot")
    return shelf


def _discarded(ctx: Context, shelf: StockLot) -> StockLot:
    shelf.refresh_from_db()
    record_audit(ctx, "discard-stock", target=("StockLot", shelf.pk))
    return shelf
