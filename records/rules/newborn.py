"""Newborns that have no name yet, and children filed under their mother's name.

A newborn without papers is written under its mother's name (QĐ 130/QĐ-BYT, annex, HO_TEN); wards write it with "Con bà"
before. Of twins the order of birth is told in words, for a name holds no digits. Whoever compares names has to know both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from registry.rules.text import fold

PREFIX = "Con bà"
ORDINALS = ("thứ nhất", "thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu")
_OF_TWINS = tuple(["(bé " + words + ")" for words in ORDINALS])
MOST_AT_ONCE = len(ORDINALS)
# Births of one woman lie further apart than this or are one birth: 20 weeks is the least a later child has to be carried.
ONE_BIRTH_DAYS = 140
_FOLDED = re.compile(r"^con ba (?P<mother>.+?)(?: be (?P<order>thu (?:nhat|hai|ba|tu|nam|sau)))?$")
_ORDER = {fold(words): place for place, words in enumerate(ORDINALS, start=1)}


@dataclass(frozen=True, slots=True)
class Unnamed:
    """What a placeholder name says. mother: her folded name; order: 1 for the first of twins, None where it is not told."""

    mother: str
    order: int | None = None


def unnamed_child(mother: str, order: int | None = None) -> str:
    """How a child without a name is filed: "Con bà NGUYỄN THỊ A", of twins "Con bà NGUYỄN THỊ A (bé thứ hai)"."""
    among = [_OF_TWINS[order - 1]] if order else []
    return " ".join([PREFIX, mother.upper(), *among])


def read_unnamed(name: str) -> Unnamed | None:
    """What a placeholder says, or None for a name that somebody bears."""
    found = _FOLDED.match(fold(name))
    return Unnamed(found["mother"], _ORDER.get(found["order"] or "")) if found else None


def filed_names(name: str, mother: str = "") -> Iterator[str]:
    """Folded names under which the same child may be on file as its mother's: hers, and hers with "con ba" before."""
    unnamed = read_unnamed(name)
    of = fold(mother) or (unnamed.mother if unnamed else "")
    for each in (of, fold(name) if not unnamed else ""):
        if each:
            yield from (fold(unnamed_child(each, order)) for order in (None, *range(1, MOST_AT_ONCE + 1)))
    if of:
        yield of


def one_birth(born: date, other: date) -> bool:
    """Whether two children of one mother were born of one pregnancy, midnight between them or not."""
    return abs(born - other) < timedelta(days=ONE_BIRTH_DAYS)


def same_child(name: str, mother: str, other: str, other_mother: str) -> bool | None:
    """Of two people born on one day: True, one may be filed for the other through the mother's name; False, two children
    of a birth or of two mothers; None: no name here says anything of a mother.
    """
    mine, theirs = read_unnamed(name), read_unnamed(other)
    if mine and theirs:
        told_apart = mine.order and theirs.order and mine.order != theirs.order
        return mine.mother == theirs.mother and not told_apart
    my_mother, their_mother = mine.mother if mine else fold(mother), theirs.mother if theirs else fold(other_mother)
    if my_mother and my_mother in (their_mother, fold(other)) and (mine or theirs or my_mother == fold(other)):
        return True
    if their_mother and their_mother == fold(name):
        return True
    return False if (mine and their_mother) or (theirs and my_mother) else None
