"""What the checks are told: the person as the lifelong record knows them, and the lines that are being written."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Allergy:
    """An allergy of the record. kind: the form's box ("medication", "food", …), empty where it was not said."""

    substance: str
    reaction: str = ""
    severe: bool = False
    recorded_on: date | None = None
    facility: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """A medicine that is being taken, wherever it was prescribed. ended_on: the last planned day, None while it goes on."""

    id: uuid.UUID
    name: str
    ingredient: str = ""
    started_on: date | None = None
    ended_on: date | None = None
    facility: str = ""

    @property
    def text(self) -> str:
        """All that says what it is."""
        return f"{self.ingredient} {self.name}"


@dataclass(frozen=True, slots=True)
class Told:
    """A diagnosis: normalised ICD-10 code, words, when it was recorded, whether it stays (chronic, or told as history)."""

    code: str
    display: str
    on: date | None = None
    lasting: bool = False


@dataclass(frozen=True, slots=True)
class Measured:
    """A measurement and its day."""

    value: Decimal
    on: date


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """The person today. born: the youngest they can be, when only a year is known.

    weight in kg, height in cm, creatinine in µmol/l. pregnant and lactating: None while nobody has said.
    """

    born: date
    today: date
    sex: str
    weight: Measured | None = None
    height: Measured | None = None
    creatinine: Measured | None = None
    allergies: tuple[Allergy, ...] = ()
    taken: tuple[Taken, ...] = ()
    conditions: tuple[Told, ...] = ()
    pregnant: bool | None = None
    lactating: bool | None = None

    @property
    def years(self) -> int:
        """Completed years."""
        before = (self.today.month, self.today.day) < (self.born.month, self.born.day)
        return self.today.year - self.born.year - before

    @property
    def months(self) -> int:
        """Completed months."""
        before = self.today.day < self.born.day
        return (self.today.year - self.born.year) * 12 + self.today.month - self.born.month - before


@dataclass(frozen=True, slots=True)
class Part:
    """One active ingredient in one unit of a medicine: key, name, amount with its unit (mg, IU; None: not stated)."""

    key: str
    name: str
    amount: Decimal | None = None
    unit: str = "mg"


@dataclass(frozen=True, slots=True)
class Line:
    """One medicine being prescribed. slots: units at morning, noon, afternoon, evening. systemic: reaches the blood.

    continues: the medicine of the record that this line goes on with, which is then neither double nor met.
    """

    name: str
    parts: tuple[Part, ...]
    slots: tuple[Decimal, Decimal, Decimal, Decimal]
    days: int
    route: str = "1.01"
    systemic: bool = True
    kind: str = "C"
    continues: uuid.UUID | None = None

    @property
    def single(self) -> Decimal:
        """The most units at once."""
        return max(self.slots)

    @property
    def daily(self) -> Decimal:
        """Units a day."""
        return sum(self.slots, Decimal(0))
