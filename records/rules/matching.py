"""Are these two statements about one person? One rule for the form, the API and the import.

Every field is compared into a level first, then one short rule decides from the levels, and each level carries the reason
a person reads. The rule is careful in one direction: SAME links by itself, so it asks for an equal number *and* the same
name *and* a birth date that fits. Everything else that is worth a look is POSSIBLE and waits for a person.

* A number alone never links: families share cards, clerks type the mother's number on the child, numbers are reissued.
* A newborn is often filed under its mother's name (and number): birth dates a generation apart are two people.
* Twins share birth date, family, phone and ward, and their names differ by a letter or only by a diacritic.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from rapidfuzz import fuzz
from rapidfuzz.distance import DamerauLevenshtein

from registry.rules.dates import PartialDate
from registry.rules.names import split_name
from registry.rules.phrases import Phrase
from registry.rules.text import display_key, fold

NAME_TYPO = 88.0  # token_sort_ratio of rapidfuzz, 0-100: one slip in a name of three words stays above it
GENERATION = 12  # years: the youngest mothers; births further apart are two people, or a grave slip of the keyboard


class Verdict(StrEnum):
    """What the rule says of a pair."""

    SAME = "same"
    POSSIBLE = "possible"
    DIFFERENT = "different"


class Level(StrEnum):
    """How far two values agree. FITS: equal as far as both are known. UNKNOWN: one side says nothing."""

    EQUAL = "equal"
    FITS = "fits"
    CLOSE = "close"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a comparison looks at. Numbers are normalised keys (bhyt: the 10 digits); empty means not stated."""

    name: str
    birth: PartialDate
    sex: str = "unknown"
    cccd: frozenset[str] = frozenset()
    cmnd: frozenset[str] = frozenset()
    bhyt: frozenset[str] = frozenset()
    phone: str = ""
    ward: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One field's level with the reason in Vietnamese; an empty reason is not worth showing."""

    field: str
    level: Level
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict on a pair, its findings, and a score that only orders candidates (higher is more alike)."""

    verdict: Verdict
    findings: tuple[Finding, ...] = field(default=())
    score: float = 0.0

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason worth showing, agreements first."""
        order = (Level.EQUAL, Level.FITS, Level.CLOSE, Level.DIFFERENT, Level.UNKNOWN)
        ranked = sorted(self.findings, key=lambda one: order.index(one.level))
        return tuple(one.reason for one in ranked if one.reason)

    def level(self, name: str) -> Level:
        """The level of one field."""
        return next((one.level for one in self.findings if one.field == name), Level.UNKNOWN)


def match(one: Traits, other: Traits) -> Match:
    """Compare two people; the order of the two does not matter."""
    findings = (
        _number("cccd", "số CCCD", one.cccd, other.cccd),
        _number("cmnd", "số CMND", one.cmnd, other.cmnd),
        _number("bhyt", "thẻ BHYT", one.bhyt, other.bhyt),
        _name(one.name, other.name),
        _birth(one.birth, other.birth),
        _sex(one.sex, other.sex),
        _text("phone", "số điện thoại", one.phone, other.phone),
        _text("ward", "phường, xã", fold(one.ward), fold(other.ward)),
        *_twins(one, other),
    )
    levels = {finding.field: finding.level for finding in findings}
    score = sum(_WEIGHTS.get((finding.field, finding.level), 0.0) for finding in findings)
    return Match(_decide(levels), findings, score)


# Order of candidates only; rough logarithms of how much rarer an agreement is among strangers.
_WEIGHTS = {
    ("cccd", Level.EQUAL): 20.0,
    ("cmnd", Level.EQUAL): 16.0,
    ("bhyt", Level.EQUAL): 16.0,
    ("name", Level.EQUAL): 9.0,
    ("name", Level.CLOSE): 5.0,
    ("birth", Level.EQUAL): 10.0,
    ("birth", Level.FITS): 5.0,
    ("birth", Level.CLOSE): 4.0,
    ("phone", Level.EQUAL): 8.0,
    ("ward", Level.EQUAL): 4.0,
    ("sex", Level.EQUAL): 1.0,
    ("cccd", Level.DIFFERENT): -8.0,
    ("bhyt", Level.DIFFERENT): -4.0,
    ("name", Level.DIFFERENT): -6.0,
    ("birth", Level.DIFFERENT): -8.0,
    ("sex", Level.DIFFERENT): -6.0,
    ("ward", Level.DIFFERENT): -1.0,
    ("twins", Level.DIFFERENT): -2.0,
}


