"""The bill of a visit: every line split at the visit's level, what is paid, what is owed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Generic, TypeVar

from clinics.rules.charges.benefit import Cover, level_of
from clinics.rules.charges.money import ZERO, Amounts, Line, cash, insured_part, split, total_of
from clinics.rules.payers import Payer

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class BillLine(Generic[T]):
    """A charged thing with its line as it counts for this payer, and its money."""

    what: T
    line: Line
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Bill(Generic[T]):
    """level: MUC_HUONG in percent. paid: receipts less refunds."""

    lines: tuple[BillLine[T], ...]
    level: Decimal
    sums: Amounts
    paid: Decimal

    @property
    def due(self) -> Decimal:
        """What the patient pays in all."""
        return cash(self.sums.patient)

    @property
    def owed(self) -> Decimal:
        """What is still to be paid; negative when too much was paid."""
        return self.due - self.paid


def make_bill(
    charged: Sequence[tuple[T, Line]],
    *,
    payer: str,
    cover: Cover | None,
    base_salary: Decimal | None,
    day: date,
    paid: Iterable[Decimal] = (),
) -> Bill[T]:
    """The bill. Without a cover nothing is in the fund's scope; a free visit is paid by the facility's own source."""
    insured = payer == Payer.INSURANCE and cover is not None and bool(cover.share)
    lines = [(what, _as_paid(line, payer, insured=insured)) for what, line in charged]
    total = sum((insured_part(line) for _, line in lines), ZERO)
    level = level_of(cover if insured else None, insured_total=total, base_salary=base_salary, day=day)
    told = tuple(BillLine(what, line, split(line, level)) for what, line in lines)
    sums = sum((one.amounts for one in told), Amounts())
    return Bill(told, level, sums, sum(paid, ZERO))


def _as_paid(line: Line, payer: str, *, insured: bool) -> Line:
    if payer == Payer.FREE:
        return replace(line, in_scope=False, other=total_of(line))
    return line if insured else replace(line, in_scope=False)
