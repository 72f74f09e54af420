"""What a visit's insurance file is made of, as the system knows it: plain facts, in no format."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from clinics.rules.charges.items import ChargeKind, Particulars
from clinics.rules.charges.money import Amounts, Line
from registry.rules.dates import PartialDate


@dataclass(frozen=True, slots=True)
class PersonFacts:
    """Who it was. number: the facility's own (MA_BN); identity: CCCD or what stands for it; sex: FHIR code."""

    number: str
    name: str
    identity: str
    birth: PartialDate
    sex: str
    address: str
    province: str
    ward: str
    phone: str
    ethnicity: str
    nationality: str
    occupation: str
    blood: str


@dataclass(frozen=True, slots=True)
class CardFacts:
    """The card it was paid with."""

    object_code: str
    card: str = ""
    registered_at: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    referred_from: str = ""
    referral_number: str = ""
    exempt_from: date | None = None
    five_years_on: date | None = None
    area: str = ""


@dataclass(frozen=True, slots=True)
class VisitFacts:
    """What happened. diagnoses: (code, words), the main one first. head_code: MA_TTDV. doctor: licence and name."""

    key: str
    facility: str
    department: str
    care_type: str
    began: datetime
    ended: datetime
    paid_at: datetime | None
    reason: str
    conclusion: str
    outcome: str
    discharge: str
    diagnoses: tuple[tuple[str, str], ...]
    doctor_licence: str
    doctor_name: str
    head_code: str
    weight: Decimal | None = None


@dataclass(frozen=True, slots=True)
class LineFacts:
    """One charged line with its money at the visit's level."""

    kind: ChargeKind
    code: str
    name: str
    unit: str
    group: str
    line: Line
    amounts: Amounts
    department: str
    licence: str
    ordered_at: datetime
    done_at: datetime | None
    result_at: datetime | None
    particulars: Particulars


@dataclass(frozen=True, slots=True)
class ResultFacts:
    """One index of a laboratory, or one report in words (index empty)."""

    service: str
    index: str
    name: str
    value: str
    unit: str
    description: str
    conclusion: str
    at: datetime
    licence: str


@dataclass(frozen=True, slots=True)
class CourseFacts:
    """What was noted of the course, when and by whom (licence)."""

    text: str
    at: datetime
    licence: str


@dataclass(frozen=True, slots=True)
class StayFacts:
    """A stay in bed as its ending says. reason: LY_DO_VNT; diagnosis: on admission; referred_to: code; leave: its first and
    last day, None without leave."""

    admitted_at: datetime
    reason: str
    diagnosis: str
    condition: str
    advice: str
    referred_to: str = ""
    leave: tuple[date, date] | None = None


@dataclass(frozen=True, slots=True)
class ClaimFacts:
    """All of it. added: table to fields typed for this visit; they stand where the system knows nothing better."""

    person: PersonFacts
    visit: VisitFacts
    card: CardFacts
    level: Decimal
    lines: tuple[LineFacts, ...] = ()
    results: tuple[ResultFacts, ...] = ()
    courses: tuple[CourseFacts, ...] = ()
    stay: StayFacts | None = None
    added: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
