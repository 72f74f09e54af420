"""Comparisons: what two values of one kind are to each other, as a small number (0: one side says nothing).

Every level carries how far the values agree and the reason a person reads. Levels are ordered from best to worst, and a
model holds two probabilities for each. Distances are counted by rapidfuzz, with cut-offs, so that most
pairs cost one comparison of strings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler

from records.rules.linkage.values import Birth, Name, Numbers, Part, Place
from registry.rules.phrases import Phrase

NAME_CLOSE = 88.0  # ratio of rapidfuzz, 0-100, on sorted words: one slip in a name of three words stays above it
NAME_SLIP = 75.0  # what one slip leaves of a name of four letters
PART_CLOSE = 0.88  # Jaro-Winkler of one name: jon / john, catherine / katherine
PLACE_CLOSE = 85.0
GENERATION = 12  # years: the youngest mothers; births further apart are two people, or a grave slip of the keyboard
SLIP_FROM = 4  # characters: one changed letter of a shorter word or number says nothing
TWO = 2  # words or parts of a date in common
PART_SLIP_FROM = 3
RATIO_TELLS = 7  # characters: in longer words one slip leaves more than PLACE_CLOSE


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
    return _alike_names(one, other)


def _alike_names(one: Name, other: Name) -> int:
    if fuzz.ratio(one.folded, other.folded, score_cutoff=NAME_SLIP):
        if OSA.distance(one.folded, other.folded, score_cutoff=1) <= 1:
            return 6
        if fuzz.ratio(one.words, other.words, score_cutoff=NAME_CLOSE):
            return 7
    mine, theirs = one.bag, other.bag
    if (mine <= theirs or theirs <= mine) and min(len(mine), len(theirs)) >= TWO:
        return 5
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
    return _alike_parts(one, other)


def _alike_parts(one: Part, other: Part) -> int:
    mine, theirs = one.text, other.text
    if OSA.distance(mine, theirs, score_cutoff=1) <= 1 and min(len(mine), len(theirs)) >= PART_SLIP_FROM:
        return 2
    if mine.startswith(theirs) or theirs.startswith(mine) or not one.bag.isdisjoint(other.bag):
        return 4
    return 3 if JaroWinkler.similarity(mine, theirs, score_cutoff=PART_CLOSE) else 6


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
    same = (first[:2] == second[:2]) + (first[2:4] == second[2:4]) + (not apart)
    if same == TWO:
        return 5 if OSA.distance(first, second, score_cutoff=1) <= 1 else 6
    if not apart and first[2:4] + first[:2] == second[:4]:
        return 4
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
    if one == other:
        return 1
    if len(one) == len(other) == 1:
        return 2 if _near(one[0], other[0]) else 3
    if not set(one).isdisjoint(other):
        return 1
    return 2 if any(_near(mine, theirs) for mine in one for theirs in other) else 3


def _near(one: str, other: str) -> bool:
    """Whether one keystroke makes the difference: then one half or the other is untouched."""
    if one[:SLIP_FROM] != other[:SLIP_FROM] and one[-SLIP_FROM:] != other[-SLIP_FROM:] and len(one) > 2 * SLIP_FROM:
        return False
    return OSA.distance(one, other, score_cutoff=1) <= 1 and min(len(one), len(other)) >= SLIP_FROM


NUMBER = Kind(
    "number",
    (
        _NOTHING,
        Step("equal", Level.EQUAL, Phrase("Trùng {what}"), by_value=True),
        Step("slip", Level.DIFFERENT, Phrase("Khác {what} một chữ số")),
        Step("different", Level.DIFFERENT, Phrase("Khác {what}")),
    ),
    compare_numbers,
    lambda value: value[0] if len(value) == 1 else None,
)


def compare_places(one: Place | None, other: Place | None) -> int:
    """One column of an address."""
    if one is None or other is None:
        return 0
    if one.text == other.text:
        return 1
    if one.text in other.others or other.text in one.others:
        return 4
    if one.bag.isdisjoint(other.bag):  # texts of several words that are close share one of them
        few = len(one.bag) == 1 or len(other.bag) == 1
        return 2 if few and _close(one.text, other.text) else 5
    if _close(one.text, other.text):
        return 2
    shared = len(one.bag & other.bag)
    return 3 if 2 * shared >= max(TWO, min(len(one.bag), len(other.bag))) else 5


def _close(one: str, other: str) -> bool:
    return bool(fuzz.ratio(one, other, score_cutoff=PLACE_CLOSE)) or _slipped(one, other)


def _slipped(one: str, other: str) -> bool:
    """One slip in words too short for a ratio to tell."""
    short = min(len(one), len(other))
    return SLIP_FROM <= short <= RATIO_TELLS and OSA.distance(one, other, score_cutoff=1) <= 1


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
