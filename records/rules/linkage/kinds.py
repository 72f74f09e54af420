"""Comparisons: what two values of one kind are to each other, as a small number (0: one side says nothing).

Every level carries how far the values agree and the reason a person reads. Levels are ordered from best to worst, and a
model holds two probabilities for each. Distances are counted by rapidfuzz; answers for pairs of values are remembered,
because names and places repeat.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from records.rules.linkage.values import Birth, Name, Numbers, Part, Place
from registry.rules.phrases import Phrase

NAME_CLOSE = 88.0  # ratio of rapidfuzz, 0-100, on sorted words: one slip in a name of three words stays above it
PART_CLOSE = 0.88  # Jaro-Winkler of one name: jon / john, catherine / katherine
PLACE_CLOSE = 85.0
GENERATION = 12  # years: the youngest mothers; births further apart are two people, or a grave slip of the keyboard
SLIP_FROM = 4  # characters: one changed letter of a shorter word or number says nothing
TWO = 2  # words or parts of a date in common
PART_SLIP_FROM = 3
_LONGER = 8  # letters by which names may differ and still be close, or one hold the other
_REMEMBERED = 1 << 18


class Level(StrEnum):
    """How far two values agree. FITS: equal as far as both are known. UNKNOWN: one side says nothing."""

    EQUAL = "equal"
    FITS = "fits"
    CLOSE = "close"
    DIFFERENT = "different"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One level of a comparison. reason: {what} is the field, {years} how far apart two births are. by_value: its weight
    follows how rare the value is."""

    key: str
    level: Level
    reason: Phrase
    by_value: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """A comparison: its levels, the function that finds one, and the value whose share counts (None: none does)."""

    name: str
    steps: tuple[Step, ...]
    compare: Callable[[Any, Any], int]
    shared: Callable[[Any], str | None]


_NOTHING = Step("unknown", Level.UNKNOWN, Phrase(""))


def _none(_: Any) -> None:
    return None


def compare_names(one: Name | None, other: Name | None) -> int:
    """Full names, in any order of their words."""
    if one is None or other is None:
        return 0
    if one.folded == other.folded:
        if one.shown == other.shown:
            return 1
        return 3 if one.marked and other.marked else 2
    if one.words == other.words:
        return 4
    if one.last != other.last and one.first != other.first and not _near(len(one.words), len(other.words)):
        return 10
    return _alike_names(one, other) if one.words < other.words else _alike_names(other, one)


def _near(one: int, other: int) -> bool:
    """Whether two lengths allow a ratio of NAME_CLOSE, or one name to hold the other."""
    return abs(one - other) <= _LONGER


@lru_cache(maxsize=_REMEMBERED)
def _alike_names(one: Name, other: Name) -> int:
    if OSA.distance(one.folded, other.folded, score_cutoff=1) <= 1:
        return 6
    mine, theirs = set(one.words.split()), set(other.words.split())
    if len(mine & theirs) >= TWO and (mine <= theirs or theirs <= mine):
        return 5
    if fuzz.ratio(one.words, other.words, score_cutoff=NAME_CLOSE):
        return 7
    if one.last == other.last:
        return 8
    return 9 if one.first == other.first else 10


NAME = Kind(
    "name",
    (
        _NOTHING,
        Step("equal", Level.EQUAL, Phrase("Trùng họ tên"), by_value=True),
        Step("unmarked", Level.EQUAL, Phrase("Trùng họ tên khi bỏ dấu"), by_value=True),
        Step("other-marks", Level.EQUAL, Phrase("Trùng họ tên khi bỏ dấu"), by_value=True),
        Step("other-order", Level.EQUAL, Phrase("Trùng họ tên, khác thứ tự"), by_value=True),
        Step("fewer-words", Level.CLOSE, Phrase("Họ tên thiếu chữ so với nhau")),
        Step("slip", Level.CLOSE, Phrase("Họ tên gần giống")),
        Step("close", Level.CLOSE, Phrase("Họ tên gần giống")),
        Step("last-word", Level.DIFFERENT, Phrase("Khác họ tên")),
        Step("first-word", Level.DIFFERENT, Phrase("Khác họ tên")),
        Step("different", Level.DIFFERENT, Phrase("Khác họ tên")),
    ),
    compare_names,
    lambda value: value.words,
)


def compare_parts(one: Part | None, other: Part | None) -> int:
    """One part of a name; the parts may stand in each other's column."""
    if one is None or other is None:
        return 0
    if one.text == other.text:
        return 1
    if one.text == other.other or one.other == other.text:
        return 5
    return _alike_parts(one.text, other.text) if one.text < other.text else _alike_parts(other.text, one.text)


@lru_cache(maxsize=_REMEMBERED)
def _alike_parts(one: str, other: str) -> int:
    short = min(len(one), len(other))
    if short >= PART_SLIP_FROM and OSA.distance(one, other, score_cutoff=1) <= 1:
        return 2
    if one.startswith(other) or other.startswith(one) or not set(one.split()).isdisjoint(other.split()):
        return 4
    return 3 if JaroWinkler.similarity(one, other, score_cutoff=PART_CLOSE) else 6


