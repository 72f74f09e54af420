"""What a field may hold, from clinics/data/claim_values.tsv: one test per shape, said in Vietnamese when it fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from registry.rules.dates import parse_partial_date
from registry.rules.identifiers import parse_bhyt, parse_cccd
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.qd3176.moments import read_moment
from registry.rules.tables import read_tsv

LAST_DAY = date(2199, 12, 31)  # a birth later than the visit is another rule's
DATA = Path(__file__).resolve().parent.parent.parent / "data"
_CCCD_LENGTH = 12
_MOST_WEEKS, _HUNDRED, _HEAVIEST = 42, 100, 500


@cache
def shapes() -> Mapping[tuple[str, str], tuple[str, str]]:
    """(table or "*", field) to (shape, list of codes)."""
    return {(row["table"], row["field"]): (row["shape"], row["of"]) for row in read_tsv(DATA / "claim_values.tsv")}


def shape_of(table: str, field: str) -> tuple[str, str]:
    """(shape, list of codes) of a field; ("", "") where any text will do."""
    known = shapes()
    return known.get((table, field)) or known.get(("*", field), ("", ""))


@cache
def own_lists() -> Mapping[str, Mapping[str, str]]:
    """Code lists that live beside these rules; lists with validity dates come from the registry's concepts."""
    lists: dict[str, dict[str, str]] = {}
    for row in read_tsv(DATA / "claim_codes.tsv"):
        lists.setdefault(row["list"], {})[row["code"]] = row["name"]
    return lists


@cache
def field_names() -> Mapping[str, str]:
    """What each field is called in Vietnamese, by its tag."""
    return {row["field"]: row["name"] for row in read_tsv(DATA / "claim_fields.tsv")}


def decimal_of(text: str) -> Decimal | None:
    """The number as files write it (a point, no grouping, no sign), or None."""
    if not re.fullmatch(r"\d+(?:\.\d+)?", text, re.ASCII):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def fault_of_shape(shape: str, text: str) -> Phrase | None:
    """What is wrong with a text that is not empty, or None."""
    test = _TESTS.get(shape)
    return test(text) if test else None


def _moment(text: str, digits: int = 12) -> Phrase | None:
    if not re.fullmatch(rf"\d{{{digits}}}", text, re.ASCII):
        form = "yyyyMMddHHmm" if digits > len("yyyyMMdd") else "yyyyMMdd"
        return Phrase("“{text}” phải có dạng {form}.", text=text[:30], form=form)
    try:
        read_moment(text)
    except Invalid as invalid:
        return Phrase("{fault}", fault=invalid.message)
    return None


def _day(text: str) -> Phrase | None:
    return _moment(text, 8)


def _birth(text: str) -> Phrase | None:
    """12 digits; 0000 stands for what is not known."""
    if not re.fullmatch(r"\d{12}", text, re.ASCII):
        return Phrase("“{text}” phải có 12 chữ số yyyyMMddHHmm (phần không rõ ghi 0000).", text=text[:30])
    try:
        parse_partial_date(text[:8], LAST_DAY)
        return _moment(f"20000101{text[8:]}")
    except Invalid as invalid:
        return Phrase("{fault}", fault=invalid.message)


def _each(test: Callable[[str], Phrase | None]) -> Callable[[str], Phrase | None]:
    def every(text: str) -> Phrase | None:
        return next((fault for part in text.split(";") if (fault := test(part.strip()))), None)

    return every


def _number(template: str, accepts: Callable[[Decimal], bool]) -> Callable[[str], Phrase | None]:
    def test(text: str) -> Phrase | None:
        value = decimal_of(text)
        return None if value is not None and accepts(value) else Phrase(template, text=text[:30])

    return test


def _places(value: Decimal, most: int) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and -exponent <= most


def _pattern(pattern: str, template: str) -> Callable[[str], Phrase | None]:
    compiled = re.compile(pattern, re.ASCII)

    def test(text: str) -> Phrase | None:
        return None if compiled.fullmatch(text) else Phrase(template, text=text[:40])

    return test


