"""Sets of services that are ordered together: one's own, or the facility's."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import IntegrityError, transaction

from clinics.commands.steps import staff_of
from clinics.models import OrderSet
from clinics.queries.scope import facility_of, today_of
from clinics.queries.services import services_on
from clinics.rules.orders import MOST_ITEMS
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line


@command(Permission.ORDER_PLACE)
def save_order_set(
    ctx: Context, *, name: str, codes: Sequence[str], shared: bool = False, specialty: str = ""
) -> OrderSet:
    """Keep a set under a name; the same name again replaces what it held. shared: everybody's at this facility.

    Raises Refused at "name" or "services".
    """
    title, wanted = clean_line(name)[:120], list(dict.fromkeys(code.strip() for code in codes if code.strip()))
    _check(ctx, title, wanted)
    facility, owner = facility_of(ctx), None if shared else staff_of(ctx)
    said = {"codes": wanted, "specialty": clean_line(specialty)[:60]}
    try:
        with transaction.atomic():
            row, _ = OrderSet.objects.update_or_create(
                facility_id=facility.id, owner_id=owner, name=title, active=True, defaults=said
            )
    except IntegrityError as error:
        raise Conflict("set-named", "Vừa có người lưu một bộ cùng tên. Hãy thử lại.", "name") from error
    record_audit(ctx, "update", target=("OrderSet", row.pk), detail={"services": len(wanted), "shared": shared})
    return row


@command(Permission.ORDER_PLACE)
def drop_order_set(ctx: Context, *, set_id: int) -> OrderSet:
    """Take a set off the list; one's own, or a shared one of the facility. NotFound for somebody else's."""
    row = OrderSet.objects.filter(pk=set_id, facility_id=facility_of(ctx).id, active=True).first()
    if row is None or row.owner_id not in (None, ctx.actor.staff_id):
        raise NotFound
    OrderSet.objects.filter(pk=row.pk).update(active=False)
    record_audit(ctx, "delete", target=("OrderSet", row.pk))
    return row


def _check(ctx: Context, title: str, wanted: Sequence[str]) -> None:
    faults = []
    if not title:
        faults.append(Refused("set-unnamed", "Hãy đặt tên cho bộ chỉ định.", "name"))
    if not 0 < len(wanted) <= MOST_ITEMS:
        faults.append(Refused("set-size", Phrase("Một bộ có từ 1 đến {most} dịch vụ.", most=MOST_ITEMS), "services"))
    known = services_on(ctx, wanted, today_of(ctx))
    faults += [
        Refused("service-unknown", Phrase("Cơ sở không làm dịch vụ mã {code}.", code=code), "services")
        for code in wanted
        if code not in known
    ]
    if faults:
        raise Refused.several(faults)
