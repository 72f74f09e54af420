"""Values as comparisons want them: computed once a row, compared many times. Empty values are None."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from registry.rules.dates import PartialDate
from registry.rules.text import display_key, fold


class Name(NamedTuple):
    """A full name in any order of words. shown: with its marks; marked: whether it carries any; bag: its words."""

    folded: str
    words: str
    bag: frozenset[str]
    first: str
    last: str
    shown: str
    marked: bool


class Part(NamedTuple):
    """One part of a name stated in two columns, and the other part beside it (columns get swapped)."""

    text: str
    other: str
    bag: frozenset[str]


class Birth(NamedTuple):
    """digits: ddmmyyyy; first and last: ordinals of the days it can mean; whole: day, month and year are known."""

    digits: str
    year: int
    first: int
    last: int
    whole: bool


class Place(NamedTuple):
    """One column of an address, its words, and the texts of the other columns (columns get swapped)."""

    text: str
    bag: frozenset[str]
    others: frozenset[str]


Numbers = tuple[str, ...]  # in ascending order


def name_value(full: str) -> Name | None:
    """A full name."""
    folded = fold(full)
    words = folded.split()
    if not words:
        return None
    return Name(
        folded, " ".join(sorted(words)), frozenset(words), words[0], words[-1], display_key(full), not full.isascii()
    )


def part_value(text: str, other: str) -> Part | None:
    """One part of a name, folded, with the other part."""
    folded = fold(text)
    return Part(folded, fold(other), frozenset(folded.split())) if folded else None


def birth_value(born: PartialDate | None) -> Birth | None:
    """A birth date with its precision."""
    if born is None:
        return None
    value = born.value
    return Birth(
        f"{value:%d%m}{value.year:04d}", value.year, value.toordinal(), born.last.toordinal(), born.precision == "day"
    )


def place_value(text: str, others: Iterable[str] = ()) -> Place | None:
    """One column of an address."""
    folded = fold(text)
    return Place(folded, frozenset(folded.split()), frozenset(filter(None, map(fold, others)))) if folded else None


def numbers_value(numbers: Iterable[str]) -> Numbers | None:
    """The numbers of one kind a person carries."""
    return tuple(sorted(set(filter(None, numbers)))) or None
