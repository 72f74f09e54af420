"""Lists gathered from many old systems: what a row says of itself is used before the row is refused.

A citizen's number tells the year of birth and the sex; a spreadsheet drops the zeros it begins with; dates are written in a
dozen ways. Nothing is invented: what cannot be read is left out with a notice, and the raw text stays beside the record.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from datetime import date, timedelta

from registry.rules.dates import PartialDate, parse_partial_date
from registry.rules.identifiers import CCCD_LENGTH, Cccd, compact, parse_cccd, parse_passport
from registry.rules.invalid import Invalid
from registry.rules.text import fold

SEXES = {
    "1": "1", "nam": "1", "m": "1", "male": "1", "trai": "1", "t": "1",
    "2": "2", "nu": "2", "f": "2", "female": "2", "gai": "2", "g": "2", "0": "2",
}  # fmt: skip
_UNKNOWN_SEX = "3"
_LOST_ZEROS = range(10, CCCD_LENGTH)
_CMND_DIGITS = 9
_MONTHS = 12
_CENTURY = 100

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WORDS = re.compile(
    r"(?:ngay\s*)?(\d{1,2})\s*[,/\-]?\s*(?:thang|thg|th)\.?\s*(\d{1,2})\s*[,/\-]?\s*(?:nam)?\s*(\d{4}|\d{2})"
)
_MONTH_YEAR = re.compile(r"(?:thang|thg|th)\.?\s*(\d{1,2})\s*[,/\-]?\s*(?:nam)?\s*(\d{4})")
_YEAR_WORD = re.compile(r"(?:nam\s*(?:sinh)?|sn|khoang)\s*:?\s*(\d{4})")
_ENGLISH = re.compile(r"(\d{1,2})[\s\-/.]([a-z]{3})[a-z]*[\s\-/.,]+(\d{4}|\d{2})")
_ENGLISH_FIRST = re.compile(r"([a-z]{3})[a-z]*[\s\-/.](\d{1,2})[\s\-/.,]+(\d{4}|\d{2})")
_SEPARATED = re.compile(r"(\d{1,2})\s*[/.\-\s]\s*(\d{1,2})\s*[/.\-\s]\s*(\d{4}|\d{2})(?:[ t].*)?")
_SIX = re.compile(r"(\d{2})(\d{2})(\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.0+)?")
_WHOLE = re.compile(r"(\d+)\.0+")
_EXCEL_DAY_ZERO = date(1899, 12, 30)


def forgive(fields: Mapping[str, str], today: date, date_order: str) -> tuple[dict[str, str], list[str]]:
    """The row with what it says of itself filled in, and the doubts by code."""
    told, notices = dict(fields), list[str]()
    birth = usual_date(fields.get("NGAY_SINH", ""), today, date_order)
    sex = SEXES.get(fold(fields.get("GIOI_TINH", "")), "")
    number = _number(fields.get("SO_CCCD", ""), birth, sex, notices)
    told["SO_CCCD"] = number
    citizen = _citizen(number)
    if birth is None and citizen:
        birth = PartialDate(date(citizen.birth_year, 1, 1), "year")
        notices.append("birth-from-cccd")
    if birth:
        told["NGAY_SINH"] = birth.display
    if not sex and fields.get("GIOI_TINH", "").strip() != _UNKNOWN_SEX:
        sex = {"male": "1", "female": "2"}[citizen.sex] if citizen else ""
        notices.append("sex-from-cccd" if citizen else "sex-missing")
    told["GIOI_TINH"] = sex or _UNKNOWN_SEX
    return told, notices


def _number(text: str, birth: PartialDate | None, sex: str, notices: list[str]) -> str:
    """A number that can be read, with the zeros a spreadsheet dropped; "" for one that cannot."""
    digits = compact(text)
    if not digits or len(digits) == _CMND_DIGITS or _reads(parse_passport, digits):
        return text
    if len(digits) in _LOST_ZEROS and digits.isdigit() and digits.isascii():
        whole = digits.zfill(CCCD_LENGTH)
        if _fits(whole, birth, sex):
            notices.append("cccd-zero-restored")
            return whole
    if not _reads(parse_cccd, digits):
        notices.append("cccd-unreadable")
        return ""
    return digits


def _reads(parse: Callable[[str], object], digits: str) -> bool:
    if parse is parse_passport and digits.isdigit():
        return False
    try:
        parse(digits)
    except Invalid:
        return False
    return True


def _fits(number: str, birth: PartialDate | None, sex: str) -> bool:
    """Whether the number exists and says the row's own year of birth and sex: then the zeros were lost, not a digit."""
    if birth is None or not sex:
        return False
    try:
        return not parse_cccd(number, birth, {"1": "male", "2": "female"}[sex]).notices
    except Invalid:
        return False


def _citizen(number: str) -> Cccd | None:
    try:
        return parse_cccd(number)
    except Invalid:
        return None


def usual_date(text: str, today: date, order: str = "dmy") -> PartialDate | None:
    """A birth date in any form Vietnamese lists have; None for what is no date.

    1 January is the year alone: clerks write it so. A year of two digits is of this century where it can be.
    """
    for written in _forms(_plain(text), today, order):
        try:
            found = parse_partial_date(written, today)
        except Invalid:
            continue
        first = found.value
        return PartialDate(first, "year") if (first.day, first.month) == (1, 1) else found
    return None


def _plain(text: str) -> str:
    """Without marks and capitals; the signs between the numbers stay."""
    letters = unicodedata.normalize("NFD", text.lower().replace("đ", "d"))
    return " ".join("".join(char for char in letters if not unicodedata.combining(char)).split())


def _forms(text: str, today: date, order: str) -> Iterator[str]:
    """What the text may mean as dd/mm/yyyy, mm/yyyy or yyyy, likeliest first."""
    if whole := _WHOLE.fullmatch(text):
        text = whole[1]
    if serial := _SERIAL.fullmatch(text):
        yield f"{_EXCEL_DAY_ZERO + timedelta(days=int(serial[1])):%d/%m/%Y}"
    for shape in (_WORDS, _SEPARATED, _SIX):
        if match := shape.fullmatch(text):
            yield from _in_order(match[1], match[2], match[3], today, order)
    if match := _MONTH_YEAR.fullmatch(text):
        yield f"{match[1]}/{match[2]}"
    if match := _YEAR_WORD.fullmatch(text):
        yield match[1]
    if match := _ENGLISH.fullmatch(text):
        yield from _named(match[1], match[2], match[3], today)
    if match := _ENGLISH_FIRST.fullmatch(text):
        yield from _named(match[2], match[1], match[3], today)
    yield text


def _in_order(first: str, second: str, year: str, today: date, order: str) -> Iterator[str]:
    day, month = (second, first) if order == "mdy" else (first, second)
    if int(month) > _MONTHS >= int(day):
        day, month = month, day
    if int(day) == 0 or int(month) == 0:
        yield _year(year, today) if int(month) == 0 else f"{month}/{_year(year, today)}"
    yield f"{day}/{month}/{_year(year, today)}"


def _named(day: str, month: str, year: str, today: date) -> Iterator[str]:
    if month in _MONTH_NAMES:
        yield f"{day}/{_MONTH_NAMES.index(month) + 1}/{_year(year, today)}"


def _year(text: str, today: date) -> str:
    if len(text) > len("99"):
        return text
    century = today.year // _CENTURY * _CENTURY
    return str(century + int(text) if century + int(text) <= today.year else century - _CENTURY + int(text))
