"""Doses: the most at once and in a day for the age and the weight, summed over the lines that carry the ingredient."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from clinics.rules.safety.facts import Line, Part, PersonFacts
from clinics.rules.safety.findings import RULE, Finding
from clinics.rules.safety.knowledge import DoseLimit, Evidence, KnowledgeSet, Severity
from registry.rules.phrases import Phrase

CHILD_YEARS = 18
FAR_OVER = 2  # times the limit: no reason makes that right [house convention, editable]


def check_doses(lines: Sequence[Line], facts: PersonFacts, knowledge: KnowledgeSet) -> Iterator[Finding]:
    """Limits of the row for the route and the age; a child without a row, or without a weight, is asked about."""
    for index, line in enumerate(lines):
        if not line.systemic:
            continue
        for part in line.parts:
            ingredient = knowledge.ingredients.get(part.key)
            if ingredient is None:
                continue
            row = limit_for(part.key, line, facts, knowledge)
            if row is None:
                yield _no_limit(index, line, part, facts)
            else:
                yield from _against(index, line, part, row, facts, _day(lines, part.key))


def limit_for(key: str, line: Line, facts: PersonFacts, knowledge: KnowledgeSet) -> DoseLimit | None:
    """The row for this ingredient, route and age; a row for the route goes before one for any."""
    fitting = [
        row
        for row in knowledge.doses_of.get(key, ())
        if line.route.startswith(row.route)
        and row.age_from.after(facts.born) <= facts.today
        and (row.age_to is None or facts.today < row.age_to.after(facts.born))
    ]
    return max(fitting, key=lambda row: len(row.route), default=None)


def most(limit: Decimal | None, by_kg: Decimal | None, facts: PersonFacts) -> Decimal | None:
    """The lower of the absolute limit and the one by weight; None when neither is stated."""
    weighed = by_kg * facts.weight.value if by_kg is not None and facts.weight is not None else None
    stated = [one for one in (limit, weighed) if one is not None]
    return min(stated) if stated else None


def _day(lines: Sequence[Line], key: str) -> list[tuple[Decimal, Part]]:
    """Every line's units a day of the ingredient."""
    return [(line.daily, part) for line in lines if line.systemic for part in line.parts if part.key == key]


def _against(
    index: int, line: Line, part: Part, row: DoseLimit, facts: PersonFacts, day: list[tuple[Decimal, Part]]
) -> Iterator[Finding]:
    if part.amount is None or part.unit != row.unit:
        yield _uncounted(index, line, part)
        return
    if row.by_weight and facts.weight is None:
        yield _no_weight(index, line, part)
    single, daily = most(row.single, row.single_kg, facts), most(row.daily, row.daily_kg, facts)
    once = line.single * part.amount
    if single is not None and once > single:
        yield _over("dose-single", index, line, part, once, single, facts, row.evidence)
    total = sum((units * (one.amount or Decimal(0)) for units, one in day if one.unit == row.unit), Decimal(0))
    if daily is not None and total > daily:
        yield _over("dose-daily", index, line, part, total, daily, facts, row.evidence)


def _over(
    code: str,
    index: int,
    line: Line,
    part: Part,
    amount: Decimal,
    limit: Decimal,
    facts: PersonFacts,
    evidence: Evidence,
) -> Finding:
    template = {
        "dose-single": "{drug}: {ingredient} {amount} {unit} một lần, quá mức {limit} {unit} một lần.",
        "dose-daily": "{drug}: {ingredient} {amount} {unit} một ngày, quá mức {limit} {unit} một ngày.",
    }[code]
    values = {"drug": line.name, "ingredient": part.name, "unit": part.unit}
    severity = Severity.BLOCK if amount >= limit * FAR_OVER else Severity.REASON
    mend = Phrase("Giảm liều, hoặc ghi lý do dùng liều cao.")
    if severity is Severity.BLOCK:
        mend = Phrase("Gấp từ {times} lần mức tối đa: sửa liều mới ký được.", times=FAR_OVER)
    return Finding(
        code, severity, index, f"{code}:{part.key}",
        Phrase(template, amount=number(amount), limit=number(limit), **values), mend, _person(facts),
        evidence.source, evidence.verified,
    )  # fmt: skip


def _person(facts: PersonFacts) -> Phrase:
    """For whom the limit was worked out."""
    age = Phrase("{count} tuổi", count=facts.years)
    if facts.months < 72:  # noqa: PLR2004 - clinics count small children in months
        age = Phrase("{count} tháng tuổi", count=facts.months)
    if facts.weight is None:
        return Phrase("Người bệnh {age}, chưa có cân nặng", age=age)
    return Phrase(
        "Người bệnh {age}, {weight} kg (đo ngày {on})",
        age=age,
        weight=number(facts.weight.value),
        on=f"{facts.weight.on:%d/%m/%Y}",
    )


def number(value: Decimal) -> str:
    """A number as people read it: decimal comma, dots between thousands, no needless zeros."""
    text = f"{value.quantize(Decimal('0.01')):,.2f}".rstrip("0").rstrip(".")
    return text.translate(str.maketrans(",.", ".,"))


def _no_weight(index: int, line: Line, part: Part) -> Finding:
    message = Phrase(
        "{drug}: liều {ingredient} tính theo cân nặng, hồ sơ chưa có cân nặng.", drug=line.name, ingredient=part.name
    )
    mend = Phrase("Cân người bệnh và ghi vào sinh hiệu, hoặc ghi lý do.")
    return Finding("weight-missing", Severity.REASON, index, f"weight-missing:{part.key}", message, mend)


def _no_limit(index: int, line: Line, part: Part, facts: PersonFacts) -> Finding:
    child = facts.years < CHILD_YEARS
    template = "{drug}: bộ dữ liệu không có liều tối đa của {ingredient} cho tuổi này."
    message = Phrase(template, drug=line.name, ingredient=part.name)
    mend = Phrase("Tự đối chiếu liều với tờ hướng dẫn sử dụng.")
    severity = Severity.REASON if child else Severity.NOTE
    return Finding("dose-unknown", severity, index, f"dose-unknown:{part.key}", message, mend, source=RULE.source)


def _uncounted(index: int, line: Line, part: Part) -> Finding:
    template = "{drug}: hàm lượng {ingredient} không quy đổi được, liều chưa được kiểm tra."
    message = Phrase(template, drug=line.name, ingredient=part.name)
    mend = Phrase("Tự đối chiếu liều với tờ hướng dẫn sử dụng và ghi lý do.")
    return Finding(
        "dose-uncounted", Severity.REASON, index, f"dose-uncounted:{part.key}", message, mend, source=RULE.source
    )
