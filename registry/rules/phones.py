"""Vietnamese telephone numbers: one national form, whatever a form, a spreadsheet or a card says.

Mobile numbers have 10 digits since 15/09/2018 (21 four-digit prefixes became three-digit ones, phone_prefix_2018.tsv);
landlines have 11 (02x + area and subscriber).
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from registry.rules.invalid import Invalid
from registry.rules.tables import reference_rows

MOBILE_LENGTH, OLD_MOBILE_LENGTH, LANDLINE_LENGTH = 10, 11, 11

_PREFIX_2018 = {row["old_prefix_4digits"]: row["new_prefix_3digits"] for row in reference_rows("phone_prefix_2018")}
_SEPARATORS = re.compile(r"[\s.\-–—()/_·,;:|]+")
_SEVERAL = re.compile(r"[;,/|\n]|\s-\s|\bhoặc\b|\bvà\b", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:ext|máy lẻ|nhánh|m\.lẻ)\.?\s*:?\s*\d{1,5}\s*$", re.IGNORECASE)
_LABEL = re.compile(r"^\s*(?:số\s+)?(?:đt|sđt|đtdđ|dđ|tel|phone|điện thoại|mobile)\s*[:.]?\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phone:
    """A national number ("0912000345"), its E.164 form, its kind, and the digits it was converted from, if it was."""

    national: str
    e164: str
    kind: Literal["mobile", "landline"]
    converted_from: str | None = None

    @property
    def display(self) -> str:
        """Grouped for reading: 0912 000 345, 024 3826 0345, 0225 382 6034."""
        number = self.national
        if self.kind == "mobile":
            return f"{number[:4]} {number[4:7]} {number[7:]}"
        if number.startswith(("024", "028")):
            return f"{number[:3]} {number[3:7]} {number[7:]}"
        return f"{number[:4]} {number[4:7]} {number[7:]}"


def _refuse(code: str, message: str) -> Invalid:
    return Invalid(code, message, "phone")


def _digits(text: str) -> str:
    """Digits as dialled inside Vietnam, trunk 0 included; raises Invalid on anything that is not a number."""
    plain = _LABEL.sub("", _EXTENSION.sub("", unicodedata.normalize("NFKC", text)))
    compact = _SEPARATORS.sub("", plain)
    if not compact:
        raise _refuse("phone-empty", "Chưa có số điện thoại.")
    digits = compact.removeprefix("+")
    if not re.fullmatch(r"[0-9]+", digits):
        raise _refuse("phone-characters", "Số điện thoại chỉ gồm chữ số, dấu cách và dấu +.")
    return _national(digits, international=compact.startswith("+"))


def _national(digits: str, *, international: bool) -> str:
    if international and not digits.startswith("84"):
        raise _refuse(
            "phone-foreign", "Số điện thoại nước ngoài chưa dùng được để liên hệ; hãy nhập số Việt Nam (+84)."
        )
    if digits.startswith("0084"):
        digits = digits[2:]
    if digits.startswith("84") and (international or len(digits) >= OLD_MOBILE_LENGTH):
        return "0" + digits[2:].removeprefix("0")
    if not digits.startswith("0") and len(digits) in {9, 10}:
        return "0" + digits  # a spreadsheet dropped the leading zero
    return digits


def _modern(digits: str) -> str:
    """The number after the changes of 2017 (04 -> 024 in Hanoi, from memory) and 2018 (mobile prefixes)."""
    if len(digits) == OLD_MOBILE_LENGTH and digits[:4] in _PREFIX_2018:
        return _PREFIX_2018[digits[:4]] + digits[4:]
    if len(digits) == MOBILE_LENGTH and digits.startswith("04"):
        return "024" + digits[2:]
    return digits


def parse_phone(text: str) -> Phone:
    """One Vietnamese number; raises Invalid (phone-empty, _characters, _foreign, _length, _prefix, _placeholder)."""
    dialled = _digits(text)
    number = _modern(dialled)
    kind: Literal["mobile", "landline"] = "landline" if number.startswith("02") else "mobile"
    if len(number) != (LANDLINE_LENGTH if kind == "landline" else MOBILE_LENGTH):
        raise _refuse(
            "phone-length", "Số điện thoại phải có 10 chữ số (di động) hoặc 11 chữ số (cố định, bắt đầu bằng 02)."
        )
    if number[:2] not in {"02", "03", "05", "07", "08", "09"}:
        raise _refuse("phone-prefix", "Đầu số điện thoại không đúng: di động bắt đầu bằng 03, 05, 07, 08, 09.")
    if len(set(number[3:])) == 1:
        raise _refuse("phone-placeholder", "Đây là số điền cho có (các chữ số giống nhau), không liên hệ được.")
    return Phone(number, "+84" + number[1:], kind, dialled if dialled != number else None)


def find_phones(text: str) -> list[Phone]:
    """Every distinct number of a field that may hold several ("0912…; 0987…"); parts that are no number are skipped."""
    found: dict[str, Phone] = {}
    for part in (text, *_SEVERAL.split(text)):
        try:
            phone = parse_phone(part)
        except Invalid:
            continue
        found.setdefault(phone.national, phone)
    return list(found.values())
