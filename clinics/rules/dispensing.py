"""What may be handed over at the counter, and from which lots: first expired, first out."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from clinics.rules.safety.doses import number
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

EXPIRES_SOON = 90  # days: the stock page points at what must go first [house convention, editable]


@dataclass(frozen=True, slots=True)
class Shelf:
    """A lot on the shelf."""

    id: uuid.UUID
    lot: str
    expires_on: date
    on_hand: Decimal


@dataclass(frozen=True, slots=True)
class Taken:
    """So much from this lot."""

    lot: uuid.UUID
    quantity: Decimal


def first_expiring(shelves: Iterable[Shelf], quantity: Decimal, today: date) -> tuple[list[Taken], Decimal]:
    """Which lots give a quantity, and how much is missing. A lot is given out up to its last day and never after."""
    found: list[Taken] = []
    left = quantity
    usable = (one for one in shelves if one.expires_on >= today and one.on_hand > 0)
    for shelf in sorted(usable, key=lambda one: (one.expires_on, one.lot, one.id)):
        if left <= 0:
            break
        part = min(shelf.on_hand, left)
        found.append(Taken(shelf.id, part))
        left -= part
    return found, max(left, Decimal(0))


def hand_over_fault(name: str, asked: Decimal, owed: Decimal, field: str) -> Invalid | None:
    """Why so much of a line cannot be handed over: nothing below nought, nothing beyond what was prescribed."""
    if not asked.is_finite() or asked < 0:
        return Invalid("quantity", "Số lượng phải là số từ 0 trở lên.", field)
    if asked > owed:
        message = Phrase(
            "{drug}: chỉ còn được cấp {owed}, không phải {asked}.", drug=name, owed=number(owed), asked=number(asked)
        )
        return Invalid("more-than-prescribed", message, field)
    return None


def receipt_faults(lot: str, expires_on: date | None, quantity: Decimal, today: date) -> Sequence[Invalid]:
    """What cannot be right when a lot comes in."""
    faults = []
    if not lot:
        faults.append(Invalid("lot-missing", "Hãy ghi số lô.", "lot"))
    if expires_on is None or expires_on < today:
        faults.append(Invalid("lot-expired", "Hạn dùng phải từ hôm nay trở đi.", "expires_on"))
    if not quantity.is_finite() or quantity <= 0:
        faults.append(Invalid("quantity", "Số lượng phải lớn hơn 0.", "quantity"))
    return faults
