"""Medicines that are dangerous for some people: too young, pregnant, breastfeeding, weak kidneys, an illness."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from clinics.rules.safety.doses import number
from clinics.rules.safety.facts import Line, Measured, PersonFacts, Told
from clinics.rules.safety.findings import ORDER, RULE, Finding
from clinics.rules.safety.knowledge import Caution, Ingredient, KnowledgeSet, Severity
from clinics.rules.safety.renal import egfr
from registry.rules.phrases import Phrase

FERTILE_YEARS = range(12, 51)  # asked about pregnancy [house convention, editable]
KIDNEYS_FAIL = ("N17", "N18", "N19")  # ICD-10 of renal failure
ELDERLY = 60
OLD_CREATININE = timedelta(days=365)  # [house convention, editable]
Met = tuple[int, Line, Ingredient, Decimal | None]


def check_cautions(lines: Sequence[Line], facts: PersonFacts, knowledge: KnowledgeSet) -> Iterator[Finding]:
    """All kinds, for each ingredient of each line that reaches the blood."""
    filtered = egfr(facts)
    for index, line in enumerate(lines):
        for part in line.parts:
            ingredient = knowledge.ingredients.get(part.key)
            if ingredient is None or not line.systemic:
                continue
            daily = part.amount * line.daily if part.amount is not None and part.unit == "mg" else None
            met: Met = (index, line, ingredient, daily)
            yield from _ages(met, facts, knowledge)
            yield from _states(met, facts, knowledge)
            yield from _renal(met, facts, knowledge, filtered)
            yield from _conditions(met, facts, knowledge)


def _rows(rows: Sequence[Caution], ingredient: Ingredient) -> list[Caution]:
    return [row for row in rows if row.target in ingredient.targets]


def _finding(code: str, met: Met, row: Caution, against: Phrase, severity: Severity | None = None) -> Finding:
    index, line, ingredient, _ = met
    message = Phrase("{drug} ({ingredient}): {reason}", drug=line.name, ingredient=ingredient.name, reason=row.reason)
    return Finding(
        code, severity or row.severity, index, f"{code}:{ingredient.key}:{row.target}", message,
        Phrase("{mend}", mend=row.mend), against, row.evidence.source, row.evidence.verified,
    )  # fmt: skip


def _ages(met: Met, facts: PersonFacts, knowledge: KnowledgeSet) -> Iterator[Finding]:
    for row in _rows(knowledge.ages, met[2]):
        if row.below_age and facts.today < row.below_age.after(facts.born):
            against = Phrase("Người bệnh {months} tháng tuổi ({years} tuổi)", months=facts.months, years=facts.years)
            yield _finding("age", met, row, against)


def _states(met: Met, facts: PersonFacts, knowledge: KnowledgeSet) -> Iterator[Finding]:
    """Who has not been asked is asked, where the answer could block."""
    told = {"pregnancy": facts.pregnant, "lactation": facts.lactating}
    names = {"pregnancy": Phrase("Người bệnh đang có thai"), "lactation": Phrase("Người bệnh đang cho con bú")}
    for row in _rows(knowledge.states, met[2]):
        answer = told[row.state]
        if answer:
            yield _finding(row.state, met, row, names[row.state])
        elif (
            answer is None
            and row.state == "pregnancy"
            and row.severity is Severity.BLOCK
            and facts.sex != "male"
            and facts.years in FERTILE_YEARS
        ):
            yield _unasked(met, row, facts)


def _unasked(met: Met, row: Caution, facts: PersonFacts) -> Finding:
    index, line, ingredient, _ = met
    template = "{drug} ({ingredient}): chưa hỏi có thai. {reason}"
    message = Phrase(template, drug=line.name, ingredient=ingredient.name, reason=row.reason)
    mend = Phrase("Hỏi và chọn câu trả lời ở mục “Có thai”.")
    key = f"pregnancy-unasked:{ingredient.key}"
    return Finding(
        "pregnancy-unasked", Severity.REASON, index, key, message, mend, Phrase("Nữ {years} tuổi", years=facts.years),
        row.evidence.source, row.evidence.verified,
    )  # fmt: skip


def _renal(met: Met, facts: PersonFacts, knowledge: KnowledgeSet, filtered: Decimal | None) -> Iterator[Finding]:
    rows = _rows(knowledge.renal, met[2])
    if not rows:
        return
    if filtered is None:
        yield _unmeasured(met, facts)
        return
    hit = [row for row in rows if row.egfr_below is not None and filtered < row.egfr_below and _much(row, met[3])]
    creatinine = facts.creatinine
    if hit and creatinine:
        worst = min(hit, key=lambda row: (ORDER[row.severity], row.egfr_below or 0))
        yield _finding("renal", met, worst, _kidneys(filtered, creatinine))
    elif creatinine and creatinine.on < facts.today - OLD_CREATININE:
        yield _outdated(met, _kidneys(filtered, creatinine))


def _much(row: Caution, daily: Decimal | None) -> bool:
    return row.daily is None or daily is None or daily > row.daily


def _kidneys(filtered: Decimal, creatinine: Measured) -> Phrase:
    return Phrase(
        "Mức lọc cầu thận {egfr} ml/phút/1,73 m² (creatinin {value} µmol/l ngày {on})",
        egfr=str(filtered),
        value=number(creatinine.value),
        on=f"{creatinine.on:%d/%m/%Y}",
    )


def _unmeasured(met: Met, facts: PersonFacts) -> Finding:
    """The elderly and those whose kidneys are known to be ill need a creatinine or a reason; others a reminder."""
    index, line, ingredient, _ = met
    ill = facts.years >= ELDERLY or any(one.code.startswith(KIDNEYS_FAIL) for one in facts.conditions)
    template = "{drug} ({ingredient}) phải chỉnh theo chức năng thận, hồ sơ chưa tính được mức lọc cầu thận."
    message = Phrase(template, drug=line.name, ingredient=ingredient.name)
    mend = Phrase("Xét nghiệm creatinin (trẻ em cần cả chiều cao), hoặc ghi lý do.")
    severity = Severity.REASON if ill else Severity.NOTE
    key = f"renal-unmeasured:{ingredient.key}"
    return Finding("renal-unmeasured", severity, index, key, message, mend, source=RULE.source)


def _outdated(met: Met, against: Phrase) -> Finding:
    index, line, ingredient, _ = met
    message = Phrase("{drug} ({ingredient}): creatinin đã quá một năm.", drug=line.name, ingredient=ingredient.name)
    key = f"renal-outdated:{ingredient.key}"
    return Finding(
        "renal-outdated", Severity.NOTE, index, key, message, Phrase("Nên xét nghiệm lại creatinin."), against, RULE.source
    )  # fmt: skip


def _conditions(met: Met, facts: PersonFacts, knowledge: KnowledgeSet) -> Iterator[Finding]:
    for row in _rows(knowledge.conditions, met[2]):
        for told in facts.conditions:
            if told.code.startswith(row.codes) and _still(told, row, facts):
                yield _finding("condition", met, row, _diagnosed(told))
                break


def _still(told: Told, row: Caution, facts: PersonFacts) -> bool:
    """Whether an illness still counts: what passes does for as many days as the row says."""
    if told.lasting or row.within is None or told.on is None:
        return True
    return told.on >= facts.today - timedelta(days=row.within)


def _diagnosed(told: Told) -> Phrase:
    on = f"{told.on:%d/%m/%Y}" if told.on else "–"
    return Phrase("Chẩn đoán {code} {display} ghi ngày {on}", code=told.code, display=told.display, on=on)
