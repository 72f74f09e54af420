"""Allergies of the record against ingredients, their allergy classes, and classes that cross-react."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clinics.rules.safety.facts import Allergy, Line, PersonFacts
from clinics.rules.safety.findings import RULE, Finding
from clinics.rules.safety.knowledge import Evidence, Ingredient, KnowledgeSet, Severity
from registry.rules.phrases import Phrase
from registry.rules.text import fold

NOT_A_MEDICINE = frozenset({"food", "chemical", "other"})


def check_allergies(lines: Sequence[Line], facts: PersonFacts, knowledge: KnowledgeSet) -> Iterator[Finding]:
    """A hit blocks when the reaction was severe and needs a reason otherwise; words nobody knows are told, once each."""
    for allergy in facts.allergies:
        meant = _meant(allergy, knowledge)
        if not meant and lines and allergy.kind not in NOT_A_MEDICINE:
            yield _not_understood(allergy)
        for index, line in enumerate(lines):
            for part in line.parts:
                ingredient = knowledge.ingredients.get(part.key)
                if ingredient:
                    yield from _hit(index, line, ingredient, allergy, meant, knowledge)


def _meant(allergy: Allergy, knowledge: KnowledgeSet) -> frozenset[str]:
    """What the words name, and the allergy classes of every ingredient among it."""
    named = knowledge.meant(allergy.substance)
    classes = {
        key
        for one in named
        if one in knowledge.ingredients
        for key in knowledge.ingredients[one].classes
        if key in knowledge.classes and knowledge.classes[key].allergy
    }
    return named | classes


def _hit(
    index: int, line: Line, ingredient: Ingredient, allergy: Allergy, meant: frozenset[str], knowledge: KnowledgeSet
) -> Iterator[Finding]:
    shared = ingredient.targets & meant
    if shared:
        severity = Severity.BLOCK if allergy.severe else Severity.REASON
        named = ingredient.key if ingredient.key in shared else min(shared)
        known = knowledge.classes.get(named)
        evidence = known.evidence if known else RULE
        yield _finding("allergy", severity, index, line, ingredient, allergy, knowledge.name_of(named), evidence)
        return
    for row in knowledge.cross:
        ends = {row.one, row.other}
        if len(ends & meant) == 1 and ends - meant <= ingredient.classes:
            said = knowledge.name_of(min(ends & meant))
            yield _finding("cross-allergy", row.severity, index, line, ingredient, allergy, said, row.evidence)


def _finding(
    code: str,
    severity: Severity,
    index: int,
    line: Line,
    ingredient: Ingredient,
    allergy: Allergy,
    group: str,
    evidence: Evidence,
) -> Finding:
    templates = {
        "allergy": "{drug} chứa {ingredient}: người bệnh dị ứng {substance} (nhóm {group}).",
        "cross-allergy": "{drug} chứa {ingredient}, có thể dị ứng chéo: người bệnh dị ứng {substance} (nhóm {group}).",
    }
    values = {"drug": line.name, "ingredient": ingredient.name, "substance": allergy.substance, "group": group}
    mend = Phrase("Thay bằng thuốc nhóm khác. Nếu dị ứng ghi sai, sửa mục dị ứng trong hồ sơ trước.")
    if severity is not Severity.BLOCK:
        mend = Phrase("Thay bằng thuốc nhóm khác, hoặc ghi lý do vẫn dùng và cách theo dõi.")
    return Finding(
        code=code,
        severity=severity,
        line=index,
        key=f"{code}:{ingredient.key}:{fold(allergy.substance)}",
        message=Phrase(templates[code], **values),
        mend=mend,
        against=_recorded(allergy),
        source=evidence.source,
        verified=evidence.verified,
    )


def _recorded(allergy: Allergy) -> Phrase:
    on = f"{allergy.recorded_on:%d/%m/%Y}" if allergy.recorded_on else "–"
    values = {"substance": allergy.substance, "on": on, "facility": allergy.facility or "–"}
    if allergy.reaction:
        template = "Dị ứng {substance} ({reaction}) ghi ngày {on} tại {facility}"
        return Phrase(template, reaction=allergy.reaction, **values)
    return Phrase("Dị ứng {substance} ghi ngày {on} tại {facility}", **values)


def _not_understood(allergy: Allergy) -> Finding:
    message = Phrase(
        "Dị ứng “{substance}” không có trong bộ dữ liệu: phần mềm không đối chiếu được.", substance=allergy.substance
    )
    mend = Phrase("Tự đối chiếu từng thuốc với dị ứng này.")
    key = f"allergy-unknown:{fold(allergy.substance)}"
    return Finding("allergy-unknown", Severity.NOTE, None, key, message, mend, _recorded(allergy), RULE.source)
