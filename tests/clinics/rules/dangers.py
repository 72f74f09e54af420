"""Prescriptions made from a knowledge set: dangerous by construction, of every kind, and safe by construction.

What is safe is decided from the rows themselves, never by asking the checks.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from clinics.rules.safety import Allergy, KnowledgeSet, Line, Measured, Part, PersonFacts, Severity, Taken, Told
from clinics.rules.safety.knowledge import DoseLimit, Ingredient, Span

TODAY = date(2026, 11, 23)
NOBODY = Decimal(0)
ONE = Decimal(1)
MILD = Severity.NOTE


@dataclass(frozen=True)
class Case:
    """kind: the finding's code that must stop it; empty for what must pass."""

    kind: str
    lines: tuple[Line, ...]
    facts: PersonFacts
    said: str = ""


def person(years: int = 40, **more: object) -> PersonFacts:
    """A healthy man of this age: weight and height known, kidneys well, no allergy, no medicine, no illness."""
    born = TODAY.replace(year=TODAY.year - years) - timedelta(days=30)
    weight = Decimal(65) if years >= 16 else Decimal(max(4, 3 * years + 6))
    facts = PersonFacts(
        born, TODAY, "male", Measured(weight, TODAY), Measured(Decimal(165 if years > 15 else 80 + 6 * years), TODAY),
        Measured(Decimal(70 if years >= 18 else 35), TODAY), pregnant=False, lactating=False,
    )  # fmt: skip
    return replace(facts, **more)  # type: ignore[arg-type]


def aged(span: Span, *, days: int = 0) -> date:
    """The birthday of somebody who reaches this age today, or `days` later."""
    born = TODAY - timedelta(days=span.days())
    while span.after(born) > TODAY:
        born -= timedelta(days=1)
    while span.after(born + timedelta(days=1)) <= TODAY:
        born += timedelta(days=1)
    return born + timedelta(days=days)


def line(one: Ingredient, amount: Decimal | None = ONE, units: int = 1, times: int = 1, **more: object) -> Line:
    """One medicine of one ingredient; amount in mg a unit."""
    slots = tuple(Decimal(units) if at < times else NOBODY for at in range(4))
    made = Line(one.name, (Part(one.key, one.name, amount),), slots, 5)  # type: ignore[arg-type]
    return replace(made, **more)  # type: ignore[arg-type]


def members(knowledge: KnowledgeSet, target: str) -> list[Ingredient]:
    return [one for one in knowledge.ingredients.values() if target in one.targets]


def taken(one: Ingredient) -> Taken:
    return Taken(
        uuid.uuid5(uuid.NAMESPACE_OID, one.key), one.name, one.key, date(2026, 9, 1), None, "BVĐK Đống Đa (thử)"
    )


def allergic(knowledge: KnowledgeSet) -> Iterator[Case]:
    for one in knowledge.ingredients.values():
        yield Case("allergy", (line(one),), person(allergies=(Allergy(one.name, "ban", severe=True),)), one.key)
    for group in knowledge.classes.values():
        for one in members(knowledge, group.key) if group.allergy else ():
            told = Allergy(f"dị ứng {group.name}", "phản vệ")
            yield Case("allergy", (line(one),), person(allergies=(told,)), f"{group.key}/{one.key}")


def crossing(knowledge: KnowledgeSet) -> Iterator[Case]:
    for row in knowledge.cross:
        for first, second in ((row.one, row.other), (row.other, row.one)):
            for one in members(knowledge, second):
                if not {first} & one.classes and row.severity is not MILD:
                    told = Allergy(knowledge.classes[first].name)
                    yield Case("cross-allergy", (line(one),), person(allergies=(told,)), f"{first}/{one.key}")


def interacting(knowledge: KnowledgeSet) -> Iterator[Case]:
    """Both ways: in one prescription, and with what another facility prescribed."""
    for row in knowledge.interactions:
        if row.severity is MILD:
            continue
        for one in members(knowledge, row.one)[:2]:
            for other in members(knowledge, row.other)[:2]:
                exact = knowledge.pairs.get(frozenset({one.key, other.key}), row)
                if one.key != other.key and exact.severity is not MILD:
                    yield Case("interaction", (line(one), line(other)), person(), f"{one.key}+{other.key}")
                    yield Case("interaction", (line(one),), person(taken=(taken(other),)), f"{one.key}/{other.key}")


def doubled(knowledge: KnowledgeSet) -> Iterator[Case]:
    for one in knowledge.ingredients.values():
        yield Case("duplicate", (line(one), line(one)), person(), one.key)
        yield Case("duplicate", (line(one),), person(taken=(taken(one),)), one.key)
    for group in knowledge.classes.values():
        found = members(knowledge, group.key) if group.duplicate else []
        for one, other in pairwise(found):
            yield Case("duplicate-class", (line(one), line(other)), person(), f"{one.key}+{other.key}")


def someone_for(row: DoseLimit) -> PersonFacts:
    """A man of an age the row is for."""
    born = aged(row.age_from)
    years = (TODAY - born).days // 365
    return replace(person(years), born=born)


