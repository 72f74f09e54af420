"""Reading a visit's bill: what was charged and stands, split between the fund, the patient and others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from clinics.models import Charge, Payment, ServicePrice, Visit
from clinics.queries.insurance import base_salary_on, cover_of, coverage_of
from clinics.rules.charges.bill import Bill, make_bill
from clinics.rules.charges.money import ZERO, Line

MOST_LINES = 500


def standing_charges(visit: Visit) -> QuerySet[Charge]:
    """What was charged and not reversed, in the order it was charged."""
    return Charge.objects.filter(visit=visit, reverses=None, reversal=None).order_by("at", "id")


def line_of(charge: Charge) -> Line:
    """The charge as the money rules know it."""
    return Line(
        quantity=charge.quantity,
        price=charge.price,
        insured_price=charge.insured_price or ZERO,
        in_scope=charge.insured_price is not None,
        pay_rate=charge.pay_rate,
        service_rate=charge.service_rate,
        ceiling=charge.ceiling or ZERO,
    )


def read_bill(visit: Visit) -> Bill[Charge]:
    """The bill as of now: five statements whatever the number of lines."""
    charges = list(standing_charges(visit)[:MOST_LINES])
    return bill_of(visit, charges, list(Payment.objects.filter(visit=visit).values_list("amount", flat=True)))


def bill_of(visit: Visit, charges: Sequence[Charge], paid: Sequence[Decimal]) -> Bill[Charge]:
    """The bill of these charges and receipts."""
    return make_bill(
        [(charge, line_of(charge)) for charge in charges],
        payer=visit.payer,
        cover=cover_of(visit, coverage_of(visit.pk)),
        base_salary=base_salary_on(visit.visit_date),
        day=visit.visit_date,
        paid=paid,
    )


def price_on(facility_id: int, kind: str, code: str, day: date) -> ServicePrice | None:
    """The facility's price of a day; of two lists in force the one that began later."""
    prices = ServicePrice.objects.filter(kind=kind, code=code, price_list__facility_id=facility_id)
    in_force = prices.filter(price_list__valid_from__lte=day).exclude(price_list__valid_to__lt=day)
    return in_force.order_by("-price_list__valid_from", "-price_list_id").first()


def kept_bill(bill: Bill[Charge]) -> dict[str, Any]:
    """What a receipt keeps of a bill: lines and sums as they were, as texts of decimals."""
    return {
        "level": str(bill.level),
        "lines": [
            {
                "name": one.what.name,
                "unit": one.what.unit,
                "quantity": str(one.what.quantity),
                "price": str(one.what.price),
                "total": str(one.amounts.total),
                "fund": str(one.amounts.fund),
                "patient": str(one.amounts.patient),
            }
            for one in bill.lines
        ],
        "sums": {
            "total": str(bill.sums.total),
            "insured": str(bill.sums.insured),
            "fund": str(bill.sums.fund),
            "copay": str(bill.sums.copay),
            "own": str(bill.sums.own),
            "other": str(bill.sums.other),
        },
        "due": str(bill.due),
    }
