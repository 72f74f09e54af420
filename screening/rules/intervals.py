"""Calendar arithmetic of the programme: ages and intervals by birthday, never by days divided."""

from __future__ import annotations

import calendar
from datetime import date


def add_months(day: date, months: int) -> date:
    """The same day `months` later (or earlier), or the last day of a shorter month."""
    years, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(years, month + 1, min(day.day, calendar.monthrange(years, month + 1)[1]))


def age_on(birth: date, on: date) -> int:
    """Completed years of life on a day."""
    return on.year - birth.year - ((on.month, on.day) < (birth.month, birth.day))


def latest_birth(age: int, on: date) -> date:
    """The latest birth date of somebody who has completed `age` years on this day (age_on(b, on) >= age iff b <= it)."""
    return add_months(on, -12 * age)


def period_days(kind: str, name: str) -> tuple[date, date]:
    """The first and last day of a month ("2025-03"), a quarter ("2025-Q1") or a year ("2025"). Raises ValueError."""
    year, _, part = name.partition("-")
    months = {"month": 1, "quarter": 3, "year": 12}[kind]
    number = int(part.removeprefix("Q") or 1)
    first = date(int(year), (number - 1) * months + 1, 1)
    return first, date.fromordinal(add_months(first, months).toordinal() - 1)
