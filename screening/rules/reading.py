"""What an ordinary result of the record says in the words of a programme's version, or why it says nothing.

Only what the version itself knows is read: a number in the action's own unit against its cut-off, or one of its codes and
labels. Anything else is somebody's to look at and never becomes a step.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from registry.rules.text import fold
from screening.rules.pathway import Action, Outcome

HIGHEST = Decimal(99_999)
_CENTS = Decimal("0.01")


class Unread(StrEnum):
    """Why a written result says nothing to the version."""

    WORD = "word"
    NUMBER = "number"
    UNIT = "unit"
    RANGE = "range"


@dataclass(frozen=True, slots=True)
class Reading:
    """What it says. value, cut_off: where it was judged by a number, rounded down to two places, which judges the same."""

    outcome: Outcome
    value: Decimal | None = None
    cut_off: Decimal | None = None


def read_result(action: Action, value: Decimal | None, unit: str, text: str) -> Reading | Unread:
    """One result as the record keeps it: a number with its unit, or words."""
    if value is None:
        found = _by_words(action, text)
        return Reading(found) if found else Unread.WORD
    if action.cut_off is not None:
        return _measured(action, value, unit)
    found = None if unit.strip() else _by_words(action, f"{value.normalize():f}")
    return Reading(found) if found else Unread.NUMBER


def _measured(action: Action, value: Decimal, unit: str) -> Reading | Unread:
    if _unit_key(unit) != _unit_key(action.unit):
        return Unread.UNIT
    if not value.is_finite() or not 0 <= value <= HIGHEST:
        return Unread.RANGE
    kept = value.quantize(_CENTS, ROUND_FLOOR)
    return Reading(action.judge(kept), kept, action.cut_off)


def _by_words(action: Action, text: str) -> Outcome | None:
    """By code, then by the whole label, then by its first words ("NILM" of "NILM: không có tổn thương") when only one
    label begins so."""
    said = fold(text)
    if not said:
        return None
    for name in (lambda one: one.code, lambda one: one.label, _first_words):
        found = [one for one in action.outcomes if fold(name(one)) == said]
        if len(found) == 1:
            return found[0]
    return None


def _first_words(outcome: Outcome) -> str:
    return outcome.label.split(":")[0].split(",")[0]


def _unit_key(unit: str) -> str:
    """µg Hb/g, ug/g and mcg/g are one unit: of haemoglobin in stool nothing else is weighed."""
    plain = unicodedata.normalize("NFKC", unit).lower().replace(" ", "").replace("hb", "")
    return plain.replace("\u03bc", "u").replace("mcg", "ug")
