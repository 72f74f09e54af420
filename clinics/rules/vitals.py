"""What measurements say: normal or not for this age, BMI, and the doubts a nurse is asked to look at again.

Codes, units and believable bounds are the record's (records.rules.vitals). Normal ranges here only colour a value and
decide nothing. Sources: children: American Heart Association, Pediatric Advanced Life Support provider manual, 2015
(awake pulse, breaths, systolic and diastolic pressure by age); hypotension of children 1 to 9 years: 70 + 2 × years, same
source. Adults: the record's own table. Fever from 37,5 °C under the arm: WHO, Pocket book of hospital care for children,
2013. SpO₂ under 94 % asks for attention at every age: editable default, no single source.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from records.rules.vitals import VITALS
from registry.rules.dates import Age

ADULT_YEARS = 16
Range = tuple[Decimal, Decimal]


class Flag(StrEnum):
    """How a value stands against the normal range of its age."""

    NORMAL = ""
    LOW = "low"
    HIGH = "high"


ARROWS: Mapping[Flag, str] = {Flag.NORMAL: "", Flag.LOW: "↓", Flag.HIGH: "↑"}


@dataclass(frozen=True, slots=True)
class AgeBand:
    """Normal ranges from `months` of age on, until the next band begins."""

    months: int
    pulse: Range
    respiration: Range
    systolic: Range
    diastolic: Range


def _band(months: int, *ranges: str) -> AgeBand:
    pairs = [tuple(Decimal(part) for part in text.split("-")) for text in ranges]
    pulse, respiration, systolic, diastolic = ((low, high) for low, high in pairs)
    return AgeBand(months, pulse, respiration, systolic, diastolic)


# PALS 2015: neonate, infant, toddler, preschool, school age, preadolescent, adolescent. The source names whole years and
# leaves 2 to 3 years and 9 to 10 years to the younger band; so do we.
CHILD_BANDS: tuple[AgeBand, ...] = (
    _band(0, "100-205", "30-53", "67-84", "35-53"),
    _band(1, "100-190", "30-53", "72-104", "37-56"),
    _band(12, "98-140", "22-37", "86-106", "42-63"),
    _band(36, "80-120", "20-28", "89-112", "46-72"),
    _band(72, "75-118", "18-25", "97-115", "57-76"),
    _band(120, "75-118", "18-25", "102-120", "61-80"),
    _band(144, "60-100", "12-20", "110-131", "64-83"),
)
ANY_AGE: Mapping[str, Range] = {
    "temperature": (Decimal("36.0"), Decimal("37.4")),
    "spo2": (Decimal(94), Decimal(100)),
}


def normal_range(key: str, age: Age) -> Range | None:
    """The normal range of a vital at this age; None where none is kept (weight, height, waist)."""
    if key in ANY_AGE:
        return ANY_AGE[key]
    if age.years >= ADULT_YEARS:
        return VITALS[key].normal
    band = next(band for band in reversed(CHILD_BANDS) if age.months >= band.months)
    found: Range | None = getattr(band, key, None)
    return found


def flag_of(key: str, value: Decimal, age: Age) -> Flag:
    """Low, high or normal for the age; NORMAL where no range is kept."""
    known = normal_range(key, age)
    if known is None or known[0] <= value <= known[1]:
        return Flag.NORMAL
    return Flag.LOW if value < known[0] else Flag.HIGH


def bmi(weight_kg: Decimal | None, height_cm: Decimal | None) -> Decimal | None:
    """Body mass index in kg/m², one decimal, half rounded up; None when either is missing."""
    if not weight_kg or not height_cm:
        return None
    return (weight_kg / (height_cm / 100) ** 2).quantize(Decimal("0.1"), ROUND_HALF_UP)


# Asia-Pacific cut-offs (WHO/IASO/IOTF, The Asia-Pacific perspective, 2000), for adults only.
BMI_NORMAL: Range = (Decimal("18.5"), Decimal("22.9"))


def bmi_flag(value: Decimal, age: Age) -> Flag:
    """How an adult's BMI stands; children have growth curves instead, so theirs is never flagged."""
    if age.years < ADULT_YEARS or BMI_NORMAL[0] <= value <= BMI_NORMAL[1]:
        return Flag.NORMAL
    return Flag.LOW if value < BMI_NORMAL[0] else Flag.HIGH
