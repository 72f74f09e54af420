"""Dates people know only in part, and Vietnamese ages.

Many elderly residents know only a year of birth; old files write it as 19500000 or 01/01/1950. The precision is kept
beside the date so that nobody is given a birthday they never stated.
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

Precision = Literal["day", "month", "year"]
EARLIEST_YEAR = 1900
LATEST_YEAR = 2199  # of dates on cards, which may lie ahead
ADULT_WORDS_FROM = 6  # years; younger children are counted in months


@dataclass(frozen=True, slots=True, order=True)
class PartialDate:
    """A date with its precision; the unknown part of `value` is the first month or day."""

    value: date
    precision: Precision = "day"

    @property
    def last(self) -> date:
        """The latest day it can mean (`value` is the earliest)."""
        if self.precision == "year":
            return date(self.value.year, 12, 31)
        if self.precision == "month":
            return self.value.replace(day=calendar.monthrange(self.value.year, self.value.month)[1])
        return self.value

    def may_equal(self, other: PartialDate) -> bool:
        """Whether both can mean the same day."""
        return self.value <= other.last and other.value <= self.last

    @property
    def display(self) -> str:
        """dd/MM/yyyy, MM/yyyy or yyyy."""
        year = f"{self.value.year:04d}"
        month = f"{self.value.month:02d}/{year}"
        return {"day": f"{self.value.day:02d}/{month}", "month": month, "year": year}[self.precision]

    @property
    def fhir(self) -> str:
        """FHIR date: yyyy, yyyy-MM or yyyy-MM-dd."""
        return self.value.isoformat()[: {"day": 10, "month": 7, "year": 4}[self.precision]]

    @property
    def ngay_sinh(self) -> str:
        """QĐ 3176 NGAY_SINH, 12 digits: unknown day, month and time as 0."""
        shown = {"day": f"{self.value:%m%d}", "month": f"{self.value:%m}00", "year": "0000"}[self.precision]
        return f"{self.value.year:04d}{shown}0000"


_D, _M, _Y = r"(?P<d>\d{1,2})", r"(?P<m>\d{1,2})", r"(?P<y>\d{4})"
_CLOCK = r"(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?"
_FORMS = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"{_D}[/.\- ]{_M}[/.\- ]{_Y}{_CLOCK}",
        rf"{_Y}-{_M}(?:-{_D})?{_CLOCK}",
        rf"{_Y}/{_M}/{_D}{_CLOCK}",
        rf"{_M}[/.\-]{_Y}",
        _Y,
    )
)
_COMPACT = re.compile(r"(\d{8})(?:\d{4}|\d{6})?", re.ASCII)
_SHORT_YEAR = re.compile(r"\d{1,2}[/.\-]\d{1,2}[/.\-]\d{2}", re.ASCII)


def _refuse(code: str, message: str) -> Invalid:
    return Invalid(code, message, "date")


def _from_parts(year: int, month: int, day: int) -> PartialDate:
    """Zero stands for "not known"; a known day of an unknown month is kept as the year only."""
    if month == 0:
        return PartialDate(date(year, 1, 1), "year")
    if month not in range(1, 13):
        raise _refuse("date-month", Phrase("Không có tháng {month}.", month=month))
    if day == 0:
        return PartialDate(date(year, month, 1), "month")
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        message = Phrase("Tháng {month} không có ngày {day}.", month=f"{month:02d}/{year}", day=day)
        raise _refuse("date-day", message)
    return PartialDate(date(year, month, day), "day")


def _split(text: str) -> tuple[int, int, int]:
    """(year, month, day) as written, 0 for what is missing."""
    compact = _COMPACT.fullmatch(text)
    if compact:
        return _split_compact(compact.group(1))
    for form in _FORMS:
        match = form.fullmatch(text)
        if match:
            parts = match.groupdict()
            return int(parts["y"]), int(parts.get("m") or 0), int(parts.get("d") or 0)
    if _SHORT_YEAR.fullmatch(text):
        raise _refuse("date-short-year", "Năm phải ghi đủ 4 chữ số, ví dụ 05/03/1958.")
    raise _refuse("date-format", "Ngày phải ghi dạng dd/MM/yyyy, MM/yyyy hoặc yyyy.")


def _split_compact(digits: str) -> tuple[int, int, int]:
    """yyyyMMdd, else ddMMyyyy. Never both: read the other way, 19xx or 20xx would have to be a month."""
    year, month, day = int(digits[:4]), int(digits[4:6]), int(digits[6:])
    if EARLIEST_YEAR <= year <= LATEST_YEAR and month in range(13):
        return year, month, day
    return int(digits[4:]), int(digits[2:4]), int(digits[:2])


def parse_partial_date(text: str, today: date) -> PartialDate:
    """A past date as people and systems write it: dd/MM/yyyy, MM/yyyy, yyyy, ISO, yyyyMMdd(HHmm) with 0 for unknown.

    Raises Invalid: date-empty, date-format, date-short-year, date-month, date-day, date-too-old, date-future.
    """
    text = text.strip()
    if not text:
        raise _refuse("date-empty", "Chưa có ngày.")
    year, month, day = _split(text)
    if year < EARLIEST_YEAR:
        raise _refuse("date-too-old", Phrase("Năm {year} sớm hơn {earliest}.", year=year, earliest=EARLIEST_YEAR))
    if year > today.year:
        raise _refuse("date-future", Phrase("Năm {year} ở tương lai.", year=year))
    parsed = _from_parts(year, month, day)
    if parsed.value > today:
        raise _refuse("date-future", Phrase("Ngày {day} ở tương lai.", day=parsed.display))
    return parsed


@dataclass(frozen=True, slots=True)
class Age:
    """Completed years, completed months in all and days in all; `exact` is False when the birth date is partial."""

    years: int
    months: int
    days: int
    exact: bool = True
    precision: Precision = "day"

    @property
    def text(self) -> Phrase:
        """As Vietnamese clinics say it: "5 ngày" before one month, "14 tháng" before six years, then "46 tuổi"."""
        if self.years >= ADULT_WORDS_FROM or self.precision == "year":
            said = Phrase("{years} tuổi", years=self.years)
        elif self.months >= 1 or self.precision == "month":
            said = Phrase("{months} tháng", months=self.months)
        else:
            return Phrase("{days} ngày", days=self.days)
        return said if self.exact else Phrase("khoảng {age}", age=said)


def age_on(birth: PartialDate | date, today: date) -> Age:
    """Age on a day; a partial birth date is read as its earliest day. Raises Invalid(date-future) before birth.

    Born on 29 February: a year older on 1 March of common years.
    """
    partial = birth if isinstance(birth, PartialDate) else PartialDate(birth)
    start = partial.value
    if start > today:
        template = "Ngày sinh {birth} ở sau ngày {day}."
        raise _refuse("date-future", Phrase(template, birth=partial.display, day=f"{today:%d/%m/%Y}"))
    months = (today.year - start.year) * 12 + today.month - start.month - (today.day < start.day)
    exact = partial.precision == "day"
    return Age(months // 12, months, (today - start) // timedelta(days=1), exact, partial.precision)
