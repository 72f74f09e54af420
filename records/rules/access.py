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
    """What ties a facility and a member of staff to a resident. emergency_until: end of the latest emergency access."""

    has_grant: bool
    emergency_until: datetime | None = None


def decide_door(ties: Ties, at: datetime) -> Door:
    """The door that is open at this moment; treatment comes first, so that an emergency is not spent needlessly."""
    if ties.has_grant:
        return Door.TREATMENT
    if ties.emergency_until is not None and ties.emergency_until > at:
        return Door.EMERGENCY
    return Door.CLOSED


def reason_is_told(reason: str) -> bool:
    """Whether a reason says something: SHORTEST_REASON characters or more, not one sign over and over."""
    words = " ".join(reason.split())
    return len(words) >= SHORTEST_REASON and len(set(words.casefold())) >= FEWEST_LETTERS