def _card(text: str) -> Phrase | None:
    try:
        notices = parse_bhyt(text).notices
    except Invalid as invalid:
        return Phrase("{fault}", fault=invalid.message)
    return Phrase("{fault}", fault=notices[0].message) if notices else None


def _identity(text: str) -> Phrase | None:
    """SO_CCCD may hold a CCCD, a CMND, a passport or an e-identity account (QĐ 130 annex)."""
    if not re.fullmatch(r"\d{9}|\d{12}|(?=.*[A-Za-z])[0-9A-Za-z]{6,15}", text, re.ASCII):
        return Phrase("“{text}” không phải số CCCD, CMND, hộ chiếu hay định danh điện tử.", text=text[:20])
    if len(text) != _CCCD_LENGTH or not text.isdecimal():
        return None
    try:
        parse_cccd(text)
    except Invalid as invalid:
        return Phrase("{fault}", fault=invalid.message)
    return None


_FACILITY = _pattern(r"[0-9A-Z]{5}", "“{text}” không phải mã cơ sở 5 ký tự.")
_WEIGHT = _number("Cân nặng “{text}” phải là số kg lớn hơn 0.", lambda value: 0 < value < _HEAVIEST)
_TESTS: Mapping[str, Callable[[str], Phrase | None]] = {
    "moment": _moment,
    "day": _day,
    "days": _each(lambda text: _moment(text, 12 if len(text) == len("yyyyMMddHHmm") else 8)),
    "birth": _birth,
    # Line totals have two places, unit prices three (files of hospital systems after the annex of QĐ 130/QĐ-BYT).
    "money": _number("Số tiền “{text}” phải là số không âm, nhiều nhất 2 chữ số lẻ.", lambda value: _places(value, 2)),
    "price": _number("Đơn giá “{text}” phải là số không âm, nhiều nhất 3 chữ số lẻ.", lambda value: _places(value, 3)),
    "quantity": _number(
        "Số lượng “{text}” phải lớn hơn 0, nhiều nhất 3 chữ số lẻ.", lambda value: value > 0 and _places(value, 3)
    ),
    "percent": _number("Tỷ lệ “{text}” phải từ 0 đến 100.", lambda value: value <= _HUNDRED),
    "whole": _number("“{text}” phải là số nguyên.", lambda value: value == int(value)),
    "count": _number("Số thứ tự “{text}” phải là số nguyên từ 1.", lambda value: value == int(value) and value > 0),
    "pregnancy-weeks": _number("Tuổi thai “{text}” phải từ 1 đến 42 tuần.", lambda value: 1 <= value <= _MOST_WEEKS),
    "year": _pattern(r"20\d{2}", "Năm quyết toán “{text}” phải có dạng 20xx."),
    "month": _pattern(r"0[1-9]|1[0-2]|[1-9]", "Tháng quyết toán “{text}” phải từ 01 đến 12."),
    "weight": _WEIGHT,
    "weights": _each(_WEIGHT),
    "facility": _FACILITY,
    "facilities": _each(_FACILITY),
    "card": _card,
    "cards": _each(_card),
    "identity": _identity,
    "phone": _pattern(r"\+?\d{9,14}", "Số điện thoại “{text}” phải có 9 đến 14 chữ số."),
    "province": _pattern(r"\d{2,3}", "Mã tỉnh “{text}” phải có 2 hoặc 3 chữ số."),
    "ward": _pattern(r"\d{5}", "Mã phường, xã “{text}” phải có 5 chữ số."),
    "digits": _pattern(r"\d+", "“{text}” chỉ gồm chữ số."),
    "route": _pattern(r"\d\.\d{2}", "Mã đường dùng “{text}” phải có dạng 1.01."),
    "bed": _each(_pattern(r"[HTCK]\d{3}", "Mã giường “{text}” phải là H, T, C hoặc K và 3 chữ số.")),
}
