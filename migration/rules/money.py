"""What a record of insurance XML billed, by table: the sums that a hospital's own totals are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# Table -> the tag of its amount: all that the facility charged for the visit, for the line (annex of QĐ 130/QĐ-BYT).
AMOUNTS: Mapping[str, str] = {"XML1": "T_TONGCHI_BV", "XML2": "THANH_TIEN_BV", "XML3": "THANH_TIEN_BV"}
_AMOUNT = re.compile(r"-?\d{1,13}([.,]\d{1,6})?", re.ASCII)
_MONTH = re.compile(r"((?:19|20)\d\d)(0[1-9]|1[0-2])\d\d", re.ASCII)
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Sum:
    """One table's rows of one record and their amount in dong. unreadable: amounts that are no number, counted as 0."""

    table: str
    month: date
    rows: int
    amount: Decimal
    unreadable: int = 0


def money_of(fields: Mapping[str, str], rows: Mapping[str, Sequence[Mapping[str, str]]]) -> Iterator[Sum]:
    """The sums of one visit. fields: XML1's; rows: of the other tables. Nothing without a month or without amounts."""
    month = month_of(fields)
    if month is None:
        return
    for table, tag in AMOUNTS.items():
        told = [fields] if table == "XML1" else rows.get(table, ())
        written = [text for row in told if (text := row.get(tag, "").strip())]
        if written:
            amounts = [read_amount(text) for text in written]
            known = [amount for amount in amounts if amount is not None]
            yield Sum(table, month, len(told), sum(known, Decimal(0)), len(amounts) - len(known))


def month_of(fields: Mapping[str, str]) -> date | None:
    """The first day of the month in which the visit ended; in which it began, while it goes on."""
    for tag in ("NGAY_RA", "NGAY_VAO"):
        found = _MONTH.match(fields.get(tag, "").strip())
        if found:
            return date(int(found[1]), int(found[2]), 1)
    return None


def read_amount(text: str) -> Decimal | None:
    """An amount with decimal point or comma, to two places; None for what is no amount."""
    found = _AMOUNT.fullmatch(text.strip())
    return Decimal(found[0].replace(",", ".")).quantize(_CENT) if found else None
