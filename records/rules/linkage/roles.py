"""What a column of a file can be (its role), and how its texts become values that compare well.

Readers are forgiving on purpose: a file to be linked is as it is. A date that cannot exist (19700231) still compares digit
by digit; a leading zero that a spreadsheet ate, a ".0" it added, a separator, a group of letters before an insurance number
do not make two numbers differ. What says nothing ("", "null", "không rõ", 000000) is no value.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from records.rules.linkage.columns import Table
from records.rules.linkage.kinds import BIRTH, CODE, NAME, NUMBER, PART, PLACE
from records.rules.linkage.model import Field
from records.rules.linkage.values import (
    Birth,
    Numbers,
    birth_value,
    name_value,
    numbers_value,
    part_value,
    place_value,
)
from registry.rules.dates import PartialDate
from registry.rules.invalid import Invalid
from registry.rules.phones import parse_phone
from registry.rules.text import fold

ROLES = (
    "given_name", "family_name", "full_name", "birth_date", "sex", "national_id", "old_national_id", "insurance", "phone",
    "address",
)  # fmt: skip
LABELS = {
    "given_name": "tên", "family_name": "họ", "full_name": "họ tên", "birth_date": "ngày sinh", "sex": "giới tính",
    "national_id": "số định danh", "old_national_id": "số CMND", "insurance": "thẻ BHYT", "phone": "số điện thoại",
}  # fmt: skip
_KINDS = {
    "given_name": PART, "family_name": PART, "full_name": NAME, "birth_date": BIRTH, "sex": CODE, "national_id": NUMBER,
    "old_national_id": NUMBER, "insurance": NUMBER, "phone": NUMBER,
}  # fmt: skip
_SAYS_NOTHING = frozenset(
    ("", "null", "none", "nan", "na", "n a", "nil", "unknown", "khong ro", "khong", "chua ro", "khong co", "missing")
)
_SEXES = {
    **dict.fromkeys(("m", "male", "man", "boy", "nam", "1", "homme"), "male"),
    **dict.fromkeys(("f", "female", "woman", "girl", "nu", "2", "femme", "w"), "female"),
    **dict.fromkeys(("u", "o", "0", "3", "9", "other", "khac", "undetermined", "chua xac dinh"), ""),
}


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column of a file plays which role. key: the file's own number of a row."""

    key: str
    roles: Mapping[str, str]
    address: Sequence[str] = field(default=())

    @property
    def names(self) -> list[str]:
        """Every column the roles need."""
        return [self.key, *self.roles.values(), *self.address]


def fields_of(columns: Columns) -> tuple[Field, ...]:
    """The comparisons of these roles, in a fixed order."""
    found = [
        Field(role, _KINDS[role], LABELS[role], household=role == "phone") for role in ROLES if role in columns.roles
    ]
    return (*found, *(Field(f"address {name}", PLACE, name, household=True) for name in columns.address))


def make_table(columns: Columns, texts: Mapping[str, Sequence[str]], month_first: bool = False) -> Table:
    """A file's columns of texts as a table of values. month_first: its dates are written mm/dd/yyyy."""
    values: dict[str, list[Any]] = {}
    for role, name in columns.roles.items():
        if role in ("given_name", "family_name"):
            beside = columns.roles.get("family_name" if role == "given_name" else "given_name", "")
            others: Sequence[str] = texts[beside] if beside else [""] * len(texts[name])
            values[role] = _remembered(part_value, texts[name], others)
        else:
            values[role] = _read_column(role, texts[name], month_first)
    for name in columns.address:
        rests = [texts[one] for one in columns.address if one != name]
        values[f"address {name}"] = [
            place_value(_said(text), map(_said, rest))
            for text, *rest in zip(texts[name], *rests, strict=True)
        ]  # fmt: skip
    return Table(texts[columns.key], values)


def _read_column(role: str, texts: Sequence[str], month_first: bool) -> list[Any]:
    readers: dict[str, Callable[[str], Any]] = {
        "full_name": lambda text: name_value(_said(text)),
        "birth_date": lambda text: read_birth(text, month_first=month_first),
        "sex": read_sex,
        "phone": read_phones,
        "insurance": read_insurance,
    }
    return _remembered(readers.get(role, read_numbers), texts)


def _remembered(read: Callable[..., Any], *columns: Sequence[str]) -> list[Any]:
    """The reader over the rows; a text met before is not read again."""
    known: dict[tuple[str, ...], Any] = {}
    found = []
    for texts in zip(*columns, strict=True):
        if texts not in known:
            known[texts] = read(*texts)
        found.append(known[texts])
    return found


