"""The facility's price list by typing: what the till charges by hand."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from django.db.models import QuerySet

from clinics.models import PriceList, ServicePrice
from clinics.queries.scope import facility_of
from clinics.rules.charges.items import CHARGE_KIND_NAMES, ChargeKind
from registry.kernel import Context, Permission, query
from registry.rules.text import fold

MOST_FOUND = 12
LISTS_KEPT = 32  # of which the folded words stay in memory: a list never changes once it is in force


@dataclass(frozen=True, slots=True)
class PriceFound:
    """One row of a price list. price: DON_GIA_BV; insured: whether the fund pays on it."""

    kind: ChargeKind
    code: str
    name: str
    unit: str
    price: Decimal
    insured: bool

    @property
    def kind_name(self) -> str:
        """Its kind in words."""
        return CHARGE_KIND_NAMES[self.kind]


@query(Permission.BILLING_CHARGE, audited=False)
def find_prices(ctx: Context, day: date, text: str) -> list[PriceFound]:
    """Rows of the facility's list of a day whose code or name holds words beginning so, typed without diacritics."""
    words = re.findall(r"[a-z0-9]+", fold(text.replace(".", "")))[:6]
    priced = list_on(facility_of(ctx).id, day)
    if not words or priced is None:
        return []
    known = _folded(priced.pk)
    found = (row for key, row in known if all(f" {word}" in key for word in words))
    return [row for row, _ in zip(found, range(MOST_FOUND), strict=False)]


def kind_on(facility_id: int, code: str, day: date) -> ChargeKind | None:
    """What kind of thing the list of a day calls by this code; a service before a medicine before a supply."""
    priced = list_on(facility_id, day)
    rows = ServicePrice.objects.filter(price_list=priced, code=code) if priced else ServicePrice.objects.none()
    kinds = set(rows.values_list("kind", flat=True))
    return next((kind for kind in ChargeKind if kind.value in kinds), None)


def list_on(facility_id: int, day: date) -> PriceList | None:
    """The facility's list of a day; of two in force the one that began later."""
    lists: QuerySet[PriceList] = PriceList.objects.filter(facility_id=facility_id).on(day)
    return lists.order_by("-valid_from", "-pk").first()


@lru_cache(maxsize=LISTS_KEPT)
def _folded(price_list_id: uuid.UUID) -> tuple[tuple[str, PriceFound], ...]:
    rows = ServicePrice.objects.filter(price_list_id=price_list_id).order_by("kind", "name", "code")
    told = rows.values_list("kind", "code", "name", "unit", "price", "insured_price")
    return tuple(
        (
            f" {fold(name)} {fold(code.replace('.', ''))}",
            PriceFound(ChargeKind(kind), code, name, unit, price, insured is not None),
        )
        for kind, code, name, unit, price, insured in told
    )
