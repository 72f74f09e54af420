"""Rules of coding that a list of codes does not carry itself: which codes go with which age and sex, which stand first.

They are data (clinics/data/coding_rules.tsv, kept by hand afterwards), each with its source. A rule that somebody checked
against its source refuses; one that nobody has is a caution the doctor reads, and never refuses in silence or lets pass in
silence.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from clinics.rules.reference_ranges import reached
from registry.rules.dates import Age
from registry.rules.phrases import Phrase


class CodingRuleKind(StrEnum):
    """What a rule restricts."""

    NOT_MAIN = "not-main"
    NOT_USED = "not-used"
    SEX = "sex"
    AGE = "age"


RULE_KIND_NAMES: Mapping[CodingRuleKind, str] = {
    CodingRuleKind.NOT_MAIN: "Không làm bệnh chính",
    CodingRuleKind.NOT_USED: "Không dùng để ghi chẩn đoán",
    CodingRuleKind.SEX: "Chỉ một giới",
    CodingRuleKind.AGE: "Chỉ một khoảng tuổi",
}


@dataclass(frozen=True, slots=True)
class CodingRule:
    """One rule for the codes from `first` to `last`, each a category or code ("O00" to "O99" holds O03.9).

    sex: "female" or "male" of kind sex. from_age, to_age: ISO 8601 of one unit (P28D, P10Y), to_age exclusive, "" for none.
    """

    kind: CodingRuleKind
    first: str
    last: str
    sex: str = ""
    from_age: str = ""
    to_age: str = ""
    source: str = ""
    verified: bool = False

    def covers(self, code: str) -> bool:
        """Whether a code lies in the rule's range."""
        return self.first <= code[: len(self.first)] and code[: len(self.last)] <= self.last


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom the code is about. age None: not known. An age of a partial birth date is only judged in years."""

    sex: str
    age: Age | None = None

    @property
    def as_text(self) -> str:
        """As a form carries it: sex, completed years, months and days, whether the birth date is whole."""
        age = self.age
        return f"{self.sex} {age.years} {age.months} {age.days} {int(age.exact)}" if age else self.sex


def read_whom(text: str) -> Whom:
    """What as_text wrote; nobody in particular for anything else."""
    sex, *numbers = text.split() or [""]
    if len(numbers) != 4 or not all(one.isascii() and one.isdecimal() and len(one) < 7 for one in numbers):  # noqa: PLR2004
        return Whom(sex if sex in _SEXES else "")
    years, months, days, exact = map(int, numbers)
    return Whom(sex, Age(years, months, days, bool(exact)))


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a code breaks: the refusal's code, what is wrong in words, the rule."""

    code: str
    message: Phrase
    rule: CodingRule

    @property
    def refuses(self) -> bool:
        """Whether the code may not be written; otherwise it is a caution."""
        return self.rule.verified


def broken_rules(rules: Iterable[CodingRule], code: str, whom: Whom, *, main: bool) -> list[Broken]:
    """The rules this code breaks, as main or as secondary diagnosis of this person."""
    told = ((rule, _fault(rule, code, whom, main=main)) for rule in rules if rule.covers(code))
    return [Broken(found[0], found[1], rule) for rule, found in told if found]


def age_fault(code: str, whom: Whom, from_age: str, to_age: str) -> Phrase | None:
    """What is wrong with a code that goes only with ages from `from_age` up to `to_age`; None where nothing is."""
    age = whom.age
    if age is None or (not age.exact and not all(bound.endswith("Y") for bound in (from_age, to_age) if bound)):
        return None
    if from_age and not reached(age, from_age):
        template = "Mã {code} chỉ dùng từ {from_age} trở lên; người bệnh {age}."
        return Phrase(template, code=code, from_age=age_words(from_age), age=age.text)
    if to_age and reached(age, to_age):
        template = "Mã {code} chỉ dùng cho người dưới {to_age}; người bệnh {age}."
        return Phrase(template, code=code, to_age=age_words(to_age), age=age.text)
    return None


def sex_fault(code: str, whom: Whom, only: str) -> Phrase | None:
    """What is wrong with a code of one sex; an unknown sex is given the benefit of doubt."""
    if whom.sex not in ("male", "female") or only not in ("male", "female") or only == whom.sex:
        return None
    return Phrase("Mã {code} chỉ dùng cho người bệnh {sex}.", code=code, sex=_SEXES[only])


def main_fault(code: str) -> Phrase:
    """A code that never stands first."""
    return Phrase("Mã {code} không được làm bệnh chính. Hãy ghi ở bệnh kèm theo.", code=code)


def used_fault(code: str) -> Phrase:
    """A code that is not to be used."""
    return Phrase("Mã {code} không được dùng để ghi chẩn đoán. Hãy chọn mã cụ thể hơn.", code=code)


_SEXES = {"female": Phrase("nữ"), "male": Phrase("nam")}


def _fault(rule: CodingRule, code: str, whom: Whom, *, main: bool) -> tuple[str, Phrase] | None:
    if rule.kind is CodingRuleKind.NOT_MAIN:
        return ("diagnosis-not-main", main_fault(code)) if main else None
    if rule.kind is CodingRuleKind.NOT_USED:
        return "diagnosis-forbidden", used_fault(code)
    if rule.kind is CodingRuleKind.SEX:
        said = sex_fault(code, whom, rule.sex)
        return ("diagnosis-sex", said) if said else None
    said = age_fault(code, whom, rule.from_age, rule.to_age)
    return ("diagnosis-age", said) if said else None


def age_words(bound: str) -> Phrase:
    """P10Y as "10 tuổi", P28D as "28 ngày"."""
    template = {"D": "{count} ngày", "M": "{count} tháng", "Y": "{count} tuổi"}[bound[-1]]
    return Phrase(template, count=int(bound[1:-1]))
