"""Charges follow the care: what is examined, ordered and prescribed is charged, what is taken back is given back.

`follow_care` compares the ledger with the record and writes the difference. It runs after every event (clinics.tasks), and
again before money is taken or an insurance file is made, so that a late event harms nobody. Whatever the number of runs, a
source is charged once. What a person struck off the bill stays off, unless the medicine is handed over after that.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinics.commands.charging import add_charge, reversal_of
from clinics.models import Charge, Visit
from clinics.queries.bills import standing_charges
from clinics.queries.chargeable import (
    EXAMINATION,
    EXAMINATION_GROUP,
    FOLLOWED,
    PRESCRIBED,
    chargeable_items,
    handed_since,
)
from clinics.queries.scope import today_of, visit_here
from clinics.rules.charges.items import Item
from registry.kernel import Context, Permission, command, record_audit

CANCELLED = "chỉ định hoặc đơn thuốc đã huỷ"
CHANGED = "số lượng thay đổi theo đơn hoặc cấp phát"
Source = tuple[str, uuid.UUID]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What following the care did: lines added and lines taken back (a changed quantity is one of each)."""

    added: int
    dropped: int


@command(Permission.BILLING_CHARGE)
def charge_visit(ctx: Context, *, visit_id: uuid.UUID) -> Gathered:
    """Bring a visit's charges up to what was done; running it again changes nothing. NotFound for another facility's."""
    visit = visit_here(ctx, visit_id, lock=True)
    done = follow_care(ctx, visit)
    detail = {"added": done.added, "dropped": done.dropped}
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=("Visit", visit.pk), detail=detail)
    return done


def follow_care(ctx: Context, visit: Visit) -> Gathered:
    """Building block: write the difference between the record and the ledger. The caller holds the visit and audits."""
    due = {item.source: item for item in chargeable_items(visit, today_of(ctx)) if item.source}
    standing = _standing(visit)
    dropped = 0
    for source, charge in standing.items():
        item = due.get(source)
        if item is None or (item.code, item.quantity) != (charge.code, charge.quantity):
            _take_back(ctx, charge, CHANGED if item else CANCELLED)
            dropped += 1
        else:
            del due[source]
    added = [item for item in due.values() if item.source in standing or not _settled(visit, item)]
    for item in added:
        add_charge(ctx, visit, item)
    return Gathered(len(added), dropped)


def _standing(visit: Visit) -> dict[Source, Charge]:
    rows = standing_charges(visit).filter(source_kind__in=FOLLOWED)
    return {(one.source_kind, one.source_id): one for one in rows if one.source_id}


def _settled(visit: Visit, item: Item) -> bool:
    """Whether a person already decided about this item: struck it off, or charged the examination by hand."""
    kind, identity = item.source or ("", visit.pk)
    if kind == EXAMINATION and _charged_by_hand(visit, item.code):
        return True
    last = Charge.objects.filter(visit=visit, source_kind=kind, source_id=identity, reverses=None)
    struck = last.select_related("reversal").order_by("-at", "-id").first()
    if struck is None or struck.reversal.by_id is None:
        return False
    handed = handed_since([identity]).get(identity) if kind == PRESCRIBED else None
    return handed is None or handed <= struck.reversal.at


def _charged_by_hand(visit: Visit, code: str) -> bool:
    by_hand = standing_charges(visit).filter(source_id=None, group=EXAMINATION_GROUP, code=code)
    return by_hand.exists()


def _take_back(ctx: Context, charge: Charge, reason: str) -> None:
    """By nobody: that tells it from what a person struck off."""
    Charge.objects.create(**(reversal_of(ctx, charge) | {"by_id": None}), reverses=charge, reason=reason)
