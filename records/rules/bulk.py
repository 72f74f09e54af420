"""Which person on file a statement of another system belongs to, when nobody sits beside to ask.

The weight of records.rules.matching decides: enough of it, well ahead of the next, and from more than a name and a birth
date (a city has namesakes born on one day). What speaks strongly against one person leaves the choice to people.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from records.rules.linkage.standard import standard_scale
from records.rules.linkage.weighing import Scale
from records.rules.matching import CONTACTS, NUMBERS, Level, Match, Traits, Verdict, is_doubtful, match
from records.rules.person import StatedPerson
from registry.rules.text import fold
from registry.rules.wards import current_ward

BEYOND = 10.0  # bits above the threshold: a thousand times likelier than what already links by itself
ALONE = 4.0  # bits above it for a name and a birth date alone: a city has namesakes born on one day, rare names fewer
MOST_ALIKE = 5  # the likeliest are looked at; a crowd of namesakes is nobody's queue


class Numbers(NamedTuple):
    """A person's numbers by kind, as look-up keys."""

    cccd: frozenset[str] = frozenset()
    cmnd: frozenset[str] = frozenset()
    bhyt: frozenset[str] = frozenset()
    facility: frozenset[str] = frozenset()

    @classmethod
    def of(cls, person: StatedPerson) -> Numbers:
        """The numbers a statement carries."""
        kinds: dict[str, set[str]] = {name: set() for name in cls._fields}
        for one in person.identifiers:
            kinds.setdefault(one.kind, set()).add(one.value_key)
        return cls(*(frozenset(kinds[name]) for name in cls._fields))


@dataclass(frozen=True, slots=True)
class Target:
    """Somebody on file: who they are and their traits."""

    patient_id: uuid.UUID
    traits: Traits

    @classmethod
    def of_person(cls, patient_id: uuid.UUID, person: StatedPerson) -> Target:
        """A person made a moment ago."""
        return cls(patient_id, traits_of(person))

    def says_the_same(self, person: StatedPerson) -> bool:
        """Whether the statement adds nothing to what the person's row shows."""
        t = self.traits
        shown = (t.name, t.birth, t.sex, t.phone, t.ward, t.address)
        ward = current_ward(person.ward_code)
        return shown == (person.name, person.birth, person.sex, person.phone, ward, person.address)


@dataclass(frozen=True, slots=True)
class Choice:
    """The person chosen, why and by what weight, or nobody; alike: others who look so and are left to people."""

    target: Target | None
    reason: str = ""
    alike: tuple[uuid.UUID, ...] = ()
    weight: float | None = None
    model: str = ""  # the version of the weights

    @property
    def doubtful(self) -> bool:
        """Whether somebody has to look."""
        return bool(self.alike)


def traits_of(person: StatedPerson) -> Traits:
    """What is compared; the ward by its code, which is what files carry."""
    numbers = Numbers.of(person)
    return Traits(
        person.name, person.birth, person.sex, numbers.cccd, numbers.cmnd, numbers.bhyt, person.phone,
        current_ward(person.ward_code), person.address, numbers.facility,
    )  # fmt: skip


def link_reason(found: Match, scale: Scale | None = None) -> str:
    """Why a pair is one person without asking anybody; empty when it is not."""
    auto = (scale or standard_scale()).model.auto
    if found.verdict is Verdict.SAME or (found.bits >= auto and not _needs_a_person(found, auto)):
        return "; ".join(found.reasons[:4])
    return ""


def _needs_a_person(found: Match, auto: float) -> bool:
    """Limits of the weight: newborns, another name or generation always; a contrary number or sex, twins and slips in both
    name and date unless all the rest leaves no other person.
    """
    name, birth = found.level("name"), found.level("birth")
    if found.level("newborn") is not Level.UNKNOWN or Level.DIFFERENT in (name, birth):
        return True
    beyond = found.bits >= auto + BEYOND
    same_citizen = found.level("cccd") is Level.EQUAL
    if is_doubtful(found):  # a digit or the sex mistyped; a letter of the name, where the citizen's number is the same
        mistyped = name is Level.EQUAL or same_citizen
        return not (beyond and mistyped and birth is Level.EQUAL)
    if name is Level.CLOSE and birth is not Level.EQUAL:
        return not (beyond and same_citizen)
    return not found.any_equal(*NUMBERS, *CONTACTS) and _without_address(found) < auto + ALONE


def _without_address(found: Match) -> float:
    """The weight without the words of the address, which may be no more than "Hà Nội"."""
    return found.bits - sum(one.bits for one in found.findings if one.field == "address" and one.bits > 0)


