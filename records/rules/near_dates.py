"""The dates a birth date may have been mistaken for: what a look-up by index can ask for instead of a whole year."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from records.rules.linkage.kinds import GENERATION
from registry.rules.dates import PartialDate


def near_dates(birth: PartialDate) -> list[date]:
    """The date itself, day and month exchanged, one keystroke away (ddMMyyyy, less than a generation), and the first of
    its month and year, where files keep what is known in part. In ascending order."""
    value = birth.value
    found = {value, value.replace(day=1), value.replace(month=1, day=1)}
    digits = f"{value:%d%m}{value.year:04d}"
    for text in (digits[2:4] + digits[:2] + digits[4:], *_one_key_away(digits)):
        try:
            other = date(int(text[4:]), int(text[2:4]), int(text[:2]))
        except ValueError:
            continue
        if abs(other.year - value.year) < GENERATION:
            found.add(other)
    return sorted(found)


def _one_key_away(digits: str) -> Iterator[str]:
    """One digit changed, or two neighbours exchanged."""
    for at, digit in enumerate(digits):
        for other in "0123456789":
            if other != digit:
                yield digits[:at] + other + digits[at + 1 :]
        if at and digits[at - 1] != digit:
            yield digits[: at - 1] + digit + digits[at - 1] + digits[at + 1 :]
