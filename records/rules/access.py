"""May this record be read here? Access follows treatment; an emergency opens it for a short, reviewed time.

DESIGN.md section 4. Law: access for those who treat, by Luật Khám bệnh, chữa bệnh 15/2023/QH15, article 69, and the
Personal Data Protection Law 91/2025/QH15 for everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

EMERGENCY_LASTS = timedelta(hours=3)
SHORTEST_REASON = 10
FEWEST_LETTERS = 4  # different ones: "aaaaaaaaaa" is no reason


class Door(StrEnum):
    """Through which door a record was entered."""

    TREATMENT = "treatment"
    EMERGENCY = "emergency"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Ties:
    """What ties a facility and a member of staff to a resident.

    has_grant: a grant of the facility is in force (not past its period, not ended). emergency_until: end of the latest
    emergency access. restricted: the resident restricted the processing of their record; in_care: an encounter at the
    facility is going on, which a restriction must not endanger (Luật 91/2025/QH15: life and health come first).
    """

    has_grant: bool
    emergency_until: datetime | None = None
    restricted: bool = False
    in_care: bool = False


def decide_door(ties: Ties, at: datetime) -> Door:
    """The door that is open at this moment; treatment comes first, so that an emergency is not spent needlessly."""
    if ties.has_grant and (ties.in_care or not ties.restricted):
        return Door.TREATMENT
    if ties.emergency_until is not None and ties.emergency_until > at:
        return Door.EMERGENCY
    return Door.CLOSED


@dataclass(frozen=True, slots=True)
class Reading:
    """What an account has read within the last hour. others: different residents but this one; again: this one too."""

    others: int
    again: bool
    stops_at: int | None


NOTHING_READ = Reading(others=0, again=False, stops_at=None)


def may_open_another(reading: Reading) -> bool:
    """Whether one more record may be opened: one that was open within the hour always, a further one below the limit."""
    return reading.again or reading.stops_at is None or reading.others < reading.stops_at


def reason_is_told(reason: str) -> bool:
    """Whether a reason says something: SHORTEST_REASON characters or more, not one sign over and over."""
    words = " ".join(reason.split())
    return len(words) >= SHORTEST_REASON and len(set(words.casefold())) >= FEWEST_LETTERS
