"""Numbers in legacy files: decimal point or comma, no thousands marks."""

from __future__ import annotations

import re
from decimal import Decimal

_NUMBER = re.compile(r"-?\d{1,20}([.,]\d{1,12})?", re.ASCII)


def read_number(text: str, *, whole: int, places: int) -> Decimal | None:
    """A number of at most so many digits before the mark, rounded to so many places; None for anything else."""
    found = _NUMBER.fullmatch(text.strip())
    if not found:
        return None
    number = round(Decimal(found[0].replace(",", ".")), places)
    return number if abs(number) < 10**whole else None
