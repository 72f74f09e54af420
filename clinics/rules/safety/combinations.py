"""Two medicines together: the same ingredient or class twice, and interactions, among the lines and with what is taken."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import combinations, product

from clinics.rules.safety.facts import Line, PersonFacts, Taken
from clinics.rules.safety.findings import RULE, Finding
from clinics.rules.safety.knowledge import Ingredient, KnowledgeSet, Pair, Severity
from registry.rules.phrases import Phrase
from registry.rules.text import fold

RUNNING_OUT = timedelta(days=7)  # what ends within a week is being continued, not doubled [house convention, editable]


def check_combinations(lines: Sequence[Line], facts: PersonFacts, knowledge: KnowledgeSet) -> Iterator[Finding]:
    """Pairs of lines, and each line with each medicine taken that no line continues."""
    known = [tuple(k for p in line.parts if (k := knowledge.ingredients.get(p.key))) for line in lines]
    for (first, one), (second, other) in combinations(enumerate(known), 2):
        against = Phrase("Thuốc số {number} của đơn: {drug}", number=first + 1, drug=lines[first].name)
        yield from _doubled(second, lines[second].name, other, one, knowledge, against, None, facts)
        yield from _interacting(second, lines[second].name, other, one, knowledge, against, None)
    gone_on = continued(lines, facts, knowledge)
    for taken in facts.taken:
        if taken.id in gone_on:
            continue
        ingredients = knowledge.ingredients_in(taken.text)
        if not ingredients and lines:
            yield _not_understood(taken)
        for index, parts in enumerate(known):
            against = _taken(taken)
            yield from _doubled(index, lines[index].name, parts, ingredients, knowledge, against, taken, facts)
            yield from _interacting(index, lines[index].name, parts, ingredients, knowledge, against, taken)


def continued(lines: Sequence[Line], facts: PersonFacts, knowledge: KnowledgeSet) -> frozenset[uuid.UUID]:
    """Medicines taken that a line says it goes on with, and that hold nothing but what the line holds, too.

    So nobody silences a danger by naming another medicine.
    """
    named = {line.continues: line for line in lines if line.continues}
    return frozenset(
        taken.id for taken in facts.taken if taken.id in named and _same(named[taken.id], taken, knowledge)
    )


def _same(line: Line, taken: Taken, knowledge: KnowledgeSet) -> bool:
    known = {one.key for one in knowledge.ingredients_in(taken.text)}
    return known <= {part.key for part in line.parts} if known else fold(line.name) in fold(taken.name)


def _doubled(
    index: int,
    drug: str,
    parts: Sequence[Ingredient],
    others: Sequence[Ingredient],
    knowledge: KnowledgeSet,
    against: Phrase,
    taken: Taken | None,
    facts: PersonFacts,
) -> Iterator[Finding]:
    """The same ingredient once more; else the same class where the set says that two of it are one too many."""
    ending = taken is not None and taken.ended_on is not None and taken.ended_on <= facts.today + RUNNING_OUT
    severity = Severity.NOTE if ending else Severity.REASON
    reference = taken.id if taken else None
    for part, other in product(parts, others):
        if part.key == other.key:
            message = Phrase("{drug}: trùng hoạt chất {ingredient}.", drug=drug, ingredient=part.name)
            mend = Phrase("Bỏ một trong hai, hoặc chọn “Tiếp tục” nếu đây chính là thuốc đang dùng.")
            yield Finding(
                "duplicate", severity, index, _key("duplicate", part.key, other.key, taken), message, mend, against,
                RULE.source, taken=reference,
            )  # fmt: skip
            continue
        for name in sorted(part.classes & other.classes):
            known = knowledge.classes.get(name)
            if known and known.duplicate:
                message = Phrase(
                    "{drug}: trùng nhóm {group} với {other}.", drug=drug, group=known.name, other=other.name
                )
                mend = Phrase("Bỏ một trong hai, hoặc ghi lý do phối hợp.")
                yield Finding(
                    "duplicate-class", severity, index, _key(name, part.key, other.key, taken), message, mend, against,
                    known.evidence.source, known.evidence.verified, reference,
                )  # fmt: skip


def _interacting(
    index: int,
    drug: str,
    parts: Sequence[Ingredient],
    others: Sequence[Ingredient],
    knowledge: KnowledgeSet,
    against: Phrase,
    taken: Taken | None,
) -> Iterator[Finding]:
    for part, other in product(parts, others):
        if part.key == other.key:
            continue
        for row in _rows(part, other, knowledge):
            message = Phrase("{drug} với {other}: {effect}", drug=drug, other=other.name, effect=row.effect)
            yield Finding(
                "interaction", row.severity, index, _key("interaction", part.key, other.key, taken), message,
                Phrase("{mend}", mend=row.mend), against, row.evidence.source, row.evidence.verified,
                taken.id if taken else None,
            )  # fmt: skip


def _rows(part: Ingredient, other: Ingredient, knowledge: KnowledgeSet) -> Iterator[Pair]:
    """The rows about two ingredients; where a pair is named itself, rows about their classes do not speak as well."""
    found = {
        frozenset({a, b}): row
        for a, b in product(part.targets, other.targets)
        if a != b and (row := knowledge.pairs.get(frozenset({a, b})))
    }
    exact = found.get(frozenset({part.key, other.key}))
    yield from [exact] if exact else found.values()


def _key(code: str, one: str, other: str, taken: Taken | None) -> str:
    first, second = sorted((one, other))
    return f"{code}:{first}:{second}" + (f":{taken.id}" if taken else "")


def _taken(taken: Taken) -> Phrase:
    values = {
        "name": taken.name,
        "on": f"{taken.started_on:%d/%m/%Y}" if taken.started_on else "–",
        "facility": taken.facility or "–",
    }
    if taken.ended_on:
        template = "Đang dùng {name}, kê ngày {on} tại {facility}, đến {until}"
        return Phrase(template, until=f"{taken.ended_on:%d/%m/%Y}", **values)
    return Phrase("Đang dùng {name}, từ ngày {on}, ghi tại {facility}", **values)


def _not_understood(taken: Taken) -> Finding:
    message = Phrase(
        "Thuốc đang dùng “{name}” không có trong bộ dữ liệu: phần mềm không đối chiếu được tương tác.", name=taken.name
    )
    mend = Phrase("Tự đối chiếu tương tác với thuốc này.")
    key = f"taken-unknown:{taken.id}"
    return Finding("taken-unknown", Severity.NOTE, None, key, message, mend, _taken(taken), RULE.source, taken=taken.id)
