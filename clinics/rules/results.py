"""Reading what a technician typed, or an analyser sent, for the analytes of one service."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from clinics.rules.reference_ranges import CRITICAL, Range, choose_range, flag_number, flag_text
from registry.rules.dates import Age
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note

_NUMBER = re.compile(r"[+-]?\d{1,10}(?:[.,]\d{1,4})?", re.ASCII)
_BOUNDED = re.compile(r"([<>≤≥])\s*(\d{1,10}(?:[.,]\d{1,4})?)", re.ASCII)
LONGEST_TEXT = 500
_LEAST = Decimal("0.0001")  # the smallest step a value is kept with
LONGEST_NOTE = 10_000


@dataclass(frozen=True, slots=True)
class AnalyteCard:
    """One analyte of a service as its form needs it. lowest and highest: what no person has, a slip of the keyboard."""

    code: str
    name: str
    unit: str = ""
    loinc: str = ""
    words: bool = False
    answers: tuple[str, ...] = ()
    lowest: Decimal | None = None
    highest: Decimal | None = None
    ranges: tuple[Range, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """One analyte's result with the range it was judged by; number None: words."""

    code: str
    name: str
    number: Decimal | None
    text: str
    unit: str
    reference: str
    flag: str
    loinc: str = ""

    @property
    def critical(self) -> bool:
        """Whether a doctor must be told at once."""
        return self.flag in CRITICAL

    def to_json(self) -> dict[str, Any]:
        """For the ledger of entries; the number as text, so that no digit is lost."""
        return asdict(self) | {"number": None if self.number is None else str(self.number)}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Value:
        """What to_json wrote."""
        number = kept["number"]
        return cls(**{**kept, "number": None if number is None else Decimal(number)})


@dataclass(frozen=True, slots=True)
class Answer:
    """Everything said of one ordered service. answers: by analyte code, as typed."""

    answers: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    conclusion: str = ""

    @property
    def cleaned(self) -> Answer:
        """As it is stored."""
        said = {code: text for code, raw in self.answers.items() if (text := clean_line(raw))}
        return Answer(said, clean_note(self.description), clean_note(self.conclusion))


def read_answer(
    analytes: Sequence[AnalyteCard], answer: Answer, *, sex: str, age: Age
) -> tuple[tuple[Value, ...], list[Invalid]]:
    """The values in the service's order, and every fault at the analyte's code (or description, conclusion)."""
    said = answer.cleaned
    values, faults = [], list(_note_faults(said))
    for card in analytes:
        if card.code not in said.answers:
            continue
        try:
            values.append(_value(card, said.answers[card.code], sex, age))
        except Invalid as fault:
            faults.append(fault)
    known = {card.code for card in analytes}
    faults += [
        Invalid("analyte-unknown", Phrase("Dịch vụ này không có chỉ số {code}.", code=code))
        for code in said.answers
        if code not in known
    ]
    if not (values or faults or said.description or said.conclusion):
        faults.append(Invalid("result-empty", "Chưa có kết quả: hãy ghi chỉ số, mô tả hoặc kết luận."))
    return tuple(values), faults


def record_code(code: str, loinc: str) -> str:
    """What an analyte is called in the record: its LOINC code where it has one, so that all laboratories make one line."""
    return loinc or code


def critical_of(values: Iterable[Value]) -> tuple[Value, ...]:
    """Those a doctor must be told of at once."""
    return tuple(one for one in values if one.critical)


def _note_faults(said: Answer) -> Iterable[Invalid]:
    for name, text in (("description", said.description), ("conclusion", said.conclusion)):
        if len(text) > LONGEST_NOTE:
            yield Invalid("note-long", Phrase("Dài quá {most} ký tự.", most=LONGEST_NOTE), name)


def _value(card: AnalyteCard, text: str, sex: str, age: Age) -> Value:
    one = choose_range(card.ranges, sex, age)
    reference = one.text[:60] if one else ""
    if card.words:
        return Value(
            card.code, card.name, None, _words(card, text), card.unit, reference, flag_text(text, one), card.loinc
        )
    bounded = _BOUNDED.fullmatch(text)
    if bounded:
        flag = _bounded_flag(bounded.group(1), _number(bounded.group(2)), one)
        return Value(card.code, card.name, None, text, card.unit, reference, flag, card.loinc)
    if not _NUMBER.fullmatch(text):
        message = "Hãy ghi một số, ví dụ 5,6 (hoặc <0,01). Nhiều nhất 4 chữ số sau dấu phẩy."
        raise Invalid("value-number", message, card.code)
    number = _number(text)
    _check_believable(card, number)
    return Value(card.code, card.name, number, "", card.unit, reference, flag_number(number, one), card.loinc)


def _words(card: AnalyteCard, text: str) -> str:
    if len(text) > LONGEST_TEXT:
        raise Invalid("value-long", Phrase("Dài quá {most} ký tự.", most=LONGEST_TEXT), card.code)
    return text


def _check_believable(card: AnalyteCard, number: Decimal) -> None:
    below = card.lowest is not None and number < card.lowest
    above = card.highest is not None and number > card.highest
    if below or above:
        template = "{name} không thể là {value} {unit}: hãy kiểm tra dấu phẩy và đơn vị."
        said = Phrase(template, name=card.name, value=f"{number:f}".replace(".", ","), unit=card.unit)
        raise Invalid("value-unbelievable", said, card.code)


def _bounded_flag(sign: str, limit: Decimal, one: Range | None) -> str:
    """Beyond what the machine measures: flagged only where everything on that side says the same."""
    if one is None:
        return ""
    below = sign in "<≤"
    nearest = limit - _LEAST if sign == "<" else limit + _LEAST if sign == ">" else limit
    flag = flag_number(nearest, one)
    if flag == "N":
        open_side = one.low is None if below else one.high is None
        return "N" if open_side else ""
    return flag if flag in ({"L", "LL"} if below else {"H", "HH"}) else ""


def _number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))
