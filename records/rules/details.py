"""The rest of the administrative part (QĐ 831, THONGTINCHUNG), and what holds today of all that was stated.

Of each group of fields the newest statement that says anything of it holds: people move, change their work, marry into
another household. Where somebody was born and their blood group do not change, but a later statement corrects.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime

# What is said together holds together: a new address without a ward does not keep the old ward.
GROUPS: tuple[tuple[str, ...], ...] = (
    ("occupation_code", "occupation"),
    ("ethnicity_code", "ethnicity"),
    ("nationality_code", "nationality"),
    ("religion_code", "religion"),
    ("blood_abo",),
    ("blood_rh",),
    ("email",),
    ("landline",),
    ("birth_province_code", "birth_province"),
    ("hamlet",),
    (
        "permanent_address",
        "permanent_hamlet",
        "permanent_ward_code",
        "permanent_ward_name",
        "permanent_province_code",
    ),
    ("household_number", "member_number", "head_relationship"),
)


def _text(limit: int) -> str:
    return field(default="", metadata={"limit": limit})


@dataclass(frozen=True, slots=True)
class Details:
    """What one statement adds, or what holds today; "" is unsaid. Columns: records.models.StatementDetails."""

    occupation_code: str = _text(5)
    occupation: str = _text(150)
    ethnicity_code: str = _text(2)
    ethnicity: str = _text(60)
    nationality_code: str = _text(3)
    nationality: str = _text(60)
    religion_code: str = _text(2)
    religion: str = _text(60)
    blood_abo: str = _text(2)
    blood_rh: str = _text(1)
    email: str = _text(254)
    landline: str = _text(15)
    birth_province_code: str = _text(2)
    birth_province: str = _text(60)
    hamlet: str = _text(100)
    permanent_address: str = _text(500)
    permanent_hamlet: str = _text(100)
    permanent_ward_code: str = _text(5)
    permanent_ward_name: str = _text(120)
    permanent_province_code: str = _text(2)
    household_number: str = _text(30)
    member_number: str = _text(30)
    head_relationship: str = _text(10)

    def __bool__(self) -> bool:
        """Whether anything is said."""
        return self != _UNSAID

    def told(self) -> dict[str, str]:
        """Only what is said, by column."""
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name))}


_UNSAID = Details()


@dataclass(frozen=True, slots=True)
class DetailsStatement:
    """One statement's details with when and where it was made, as the projection reads it."""

    at: datetime
    facility: str
    details: Details


@dataclass(frozen=True, slots=True)
class GoldenDetails:
    """What holds today; sources: column -> the statement it comes from."""

    details: Details
    sources: dict[str, DetailsStatement]


def project_details(statements: Sequence[DetailsStatement]) -> GoldenDetails:
    """Of each group the newest statement that says anything of it; the order they come in does not matter."""
    held: dict[str, str] = {}
    sources: dict[str, DetailsStatement] = {}
    for one in sorted(statements, key=lambda one: (one.at, str(one.details))):
        told = one.details.told()
        for group in GROUPS:
            if any(name in told for name in group):
                held |= {name: told.get(name, "") for name in group}
                sources |= dict.fromkeys(group, one)
    return GoldenDetails(Details(**held), {name: one for name, one in sources.items() if held[name]})
