"""Moving an ordered service from state to state: the one place that writes an OrderItemStatus."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import connection

from clinics.models import OrderItem, OrderItemStatus
from clinics.queries.scope import facility_of, today_of
from clinics.rules.orders import ORDER_STATE_NAMES, OrderState, may_step, number_of
from registry.kernel import Conflict, Context, NotFound
from registry.rules.phrases import Phrase

_NEXT = """
    INSERT INTO clinics_ordercounter (facility_id, day, last) VALUES (%s, %s, %s)
    ON CONFLICT (facility_id, day) DO UPDATE SET last = clinics_ordercounter.last + excluded.last
    RETURNING last
"""


def take_numbers(ctx: Context, count: int) -> list[str]:
    """So many numbers of the facility's day, in order; others wait until this transaction ends."""
    day: date = today_of(ctx)
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [facility_of(ctx).id, day, count])
        row: tuple[int] = cursor.fetchone()
    return [number_of(f"{day:%y%m%d}", at) for at in range(row[0] - count + 1, row[0] + 1)]


def items_to_change(ctx: Context, **which: Any) -> list[OrderItem]:
    """This facility's ordered services, locked in the order of their keys; NotFound when there is none."""
    items = OrderItem.objects.select_for_update(of=("self",), no_key=True).filter(
        facility_id=facility_of(ctx).id, **which
    )
    found = list(
        items.select_related("order__visit__encounter__patient", "service", "specimen", "report", "procedure")
        .order_by("pk")
    )  # fmt: skip
    if not found:
        raise NotFound
    return found


def item_to_change(ctx: Context, item_id: uuid.UUID) -> OrderItem:
    """This facility's ordered service, locked; NotFound otherwise."""
    return items_to_change(ctx, pk=item_id)[0]


def begin_items(ctx: Context, items: Iterable[OrderItem]) -> None:
    """The first state of new items."""
    OrderItemStatus.objects.bulk_create(
        [
            OrderItemStatus(item=item, previous="", state=OrderState.ORDERED, by_id=ctx.actor.staff_id, at=ctx.at)
            for item in items
        ]
    )


def step(ctx: Context, item: OrderItem, state: OrderState, *, reason: str = "", **links: Any) -> None:
    """Go to a state; the database's trigger updates the item. links: specimen, entry, report, procedure.

    Raises Conflict when the step is not allowed from where the item stands by now.
    """
    before = OrderState(item.state)
    if not may_step(before, state):
        template = "“{service}” đang ở bước “{before:lower}”, không thể chuyển sang “{after:lower}”. Hãy tải lại trang."
        names = {"before": Phrase(ORDER_STATE_NAMES[before]), "after": Phrase(ORDER_STATE_NAMES[state])}
        raise Conflict("order-state", Phrase(template, service=item.service.name, **names))
    OrderItemStatus.objects.create(
        item=item, previous=before, state=state, by_id=ctx.actor.staff_id, at=ctx.at, reason=reason, **links
    )
    item.state, item.state_since = state.value, ctx.at
    for name, value in links.items():
        if name != "entry":
            setattr(item, name, value)
