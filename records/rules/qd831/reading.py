"""Reading the form's texts as numbers and days: what cannot be read is told by its tag and leaves the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from registry.rules.dates import PartialDate, parse_partial_date
from registry.rules.invalid import Invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Unread:
    """A value that was not taken over: where it stands in the form, and why not (Vietnamese)."""

    where: str
    why: str


class Reading:
    """Reads value after value, and keeps what it could not take."""

    def __init__(self, today: date) -> None:
        self.today = today
        self.unread: list[Unread] = []

    def number(self, where: str, text: str) -> Decimal | None:
        """The number; None when there is none or it cannot be read."""
        return self.parse(where, text, decimal_of) if text else None

    def day(self, where: str, text: str) -> date | None:
        """The whole day; None when there is none or it cannot be read."""

        def whole(said: str) -> PartialDate:
            day = parse_partial_date(said, self.today)
            if day.precision != "day":
                raise Invalid("day", "Ngày phải đủ ngày, tháng, năm (dd/MM/yyyy).", "day")
            return day

        day = self.parse(where, text, whole) if text else None
        return day.value if day else None

    def parse(self, where: str, said: object, parse: Callable[..., T]) -> T | None:
        """What `parse` makes of it; what it refuses is kept as unread."""
        try:
            return parse(said)
        except Invalid as problem:
            self.unread.append(Unread(f"{where} “{said}”", str(problem.message)))
            return None


def decimal_of(text: str) -> Decimal:
    """A number of zero or more, with point or comma. Raises Invalid(number)."""
    try:
        number = Decimal(text.replace(",", "."))
    except InvalidOperation as error:
        raise Invalid("number", "Giá trị này không phải là số.", "number") from error
    if not number.is_finite() or number < 0:
        raise Invalid("number", "Giá trị này không phải là số.", "number")
    return number
