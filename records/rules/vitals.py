"""Vital signs: their codes, units, what is believable and what is normal for an adult at rest.

Codes are LOINC's (vital signs panel 85353-1, as FHIR R4's vital-signs profile lists them). `lowest` and `highest` bound
what can be typed: outside them it is a slip of the keyboard. `normal` marks a value in colour and decides nothing; children
have other ranges, so it is applied from 16 years on. Ranges from memory of common adult references: editable here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase


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
        _vital("temperature", "8310-5", Phrase("Nhiệt độ"), Phrase("°C"), "25 45", "36.1 37.5"),
        _vital("pulse", "8867-4", Phrase("Mạch"), Phrase("lần/phút"), "20 300", "60 100"),
        _vital("systolic", "8480-6", Phrase("Huyết áp tâm thu"), Phrase("mmHg"), "40 300", "90 139"),
        _vital("diastolic", "8462-4", Phrase("Huyết áp tâm trương"), Phrase("mmHg"), "20 200", "60 89"),
        _vital("respiration", "9279-1", Phrase("Nhịp thở"), Phrase("lần/phút"), "4 100", "12 20"),
        _vital("spo2", "59408-5", Phrase("SpO₂"), Phrase("%"), "30 100", "95 100"),
        _vital("weight", "29463-7", Phrase("Cân nặng"), Phrase("kg"), "0.3 400"),
        _vital("height", "8302-2", Phrase("Chiều cao"), Phrase("cm"), "20 260"),
        _vital("waist", "8280-0", Phrase("Vòng bụng"), Phrase("cm"), "20 250"),
    )
}
BY_CODE: Mapping[str, Vital] = {vital.code: vital for vital in VITALS.values()}


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
