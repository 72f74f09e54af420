"""Any fact of a history: everything that cannot be accepted of it, and when two say the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from records.rules.history import RISKS
from records.rules.history_checks import About
from records.rules.history_facts.birth import Birth, Reproductive
from records.rules.history_facts.illness import Allergy, DisabilityFact, Disease, Surgery
from records.rules.history_facts.surroundings import FamilyIllness, Issue, Relative, Risk
from records.rules.person import Fault
from registry.rules.phrases import Phrase
from registry.rules.text import display_key

Fact = Relative | Birth | Risk | Allergy | Disease | DisabilityFact | Surgery | FamilyIllness | Reproductive | Issue
_SAME: Mapping[type, tuple[str, ...]] = {
    Allergy: ("substance",),
    Disease: ("category", "code", "name"),
    DisabilityFact: ("kind", "description"),
    Relative: ("relationship", "name"),
    FamilyIllness: ("relationship", "disease", "allergy", "description"),
    Surgery: ("description", "year"),
    Issue: ("text",),
}


def faults_of(fact: Fact, about: About) -> list[Fault]:
    """Everything that cannot be accepted, words too long for their column first."""
    long = [
        Fault("too-long", Phrase("Dài quá {limit} ký tự.", limit=one.metadata["limit"]), one.name)
        for one in fields(fact)
        if "limit" in one.metadata and len(getattr(fact, one.name)) > one.metadata["limit"]
    ]
    return long + list(fact.faults(about))


def same_thing(fact: Fact) -> tuple[object, ...]:
    """What two current rows of one kind may not both say: the same substance, the same habit, one birth; () otherwise."""
    if isinstance(fact, Birth | Reproductive):
        return ("one",)
    if isinstance(fact, Risk):
        return (
            (fact.kind,) if RISKS[fact.kind].habit or fact.kind == "toilet" else (fact.kind, display_key(fact.detail))
        )
    said = (getattr(fact, name) for name in _SAME[type(fact)])
    return tuple(display_key(value) if isinstance(value, str) else value for value in said)
