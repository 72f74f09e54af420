"""Are these two statements about one person? One rule for the form, the API and the import.

Every field is compared into a level, each level weighs what it is worth in bits (records.rules.linkage, Fellegi and Sunter),
and the sum decides, inside hard limits that no sum may overrule. The limits are careful in one direction: SAME links by
itself, so it asks for an equal number *and* the same name *and* a birth date that fits. Everything else that is worth a
look is POSSIBLE and waits for a person.

* A number alone never links: families share cards, clerks type the mother's number on the child, numbers are reissued.
* A newborn is often filed under its mother's name (and number): birth dates a generation apart are two people.
* Twins share birth date, family, phone and ward, and their names differ by a letter or only by a diacritic.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any

from records.rules.linkage.kinds import GENERATION, Level
from records.rules.linkage.standard import standard_scale
from records.rules.linkage.values import birth_value, name_value, numbers_value, place_value
from records.rules.linkage.weighing import Scale, reason_of, signed
from records.rules.newborn import read_unnamed, same_child
from registry.rules.dates import PartialDate
from registry.rules.names import split_name
from registry.rules.phrases import Phrase, joined
from registry.rules.text import display_key, fold

__all__ = ["GENERATION", "Finding", "Level", "Match", "Traits", "Verdict", "match"]

NUMBERS = ("cccd", "cmnd", "bhyt")  # issued to a person by the state
CONTACTS = ("phone", "ward", "facility")  # not the address: it may be no more than "Hà Nội"
TWINS = -9.0  # bits: beside somebody of one's own birth day and family, a namesake but for a letter is a sibling
_FITS = (Level.EQUAL, Level.FITS)
_ORDER = (Level.EQUAL, Level.FITS, Level.CLOSE, Level.DIFFERENT, Level.UNKNOWN)


class Verdict(StrEnum):
    """What the rule says of a pair."""

    SAME = "same"
    POSSIBLE = "possible"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Traits:
    """What a comparison looks at. Numbers are normalised keys (bhyt: the 10 digits; facility: with the facility's code);
    empty means not stated."""

    name: str
    birth: PartialDate
    sex: str = "unknown"
    cccd: frozenset[str] = frozenset()
    cmnd: frozenset[str] = frozenset()
    bhyt: frozenset[str] = frozenset()
    phone: str = ""
    ward: str = ""
    address: str = ""
    facility: frozenset[str] = frozenset()
    mother: str = ""  # her name, where it is known: a child may be on file under it


@dataclass(frozen=True, slots=True)
class Finding:
    """One field's level, the reason in Vietnamese (empty when not worth showing) and its weight in bits."""

    field: str
    level: Level
    reason: str = ""
    bits: float = 0.0
    label: str = ""

    @property
    def weight(self) -> str:
        """The weight as people read it: "+14,6 ngày sinh"."""
        return Phrase("{bits} {what}", bits=signed(self.bits), what=Phrase(self.label))


@dataclass(frozen=True, slots=True)
class Match:
    """The verdict on a pair, its findings, and its weight in bits (log2 of how much likelier one person is than two).

    model: the version of the weights.
    """

    verdict: Verdict
    findings: tuple[Finding, ...] = field(default=())
    score: float = 0.0
    model: str = ""

    @property
    def bits(self) -> float:
        """The weight of the pair."""
        return self.score

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason worth showing, agreements first."""
        ranked = sorted(self.findings, key=lambda one: _ORDER.index(one.level))
        return tuple(one.reason for one in ranked if one.reason)

    @property
    def explanation(self) -> str:
        """What each field weighs: "+14,6 ngày sinh, −5,4 giới tính", agreements first."""
        told = sorted((one for one in self.findings if one.level is not Level.UNKNOWN), key=lambda one: -one.bits)
        return joined([one.weight for one in told], ", ")

    def level(self, name: str) -> Level:
        """The level of one field."""
        return next((one.level for one in self.findings if one.field == name), Level.UNKNOWN)

    def any_equal(self, *names: str) -> bool:
        """Whether one of these fields is equal."""
        return any(one.level is Level.EQUAL for one in self.findings if one.field in names)


_VALUES: Mapping[str, Any] = {
    "name": lambda one: name_value(one.name),
    "birth": lambda one: birth_value(one.birth),
    "sex": lambda one: None if one.sex == "unknown" else one.sex,
    "cccd": lambda one: numbers_value(one.cccd),
    "cmnd": lambda one: numbers_value(one.cmnd),
    "bhyt": lambda one: numbers_value(one.bhyt),
    "facility": lambda one: numbers_value(one.facility),
    "phone": lambda one: numbers_value((one.phone,)),
    "ward": lambda one: fold(one.ward) or None,
    "address": lambda one: place_value(one.address),
}


def match(one: Traits, other: Traits, scale: Scale | None = None) -> Match:
    """Compare two people; the order of the two does not matter. scale: another version of the weights."""
    scale = scale or standard_scale()
    findings = (*_weighed(one, other, scale), *_twins(one, other), *_newborn(one, other))
    bits = sum(finding.bits for finding in findings)
    found = Match(Verdict.DIFFERENT, findings, bits, scale.model.version)
    return Match(_decide(found, scale), findings, bits, scale.model.version)


@lru_cache(maxsize=1024)  # one person is compared with many
def _values(traits: Traits) -> dict[str, Any]:
    return {name: read(traits) for name, read in _VALUES.items()}


def _weighed(one: Traits, other: Traits, scale: Scale) -> Iterator[Finding]:
    fields, mine, theirs = scale.model.fields, _values(one), _values(other)
    values = [(mine[each.name], theirs[each.name]) for each in fields]
    levels = [each.kind.compare(*both) for each, both in zip(fields, values, strict=True)]
    rarities = [
        scale.rarity(place, value) if fields[place].kind.steps[levels[place]].by_value else 0.0
        for place, (value, _) in enumerate(values)
    ]
    apart = abs(one.birth.value.year - other.birth.value.year)
    for each, level, bits in zip(fields, levels, scale.weigh(levels, rarities), strict=True):
        step = each.kind.steps[level]
        silent = each.name == "sex" and step.level is Level.EQUAL
        yield Finding(each.name, step.level, "" if silent else reason_of(each, level, years=apart), bits, each.label)


def _decide(found: Match, scale: Scale) -> Verdict:
    """The whole rule: what the weight says, inside the limits."""
    if found.level("newborn") is not Level.UNKNOWN:
        return _decide_newborn(found)
    if found.any_equal(*NUMBERS):
        sure = found.score >= scale.model.auto and found.level("name") is Level.EQUAL and found.level("birth") in _FITS
        return Verdict.SAME if sure and not is_doubtful(found) else Verdict.POSSIBLE
    if found.score < scale.model.review or _is_another(found):
        return Verdict.DIFFERENT
    return Verdict.POSSIBLE


def is_doubtful(found: Match) -> bool:
    """Something speaks against one person so strongly that nobody but a person may link: whatever the weight."""
    contrary = Level.DIFFERENT in (found.level("cccd"), found.level("sex"), found.level("twins"))
    return contrary or found.level("newborn") is not Level.UNKNOWN


def _decide_newborn(found: Match) -> Verdict:
    """Under its mother's name a child is told from another by a person only: the number may be hers, or its twin's."""
    if found.level("newborn") is Level.DIFFERENT or found.level("sex") is Level.DIFFERENT:
        return Verdict.DIFFERENT
    contact = found.any_equal(*NUMBERS, *CONTACTS)
    return Verdict.POSSIBLE if contact or found.level("name") is Level.EQUAL else Verdict.DIFFERENT


def _is_another(found: Match) -> bool:
    """Without an equal number: what no weight can make worth a look."""
    name, birth = found.level("name"), found.level("birth")
    whole = name is Level.EQUAL and birth is Level.EQUAL
    contact = found.any_equal(*CONTACTS)
    if Level.DIFFERENT in (name, birth):
        return True
    if found.level("sex") is Level.DIFFERENT:
        return not (whole and contact)
    if found.level("cccd") is Level.DIFFERENT:
        return not whole or found.level("twins") is Level.DIFFERENT
    return not (whole or contact)


def _twins(one: Traits, other: Traits) -> tuple[Finding, ...]:
    """Same birth day and family name, another given name (or the same letters with other diacritics)."""
    if read_unnamed(one.name) or read_unnamed(other.name):
        return ()
    if one.birth != other.birth or one.birth.precision != "day":
        return ()
    first, second = split_name(display_key(one.name)), split_name(display_key(other.name))
    both_marked = not one.name.isascii() and not other.name.isascii()
    if fold(first.family) != fold(second.family) or first.given == second.given:
        return ()
    if fold(first.given) == fold(second.given) and not both_marked:
        return ()
    reason = Phrase("Cùng ngày sinh, khác tên: có thể là anh chị em sinh đôi")
    return (Finding("twins", Level.DIFFERENT, reason, TWINS, Phrase("tên như anh chị em sinh đôi")),)


def _newborn(one: Traits, other: Traits) -> tuple[Finding, ...]:
    """Of two people born on one day, where one is filed under a mother's name."""
    if one.birth != other.birth or one.birth.precision != "day":
        return ()
    same = same_child(one.name, one.mother, other.name, other.mother)
    if same is None:
        return ()
    level = Level.EQUAL if same else Level.DIFFERENT
    said = (
        "Cùng ngày sinh, ghi theo tên mẹ: có thể là một trẻ"
        if same
        else "Con của hai mẹ, hoặc hai trẻ của một lần sinh"
    )
    return (Finding("newborn", level, Phrase(said), 0.0, Phrase("trẻ ghi theo tên mẹ")),)
