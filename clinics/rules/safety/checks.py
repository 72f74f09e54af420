"""check(): every finding of every kind, or one loud block when there is no set to ask."""

from __future__ import annotations

from collections.abc import Sequence

from clinics.rules.safety.allergies import check_allergies
from clinics.rules.safety.cautions import check_cautions
from clinics.rules.safety.combinations import check_combinations
from clinics.rules.safety.doses import check_doses
from clinics.rules.safety.facts import Line, PersonFacts
from clinics.rules.safety.findings import RULE, Finding, in_order
from clinics.rules.safety.knowledge import KnowledgeSet, Severity
from registry.rules.phrases import Phrase

NO_SET = "safety-set-missing"


def check(lines: Sequence[Line], facts: PersonFacts, knowledge: KnowledgeSet | None) -> tuple[Finding, ...]:
    """What is dangerous in these lines for this person, by line, the worst first.

    Without a set in force on the person's day nothing can be checked: one finding blocks everything, whatever the lines.
    """
    if knowledge is None or not knowledge.in_force(facts.today):
        return (_no_set(knowledge),)
    found = [
        *_unknown_parts(lines, knowledge),
        *check_allergies(lines, facts, knowledge),
        *check_combinations(lines, facts, knowledge),
        *check_doses(lines, facts, knowledge),
        *check_cautions(lines, facts, knowledge),
    ]
    return in_order(found)


def _no_set(knowledge: KnowledgeSet | None) -> Finding:
    message = Phrase("Không có bộ dữ liệu an toàn thuốc nào được nạp: chưa kiểm tra được gì, không ký được đơn.")
    if knowledge is not None:
        message = Phrase(
            "Bộ dữ liệu an toàn thuốc {version} chỉ có hiệu lực từ {first} đến {last}: không ký được đơn.",
            version=knowledge.version,
            first=f"{knowledge.valid_from:%d/%m/%Y}",
            last=f"{knowledge.valid_to:%d/%m/%Y}",
        )
    mend = Phrase("Báo quản trị nạp bộ dữ liệu còn hiệu lực; trong lúc chờ, kê đơn giấy theo quy trình dự phòng.")
    return Finding(NO_SET, Severity.BLOCK, None, NO_SET, message, mend, source=RULE.source)


def _unknown_parts(lines: Sequence[Line], knowledge: KnowledgeSet) -> list[Finding]:
    """A medicine whose ingredient the set does not know is never passed silently."""
    found = []
    for index, line in enumerate(lines):
        for part in line.parts:
            if part.key not in knowledge.ingredients:
                message = Phrase(
                    "{drug}: hoạt chất {ingredient} không có trong bộ dữ liệu an toàn, chưa được kiểm tra.",
                    drug=line.name,
                    ingredient=part.name,
                )
                mend = Phrase("Tự đối chiếu tờ hướng dẫn sử dụng và ghi lý do.")
                key = f"unchecked:{part.key}"
                found.append(Finding("unchecked", Severity.REASON, index, key, message, mend, source=RULE.source))
    return found
