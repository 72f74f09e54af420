"""What a laboratory or an imaging department reports, and what cannot be right in it."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, fold

_RANGE = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*[-–—]\s*(\d+(?:[.,]\d+)?)\s*")
_BOUND = re.compile(r"\s*([<≤>≥])\s*(\d+(?:[.,]\d+)?)\s*")
_NUMBER = re.compile(r"[+-]?\d{1,10}(?:[.,]\d{1,4})?", re.ASCII)
_GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+", re.ASCII)  # 250.000: thousands, or decimals
MOST_MEASURES = 60
LONGEST_CODE = 40
LONGEST_WORDS = 500
AHEAD = timedelta(minutes=10)  # clocks of analysers run a little fast


@dataclass(frozen=True, slots=True)
class Measure:
    """One index of a report: a number with its unit, or words. reference: the range as the laboratory prints it.

    interpretation: where the sender judged the value itself (HL7 v3 ObservationInterpretation); empty: by the reference.
    """

    code: str
    display: str
    value: Decimal | None = None
    value_text: str = ""
    unit: str = ""
    reference: str = ""
    interpretation: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One service with its result. category: LAB or RAD; code: of the service (MADICHVU), may be empty.

    document: the paper of the same record that it was read from.
    """

    category: str
    display: str
    performed_at: datetime
    code: str = ""
    result: str = ""
    conclusion: str = ""
    performer: str = ""
    measures: tuple[Measure, ...] = ()
    document: uuid.UUID | None = None


def read_value(text: str) -> tuple[Decimal | None, str]:
    """What was typed as a result: a number (comma or point before the decimals), or words such as "âm tính" and ">100".

    Raises Invalid(value-ambiguous, value-long) at field "value".
    """
    said = clean_line(text)
    if _GROUPED.fullmatch(said):
        told = Phrase("“{value}” đọc được hai cách: hãy ghi không có dấu chấm, số lẻ sau dấu phẩy.", value=said)
        raise Invalid("value-ambiguous", told, "value")
    if _NUMBER.fullmatch(said):
        return _number(said), ""
    if len(said) > LONGEST_WORDS:
        raise Invalid("value-long", Phrase("Dài quá {limit} ký tự.", limit=LONGEST_WORDS), "value")
    return None, said


def code_of(name: str) -> str:
    """The key of an index that has no code: its name folded, so that the next report's number joins the same course.

    >>> code_of("Acid uric (máu)")
    'acid-uric-mau'
    """
    return fold(name).replace(" ", "-")[:LONGEST_CODE].strip("-")


def interpret(value: Decimal | None, reference: str) -> str:
    """N, L or H (HL7 v3 ObservationInterpretation) for a range "3,9–6,4" or a bound "<5,2"; empty where it says nothing."""
    if value is None:
        return ""
    between, bound = _RANGE.fullmatch(reference), _BOUND.fullmatch(reference)
    if between:
        low, high = _number(between.group(1)), _number(between.group(2))
        return "L" if value < low else "H" if value > high else "N"
    if bound:
        sign, limit = bound.group(1), _number(bound.group(2))
        if sign in "<≤":
            return "N" if value < limit or (sign == "≤" and value == limit) else "H"
        return "N" if value > limit or (sign == "≥" and value == limit) else "L"
    return ""


def _number(text: str) -> Decimal:
    try:
        return Decimal(text.replace(",", "."))
    except InvalidOperation as error:  # pragma: no cover - the patterns admit numbers only
        raise ValueError(text) from error


def report_faults(report: Report, now: datetime) -> list[Invalid]:
    """Every fault of a report, each at the field of Report it belongs to."""
    faults = []
    if not report.display:
        faults.append(Invalid("report-unnamed", "Hãy ghi tên xét nghiệm hoặc kỹ thuật.", "display"))
    if not (report.result or report.conclusion or report.measures):
        faults.append(Invalid("report-empty", "Chưa có kết quả: hãy ghi chỉ số, mô tả hoặc kết luận.", "result"))
    if report.performed_at > now + AHEAD:
        faults.append(Invalid("date-future", "Thời điểm làm ở tương lai.", "performed_at"))
    if len(report.measures) > MOST_MEASURES:
        faults.append(
            Invalid("measures-many", Phrase("Một phiếu có tối đa {most} chỉ số.", most=MOST_MEASURES), "measures")
        )
    return [*faults, *_measure_faults(report.measures)]


def _measure_faults(measures: tuple[Measure, ...]) -> list[Invalid]:
    """Faults of the indexes at "measures.N.display" and "measures.N.value", N their place from 0."""
    faults, seen = [], set()
    for place, one in enumerate(measures):
        if not one.display:
            faults.append(Invalid("measure-unnamed", "Hãy ghi tên chỉ số.", f"measures.{place}.display"))
        if one.value is None and not one.value_text:
            faults.append(Invalid("measure-empty", "Hãy ghi kết quả của chỉ số này.", f"measures.{place}.value"))
        if one.code in seen:
            faults.append(Invalid("measure-twice", "Chỉ số này được ghi hai lần.", f"measures.{place}.display"))
        seen.add(one.code)
    return faults
