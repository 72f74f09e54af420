"""A charge, a receipt, an insurance file and what was sent, for tests that walk every route."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from clinics.commands.charging import charge_item
from clinics.commands.check_in import check_in
from clinics.commands.claims import prepare_claim
from clinics.commands.departures import record_left
from clinics.commands.payments import take_payment
from clinics.commands.price_lists import put_price_list
from clinics.models import ClaimExport, ExportedClaim
from clinics.rules.charges.items import ChargeKind, Item
from registry.models import Room
from tests.factories.city import City
from tests.factories.residents import make_resident

PRICE = {"kind": "service", "code": "02.1899", "name": "Khám bệnh", "unit": "lần", "group": "13", "price": "45000"}


def money_of(city: City, suffix: str, room: Room, visit_id: uuid.UUID, name: str) -> dict[str, Any]:
    """What the routes of money may name, of the clinic whose staff carry the suffix."""
    cashier = city.ctx(f"thu.ngan{suffix}")
    put_price_list(cashier, name="Giá thử", source="Thử", valid_from=date(2026, 1, 1), rows=[PRICE])
    item = Item(ChargeKind.SERVICE, PRICE["code"], PRICE["name"])
    line = charge_item(cashier, visit_id=visit_id, item=item)
    paid = take_payment(cashier, visit_id=visit_id, amount=Decimal(45_000), method="cash")
    desk = city.ctx(f"le.tan{suffix}")
    left = check_in(
        desk, patient_id=make_resident(room.facility, name).pk, room_id=room.pk, reason="Đau bụng", payer="self-pay",
        priority="none", care_type="01",
    )  # fmt: skip
    record_left(desk, visit_id=left.visit_id)
    claim = prepare_claim(cashier, visit_id=left.visit_id)
    export = ClaimExport.objects.create(
        facility=room.facility, first_day=claim.ended_on, last_day=claim.ended_on, count=1, sha256="0" * 64,
        by=city.staff[f"thu.ngan{suffix}"], at=claim.at,
    )  # fmt: skip
    ExportedClaim.objects.create(export=export, claim=claim)
    return {
        "charge_id": line.pk,
        "payment_id": paid.pk,
        "claim_id": claim.pk,
        "export_id": export.pk,
        "table": "XML14",
    }
