"""Charging a visit: one way in for orders, prescriptions, beds and the cashier. A charge is taken back by its reversal.

`add_charge` is the building block other commands call inside their own transaction and audit; `charge_item` is the desk's.
"""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from clinics.models import Charge, ServicePrice, Visit
from clinics.queries.bills import price_on, standing_charges
from clinics.queries.prices import kind_on
from clinics.queries.scope import visit_here
from clinics.rules.charges.items import MOST_QUANTITY, ChargeKind, Item
from clinics.rules.states import VisitState
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.models import Staff
from registry.rules.text import clean_line

# Fields of a charge that its reversal repeats.
COPIED = (
    "visit_id", "kind", "code", "name", "unit", "group", "quantity", "price", "insured_price", "pay_rate", "service_rate",
    "ceiling", "price_row_id", "source_kind", "source_id", "department_code", "by_licence", "ordered_at", "done_at",
    "result_at", "particulars",
)  # fmt: skip


@command(Permission.BILLING_CHARGE)
def charge_item(ctx: Context, *, visit_id: uuid.UUID, item: Item) -> Charge:
    """Charge something the facility's price list holds, at the cashier's desk.

    Raises Refused at "code" (no price on the visit's day) or "quantity"; Conflict for a cancelled visit.
    """
    visit = visit_here(ctx, visit_id, lock=True)
    if price_on(visit.facility_id, item.kind, item.code, visit.visit_date) is None:
        raise Refused("price-missing", "Bảng giá ngày khám không có mục này.", "code")
    charge = add_charge(ctx, visit, item)
    _audit(ctx, visit, "create", charge)
    return charge


@command(Permission.BILLING_CHARGE)
def charge_code(ctx: Context, *, visit_id: uuid.UUID, code: str, quantity: Decimal) -> Charge:
    """Charge by hand what the list of the visit's day calls by a code. Raises as `charge_item`."""
    visit = visit_here(ctx, visit_id, lock=True)
    kind = kind_on(visit.facility_id, code, visit.visit_date)
    if kind is None:
        raise Refused("price-missing", "Bảng giá ngày khám không có mục này.", "code")
    charge = add_charge(ctx, visit, Item(kind, code, "", quantity))
    _audit(ctx, visit, "create", charge)
    return charge


def add_charge(ctx: Context, visit: Visit, item: Item) -> Charge:
    """Charge an item to a visit whose row the caller holds. A source that is charged already is charged no second time.

    An item without a price is charged at nothing and waits for its price (`price_again`), so that no order is held up.
    """
    if visit.state == VisitState.CANCELLED:
        raise Conflict("visit-cancelled", "Lượt khám đã huỷ, không tính chi phí được nữa.")
    if not 0 < item.quantity <= MOST_QUANTITY:
        raise Refused("quantity-range", "Số lượng phải lớn hơn 0.", "quantity")
    if item.source and (charged := _charged_for(visit, item.source)):
        return charged
    price = price_on(visit.facility_id, item.kind, item.code, visit.visit_date)
    return Charge.objects.create(**(_values(ctx, visit, item) | _priced(price)))


def reverse_source(ctx: Context, visit: Visit, source: tuple[str, uuid.UUID], *, reason: str) -> Charge | None:
    """Take back what was charged for a source (an order was cancelled); None when nothing was."""
    charged = _charged_for(visit, source)
    return _reverse(ctx, charged, reason) if charged else None


@command(Permission.BILLING_CHARGE)
def reverse_charge(ctx: Context, *, charge_id: uuid.UUID, reason: str) -> Charge:
    """Take one charge back; the line and its reversal both stay. Refused without a reason, Conflict when it was taken back.

    What was paid for it shows as money to give back.
    """
    charge = Charge.objects.select_related("visit").filter(pk=charge_id).first()
    if charge is None:
        raise NotFound
    visit = visit_here(ctx, charge.visit_id, lock=True)
    reversal = _reverse(ctx, charge, reason)
    _audit(ctx, visit, "reverse-charge", reversal)
    return reversal


@command(Permission.BILLING_CHARGE)
def price_again(ctx: Context, *, visit_id: uuid.UUID) -> int:
    """Charge again, at today's lists for the visit's day, what stands without a price. Returns how many got one."""
    visit = visit_here(ctx, visit_id, lock=True)
    priced = 0
    for charge in standing_charges(visit).filter(price_row=None):
        price = price_on(visit.facility_id, charge.kind, charge.code, visit.visit_date)
        if price:
            _reverse(ctx, charge, "thay bằng dòng có giá")
            kept = {name: getattr(charge, name) for name in COPIED}
            Charge.objects.create(**(kept | _stamp(ctx) | _priced(price)))
            priced += 1
    record_audit(
        ctx,
        "update",
        patient_id=visit.encounter.patient_id,
        target=("Visit", visit.pk),
        detail={"priced": priced},
    )
    return priced


def _charged_for(visit: Visit, source: tuple[str, uuid.UUID]) -> Charge | None:
    return standing_charges(visit).filter(source_kind=source[0], source_id=source[1]).first()


def _stamp(ctx: Context) -> dict[str, Any]:
    return {"by_id": ctx.actor.staff_id, "at": ctx.at}


def _values(ctx: Context, visit: Visit, item: Item) -> dict[str, Any]:
    kind, identity = item.source or ("", None)
    return _stamp(ctx) | {
        "visit": visit,
        "kind": ChargeKind(item.kind),
        "code": item.code,
        "name": clean_line(item.name)[:1024],
        "unit": item.unit,
        "quantity": item.quantity,
        "source_kind": kind,
        "source_id": identity,
        "department_code": visit.room.department.code,
        "by_licence": item.ordered_by or _licence(ctx),
        "ordered_at": item.ordered_at or ctx.at,
        "done_at": item.done_at,
        "result_at": item.result_at,
        "particulars": item.particulars.to_json(),
    }


def _priced(price: ServicePrice | None) -> dict[str, Any]:
    if price is None:
        return {"price": 0}
    return {
        "price_row_id": price.pk,
        "price": price.price,
        "insured_price": price.insured_price,
        "pay_rate": price.pay_rate,
        "ceiling": price.ceiling,
        "group": price.group,
        **({"name": price.name} if price.name else {}),
        **({"unit": price.unit} if price.unit else {}),
    }


def _licence(ctx: Context) -> str:
    if ctx.actor.staff_id is None:
        return ""
    return Staff.objects.values_list("licence_number", flat=True).get(pk=ctx.actor.staff_id)


def _reverse(ctx: Context, charge: Charge, reason: str) -> Charge:
    said = clean_line(reason)[:300]
    if not said:
        raise Refused("reason-missing", "Hãy ghi lý do bỏ dòng chi phí.", "reason")
    if charge.reverses_id or Charge.objects.filter(reverses=charge).exists():
        raise Conflict("charge-reversed", "Dòng chi phí này đã được bỏ. Hãy tải lại trang.")
    return Charge.objects.create(**reversal_of(ctx, charge), reverses=charge, reason=said)


def reversal_of(ctx: Context, charge: Charge) -> dict[str, Any]:
    """What a reversal repeats of the charge it takes back."""
    return {name: getattr(charge, name) for name in COPIED} | _stamp(ctx)


def _audit(ctx: Context, visit: Visit, action: str, charge: Charge) -> None:
    detail = {"charge": str(charge.pk), "kind": charge.kind}
    record_audit(ctx, action, patient_id=visit.encounter.patient_id, target=("Visit", visit.pk), detail=detail)
