"""Specimens: drawn and labelled, received by the laboratory, or rejected with a reason and drawn again."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from django.utils import timezone

from clinics.commands.order_steps import item_to_change, items_to_change, step, take_numbers
from clinics.commands.steps import staff_of
from clinics.models import OrderItem, OrderItemStatus, Specimen
from clinics.queries.scope import facility_of
from clinics.rules.orders import OrderState
from records.commands.copying import new_ids
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line


@command(Permission.SPECIMEN_TAKE)
def take_specimens(ctx: Context, *, order_id: uuid.UUID) -> list[Specimen]:
    """Draw what an order still needs: one vessel a kind, each with a number of its own.

    Raises NotFound for another facility's order; Conflict when nothing is left to draw, naming who was faster.
    """
    items = items_to_change(ctx, order_id=order_id)
    waiting = [one for one in items if one.state == OrderState.ORDERED and one.service.specimen]
    if not waiting:
        raise Conflict("specimen-taken", _taken(order_id))
    kinds = sorted({one.service.specimen for one in waiting})
    drawn = Specimen.objects.bulk_create(
        Specimen(
            id=identity,
            facility_id=facility_of(ctx).id,
            order_id=order_id,
            number=number,
            kind=kind,
            taken_by_id=staff_of(ctx),
            taken_at=ctx.at,
        )
        for identity, kind, number in zip(new_ids(len(kinds)), kinds, take_numbers(ctx, len(kinds)), strict=True)
    )
    by_kind = {one.kind: one for one in drawn}
    for item in waiting:
        step(ctx, item, OrderState.TAKEN, specimen=by_kind[item.service.specimen])
    patient_id = waiting[0].order.visit.encounter.patient_id
    detail = {"specimens": len(drawn)}
    record_audit(ctx, "take-specimen", patient_id=patient_id, target=("ServiceOrder", order_id), detail=detail)
    return drawn


@command(Permission.REPORT_RECORD)
def receive_specimen(ctx: Context, *, number: str) -> Specimen:
    """The laboratory scans a vessel in. Refused at "number" for an unknown one, Conflict when it is here already."""
    specimen = _by_number(ctx, number)
    items = _items(ctx, specimen)
    arrived = [one for one in items if one.state == OrderState.TAKEN]
    if not arrived:
        raise Conflict(
            "specimen-received", Phrase("Mẫu {number} không còn chờ nhận.", number=specimen.number), "number"
        )
    for item in arrived:
        step(ctx, item, OrderState.IN_PROGRESS)
    _audit(ctx, "receive-specimen", specimen, items)
    return specimen


@command(Permission.REPORT_RECORD)
def reject_specimen(ctx: Context, *, specimen_id: uuid.UUID, reason: str) -> Specimen:
    """The vessel cannot be used (haemolysed, clotted, too little, wrong label): its services wait to be drawn again.

    Raises NotFound, Refused without a reason, Conflict when every service of it has a result.
    """
    specimen = Specimen.objects.filter(pk=specimen_id, facility_id=facility_of(ctx).id).first()
    if specimen is None:
        raise NotFound
    why = clean_line(reason)[:300]
    if not why:
        raise Refused("reject-reason-missing", "Hãy ghi lý do từ chối mẫu.", "reason")
    items = _items(ctx, specimen)
    affected = [one for one in items if one.state in (OrderState.TAKEN, OrderState.IN_PROGRESS)]
    if not affected:
        raise Conflict("specimen-used", "Mẫu này đã có kết quả hoặc đã bị từ chối. Hãy tải lại trang.")
    for item in affected:
        step(ctx, item, OrderState.ORDERED, reason=why)
    emit(ctx, "specimen.rejected", {"specimen_id": str(specimen.pk), "order_id": str(specimen.order_id)})
    _audit(ctx, "reject-specimen", specimen, items)
    return specimen


@command(Permission.REPORT_RECORD)
def begin_item(ctx: Context, *, item_id: uuid.UUID) -> OrderItem:
    """The person is in the room of a service without specimen (imaging, procedures). Conflict when somebody was faster."""
    item = item_to_change(ctx, item_id)
    if item.service.specimen:
        raise Refused("specimen-needed", "Dịch vụ này cần mẫu bệnh phẩm: hãy lấy mẫu rồi nhận mẫu.")
    if item.state != OrderState.ORDERED:
        raise Conflict("order-begun", "Chỉ định này đã được bắt đầu hoặc đã huỷ. Hãy tải lại trang.")
    step(ctx, item, OrderState.IN_PROGRESS)
    patient_id = item.order.visit.encounter.patient_id
    record_audit(ctx, "begin-order", patient_id=patient_id, target=("OrderItem", item.pk))
    return item


def _by_number(ctx: Context, number: str) -> Specimen:
    typed = clean_line(number)
    specimen = Specimen.objects.filter(facility_id=facility_of(ctx).id, number=typed).first() if typed else None
    if specimen is None:
        said = Phrase("Không có mẫu nào mang mã {number}.", number=typed[:20]) if typed else Phrase("Hãy quét mã mẫu.")
        raise Refused("specimen-unknown", said, "number")
    return specimen


def _items(ctx: Context, specimen: Specimen) -> list[OrderItem]:
    return items_to_change(ctx, specimen=specimen)


def _taken(order_id: uuid.UUID) -> Phrase:
    """Who drew the order's specimens and when, for the colleague who comes second."""
    last = (
        OrderItemStatus.objects.filter(item__order_id=order_id, state=OrderState.TAKEN)
        .select_related("by")
        .order_by("-at")
        .first()
    )
    if last is None or last.by is None:
        return Phrase("Phiếu này không có mẫu nào cần lấy.")
    template = "{who} đã lấy mẫu của phiếu này lúc {time}."
    return Phrase(template, who=last.by.full_name, time=f"{timezone.localtime(last.at):%H:%M}")


def _audit(ctx: Context, action: str, specimen: Specimen, items: Sequence[OrderItem]) -> None:
    patient_id = items[0].order.visit.encounter.patient_id
    record_audit(ctx, action, patient_id=patient_id, target=("Specimen", specimen.pk))