def _decide(levels: dict[str, Level]) -> Verdict:
    """The whole rule. Read from the top: the first line that fits decides."""
    number = _any(levels, Level.EQUAL, "cccd", "cmnd", "bhyt")
    contact = _any(levels, Level.EQUAL, "phone", "ward")
    name, birth, sex = levels["name"], levels["birth"], levels["sex"]
    fits = birth in (Level.EQUAL, Level.FITS)
    cccd_clash = levels["cccd"] is Level.DIFFERENT
    doubt = cccd_clash or "twins" in levels or sex is Level.DIFFERENT
    if number and name is Level.EQUAL and fits and not doubt:
        return Verdict.SAME
    if number:
        return Verdict.POSSIBLE
    if sex is Level.DIFFERENT and not (name is Level.EQUAL and birth is Level.EQUAL and contact):
        return Verdict.DIFFERENT
    if cccd_clash and "twins" in levels:
        return Verdict.DIFFERENT
    if name is Level.EQUAL and birth is Level.EQUAL:
        return Verdict.POSSIBLE
    if (name is Level.EQUAL and birth in (Level.FITS, Level.CLOSE)) or (name is Level.CLOSE and birth is Level.EQUAL):
        return Verdict.POSSIBLE if contact and not cccd_clash else Verdict.DIFFERENT
    return Verdict.DIFFERENT


def _any(levels: dict[str, Level], wanted: Level, *fields: str) -> bool:
    return any(levels.get(name) is wanted for name in fields)


def _number(field_name: str, label: str, one: frozenset[str], other: frozenset[str]) -> Finding:
    if not one or not other:
        return Finding(field_name, Level.UNKNOWN)
    if one & other:
        return Finding(field_name, Level.EQUAL, Phrase("Trùng {what}", what=Phrase(label)))
    return Finding(field_name, Level.DIFFERENT, Phrase("Khác {what}", what=Phrase(label)))


def _name(one: str, other: str) -> Finding:
    first, second = fold(one), fold(other)
    if first == second:
        same = display_key(one) == display_key(other)
        return Finding("name", Level.EQUAL, "Trùng họ tên" if same else "Trùng họ tên khi bỏ dấu")
    if sorted(first.split()) == sorted(second.split()):
        return Finding("name", Level.EQUAL, "Trùng họ tên, khác thứ tự")
    if fuzz.token_sort_ratio(first, second) >= NAME_TYPO:
        return Finding("name", Level.CLOSE, "Họ tên gần giống")
    return Finding("name", Level.DIFFERENT, "Khác họ tên")


def _birth(one: PartialDate, other: PartialDate) -> Finding:
    if one == other:
        exact = one.precision == "day"
        return Finding("birth", Level.EQUAL if exact else Level.FITS, "Trùng ngày sinh" if exact else "Trùng năm sinh")
    if one.may_equal(other):
        return Finding("birth", Level.FITS, "Ngày sinh khớp với phần đã biết")
    apart = abs(one.value.year - other.value.year)
    if apart >= GENERATION:
        return Finding(
            "birth", Level.DIFFERENT, Phrase("Năm sinh cách nhau {years} năm: có thể là cha mẹ và con", years=apart)
        )
    if _slip(one, other):
        return Finding("birth", Level.CLOSE, "Ngày sinh gần giống (có thể gõ nhầm)")
    return Finding("birth", Level.DIFFERENT, "Khác ngày sinh")


def _slip(one: PartialDate, other: PartialDate) -> bool:
    """Two full dates that differ by one keystroke or by swapped day and month."""
    if one.precision != "day" or other.precision != "day":
        return False
    first, second = f"{one.value:%d%m%Y}", f"{other.value:%d%m%Y}"
    swapped = first[2:4] + first[:2] + first[4:] == second
    return swapped or DamerauLevenshtein.distance(first, second) <= 1


def _sex(one: str, other: str) -> Finding:
    if "unknown" in (one, other):
        return Finding("sex", Level.UNKNOWN)
    return Finding("sex", Level.EQUAL) if one == other else Finding("sex", Level.DIFFERENT, "Khác giới tính")


def _text(field_name: str, label: str, one: str, other: str) -> Finding:
    if not one or not other:
        return Finding(field_name, Level.UNKNOWN)
    if one == other:
        return Finding(field_name, Level.EQUAL, Phrase("Trùng {what}", what=Phrase(label)))
    return Finding(field_name, Level.DIFFERENT, Phrase("Khác {what}", what=Phrase(label)))


def _twins(one: Traits, other: Traits) -> tuple[Finding, ...]:
    """Same birth day and family name, another given name (or the same letters with other diacritics)."""
    if one.birth != other.birth or one.birth.precision != "day":
        return ()
    first, second = split_name(display_key(one.name)), split_name(display_key(other.name))
    both_marked = not one.name.isascii() and not other.name.isascii()
    if fold(first.family) != fold(second.family) or first.given == second.given:
        return ()
    if fold(first.given) == fold(second.given) and not both_marked:
        return ()
    return (Finding("twins", Level.DIFFERENT, "Cùng ngày sinh, khác tên: có thể là anh chị em sinh đôi"),)
