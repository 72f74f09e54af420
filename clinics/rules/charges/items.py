"""What can be charged, and what of it the insurance file wants to know."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any


class ChargeKind(StrEnum):
    """What kind of thing a line is."""

    SERVICE = "service"
    MEDICINE = "medicine"
    SUPPLY = "supply"


CHARGE_KIND_NAMES: Mapping[ChargeKind, str] = {
    ChargeKind.SERVICE: "Dịch vụ",
    ChargeKind.MEDICINE: "Thuốc",
    ChargeKind.SUPPLY: "Vật tư",
}


class PayMethod(StrEnum):
    """How the patient pays."""

    CASH = "cash"
    TRANSFER = "transfer"
    CARD = "card"


PAY_METHOD_NAMES: Mapping[PayMethod, str] = {
    PayMethod.CASH: "Tiền mặt",
    PayMethod.TRANSFER: "Chuyển khoản",
    PayMethod.CARD: "Thẻ",
}
MOST_QUANTITY = Decimal(100_000)


@dataclass(frozen=True, slots=True)
class Particulars:
    """What a line says besides its money, "" where unsaid; the insurance file carries it (XML2, XML3).

    strength e.g. "500 mg"; form: dose form; route_code: ĐƯỜNG DÙNG, "1.01"; dose and usage in words; registration:
    SO_DANG_KY; tender: TT_THAU; performer: licence of whoever did it; machine: MA_MAY; bed: MA_GIUONG.
    """

    strength: str = ""
    form: str = ""
    route_code: str = ""
    dose: str = ""
    usage: str = ""
    registration: str = ""
    tender: str = ""
    performer: str = ""
    machine: str = ""
    bed: str = ""

    def to_json(self) -> dict[str, str]:
        """What is said, by name."""
        return {name: text for name, text in asdict(self).items() if text}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Particulars:
        """What `to_json` wrote."""
        return cls(**kept)


@dataclass(frozen=True, slots=True)
class Item:
    """Something to charge. The price comes from the facility's list of the day, by kind and code.

    source: what it is charged for, e.g. ("order-item", its id); one source is charged once until it is reversed.
    """

    kind: ChargeKind
    code: str
    name: str
    quantity: Decimal = Decimal(1)
    unit: str = ""
    source: tuple[str, uuid.UUID] | None = None
    ordered_at: datetime | None = None
    done_at: datetime | None = None
    result_at: datetime | None = None
    ordered_by: str = ""
    particulars: Particulars = field(default_factory=Particulars)


def medicine_quantity(prescribed: Decimal, handed: Decimal, *, came_back: bool, collectable: bool) -> Decimal:
    """How much of a prescribed medicine is charged: all of it while it can still be collected here, then what was.

    handed: units given out less those that came back. A line of which something came back counts what was kept.
    """
    if collectable and not came_back:
        return max(prescribed, handed)
    return max(handed, Decimal(0))
