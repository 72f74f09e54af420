"""Days on which the law's clocks run: weekends, holidays, substitute days (Bộ luật Lao động 45/2019/QH14).

Article 112: 1 January, 30 April, 1 May and 2 September are days off every year; the lunar holidays and the second day of
the National Day change with the year and come as data. Article 111 clause 3: a holiday on a weekly day off is made up for
on the next working day. Counting: the first day is not counted (Bộ luật Dân sự 91/2015/QH13, article 147), and a term
that ends on a day off ends with the next working day (article 148 clause 5).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

SOLAR = ((1, 1), (4, 30), (5, 1), (9, 2))
SATURDAY = 5
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """off: days off of the years concerned beside SOLAR; working: weekend days worked by decree."""

    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()

    def is_working(self, day: date) -> bool:
        """Whether offices work on this day."""
        if day in self.working:
            return True
        return day.weekday() < SATURDAY and not self._is_holiday(day) and day not in self._substitutes(day)

    def _is_holiday(self, day: date) -> bool:
        return (day.month, day.day) in SOLAR or day in self.off

    def _substitutes(self, day: date) -> frozenset[date]:
        """Weekdays around `day` that make up for holidays on a weekend."""
        found: set[date] = set()
        for back in range(14, -1, -1):
            holiday = day - timedelta(days=back)
            if not self._is_holiday(holiday) or holiday.weekday() < SATURDAY:
                continue
            free = holiday + ONE_DAY
            while free.weekday() >= SATURDAY or self._is_holiday(free) or free in found:
                free += ONE_DAY
            found.add(free)
        return frozenset(found)

    def after(self, start: date, days: int) -> date:
        """The last day of a term of so many working days; the day it began is not counted."""
        day, left = start, days
        while left > 0:
            day += ONE_DAY
            left -= self.is_working(day)
        return day

    def not_before_work(self, day: date) -> date:
        """The day itself, or the next working day where it is a day off."""
        while not self.is_working(day):
            day += ONE_DAY
        return day


@dataclass(frozen=True, slots=True)
class Term:
    """A term of the law. unit: "working" or "calendar" days."""

    days: int
    unit: str

    def ends(self, start: date, calendar: Calendar) -> date:
        """The last day of the term that begins on `start`."""
        if self.unit == "working":
            return calendar.after(start, self.days)
        return calendar.not_before_work(start + timedelta(days=self.days))


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Last days to reply and to act."""

    reply_by: date
    act_by: date


def deadlines(kind: str, received: date, terms: Mapping[str, Term], calendar: Calendar) -> Deadlines:
    """Both deadlines of a request. Each term runs from the day of receipt: the stricter reading of "then 10 days"."""
    reply = terms["reply"].ends(received, calendar)
    return Deadlines(reply, max(reply, terms[kind].ends(received, calendar)))


def calendar_of(rows: Collection[tuple[date, str, bool]]) -> Calendar:
    """A calendar from (day, kind, confirmed): what is not confirmed is not counted, so that no deadline moves on a guess."""
    return Calendar(
        frozenset(day for day, kind, confirmed in rows if confirmed and kind == "off"),
        frozenset(day for day, kind, confirmed in rows if confirmed and kind == "working"),
    )
