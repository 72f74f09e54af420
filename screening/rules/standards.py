"""What a programme aims at, and what eliminating cervical cancer asks: read from a version's data, with its sources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry.rules.phrases import Phrase
from screening.rules.faults import UnusableRulesError


@dataclass(frozen=True, slots=True)
class Standard:
    """What is aimed at, in the indicator's own unit. below: less is better; at_most: the end of a range whose beginning is
    `acceptable`. strict: the level itself does not reach it. unverified: written from memory."""

    acceptable: float | None
    desirable: float | None
    source: str
    below: bool = False
    unverified: bool = False
    at_most: float | None = None
    strict: bool = False
    target: bool = False

    def met(self, value: float) -> str:
        """ "good" (desirable, or all that is asked), "fair" (acceptable), "bad"."""
        if self.desirable is not None and self._reaches(value, self.desirable):
            return "good"
        if self.acceptable is None or not self._reaches(value, self.acceptable):
            return "bad"
        if self.at_most is not None and value > self.at_most:
            return "bad"
        return "fair"

    def _reaches(self, value: float, level: float) -> bool:
        if self.below:
            return value < level if self.strict else value <= level
        return value > level if self.strict else value >= level


Standards = Mapping[str, Standard]


@dataclass(frozen=True, slots=True)
class Elimination:
    """WHO 90-70-90: girls by `girls_age` with `doses` of `vaccines` (codes of "vac-xin"); women tested by the first and
    again by the second of `women_ages` with one of `tests` (actions of the version); lesions treated, cancers managed."""

    vaccines: tuple[str, ...]
    doses: int
    girls_age: int
    women_ages: tuple[int, int]
    tests: tuple[str, ...]


def parse_standards(data: Mapping[str, Any]) -> dict[str, Standard]:
    """The standards of a version by indicator; none where it says nothing. Raises UnusableRulesError."""
    entries = data.get("standards", [])
    if not isinstance(entries, list):
        raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key="standards"))
    return {str(one.get("indicator", "")): _standard(one) for one in entries}


def _standard(entry: Mapping[str, Any]) -> Standard:
    indicator, source = str(entry.get("indicator", "")), str(entry.get("source", "")).strip()
    if not indicator or not source:
        raise UnusableRulesError(Phrase("Chuẩn “{key}” cần mã chỉ số và nguồn.", key=indicator))
    levels = [entry.get(name) for name in ("acceptable", "desirable", "at_most")]
    if any(one is not None and (isinstance(one, bool) or not isinstance(one, int | float)) for one in levels):
        raise UnusableRulesError(Phrase("Chuẩn “{key}”: các mức phải là số.", key=indicator))
    acceptable, desirable, at_most = levels
    if acceptable is None and desirable is None:
        raise UnusableRulesError(Phrase("Chuẩn “{key}” cần ít nhất một mức.", key=indicator))
    marks = {name: bool(entry.get(name, False)) for name in ("below", "unverified", "strict", "target")}
    return Standard(acceptable, desirable, source, at_most=at_most, **marks)


def parse_elimination(data: Mapping[str, Any]) -> Elimination | None:
    """What a version says of the elimination; None where it says nothing. Raises UnusableRulesError."""
    entry = data.get("elimination")
    if entry is None:
        return None
    try:
        first, second = (int(age) for age in entry["women"]["ages"])
        found = Elimination(
            vaccines=tuple(str(code) for code in entry["girls"]["vaccines"]),
            doses=int(entry["girls"]["doses"]),
            girls_age=int(entry["girls"]["age"]),
            women_ages=(first, second),
            tests=tuple(str(code) for code in entry["women"]["tests"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key="elimination")) from error
    if not found.vaccines or not found.tests or found.doses < 1 or not first < second:
        raise UnusableRulesError(Phrase("Thiếu quy tắc “{key}”.", key="elimination"))
    if not all(str(entry[part].get("source", "")).strip() for part in ("girls", "women")):
        raise UnusableRulesError(Phrase("Quy tắc “{key}” chưa ghi nguồn.", key="elimination"))
    return found
