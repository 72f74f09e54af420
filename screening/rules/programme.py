"""The rules of one programme version, read from its data. Every value carries its source.

A value that nobody has confirmed against its original (`unverified`) works, and is shown as unverified wherever it is used.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Generic, TypeVar

from registry.rules.phrases import Phrase

T = TypeVar("T")
HIGHEST_CUT_OFF = 1000


@dataclass(frozen=True, slots=True)
class Sourced(Generic[T]):
    """A value, where it comes from, and whether somebody still has to confirm it."""

    value: T
    source: str
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """What a colonoscopy may find, and what follows. months: until the next examination, None when a doctor decides."""

    code: str
    label: str
    next_step: str
    months: int | None
    source: str
    unverified: bool = False


@dataclass(frozen=True, slots=True)
class ProgrammeRules:
    """One version's rules. Ages in completed years, intervals in months, cut_off in µg Hb per g of stool."""

    test_code: str
    test_name: str
    unit: str
    sexes: Sourced[frozenset[str]]
    age_from: Sourced[int]
    age_to: Sourced[int | None]
    test_interval_months: Sourced[int]
    colonoscopy_interval_months: Sourced[int]
    cut_off: Sourced[Decimal]
    colonoscopy_days: Sourced[int]
    classification_days: Sourced[int]
    colonoscopy_codes: Sourced[tuple[str, ...]]
    advice: Sourced[str]
    findings: tuple[Finding, ...]

    def finding(self, code: str) -> Finding | None:
        """The finding of this code, or None."""
        return next((finding for finding in self.findings if finding.code == code), None)


class UnusableRulesError(ValueError):
    """The data of a version cannot be read; the message names the key, in Vietnamese."""


def _sourced(data: Mapping[str, Any], key: str) -> tuple[Any, str, bool]:
    entry = data.get(key)
    if not isinstance(entry, Mapping) or "value" not in entry:
        raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key=key))
    source = str(entry.get("source", "")).strip()
    if not source:
        raise UnusableRulesError(Phrase("Quy tắc “{key}” chưa ghi nguồn.", key=key))
    return entry["value"], source, bool(entry.get("unverified", False))


def _count(data: Mapping[str, Any], key: str, low: int, high: int) -> Sourced[int]:
    value, source, unverified = _sourced(data, key)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        template = "Quy tắc “{key}” phải là số nguyên từ {low} đến {high}."
        raise UnusableRulesError(Phrase(template, key=key, low=low, high=high))
    return Sourced(value, source, unverified)


def _optional_count(data: Mapping[str, Any], key: str, low: int, high: int) -> Sourced[int | None]:
    value, source, unverified = _sourced(data, key)
    return (
        Sourced(None, source, unverified)
        if value is None
        else Sourced(_count(data, key, low, high).value, source, unverified)
    )


def _cut_off(data: Mapping[str, Any]) -> Sourced[Decimal]:
    value, source, unverified = _sourced(data, "cut_off")
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal(0)
    if not number.is_finite() or not 0 < number <= HIGHEST_CUT_OFF:
        raise UnusableRulesError("Ngưỡng dương tính “cut_off” phải là số dương.")
    return Sourced(number, source, unverified)


def _texts(data: Mapping[str, Any], key: str) -> Sourced[tuple[str, ...]]:
    value, source, unverified = _sourced(data, key)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one for one in value):
        raise UnusableRulesError(Phrase("Quy tắc “{key}” phải là danh sách không rỗng.", key=key))
    return Sourced(tuple(value), source, unverified)


def _finding(entry: Mapping[str, Any]) -> Finding:
    try:
        months = entry["months"]
        return Finding(
            code=str(entry["code"]),
            label=str(entry["label"]),
            next_step=str(entry["next_step"]),
            months=None if months is None else int(months),
            source=str(entry["source"]),
            unverified=bool(entry.get("unverified", False)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableRulesError("Mỗi kết luận nội soi cần mã, tên, bước tiếp, số tháng và nguồn.") from error


def parse_rules(data: Mapping[str, Any]) -> ProgrammeRules:
    """Read a version's JSON. Raises UnusableRulesError naming the first key that is missing, wrong or without a source."""
    sexes = _texts(data, "sexes")
    advice, advice_source, advice_unverified = _sourced(data, "advice")
    test = data.get("test") or {}
    if not all(test.get(key) for key in ("code", "name", "unit")):
        raise UnusableRulesError("Thiếu xét nghiệm “test”: mã, tên và đơn vị.")
    return ProgrammeRules(
        test_code=test["code"],
        test_name=test["name"],
        unit=test["unit"],
        sexes=Sourced(frozenset(sexes.value), sexes.source, sexes.unverified),
        age_from=_count(data, "age_from", 0, 120),
        age_to=_optional_count(data, "age_to", 0, 120),
        test_interval_months=_count(data, "test_interval_months", 1, 240),
        colonoscopy_interval_months=_count(data, "colonoscopy_interval_months", 1, 240),
        cut_off=_cut_off(data),
        colonoscopy_days=_count(data, "colonoscopy_days", 1, 365),
        classification_days=_count(data, "classification_days", 1, 365),
        colonoscopy_codes=_texts(data, "colonoscopy_codes"),
        advice=Sourced(str(advice), advice_source, advice_unverified),
        findings=tuple(_finding(entry) for entry in data.get("findings", [])),
    )