class Finder:
    """People on file that one chunk's statements may belong to, and the people the chunk itself brings. scale: the version
    of the weights, the shipped one unless given.
    """

    def __init__(self, people: Iterable[Target], scale: Scale | None = None) -> None:
        self._scale = scale or standard_scale()
        self._by_key: dict[str, dict[uuid.UUID, Target]] = {}
        self.add(people)

    def add(self, people: Iterable[Target]) -> None:
        """More people on file."""
        for target in people:
            self._index(target)

    def find(self, person: StatedPerson) -> Choice:
        """The one person this statement belongs to; two of them is a doubt, and then it is nobody."""
        stated = traits_of(person)
        judged = sorted(
            ((match(stated, target.traits, self._scale), target) for target in self._alike(stated)),
            key=lambda pair: (-pair[0].bits, pair[1].patient_id),
        )
        alike = [(found, target) for found, target in judged if found.verdict is not Verdict.DIFFERENT]
        links = [(found, target, reason) for found, target in judged if (reason := link_reason(found, self._scale))]
        if not links:
            return Choice(None, alike=_people(alike))
        best, target, reason = links[0]
        rivals = [(found, other) for found, other in alike if other is not target]
        if any(found.bits > best.bits - self._scale.model.lead for found, _ in rivals) or len(links) > 1:
            return Choice(None, alike=_people(alike) or (target.patient_id,))
        return Choice(target, f"{reason} [{best.model}: {best.explanation}]", _people(rivals), best.bits, best.model)

    def remember(self, target: Target, person: StatedPerson) -> None:
        """The person now also carries what this statement said."""
        numbers, old = Numbers.of(person), target.traits
        traits = replace(
            old,
            cccd=old.cccd | numbers.cccd, cmnd=old.cmnd | numbers.cmnd, bhyt=old.bhyt | numbers.bhyt,
            facility=old.facility | numbers.facility,
            phone=old.phone or person.phone, ward=old.ward or current_ward(person.ward_code),
            address=old.address or person.address,
        )  # fmt: skip
        self._index(Target(target.patient_id, traits))

    def _index(self, target: Target) -> None:
        for key in _keys(target.traits):
            self._by_key.setdefault(key, {})[target.patient_id] = target

    def _alike(self, traits: Traits) -> Sequence[Target]:
        found: dict[uuid.UUID, Target] = {}
        for key in _keys(traits):
            found |= self._by_key.get(key, _NOBODY)
        return [found[one] for one in sorted(found)]


def _people(judged: Iterable[tuple[Match, Target]]) -> tuple[uuid.UUID, ...]:
    return tuple(target.patient_id for _, target in judged)[:MOST_ALIKE]


MONTHS = 12
_NOBODY: Mapping[uuid.UUID, Target] = {}


def _keys(traits: Traits) -> Iterable[str]:
    kinds = (("cccd", traits.cccd), ("cmnd", traits.cmnd), ("bhyt", traits.bhyt), ("facility", traits.facility))
    for kind, values in kinds:
        yield from (f"{kind}/{value}" for value in values)
    said = spoken(traits.name)
    year = traits.birth.value.year
    yield f"name/{said.bag}/{year}"
    for given in said.givens:
        if traits.birth.precision == "day":
            yield f"given/{given}/{min(either_way(traits.birth.value))}"
        if traits.phone:
            yield f"phone/{traits.phone}/{given}"
        if traits.ward:
            yield f"ward/{traits.ward}/{given}/{year}"


class Spoken(NamedTuple):
    """A name's folded words as look-ups want them. bag: in alphabetical order; givens: what may be the given name, last or
    first; orders: the name as written, and with the word at either end moved to the other.
    """

    bag: str
    givens: tuple[str, ...]
    orders: tuple[str, ...]


def spoken(name: str) -> Spoken:
    """The words of a name; some files write the family name last."""
    words = fold(name).split()
    if not words:
        return Spoken("", (), ())
    orders = dict.fromkeys(map(" ".join, (words, [*words[1:], words[0]], [words[-1], *words[:-1]])))
    return Spoken(" ".join(sorted(words)), tuple(dict.fromkeys((words[-1], words[0]))), tuple(orders))


def either_way(born: date) -> tuple[date, ...]:
    """The day as written and, where it can be read so, with day and month exchanged."""
    if born.day > MONTHS or born.day == born.month:
        return (born,)
    return (born, born.replace(month=born.day, day=born.month))
