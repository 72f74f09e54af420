"""One charged line split between the fund, the patient and others.

Totals of a line have two places, unit prices three (files of hospital systems after the annex of QĐ 130/QĐ-BYT; the exact
wording of the annex was not seen). Cash is whole đồng.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PLACES, WHOLE = Decimal("0.01"), Decimal(1)
ZERO, HUNDRED = Decimal(0), Decimal(100)


def rounded(amount: Decimal) -> Decimal:
    """To two places, half up."""
    return amount.quantize(PLACES, ROUND_HALF_UP)


def cash(amount: Decimal) -> Decimal:
    """To whole đồng, half up: what is handed over the counter."""
    return amount.quantize(WHOLE, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Line:
    """What was charged. price: the facility's (DON_GIA_BV); insured_price: the price the fund pays on (DON_GIA_BH).

    service_rate: TYLE_TT_DV, pay_rate: TYLE_TT_BH, both percent. ceiling: T_TRANTT, 0 for none. other: paid by others.
    """

    quantity: Decimal
    price: Decimal
    insured_price: Decimal
    in_scope: bool
    pay_rate: Decimal = HUNDRED
    service_rate: Decimal = HUNDRED
    ceiling: Decimal = ZERO
    other: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Amounts:
    """A line's money: total = fund + copay + own + other. insured: the part of total that the fund's share is taken of."""

    total: Decimal = ZERO
    insured: Decimal = ZERO
    fund: Decimal = ZERO
    copay: Decimal = ZERO
    own: Decimal = ZERO
    other: Decimal = ZERO

    @property
    def patient(self) -> Decimal:
        """What the patient pays of it."""
        return self.copay + self.own

    def __add__(self, more: Amounts) -> Amounts:
        return Amounts(
            self.total + more.total,
            self.insured + more.insured,
            self.fund + more.fund,
            self.copay + more.copay,
            self.own + more.own,
            self.other + more.other,
        )


def insured_part(line: Line) -> Decimal:
    """THANH_TIEN_BH: quantity × insured price × both rates, never above the line's total or its ceiling."""
    if not line.in_scope:
        return ZERO
    part = rounded(line.quantity * line.insured_price * line.service_rate * line.pay_rate / 10_000)
    part = min(part, total_of(line))
    return min(part, rounded(line.ceiling)) if line.ceiling else part


def total_of(line: Line) -> Decimal:
    """THANH_TIEN_BV: quantity × price × the rate of the service (a second service of the same kind may count in part)."""
    return rounded(line.quantity * line.price * line.service_rate / 100)


def split(line: Line, level: Decimal) -> Amounts:
    """The line at a benefit level (MUC_HUONG, percent). What others pay is taken from the patient's parts first."""
    total, insured = total_of(line), insured_part(line)
    other = min(rounded(line.other), total)
    fund = min(rounded(insured * level / 100), total - other)
    own = max(ZERO, total - insured - other)
    return Amounts(total, insured, fund, total - fund - own - other, own, other)
