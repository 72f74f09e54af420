"""What the tests of money share: a price list, a card, things to charge."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from clinics.commands.charging import charge_item
from clinics.commands.coverage import CardStated, record_coverage
from clinics.commands.price_lists import put_price_list
from clinics.models import Charge, PriceList
from clinics.rules.charges.items import ChargeKind, Item
from tests.clinics.conftest import Clinic

PRICES = (
    ("service", "02.1899", "Khám bệnh", "lần", "13", "45000", "45000", "100", ""),
    ("service", "23.0075.1494", "Định lượng Glucose", "lần", "1", "22400", "22400", "100", ""),
    ("service", "20.0081.0137", "Nội soi đại tràng", "lần", "3", "352100", "352100", "100", ""),
    ("service", "YC", "Khám theo yêu cầu", "lần", "13", "200000", "", "100", ""),
    ("medicine", "40.56", "Paracetamol 500 mg", "viên", "4", "550.125", "550.125", "100", ""),
    ("medicine", "40.807", "Metformin 500 mg", "viên", "6", "870.5", "870.5", "50", ""),
    ("supply", "N07", "Vật tư có trần", "cái", "11", "1850000", "1850000", "100", "1500000"),
)
COLUMNS = ("kind", "code", "name", "unit", "group", "price", "insured_price", "pay_rate", "ceiling")
CARD = CardStated(
    object_code="1.1",
    card="GD4010123456789",
    registered_at="01T01",
    valid_from=date(2026, 1, 1),
    valid_to=date(2026, 12, 31),
)


def rows(*prices: tuple[str, ...]) -> list[dict[str, str]]:
    """Prices as a file has them."""
    return [dict(zip(COLUMNS, one, strict=True)) for one in prices or PRICES]


def put_prices(clinic: Clinic, **said: Any) -> PriceList:
    """The list above in force at the clinic since 2026."""
    form = {"name": "Giá 2026", "source": "NQ thử", "valid_from": date(2026, 1, 1), "rows": rows()} | said
    return put_price_list(clinic.ctx("thu.ngan"), **form)


def put_card(clinic: Clinic, visit_id: uuid.UUID, **said: Any) -> None:
    """The card above for a visit; parts may be said otherwise."""
    kept = {name: getattr(CARD, name) for name in CARD.__dataclass_fields__}
    record_coverage(clinic.ctx("le.tan"), visit_id=visit_id, stated=CardStated(**(kept | said)))


def charge(clinic: Clinic, visit_id: uuid.UUID, code: str, quantity: str = "1", **said: Any) -> Charge:
    """One thing of the list, charged at the desk."""
    kind = next(one[0] for one in PRICES if one[1] == code)
    item = Item(ChargeKind(kind), code, "", Decimal(quantity), **said)
    return charge_item(clinic.ctx("thu.ngan"), visit_id=visit_id, item=item)
