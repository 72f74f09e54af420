"""What a laboratory or an imaging department reports, and what cannot be right in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

_RANGE = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*[-–—]\s*(\d+(?:[.,]\d+)?)\s*")
_BOUND = re.compile(r"\s*([<≤>≥])\s*(\d+(?:[.,]\d+)?)\s*")
MOST_MEASURES = 60
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
    """One service with its result. category: LAB or RAD; code: of the service (MADICHVU), may be empty."""

    category: str
    display: str
    performed_at: datetime
    code: str = ""
    result: str = ""
    conclusion: str = ""
    performer: str = ""
    measures: tuple[Measure, ...] = ()


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
    if len({one.code for one in report.measures}) != len(report.measures):
        faults.append(Invalid("measure-twice", "Một chỉ số được ghi hai lần.", "measures"))
    if any(not one.display or (one.value is None and not one.value_text) for one in report.measures):
        faults.append(Invalid("measure-empty", "Mỗi chỉ số cần tên và kết quả.", "measures"))
    return faults
