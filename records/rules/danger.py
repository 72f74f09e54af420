"""Danger signs in vital signs: what a nurse must not leave in the queue.

From 16 years: a single red parameter (score 3) of the National Early Warning Score, Royal College of Physicians, NEWS2,
London 2017. Children: fast breathing and low saturation of WHO, Integrated Management of Childhood Illness (chart booklet,
2014); fever or a low temperature of an infant under two months, the same. Nothing is judged where no source gives a limit.
A sign only raises a flag: people decide who is seen first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from records.rules.vitals import ADULT_YEARS, VITALS
from registry.rules.dates import Age
from registry.rules.phrases import Phrase


@dataclass(frozen=True, slots=True)
class Limit:
    """A sign from `low` down or from `high` up, for ages of `months` up to `until` (exclusive)."""

    key: str
    low: Decimal | None
    high: Decimal | None
    months: int
    until: int | None = None


def _limit(key: str, low: str, high: str, months: int, until: int | None = None) -> Limit:
    return Limit(key, Decimal(low) if low else None, Decimal(high) if high else None, months, until)


_ADULT = ADULT_YEARS * 12
LIMITS: tuple[Limit, ...] = (
    _limit("respiration", "8", "25", _ADULT),
    _limit("spo2", "91", "", _ADULT),
    _limit("systolic", "90", "220", _ADULT),
    _limit("pulse", "40", "131", _ADULT),
    _limit("temperature", "35.0", "", _ADULT),
    _limit("respiration", "", "60", 0, 2),
    _limit("respiration", "", "50", 2, 12),
    _limit("respiration", "", "40", 12, 60),
    _limit("temperature", "35.4", "37.5", 0, 2),
    _limit("spo2", "89", "", 0, _ADULT),
)


def danger_signs(readings: Mapping[str, Decimal], age: Age) -> list[Phrase]:
    """Each reading that is a danger sign at this age, in words ("SpO₂ 88 %"). readings: by key of vitals.VITALS."""
    return [
        Phrase("{vital} {value} {unit}", vital=VITALS[one.key].display, value=_text(value), unit=VITALS[one.key].unit)
        for one in LIMITS
        if (value := readings.get(one.key)) is not None and _applies(one, age) and _beyond(one, value)
    ]


def _applies(limit: Limit, age: Age) -> bool:
    return age.months >= limit.months and (limit.until is None or age.months < limit.until)


def _beyond(limit: Limit, value: Decimal) -> bool:
    return (limit.low is not None and value <= limit.low) or (limit.high is not None and value >= limit.high)


def _text(value: Decimal) -> str:
    return f"{value.normalize():f}".replace(".", ",")