def _said(text: str) -> str:
    """The text, or "" where it says nothing."""
    return "" if fold(text) in _SAYS_NOTHING else text


def read_sex(text: str) -> str | None:
    """male, female, another code as it stands, or None."""
    told = fold(_said(text))
    return _SEXES.get(told, told) or None


_REPEATED = 3  # 000, 9999: one digit again and again is a filled-in blank
_JOINED = re.compile(r"[;|]")
_BESIDE = re.compile(r"[^0-9A-Z]")


def read_numbers(text: str) -> Numbers | None:
    """Numbers of one cell (several separated by ";"), without separators, leading zeros and a spreadsheet's ".0"."""
    return numbers_value(filter(None, map(_number, _JOINED.split(_said(text)))))


def _number(text: str) -> str:
    bare = _BESIDE.sub("", re.sub(r"\.0+$", "", text.strip()).upper()).lstrip("0")
    return "" if len(bare) >= _REPEATED and len(set(bare)) == 1 else bare


def read_insurance(text: str) -> Numbers | None:
    """Insurance numbers; of a 15-character Vietnamese card its 10 personal digits."""
    found = read_numbers(text)
    if not found:
        return None
    cards = (one[-10:] if re.fullmatch(r"[A-Z]{2}\d{13}", one) else one for one in found)
    return numbers_value(one.lstrip("0") for one in cards)


def read_phones(text: str) -> Numbers | None:
    """Telephone numbers; Vietnamese ones in today's form, others by their digits."""
    return numbers_value(filter(None, map(_phone, _JOINED.split(_said(text)))))


def _phone(text: str) -> str:
    try:
        return parse_phone(re.sub(r"\.0+$", "", text)).national.lstrip("0")
    except Invalid:
        return _number(re.sub(r"\D", "", text))


_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?:[T ].*)?")
_LITTLE = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})(?:[T ].*)?")
_MONTH = re.compile(r"(\d{1,2})[-/.](\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\d{4}|\d{6})?(?:\.0)?")
_YEAR = re.compile(r"(\d{4})(?:\.0)?")
_YEARS = range(1500, 2200)
_MONTHS = 12


def read_birth(text: str, *, month_first: bool = False) -> Birth | None:
    """yyyymmdd, yyyy-mm-dd, dd/MM/yyyy (or MM/dd/yyyy), MM/yyyy, yyyy; 0 or nothing for unknown parts; else None."""
    parts = _date_parts(text.strip(), month_first=month_first)
    if parts is None or parts[0] not in _YEARS:
        return None
    year, month, day = parts
    try:
        if not month:
            return birth_value(PartialDate(date(year, 1, 1), "year"))
        if not day:
            return birth_value(PartialDate(date(year, month, 1), "month"))
        return birth_value(PartialDate(date(year, month, day)))
    except ValueError:  # no such day: its digits still tell it from others
        return Birth(f"{day:02d}{month:02d}{year:04d}", year, 1, 0, whole=True)


def _date_parts(text: str, *, month_first: bool) -> tuple[int, int, int] | None:
    """(year, month, day) as written, 0 for what is not."""
    if found := _COMPACT.fullmatch(text):
        year, month, day = map(int, found.groups())
        if year in _YEARS and (year < _YEARS.stop - 100 or month):
            return year, month, day
        return int(text[4:8]), int(text[2:4]), int(text[:2])
    if found := _ISO.fullmatch(text):
        return int(found[1]), int(found[2]), int(found[3] or 0)
    if found := _LITTLE.fullmatch(text):
        first, second, year = map(int, found.groups())
        return (year, first, second) if month_first else (year, second, first)
    if found := _MONTH.fullmatch(text):
        return int(found[2]), int(found[1]), 0
    if found := _YEAR.fullmatch(text):
        return int(found[1]), 0, 0
    return None


def writes_month_first(texts: Sequence[str]) -> bool:
    """Whether a column of dates is written MM/dd/yyyy: second parts beyond 12 are common and first parts are not."""
    little = [found for text in texts if (found := _LITTLE.fullmatch(text.strip()))]
    beyond_first = sum(int(found[1]) > _MONTHS for found in little)
    beyond_second = sum(int(found[2]) > _MONTHS for found in little)
    return beyond_second > 4 * beyond_first