def overdosed(knowledge: KnowledgeSet) -> Iterator[Case]:
    """A tenth over the limit for this person, once or in the day."""
    for row in knowledge.doses:
        facts, one = someone_for(row), knowledge.ingredients[row.ingredient]
        weight = facts.weight.value if facts.weight else ONE
        route = {"route": row.route or "1.01"}
        for kind, limit, by_kg, times in (
            ("dose-single", row.single, row.single_kg, 1),
            ("dose-daily", row.daily, row.daily_kg, 4),
        ):
            limits = [x for x in (limit, by_kg * weight if by_kg else None) if x]
            if limits:
                amount = (min(limits) * Decimal("1.1") / times).quantize(Decimal("0.00001"))
                yield Case(kind, (line(one, amount, 1, times, **route),), facts, f"{one.key} {row.age_from}")
        if row.by_weight:
            yield Case("weight-missing", (line(one, Decimal("0.001"), **route),), replace(facts, weight=None), one.key)


def cautioned(knowledge: KnowledgeSet) -> Iterator[Case]:
    for row in knowledge.ages:
        for one in members(knowledge, row.target)[:2]:
            young = replace(person(1), born=aged(row.below_age, days=1)) if row.below_age else person()
            yield Case("age", (line(one),), young, f"{one.key} {row.below_age}")
    for row in knowledge.states:
        for one in members(knowledge, row.target)[:2]:
            woman = person(30, sex="female")
            state = {"pregnancy": "pregnant", "lactation": "lactating"}[row.state]
            yield Case(row.state, (line(one),), replace(woman, **{state: True}), one.key)
            if row.state == "pregnancy" and row.severity is Severity.BLOCK:
                yield Case("pregnancy-unasked", (line(one),), replace(woman, pregnant=None), one.key)


def ill(knowledge: KnowledgeSet) -> Iterator[Case]:
    for row in knowledge.renal:
        for one in members(knowledge, row.target)[:2]:
            dose = (row.daily or ONE) + ONE
            weak = person(70, creatinine=Measured(Decimal(900), TODAY))
            yield Case("renal", (line(one, dose),), weak, one.key)
            yield Case("renal-unmeasured", (line(one, dose),), person(70, creatinine=None), one.key)
    for row in knowledge.conditions:
        for one in members(knowledge, row.target)[:2]:
            if row.severity is not MILD:
                sick = person(conditions=(Told(f"{row.codes[-1]}", "bệnh", TODAY),))
                yield Case("condition", (line(one),), sick, f"{one.key} {row.codes[-1]}")


def unknown(knowledge: KnowledgeSet) -> Iterator[Case]:
    stranger = Ingredient("chua-ai-biet", "Chưa ai biết", "", frozenset(), ())
    assert stranger.key not in knowledge.ingredients
    yield Case("unchecked", (line(stranger),), person())


KINDS = (allergic, crossing, interacting, doubled, overdosed, cautioned, ill, unknown)


def dangerous(knowledge: KnowledgeSet, count: int, seed: int = 1) -> list[Case]:
    """`count` cases, spread over every kind of danger and, within it, over the rows."""
    chance = Random(seed)
    by_code: dict[str, list[Case]] = {}
    for kind in KINDS:
        for case in kind(knowledge):
            by_code.setdefault(case.kind, []).append(case)
    for cases in by_code.values():
        chance.shuffle(cases)
    found: list[Case] = []
    while len(found) < count and any(by_code.values()):
        found += [cases.pop() for cases in by_code.values() if cases]
    return found[:count]


def safe(knowledge: KnowledgeSet, count: int, seed: int = 1) -> list[Case]:
    """`count` cases: a dose within the row for the age, for somebody no row speaks of; some with a second medicine that no
    row joins to the first."""
    chance = Random(seed)
    rows = [row for row in knowledge.doses if not _too_young(knowledge, row)]
    chance.shuffle(rows)
    found: list[Case] = []
    for at in range(count):
        row = rows[at % len(rows)]
        lines = [_within(knowledge, row, share=Decimal(chance.choice(("1", "0.5", "0.25"))))]
        facts = someone_for(row)
        friends = [r for r in rows if r.age_from == row.age_from and _apart(knowledge, row.ingredient, r.ingredient)]
        if friends and at % 2:
            lines.append(_within(knowledge, chance.choice(friends), share=Decimal("0.5")))
        found.append(Case("", tuple(lines), facts, f"{row.ingredient} {row.age_from}"))
    return found


def _too_young(knowledge: KnowledgeSet, row: DoseLimit) -> bool:
    """Whether some row keeps this ingredient from people of the age that the dose is for."""
    targets = knowledge.ingredients[row.ingredient].targets
    return any(c.target in targets and c.below_age and aged(row.age_from) > aged(c.below_age) for c in knowledge.ages)


def _within(knowledge: KnowledgeSet, row: DoseLimit, share: Decimal) -> Line:
    """This share of what may be taken at once and in a day, whichever is less."""
    facts = someone_for(row)
    weight = facts.weight.value if facts.weight else ONE
    limits = [row.single, row.daily, row.single_kg and row.single_kg * weight, row.daily_kg and row.daily_kg * weight]
    amount = (min(limit for limit in limits if limit) * share).quantize(Decimal("0.000001"), rounding="ROUND_DOWN")
    return line(knowledge.ingredients[row.ingredient], amount, route=row.route or "1.01")


def _apart(knowledge: KnowledgeSet, first: str, second: str) -> bool:
    """Whether no row and no class joins two ingredients."""
    one, other = knowledge.ingredients[first], knowledge.ingredients[second]
    shared = {name for name in one.classes & other.classes if knowledge.classes[name].duplicate}
    joined = any(
        (row.one in one.targets and row.other in other.targets)
        or (row.other in one.targets and row.one in other.targets)
        for row in knowledge.interactions
        if row.severity is not MILD
    )
    return first != second and not shared and not joined
