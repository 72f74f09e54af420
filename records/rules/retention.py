"""How long a record must be kept (TT 33/2025/TT-BYT): its class and the last day, counted from the end of the year.

Classes are data with their sources (records.models.RetentionClass). Nothing here deletes anything.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date


@dataclass(frozen=True, slots=True)
class KeepingClass:
    """years: None is for ever. codes: ICD-10 ranges ("F00-F99"); outcomes: KET_QUA_DTRI; care_types: MA_LOAI_KCB.

    A class without criteria fits every encounter; after_death: it is about the whole record, counted from death.
    """

    key: str
    name: str
    years: int | None
    codes: tuple[str, ...] = ()
    outcomes: frozenset[str] = frozenset()
    care_types: frozenset[str] = frozenset()
    after_death: bool = False

    @property
    def is_general(self) -> bool:
        """Whether it fits every encounter."""
        return not (self.codes or self.outcomes or self.care_types or self.after_death)


@dataclass(frozen=True, slots=True)
class Episode:
    """What decides the class of an encounter. codes: normalised ICD-10, without dots."""

    ended_on: date
    outcome: str = ""
    care_type: str = ""
    codes: Sequence[str] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Keeping:
    """The class and the last day it must be kept; None: for ever."""

    key: str
    name: str
    until: date | None


def keeping_of(episode: Episode, classes: Iterable[KeepingClass]) -> Keeping:
    """The longest class that fits. A class of its own care type (a health-check slip) replaces the general one.

    Raises LookupError when no class fits: the data lack a general class.
    """
    known = list(classes)
    fitting = [one for one in known if not one.is_general and _fits(one, episode)]
    chosen = fitting or [one for one in known if one.is_general]
    if not chosen:
        raise LookupError("no general retention class")
    longest = max(chosen, key=lambda one: (one.years is None, one.years or 0))
    return Keeping(longest.key, longest.name, last_day(episode.ended_on, longest.years))


def last_day(since: date, years: int | None) -> date | None:
    """The end of the year so many years after the year of `since`; None for ever."""
    return None if years is None else date(since.year + years, 12, 31)


def _fits(one: KeepingClass, episode: Episode) -> bool:
    return (
        episode.outcome in one.outcomes
        or episode.care_type in one.care_types
        or any(within(code, span) for code in episode.codes for span in one.codes)
    )


def within(code: str, span: str) -> bool:
    """Whether an ICD-10 code lies in a range such as "F00-F99" or "Z521-Z529", compared to the range's own precision."""
    low, _, high = span.partition("-")
    plain = code.replace(".", "").upper()
    return bool(plain) and low <= plain[: len(low)] and plain[: len(high)] <= high
