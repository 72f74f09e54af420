"""Reference ranges: which one holds for a person of this sex and age, and what it says of a value.

Ages are ISO 8601 durations of one unit: P28D, P6M, P18Y. A range covers from_age and ends before to_age; a laboratory
counts newborns in days, children in months and everybody else in completed years, so each bound is compared in its own unit.
Flags are HL7 v3 ObservationInterpretation: N, L, H, LL and HH (critical), A (abnormal words).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from registry.rules.dates import Age
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import fold

_AGE = re.compile(r"P(\d{1,5})([DMY])", re.ASCII)
_DAYS = {"D": Decimal(1), "M": Decimal("30.4375"), "Y": Decimal("365.25")}
EVER = Decimal(10**6)  # days: longer than any life
CRITICAL = frozenset({"LL", "HH"})
ABNORMAL = frozenset({"L", "H", "LL", "HH", "A"})


@dataclass(frozen=True, slots=True)
class Range:
    """One range of one analyte. sex "" holds for both; to_age "" for ever; None bounds do not exist.

    Critical limits are critical themselves: at the edge somebody is called rather than not.
    """

    sex: str = ""
    from_age: str = "P0D"
    to_age: str = ""
    low: Decimal | None = None
    high: Decimal | None = None
    critical_low: Decimal | None = None
    critical_high: Decimal | None = None
    normal_text: str = ""
    source: str = ""

    @property
    def text(self) -> str:
        """As it is printed beside a result: 3,9–6,4; ≤5,2; ≥60; Âm tính."""
        if self.low is not None and self.high is not None:
            return f"{_written(self.low)}–{_written(self.high)}"
        if self.high is not None:
            return f"≤{_written(self.high)}"
        if self.low is not None:
            return f"≥{_written(self.low)}"
        return self.normal_text

    @property
    def critical_text(self) -> str:
        """Critical limits as they are printed: ≤2,5 ≥6,5; empty where there are none."""
        low = f"≤{_written(self.critical_low)}" if self.critical_low is not None else ""
        high = f"≥{_written(self.critical_high)}" if self.critical_high is not None else ""
        return " ".join(filter(None, (low, high)))

    @property
    def span(self) -> tuple[Decimal, Decimal]:
        """First day and the day after the last, about."""
        return in_days(self.from_age), in_days(self.to_age) if self.to_age else EVER


def in_days(age: str) -> Decimal:
    """An age bound in days, months and years by their mean length. Raises Invalid(age-format)."""
    number, unit = _parts(age)
    return number * _DAYS[unit]


def reached(age: Age, bound: str) -> bool:
    """Whether somebody is at least this old, counted in the bound's own unit."""
    number, unit = _parts(bound)
    return {"D": age.days, "M": age.months, "Y": age.years}[unit] >= number


def covers(one: Range, sex: str, age: Age) -> bool:
    """Whether the range is meant for this person."""
    if one.sex and one.sex != sex:
        return False
    return reached(age, one.from_age) and not (one.to_age and reached(age, one.to_age))


def choose_range(ranges: Iterable[Range], sex: str, age: Age) -> Range | None:
    """The range for this person: one of their sex before one for both, then the one for the shorter part of life."""
    fitting = [one for one in ranges if covers(one, sex, age)]
    return min(fitting, key=lambda one: (not one.sex, one.span[1] - one.span[0], one.from_age), default=None)


def flag_number(value: Decimal, one: Range | None) -> str:
    """What the range says of a number; "" where it says nothing."""
    if one is None:
        return ""
    if one.critical_low is not None and value <= one.critical_low:
        return "LL"
    if one.critical_high is not None and value >= one.critical_high:
        return "HH"
    if one.low is not None and value < one.low:
        return "L"
    if one.high is not None and value > one.high:
        return "H"
    return "N" if one.low is not None or one.high is not None else ""


def flag_text(text: str, one: Range | None) -> str:
    """What the range says of words: N when they are the normal ones, else A; "" where nothing is said to be normal."""
    if one is None or not one.normal_text:
        return ""
    return "N" if fold(text) == fold(one.normal_text) else "A"


def check_range(one: Range) -> None:
    """Raises Invalid at the column that cannot be right."""
    start, end = one.span
    if end <= start:
        raise Invalid("range-ages", "Tuổi “đến” phải lớn hơn tuổi “từ”.", "to_age")
    ordered = [x for x in (one.critical_low, one.low, one.high, one.critical_high) if x is not None]
    if ordered != sorted(ordered):
        raise Invalid("range-order", "Các ngưỡng phải tăng dần: nguy kịch thấp, dưới, trên, nguy kịch cao.", "low")
    if not ordered and not one.normal_text:
        raise Invalid("range-empty", "Khoảng tham chiếu không có ngưỡng nào.", "low")


def overlapping(ranges: Iterable[Range]) -> tuple[Range, Range] | None:
    """Two ranges of the same sex that both hold at some age, so that neither could be chosen for sure."""
    by_age = sorted(ranges, key=lambda one: (one.sex, one.span))
    for one, other in itertools.pairwise(by_age):
        if one.sex == other.sex and other.span[0] < one.span[1]:
            return one, other
    return None


def _parts(age: str) -> tuple[int, str]:
    found = _AGE.fullmatch(age)
    if found is None:
        raise Invalid("age-format", Phrase("Tuổi “{age}” phải ghi dạng P28D, P6M hoặc P18Y.", age=age), "from_age")
    return int(found.group(1)), found.group(2)


def _written(value: Decimal) -> str:
    short = value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()
    return f"{short:f}".replace(".", ",")
