"""Numbers of people who do not exist: right in shape, outside what is issued (see the package's docstring)."""

from __future__ import annotations

from datetime import date
from random import Random

# Where residents of Hanoi were registered at birth (first three digits): mostly Hanoi and its neighbours. Rough.
_PROVINCES = (
    "001",
    "036",
    "034",
    "038",
    "035",
    "033",
    "030",
    "027",
    "024",
    "025",
    "026",
    "040",
    "037",
    "019",
    "017",
    "031",
)
_SHARES = (70, 4, 3.5, 4, 2.5, 2.5, 2.5, 2, 1.5, 1.5, 1.5, 2, 1, 1, 0.5, 0.5)
CARD_AGE = 14  # the card is compulsory from 14 (Luật Căn cước 26/2023, art. 19)


def citizen_number(chance: Random, sex: str, birth: date) -> str:
    """Twelve digits: province, century and sex, two of the year, a serial from 900000 up."""
    century = (birth.year // 100 - 19) * 2 + (sex == "female")
    province = chance.choices(_PROVINCES, weights=_SHARES)[0]
    return f"{province}{century}{birth.year % 100:02d}{chance.randint(900_000, 999_999)}"


def insurance_group(chance: Random, age: int) -> str:
    """Group and benefit letters of a health-insurance card (QĐ 1351/QĐ-BHXH, from memory): who pays, by age."""
    if age < 6:  # noqa: PLR2004
        return "TE1"
    if age < 18:  # noqa: PLR2004
        return "HS4"
    if age < 23:  # noqa: PLR2004
        return chance.choices(("SV4", "DN4", "GD4"), (60, 25, 15))[0]
    if age < 58:  # noqa: PLR2004
        return chance.choices(("DN4", "HC4", "GD4", "CN3", "HN2"), (52, 13, 31, 3, 1))[0]
    return chance.choices(("HT3", "GD4", "BT2", "CC1", "CK2"), (52, 33, 8, 3, 4))[0]


def social_number(chance: Random) -> str:
    """Ten digits, 019 and seven more."""
    return f"019{chance.randint(0, 9_999_999):07d}"


def telephone(chance: Random) -> str:
    """Ten digits with the unheld prefix 057."""
    return f"057{chance.randint(2_000_000, 9_999_999)}"
