"""What a code of ICD-10 means for one person on one day: the list in force, and the rules that go with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from clinics.models import CodingRule, Visit
from clinics.queries.diagnoses import codes_on
from clinics.queries.scope import today_of
from clinics.rules import coding
from clinics.rules.coding import Broken, CodingRuleKind, Whom, broken_rules
from clinics.rules.diagnoses import Coded
from records.models import Patient
from registry.kernel import Context, Permission, query
from registry.rules.dates import PartialDate, age_on
from registry.rules.phrases import Phrase

MOST_RULES = 2_000


@dataclass(frozen=True, slots=True)
class Told:
    """A code being typed: with its name (empty when it is not in the list), what it breaks."""

    coded: Coded
    broken: tuple[Broken, ...] = ()

    @property
    def cautions(self) -> tuple[Phrase, ...]:
        """What nobody has verified and the doctor should look at."""
        return tuple(one.message for one in self.broken if not one.refuses)


@query(Permission.DIAGNOSIS_RECORD, audited=False)
def get_typed_codes(ctx: Context, main: str, secondary: Sequence[str], whom: Whom) -> list[Told]:
    """The codes being typed for somebody of a sex and an age, in order, as of today. Of nobody in particular."""
    asked = [(code, code == main) for code in (main, *secondary) if code]
    day = today_of(ctx)
    known, rules = codes_on([code for code, _ in asked], day), rules_on(day)
    return [
        Told(known.get(code, Coded(code, "")), tuple(broken_rules(rules, code, whom, main=first)))
        for code, first in asked
    ]


def whom_of(visit: Visit, day: date) -> Whom:
    """Sex and age, on a day, of the person a visit is about."""
    patient: Patient = visit.encounter.patient
    born = PartialDate(patient.birth_date, patient.birth_precision)  # type: ignore[arg-type]
    return Whom(patient.sex, age_on(born, max(day, born.value)))


def rules_on(day: date) -> list[coding.CodingRule]:
    """The rules in force on a day: one statement."""
    rows: Iterable[CodingRule] = CodingRule.objects.on(day).order_by("first", "last", "pk")[:MOST_RULES]
    return [
        coding.CodingRule(
            CodingRuleKind(row.kind), row.first, row.last, row.sex, row.from_age, row.to_age, row.source, row.verified
        )
        for row in rows
    ]
