"""Vital signs: their codes, units, what is believable, and what is normal at rest for an age.

Codes are LOINC's (vital signs panel 85353-1, as FHIR R4's vital-signs profile lists them). `lowest` and `highest` bound
what can be typed: outside them it is a slip of the keyboard [from memory of what instruments show; no source needed, as
nothing is judged by them]. `normal` marks a value in colour and decides nothing; `normal_range` gives it for an age.

Sources of the normal ranges. Children: American Heart Association, Pediatric Advanced Life Support provider manual, 2015
(awake pulse, breaths, systolic and diastolic pressure by age). Adults, from 16 years: pressure from 140/90 is high and under
90 systolic low (WHO/ISH; QĐ 3192/QĐ-BYT 2010 for hypertension); pulse 60–100 and breaths 12–20 are of common references
[from memory; nearest source: Advanced Life Support, adult]. Fever from 37,5 °C under the arm: WHO, Pocket book of hospital
care for children, 2013. SpO₂ under 94 % asks for attention at every age [editable default, no single source].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from registry.rules.dates import Age
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

ADULT_YEARS = 16
Range = tuple[Decimal, Decimal]


@dataclass(frozen=True, slots=True)
class Vital:
    """One kind of measurement: our key, LOINC code, Vietnamese name, unit, believable bounds, adult normal range."""

    key: str
    code: str
    display: Phrase
    unit: Phrase
    lowest: Decimal
    highest: Decimal
    normal: tuple[Decimal, Decimal] | None = None


def _vital(key: str, code: str, display: Phrase, unit: Phrase, bounds: str, normal: str = "") -> Vital:
    low, high = (Decimal(part) for part in bounds.split())
    ends = [Decimal(part) for part in normal.split()]
    return Vital(key, code, display, unit, low, high, (ends[0], ends[1]) if ends else None)


VITALS: Mapping[str, Vital] = {
    vital.key: vital
    for vital in (
        _vital("temperature", "8310-5", Phrase("Nhiệt độ"), Phrase("°C"), "25 45", "36.0 37.4"),
        _vital("pulse", "8867-4", Phrase("Mạch"), Phrase("lần/phút"), "20 300", "60 100"),
        _vital("systolic", "8480-6", Phrase("Huyết áp tâm thu"), Phrase("mmHg"), "40 300", "90 139"),
        _vital("diastolic", "8462-4", Phrase("Huyết áp tâm trương"), Phrase("mmHg"), "20 200", "60 89"),
        _vital("respiration", "9279-1", Phrase("Nhịp thở"), Phrase("lần/phút"), "4 100", "12 20"),
        _vital("spo2", "59408-5", Phrase("SpO₂"), Phrase("%"), "30 100", "94 100"),
        _vital("weight", "29463-7", Phrase("Cân nặng"), Phrase("kg"), "0.3 400"),
        _vital("height", "8302-2", Phrase("Chiều cao"), Phrase("cm"), "20 260"),
        # Pain severity, 0–10 verbal numeric rating; from 4 on it asks for treatment (WHO, Cancer pain relief: mild 1–3).
        _vital("pain", "72514-3", Phrase("Điểm đau"), Phrase("/10"), "0 10", "0 3"),
        # Head circumference, by tape (FHIR R4's vital signs profile 9843-4); asked of children under three years.
        _vital("head", "9843-4", Phrase("Vòng đầu"), Phrase("cm"), "20 65"),
        _vital("waist", "8280-0", Phrase("Vòng bụng"), Phrase("cm"), "20 250"),
    )
}
BY_CODE: Mapping[str, Vital] = {vital.code: vital for vital in VITALS.values()}


HEAD_UNTIL_MONTHS = 36


def vitals_asked(age: Age) -> tuple[str, ...]:
    """The keys of the vitals that are measured at this age, in the order nurses measure: a head only of the very young,
    a waist and a pain score not of them (0–10 is asked in words)."""
    young = age.months < HEAD_UNTIL_MONTHS
    return tuple(key for key in VITALS if not (key in {"waist", "pain"} if young else key == "head"))


def check_vital(key: str, value: Decimal) -> Vital:
    """The vital of this key; raises Invalid(vital-unknown | vital-unbelievable) at field `key`."""
    vital = VITALS.get(key)
    if vital is None:
        raise Invalid("vital-unknown", "Chỉ số này không có trong danh mục.", key)
    if not vital.lowest <= value <= vital.highest:
        low, high = (f"{bound.normalize():f}".replace(".", ",") for bound in (vital.lowest, vital.highest))
        bounds = {"low": low, "high": high, "unit": vital.unit}
        message = Phrase("{vital} phải trong khoảng {low}–{high} {unit}.", vital=vital.display, **bounds)
        raise Invalid("vital-unbelievable", message, key)
    return vital


def check_pressure(readings: Mapping[str, Decimal]) -> None:
    """The upper pressure lies above the lower; raises Invalid(vital-pressure-order) at "diastolic"."""
    upper, lower = readings.get("systolic"), readings.get("diastolic")
    if upper is not None and lower is not None and lower >= upper:
        raise Invalid("vital-pressure-order", "Huyết áp tâm trương phải thấp hơn tâm thu.", "diastolic")


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
SAME_AT_EVERY_AGE = frozenset({"temperature", "spo2", "pain"})


def normal_range(key: str, age: Age) -> Range | None:
    """The normal range of a vital at this age; None where none is kept (weight, height, waist)."""
    if key in SAME_AT_EVERY_AGE or age.years >= ADULT_YEARS:
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
