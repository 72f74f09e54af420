"""Which person on file a statement of another system belongs to, when nobody sits beside to ask.

The rule of records.rules.matching links by itself on an equal number with name and birth date. Two more agreements are as
good when a whole hospital arrives: its own patient number with name and birth date, and the full name and birth day with
the same phone or ward (measured precision of that rule on synthetic Hanoi data: 0.9995).
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from records.rules.matching import Level, Match, Traits, Verdict, match
from records.rules.person import StatedPerson
from registry.rules.text import fold


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
    """Somebody on file: who they are, their traits, their numbers at facilities."""

    patient_id: uuid.UUID
    traits: Traits
    facility_numbers: frozenset[str] = frozenset()
    address: str = ""

    @classmethod
    def of_person(cls, patient_id: uuid.UUID, person: StatedPerson) -> Target:
        """A person made a moment ago."""
        return cls(patient_id, traits_of(person), Numbers.of(person).facility, person.address)

    def says_the_same(self, person: StatedPerson) -> bool:
        """Whether the statement adds nothing to what the person's row shows."""
        t = self.traits
        shown = (t.name, t.birth, t.sex, t.phone, t.ward, self.address)
        return shown == (person.name, person.birth, person.sex, person.phone, person.ward_code, person.address)


@dataclass(frozen=True, slots=True)
class Choice:
    """The person chosen and why, or nobody; doubtful: somebody looks alike and is left to people."""

    target: Target | None
    reason: str = ""
    doubtful: bool = False


def traits_of(person: StatedPerson) -> Traits:
    """What is compared; the ward by its code, which is what files carry."""
    numbers = Numbers.of(person)
    return Traits(
        person.name, person.birth, person.sex, numbers.cccd, numbers.cmnd, numbers.bhyt, person.phone, person.ward_code
    )


def link_reason(found: Match, *, same_facility_number: bool) -> str:
    """Why a pair is one person without asking anybody; empty when it is not."""
    if found.verdict is Verdict.SAME:
        return "; ".join(found.reasons[:4])
    clash = Level.DIFFERENT in (found.level("cccd"), found.level("sex"), found.level("twins"))
    if clash or found.level("name") is not Level.EQUAL:
        return ""
    if same_facility_number and found.level("birth") in (Level.EQUAL, Level.FITS):
        return "Trùng mã người bệnh của cơ sở; " + "; ".join(found.reasons[:3])
    contact = Level.EQUAL in (found.level("phone"), found.level("ward"))
    if found.level("birth") is Level.EQUAL and contact:
        return "; ".join(found.reasons[:4])
    return ""


class Finder:
    """People on file that one chunk's statements may belong to, and the people the chunk itself brings."""

    def __init__(self, people: Iterable[Target]) -> None:
        self._by_key: dict[str, dict[uuid.UUID, Target]] = {}
        for target in people:
            self._index(target)

    def find(self, person: StatedPerson) -> Choice:
        """The one person this statement belongs to; two of them is a doubt, and then it is nobody."""
        stated, numbers = traits_of(person), Numbers.of(person)
        judged = []
        for target in self._alike(stated, numbers.facility):
            found = match(stated, target.traits)
            reason = link_reason(found, same_facility_number=bool(numbers.facility & target.facility_numbers))
            judged.append((target, found, reason))
        links = [(target, reason) for target, _, reason in judged if reason]
        doubtful = len(links) > 1 or any(m.verdict is Verdict.POSSIBLE and not reason for _, m, reason in judged)
        if len(links) == 1:
            return Choice(links[0][0], links[0][1], doubtful)
        return Choice(None, doubtful=doubtful)

    def remember(self, target: Target, person: StatedPerson) -> None:
        """The person now also carries what this statement said."""
        numbers = Numbers.of(person)
        old = target.traits
        traits = Traits(
            old.name, old.birth, old.sex, old.cccd | numbers.cccd, old.cmnd | numbers.cmnd, old.bhyt | numbers.bhyt,
            old.phone or person.phone, old.ward or person.ward_code,
        )  # fmt: skip
        self._index(Target(target.patient_id, traits, target.facility_numbers | numbers.facility, target.address))

    def _index(self, target: Target) -> None:
        for key in _keys(target.traits, target.facility_numbers):
            self._by_key.setdefault(key, {})[target.patient_id] = target

    def _alike(self, traits: Traits, facility: frozenset[str]) -> Sequence[Target]:
        found: dict[uuid.UUID, Target] = {}
        for key in _keys(traits, facility):
            found |= self._by_key.get(key, _NOBODY)
        return [found[one] for one in sorted(found)]


_NOBODY: Mapping[uuid.UUID, Target] = {}


def _keys(traits: Traits, facility: frozenset[str]) -> Iterable[str]:
    kinds = (("cccd", traits.cccd), ("cmnd", traits.cmnd), ("bhyt", traits.bhyt), ("facility", facility))
    for kind, values in kinds:
        yield from (f"{kind}/{value}" for value in values)
    yield f"name/{fold(traits.name)}/{traits.birth.value}"
