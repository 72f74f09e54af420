"""The knowledge set: ingredients, their classes, and what is dangerous with what, each row with its source.

A target is an ingredient's key ("ibuprofen") or a class with a sign before it ("@nsaid"): rows may speak of either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from registry.rules.text import fold

CLASS_SIGN = "@"
MOST_REMEMBERED = 5_000  # texts whose meaning is kept: bounds the memory of a worker


class Severity(StrEnum):
    """What a finding asks: BLOCK cannot be signed, REASON needs one in writing, NOTE is to be read."""

    BLOCK = "block"
    REASON = "reason"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where a row comes from. verified: somebody read it there; else it is from memory and every surface says so."""

    source: str
    verified: bool


@dataclass(frozen=True, slots=True)
class Span:
    """An age or a time: whole years, months or days, e.g. "12y", "6m", "28d"."""

    count: int
    unit: str

    def days(self) -> int:
        """About how many days, for ordering."""
        return round(self.count * {"d": 1, "m": 30.4375, "y": 365.25}[self.unit])

    def after(self, born: date) -> date:
        """The day somebody born then reaches this age."""
        if self.unit == "d":
            return date.fromordinal(born.toordinal() + self.count)
        months = born.month - 1 + self.count * (12 if self.unit == "y" else 1)
        year, month = born.year + months // 12, months % 12 + 1
        for day in (born.day, 30, 29, 28):
            try:
                return date(year, month, day)
            except ValueError:
                continue
        return date(year, month, 28)


@dataclass(frozen=True, slots=True)
class Ingredient:
    """An active ingredient: key, Vietnamese name, ATC code, classes ("@…"), folded words it is known by."""

    key: str
    name: str
    atc: str
    classes: frozenset[str]
    words: tuple[str, ...]

    @property
    def targets(self) -> frozenset[str]:
        """What a row may call it."""
        return self.classes | {self.key}


@dataclass(frozen=True, slots=True)
class DrugClass:
    """A class. allergy: who is allergic to one is taken for allergic to all; duplicate: two at once treat twice."""

    key: str
    name: str
    allergy: bool
    duplicate: bool
    words: tuple[str, ...]
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Pair:
    """Two targets that do not go together: an interaction, or (effect empty) a cross-reaction of two allergy classes."""

    one: str
    other: str
    severity: Severity
    effect: str
    mend: str
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class DoseLimit:
    """The most at once and in a day, absolute and by kg of body weight, from one age to another (None: no end).

    route: a prefix of the route's code, empty for any. Amounts are in `unit` (mg or IU); None: no limit stated.
    """

    ingredient: str
    route: str
    age_from: Span
    age_to: Span | None
    single: Decimal | None
    daily: Decimal | None
    single_kg: Decimal | None
    daily_kg: Decimal | None
    unit: str
    evidence: Evidence

    @property
    def by_weight(self) -> bool:
        """Whether the person's weight must be known."""
        return self.single_kg is not None or self.daily_kg is not None


@dataclass(frozen=True, slots=True)
class Caution:
    """A target that is dangerous for some people. What makes them so stands in one of the last fields.

    below_age: younger than; state: "pregnancy" or "lactation"; egfr_below in ml/min/1.73 m², with daily: only above this
    daily amount (mg); codes: prefixes of ICD-10, within: days that an illness which passes still counts (None: for ever).
    """

    target: str
    severity: Severity
    reason: str
    mend: str
    evidence: Evidence
    below_age: Span | None = None
    state: str = ""
    egfr_below: Decimal | None = None
    daily: Decimal | None = None
    codes: tuple[str, ...] = ()
    within: int | None = None


@dataclass(frozen=True)
class KnowledgeSet:
    """One version of the set; in force from valid_from to valid_to, both included."""

    version: str
    name: str
    valid_from: date
    valid_to: date
    ingredients: Mapping[str, Ingredient]
    classes: Mapping[str, DrugClass]
    cross: tuple[Pair, ...] = ()
    interactions: tuple[Pair, ...] = ()
    doses: tuple[DoseLimit, ...] = ()
    ages: tuple[Caution, ...] = ()
    states: tuple[Caution, ...] = ()
    renal: tuple[Caution, ...] = ()
    conditions: tuple[Caution, ...] = ()
    _found: dict[str, frozenset[str]] = field(default_factory=dict, compare=False, repr=False)

    def in_force(self, day: date) -> bool:
        """Whether it may be asked about this day."""
        return self.valid_from <= day <= self.valid_to

    @cached_property
    def pairs(self) -> Mapping[frozenset[str], Pair]:
        """Interactions by their two targets."""
        return {frozenset({row.one, row.other}): row for row in self.interactions}

    @cached_property
    def doses_of(self) -> Mapping[str, tuple[DoseLimit, ...]]:
        """Limits by ingredient."""
        keys = {row.ingredient for row in self.doses}
        return {key: tuple(row for row in self.doses if row.ingredient == key) for key in keys}

    @cached_property
    def _words(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        known = [(word, one.key) for one in self.ingredients.values() for word in one.words]
        known += [(word, one.key) for one in self.classes.values() if one.allergy for word in one.words]
        return tuple((re.compile(rf"\b{re.escape(word)}\b"), key) for word, key in known)

    def meant(self, text: str) -> frozenset[str]:
        """The ingredients and allergy classes named in free text, e.g. "Penicillin (tiêm)"; empty when none is known."""
        if text not in self._found:
            if len(self._found) >= MOST_REMEMBERED:
                self._found.clear()
            folded = fold(text)
            self._found[text] = frozenset(key for pattern, key in self._words if pattern.search(folded))
        return self._found[text]

    def ingredients_in(self, text: str) -> tuple[Ingredient, ...]:
        """The ingredients named in free text."""
        return tuple(self.ingredients[key] for key in sorted(self.meant(text)) if key in self.ingredients)

    def name_of(self, target: str) -> str:
        """A target in words."""
        known = self.classes.get(target) or self.ingredients.get(target)
        return known.name if known else target
