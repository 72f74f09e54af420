"""Vietnamese forms of numbers, dates, ages and codes on screen.

Pure functions: the clock is always handed in. The template names of these live in `templatetags/ui.py`.
"""

import re
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MONTHS_UNTIL_YEARS = 72  # prescriptions give a child under 72 months in months (Thông tư 26/2025/TT-BYT)
MAX_DAYS, MAX_MONTHS = 99, 23  # beyond these a span is said in the next larger unit
_SWAP = str.maketrans(",.-", ".,−")
NOTHING = "–"  # what is unknown; zero stays 0

Number = int | float | Decimal


def vi_number(value: Number | str | None, places: int | None = None) -> str:
    """Write a number with decimal comma and dot thousands: 1986420 -> 1.986.420, 38.6 -> 38,6.

    `places` fixes the digits after the comma; without it they stay as they came. None and what is no number give –.
    """
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return NOTHING
    if not number.is_finite():
        return NOTHING
    spec = ",f" if places is None else f",.{places}f"
    return format(number, spec).translate(_SWAP)


def vi_percent(part: Number, whole: Number, places: int = 1) -> str:
    """Share of `part` in `whole` as 65,0 %; an empty whole has no share and gives –."""
    if not whole:
        return NOTHING
    return f"{vi_number(Decimal(str(part)) * 100 / Decimal(str(whole)), places)} %"


def vi_date(value: date | datetime | None, precision: str = "day") -> str:
    """Write a date as far as it is known: 12/03/1972, 03/1972 or 1972 (`precision` day, month or year)."""
    if value is None:
        return NOTHING
    if precision == "year":
        return f"{value.year:04d}"
    if precision == "month":
        return f"{value.month:02d}/{value.year:04d}"
    return f"{value.day:02d}/{value.month:02d}/{value.year:04d}"


def months_between(start: date, end: date) -> int:
    """Count the whole months from `start` to `end`, negative when `end` comes first."""
    months = (end.year - start.year) * 12 + end.month - start.month
    return months - (end.day < start.day)


def age_text(birth: date | None, on: date, precision: str = "day") -> str:
    """Say an age as Vietnamese clinics write it: days, then months below 72 months, then years."""
    if birth is None or birth > on:
        return NOTHING
    if precision == "year":
        return _("%(n)s tuổi") % {"n": on.year - birth.year}
    months = months_between(birth, on)
    if months < 1 and precision == "day":
        return _("%(n)s ngày tuổi") % {"n": (on - birth).days}
    if months < MONTHS_UNTIL_YEARS:
        return _("%(n)s tháng tuổi") % {"n": months}
    return _("%(n)s tuổi") % {"n": months // 12}


def _span(days: int, months: int) -> str:
    """Word a positive span in the largest unit that stays honest: days up to 99, months up to 23, then years."""
    if days <= MAX_DAYS:
        return ngettext("%(n)s ngày", "%(n)s ngày", days) % {"n": days}
    if months <= MAX_MONTHS:
        return ngettext("%(n)s tháng", "%(n)s tháng", months) % {"n": months}
    return ngettext("%(n)s năm", "%(n)s năm", months // 12) % {"n": months // 12}


def ago(value: date | None, today: date) -> str:
    """Say how far a date lies from today: hôm nay, hôm qua, 90 ngày trước, 6 tháng trước, còn 2 ngày."""
    if value is None:
        return NOTHING
    days = (today - value).days
    near = {0: _("hôm nay"), 1: _("hôm qua"), -1: _("ngày mai")}
    if days in near:
        return near[days]
    if days < 0:
        return _("còn %(span)s") % {"span": _span(-days, months_between(today, value))}
    return _("%(span)s trước") % {"span": _span(days, months_between(value, today))}


def code_groups(value: str | None) -> str:
    """Break a number that is read aloud into groups; what is of no known form stays as it is.

    CCCD 001 172 012 345; BHYT card GD 4 01 0120456789; CMND 011 845 672; phone 0912 000 345.
    """
    text = (value or "").strip()
    if re.fullmatch(r"\d{9}|\d{12}", text):
        return " ".join(re.findall(r"\d{3}", text))
    if card := re.fullmatch(r"([A-Z]{2})(\d)(\d{2})(\d{10})", text):
        return " ".join(card.groups())
    if re.fullmatch(r"0\d{9}", text):
        return f"{text[:4]} {text[4:7]} {text[7:]}"
    return text or NOTHING


def initials(name: str | None) -> str:
    """Take the first letters of the last two words of a Vietnamese name, given name last: Nguyễn Thu Hà -> TH."""
    return "".join(word[0] for word in (name or "").split()[-2:]).upper()
