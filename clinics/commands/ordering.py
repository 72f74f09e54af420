"""The doctor's part: asking for services, taking them back, sending the person to wait for results."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence

from clinics.commands.order_steps import begin_items, item_to_change, step, take_numbers
from clinics.commands.steps import move, staff_of, visit_to_change
from clinics.models import FacilityService, OrderItem, Service, ServiceOrder, Visit
from clinics.queries.scope import facility_of, today_of
from clinics.queries.services import services_on
from clinics.rules.orders import MOST_ITEMS, OPEN_ORDER_STATES, OrderState, Urgency
from clinics.rules.states import VisitState
from records.commands.copying import new_ids
from registry.kernel import Conflict, Context, Permission, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note

LONGEST_NOTE = 1_000


@command(Permission.ORDER_PLACE)
def place_order(
    ctx: Context,
    *,
    visit_id: uuid.UUID,
    codes: Sequence[str],
    urgency: str = Urgency.ROUTINE,
    note: str = "",
    repeat_reason: str = "",
) -> ServiceOrder:
    """Order services by their codes for somebody who is with the doctor.

    repeat_reason: why something ordered earlier today is ordered again; asked for only then. Raises NotFound, Conflict for
    an ended visit, Refused at "services", "urgency", "note" or "repeat_reason", all at once. Emits order.placed with the
    order's number for whoever charges it.
    """
    visit = visit_to_change(ctx, visit_id)
    if visit.state not in (VisitState.IN_CONSULTATION, VisitState.AWAITING_RESULTS, VisitState.ADMITTED):
        raise Conflict("visit-not-begun", "Chưa bắt đầu khám: hãy bấm “Bắt đầu khám” trước.")
    services, why = _check(ctx, visit, codes, urgency, note, repeat_reason)
    order = ServiceOrder.objects.create(
        facility_id=visit.facility_id,
        visit=visit,
        number=take_numbers(ctx, 1)[0],
        urgency=urgency,
        note=clean_note(note),
        ordered_by_id=staff_of(ctx),
        ordered_at=ctx.at,
    )
    _add_items(ctx, order, services, why)
    emit(ctx, "order.placed", {"order_id": str(order.pk), "visit_id": str(visit.pk)})
    patient_id = visit.encounter.patient_id
    record_audit(
        ctx, "order", patient_id=patient_id, target=("ServiceOrder", order.pk), detail={"items": len(services)}
    )
    return order


@command(Permission.ORDER_PLACE)
def cancel_item(ctx: Context, *, item_id: uuid.UUID, reason: str) -> OrderItem:
    """Take one ordered service back. Raises NotFound, Conflict once there is a result, Refused without a reason."""
    item = item_to_change(ctx, item_id)
    why = clean_line(reason)[:300]
    if not why:
        raise Refused("cancel-reason-missing", "Hãy ghi lý do huỷ chỉ định.", "reason")
    step(ctx, item, OrderState.CANCELLED, reason=why)
    emit(ctx, "order.cancelled", {"order_id": str(item.order_id), "item_id": str(item.pk)})
    patient_id = item.order.visit.encounter.patient_id
    record_audit(ctx, "cancel-order", patient_id=patient_id, target=("OrderItem", item.pk))
    return item


@command(Permission.ORDER_PLACE)
def wait_for_results(ctx: Context, *, visit_id: uuid.UUID) -> Visit:
    """The person goes to have things done and comes back; the room is free. Refused when nothing is outstanding."""
    visit = visit_to_change(ctx, visit_id)
    open_items = OrderItem.objects.filter(order__visit=visit, state__in=OPEN_ORDER_STATES)
    if not open_items.exists():
        raise Refused("nothing-awaited", "Lượt khám này không có chỉ định nào đang chờ kết quả.")
    move(ctx, visit, VisitState.AWAITING_RESULTS)
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk))
    return visit


def _check(
    ctx: Context, visit: Visit, codes: Sequence[str], urgency: str, note: str, repeat_reason: str
) -> tuple[list[Service], Mapping[str, str]]:
    """The services asked for, and why each repeated one is; all faults at once."""
    wanted = list(dict.fromkeys(code for raw in codes if (code := clean_line(raw))))
    services = services_on(ctx, wanted, today_of(ctx))
    repeated = _ordered_today(visit, services)
    why = clean_line(repeat_reason)[:300]
    faults = [*_service_faults(wanted, services), *_form_faults(urgency, note)]
    if repeated and not why:
        template = "Hôm nay đã chỉ định: {names}. Hãy bỏ bớt, hoặc ghi lý do làm lại."
        told = Phrase(template, names=", ".join(sorted(repeated.values())))
        faults.append(Refused("order-repeated", told, "repeat_reason"))
    if faults:
        raise Refused.several(faults)
    return [services[code] for code in wanted], dict.fromkeys(repeated, why)


def _service_faults(wanted: Sequence[str], services: Mapping[str, Service]) -> list[Refused]:
    if not wanted:
        return [Refused("order-empty", "Hãy chọn ít nhất một dịch vụ.", "services")]
    if len(wanted) > MOST_ITEMS:
        return [Refused("order-long", Phrase("Một phiếu có tối đa {most} dịch vụ.", most=MOST_ITEMS), "services")]
    return [
        Refused("service-unknown", Phrase("Cơ sở không làm dịch vụ mã {code}.", code=code), "services")
        for code in wanted
        if code not in services
    ]


def _form_faults(urgency: str, note: str) -> list[Refused]:
    faults = []
    if urgency not in list(Urgency):
        faults.append(Refused("urgency-unknown", "Hãy chọn mức độ khẩn.", "urgency"))
    if len(note) > LONGEST_NOTE:
        faults.append(Refused("note-long", Phrase("Dài quá {most} ký tự.", most=LONGEST_NOTE), "note"))
    return faults


def _ordered_today(visit: Visit, services: Mapping[str, Service]) -> dict[str, str]:
    """Code and name of what this facility has ordered for this person today already, whichever visit; cancelled ones not."""
    earlier = OrderItem.objects.filter(
        facility_id=visit.facility_id,
        order__visit__encounter__patient_id=visit.encounter.patient_id,
        order__visit__visit_date=visit.visit_date,
        service__code__in=list(services),
    ).exclude(state=OrderState.CANCELLED)
    return dict(earlier.values_list("service__code", "service__name"))


def _add_items(ctx: Context, order: ServiceOrder, services: Sequence[Service], why: Mapping[str, str]) -> None:
    rooms = dict(
        FacilityService.objects.filter(
            facility_id=facility_of(ctx).id, code__in=[one.code for one in services]
        ).values_list("code", "room_id")
    )
    items = [
        OrderItem(
            id=identity,
            order=order,
            facility_id=order.facility_id,
            service=service,
            kind=service.kind,
            room_id=rooms.get(service.code),
            repeat_reason=why.get(service.code, ""),
        )
        for identity, service in zip(new_ids(len(services)), services, strict=True)
    ]
    begin_items(ctx, OrderItem.objects.bulk_create(items))
