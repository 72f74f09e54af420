"""What another system's file states about a visit or a person beside the visit itself: one frozen class a kind of fact.

The fields are named as the record's columns are, and every value fits its column: a loader compares them with what is on
file and writes them as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from records.rules.history_facts import Fact


@dataclass(frozen=True, slots=True)
class Stay:
    """A visit stated beside its person, as one of several (QĐ 831). Its key is its number in the sender's system, and it
    stands as it is when the facility has a visit of that number, from whatever system.
    """

    status: str
    care_type: str
    started_at: datetime
    ended_at: datetime
    reason: str
    conclusion: str
    practitioner_name: str


@dataclass(frozen=True, slots=True)
class Diagnosed:
    """A diagnosis of a visit: role "main" or "secondary", normalised code, the code as written, words."""

    role: str
    code: str
    code_raw: str
    display: str


@dataclass(frozen=True, slots=True)
class Medicine:
    """A medicine prescribed or given. status: "active" or "completed" (records.MedicationRequest)."""

    code: str
    name: str
    strength: str
    dose: str
    route: str
    quantity: Decimal | None
    unit: str
    status: str
    started_on: date
    ended_on: date | None
    prescriber_name: str


@dataclass(frozen=True, slots=True)
class Service:
    """Something that was done."""

    code: str
    display: str
    result: str
    performed_at: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """A laboratory's or imaging's answer in words. category: "LAB" or "RAD"."""

    category: str
    code: str
    display: str
    result: str
    conclusion: str
    performed_at: datetime
    performer_name: str


@dataclass(frozen=True, slots=True)
class Measure:
    """One value. within: the key of the Report it belongs to, "" for none; it comes after that report."""

    within: str
    code: str
    display: str
    value: Decimal | None
    value_text: str
    unit: str
    reference: str
    interpretation: str
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A passage of a visit. kind: of records.ClinicalNote; recorded_at: when it was written."""

    kind: str
    text: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found at one body system. body_system: key of records.rules.examination.SYSTEMS."""

    body_system: str
    text: str
    normal: bool
    examined_at: datetime


@dataclass(frozen=True, slots=True)
class Vaccination:
    """One dose, as records.Immunization keeps it; vaccine_display: as sent, our own list's words go before it."""

    status: str
    programme: str
    vaccine_code: str
    vaccine_display: str
    product: str
    dose_number: int | None
    occurred_on: date
    occurred_precision: str
    lot_number: str
    place: str
    not_done_code: str
    not_done_reason: str
    reaction: str
    next_due_on: date | None
    gestation_weeks: int | None
    primary_source: bool = False


Said = Stay | Diagnosed | Medicine | Service | Report | Measure | Note | Finding | Vaccination | Fact


@dataclass(frozen=True, slots=True)
class BulkFact:
    """One fact. table and row: where it stands in the file (row from 0). key: its own within the visit, or, of facts
    without a visit, within the facility's system: the same key with another content is a correction. visit: the key of
    the Stay it belongs to, which comes before it.
    """

    table: str
    row: int
    key: str
    said: Said
    visit: str = ""