PART = Kind(
    "part",
    (
        _NOTHING,
        Step("equal", Level.EQUAL, Phrase("Trùng {what}"), by_value=True),
        Step("slip", Level.CLOSE, Phrase("Gần giống {what}")),
        Step("close", Level.CLOSE, Phrase("Gần giống {what}")),
        Step("shortened", Level.CLOSE, Phrase("Viết tắt hoặc thiếu chữ: {what}")),
        Step("swapped", Level.FITS, Phrase("Ghi đổi chỗ: {what}"), by_value=True),
        Step("different", Level.DIFFERENT, Phrase("Khác {what}")),
    ),
    compare_parts,
    lambda value: value.text,
)


def compare_births(one: Birth | None, other: Birth | None) -> int:
    """Birth dates, each known in full or in part."""
    if one is None or other is None:
        return 0
    whole = one.whole and other.whole
    if one.digits == other.digits and one.whole == other.whole:
        return 1 if whole else 2
    if one.first <= other.last and other.first <= one.last:
        return 3
    return _alike_births(one, other, whole)


def _alike_births(one: Birth, other: Birth, whole: bool) -> int:
    first, second = one.digits, other.digits
    apart = abs(one.year - other.year)
    if apart >= GENERATION:
        return 9 if whole and first[:4] == second[:4] else 10
    if not whole:
        return 8
    if first[2:4] + first[:2] == second[:4] and not apart:
        return 4
    if OSA.distance(first, second, score_cutoff=1) <= 1:
        return 5
    same = (first[:2] == second[:2]) + (first[2:4] == second[2:4]) + (not apart)
    if same == TWO:
        return 6
    return 8 if apart else 7


BIRTH = Kind(
    "birth",
    (
        _NOTHING,
        Step("equal", Level.EQUAL, Phrase("Trùng ngày sinh"), by_value=True),
        Step("same-part", Level.FITS, Phrase("Trùng năm sinh")),
        Step("fits", Level.FITS, Phrase("Ngày sinh khớp với phần đã biết")),
        Step("swapped", Level.CLOSE, Phrase("Ngày sinh gần giống (có thể gõ nhầm)")),
        Step("slip", Level.CLOSE, Phrase("Ngày sinh gần giống (có thể gõ nhầm)")),
        Step("two-parts", Level.DIFFERENT, Phrase("Khác ngày sinh")),
        Step("same-year", Level.DIFFERENT, Phrase("Khác ngày sinh")),
        Step("different", Level.DIFFERENT, Phrase("Khác ngày sinh")),
        Step("generation-same-day", Level.DIFFERENT, Phrase("Năm sinh cách nhau {years} năm: có thể là cha mẹ và con")),
        Step("generation", Level.DIFFERENT, Phrase("Năm sinh cách nhau {years} năm: có thể là cha mẹ và con")),
    ),
    compare_births,
    lambda value: value.digits if value.whole else None,
)


def compare_numbers(one: Numbers | None, other: Numbers | None) -> int:
    """Numbers of one kind: any of them in common is equal."""
    if not one or not other:
        return 0
    if not one.isdisjoint(other):
        return 1
    near = any(
        len(a) >= SLIP_FROM and len(b) >= SLIP_FROM and OSA.distance(a, b, score_cutoff=1) <= 1
        for a in one
        for b in other
    )
    return 2 if near else 3


NUMBER = Kind(
    "number",
    (
        _NOTHING,
        Step("equal", Level.EQUAL, Phrase("Trùng {what}"), by_value=True),
        Step("slip", Level.DIFFERENT, Phrase("Khác {what} một chữ số")),
        Step("different", Level.DIFFERENT, Phrase("Khác {what}")),
    ),
    compare_numbers,
    lambda value: next(iter(value)) if len(value) == 1 else None,
)


def compare_places(one: Place | None, other: Place | None) -> int:
    """One column of an address."""
    if one is None or other is None:
        return 0
    if one.text == other.text:
        return 1
    if one.text in other.others or other.text in one.others:
        return 4
    return _alike_places(one.text, other.text) if one.text < other.text else _alike_places(other.text, one.text)


@lru_cache(maxsize=_REMEMBERED)
def _alike_places(one: str, other: str) -> int:
    if min(len(one), len(other)) >= SLIP_FROM:
        slip = OSA.distance(one, other, score_cutoff=1) <= 1
        if slip or fuzz.ratio(one, other, score_cutoff=PLACE_CLOSE):
            return 2
    mine, theirs = set(one.split()), set(other.split())
    return 3 if 2 * len(mine & theirs) >= max(2, min(len(mine), len(theirs))) else 5


PLACE = Kind(
    "place",
    (
        _NOTHING,
        Step("equal", Level.EQUAL, Phrase("Trùng {what}"), by_value=True),
        Step("close", Level.CLOSE, Phrase("Gần giống {what}")),
        Step("words", Level.CLOSE, Phrase("Trùng một phần {what}")),
        Step("crossed", Level.CLOSE, Phrase("Ghi ở ô khác: {what}")),
        Step("different", Level.DIFFERENT, Phrase("Khác {what}")),
    ),
    compare_places,
    lambda value: value.text,
)


def compare_codes(one: str | None, other: str | None) -> int:
    """Codes: equal or not."""
    if not one or not other:
        return 0
    return 1 if one == other else 2


CODE = Kind(
    "code",
    (
        _NOTHING,
        Step("equal", Level.EQUAL, Phrase("Trùng {what}")),
        Step("different", Level.DIFFERENT, Phrase("Khác {what}")),
    ),
    compare_codes,
    _none,
)
KINDS = {kind.name: kind for kind in (NAME, PART, BIRTH, NUMBER, PLACE, CODE)}
