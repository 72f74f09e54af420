"""The card of the person before the desk: what is known of it, what it is worth today, and facilities found by typing."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db.models import Q

from clinics.models import InsuranceCoverage, Visit
from clinics.queries.insurance import object_codes, place_of, shares_on
from clinics.queries.scope import facility_of, today_of, visit_here
from clinics.rules.charges.benefit import NOT_INSURED, Cover, level_of, way_share
from clinics.rules.charges.cards import CardStated
from clinics.rules.charges.money import ZERO
from clinics.rules.charges.ways import BASIS_NAMES, CARD_STATE_NAMES, Basis, CardState, Place, Way
from clinics.rules.priorities import Priority
from records.models import Patient
from records.queries.band import Band, get_bands
from registry.kernel import Context, Permission, query, record_audit
from registry.models import Facility
from registry.rules.identifiers import parse_bhyt
from registry.rules.invalid import Invalid
from registry.rules.qr import BhytQr
from registry.rules.text import fold

MOST_FOUND = 12
MOST_STATEMENTS = 20
OUTPATIENT = "01"
# Chosen codes that hang on the facility, not on a paper or an event of one day: they stand until somebody chooses again.
LASTING = frozenset({"1.4", "1.11", "1.12", "1.13", "1.14", "1.18", "3.1", "3.2", "3.3", "3.6"})


@dataclass(frozen=True, slots=True)
class Judged:
    """A card as it counts today. level: percent the fund pays of what it covers; way None: the desk must choose.

    registered_name: the facility it is registered at, as far as the list of facilities knows it.
    """

    state: CardState
    way: Way | None
    level: Decimal | None
    registered_name: str
    object_name: str

    @property
    def state_name(self) -> str:
        """What the tag says."""
        return CARD_STATE_NAMES[self.state]

    @property
    def basis_name(self) -> str:
        """Why the object code stands."""
        return BASIS_NAMES[self.way.basis] if self.way else ""

    @property
    def full(self) -> bool:
        """Whether the card can be used as it stands: valid, and the way is known."""
        return self.state is CardState.VALID and self.way is not None and self.level is not None


@dataclass(frozen=True, slots=True)
class CardKnown:
    """What a desk need not type again. origin: "scan", "statement" (of an earlier visit, on day) or "file" (a number)."""

    stated: CardStated
    judged: Judged
    origin: str
    day: date | None = None


@dataclass(frozen=True, slots=True)
class CoveragePage:
    """The card of one visit: what stands, what it is worth, every statement before it, the newest first."""

    visit: Visit
    band: Band
    coverage: InsuranceCoverage | None
    objects: Mapping[str, str]
    known: CardKnown | None
    history: tuple[InsuranceCoverage, ...]


@query(Permission.COVERAGE_RECORD)
def get_coverage(ctx: Context, visit_id: uuid.UUID) -> CoveragePage:
    """The card's page of one visit, for whoever may not see its money. NotFound for another facility's."""
    visit = visit_here(ctx, visit_id)
    patient = visit.encounter.patient
    rows = InsuranceCoverage.objects.filter(visit=visit).select_related("by").order_by("-at", "-id")
    history = tuple(rows[:MOST_STATEMENTS])
    emergency = visit.priority == Priority.EMERGENCY
    known = _standing(visit, history[0], emergency) if history else card_known(ctx, patient, None, emergency=emergency)
    page = CoveragePage(
        visit=visit,
        band=get_bands([patient.pk])[patient.pk],
        coverage=history[0] if history else None,
        objects=object_codes(visit.visit_date),
        known=known,
        history=history,
    )
    record_audit(ctx, "read", patient_id=patient.pk, target=("Coverage", visit.pk))
    return page


def registered_name(coverage: InsuranceCoverage | None) -> str:
    """The facility a visit's card is registered at, as the list of facilities calls it; "" where it does not know it."""
    found = Facility.objects.filter(code=coverage.registered_at) if coverage else Facility.objects.none()
    return found.values_list("short_name", flat=True).first() or ""


@query(Permission.COVERAGE_RECORD, audited=False)
def judge_card(ctx: Context, stated: CardStated, *, emergency: bool) -> Judged:
    """What a card that is being typed is worth today; it names nobody."""
    return judged_card(stated, place_of(facility_of(ctx).id), today_of(ctx), emergency=emergency)


@query(Permission.VISIT_READ, audited=False)
def find_facilities(ctx: Context, text: str) -> list[tuple[str, str]]:
    """(code, name) of facilities whose code begins so or whose name holds these words, typed without diacritics."""
    said = text.strip().upper()
    words = re.findall(r"[a-z0-9]+", fold(text))[:6]
    if not words:
        return []
    named = Q()
    for word in words:
        named &= Q(name_key__contains=word)
    found = Facility.objects.on(today_of(ctx)).filter(Q(code__startswith=said) | named).order_by("code")
    return list(found.values_list("code", "name")[:MOST_FOUND])


def judged_card(stated: CardStated, place: Place, day: date, *, emergency: bool) -> Judged:
    """The card at a facility on a day; three statements at most."""
    way = _way(stated, place, emergency=emergency)
    registered = stated.registered_at.strip().upper()
    known = Facility.objects.filter(code=registered).values_list("short_name", flat=True).first() if registered else ""
    name = object_codes(day).get(way.code, "") if way else ""
    return Judged(stated.state_on(day), way, _level(stated, way, day), known or "", name)


def card_known(ctx: Context, patient: Patient, scanned: BhytQr | None, *, emergency: bool) -> CardKnown | None:
    """The card a desk starts from: the one scanned now, else the last one stated here, else the number on file."""
    stated, origin, day = _start(ctx, patient, scanned)
    if stated is None:
        return None
    place = place_of(facility_of(ctx).id)
    return CardKnown(stated, judged_card(stated, place, today_of(ctx), emergency=emergency), origin, day)


def _standing(visit: Visit, row: InsuranceCoverage, emergency: bool) -> CardKnown:
    stated = statement_of(row)
    judged = judged_card(stated, place_of(visit.facility_id), visit.visit_date, emergency=emergency)
    return CardKnown(stated, judged, "visit", visit.visit_date)


def _start(ctx: Context, patient: Patient, scanned: BhytQr | None) -> tuple[CardStated | None, str, date | None]:
    numbers = list(
        patient.identifiers.filter(kind__in=["bhyt", "bhxh"]).exclude(state="old").order_by("-id")
        .values_list("kind", "value")
    )  # fmt: skip
    before = _last_statement(ctx, patient.pk)
    if scanned is not None and _same_person(scanned, [value for _, value in numbers]):
        return _scanned(scanned, before), "scan", None
    if before is not None:
        return _stated(before, today_of(ctx)), "statement", before.visit.visit_date
    cards = [value for kind, value in numbers if kind == "bhyt"]
    return (CardStated(card=cards[0]), "file", None) if cards else (None, "", None)


def _last_statement(ctx: Context, patient_id: uuid.UUID) -> InsuranceCoverage | None:
    rows = InsuranceCoverage.objects.filter(
        visit__encounter__patient_id=patient_id, visit__facility_id=facility_of(ctx).id
    ).exclude(card="")
    return rows.select_related("visit").order_by("-at", "-id").first()


def _same_person(scanned: BhytQr, numbers: list[str]) -> bool:
    """The social-insurance number of the card is one this person gave, or they gave none."""
    known = set()
    for number in numbers:
        try:
            known.add(parse_bhyt(number).social_number)
        except Invalid:
            continue
    return not known or scanned.card.social_number in known


def _scanned(scanned: BhytQr, before: InsuranceCoverage | None) -> CardStated:
    benefit = "" if scanned.card.benefit or before is None else before.benefit
    area = scanned.area if scanned.area in ("K1", "K2", "K3") else ""
    return CardStated(
        card=scanned.card.value, benefit=benefit, registered_at=scanned.facility_code, valid_from=scanned.valid_from,
        valid_to=scanned.valid_to, five_years_on=scanned.five_years_on, area=area,
    )  # fmt: skip


def _stated(before: InsuranceCoverage, day: date) -> CardStated:
    """What stays the same from visit to visit: the card; its papers and the exemption of another year do not."""
    exempt = before.exempt_from if before.exempt_from and before.exempt_from.year == day.year else None
    kept = before.object_code if before.basis == Basis.CHOSEN and before.object_code in LASTING else ""
    return replace(
        statement_of(before), object_code=kept, referred_from="", referral_number="", referral_diagnosis="", note="",
        exempt_from=exempt,
    )  # fmt: skip


def statement_of(row: InsuranceCoverage) -> CardStated:
    """A row as it was stated."""
    return CardStated(**{name: getattr(row, name) for name in CardStated.__dataclass_fields__})


def _way(stated: CardStated, place: Place, *, emergency: bool) -> Way | None:
    derived = stated.way_at(place, emergency=emergency)
    if stated.object_code in ("", derived.code if derived else ""):
        return derived
    basis = Basis.UNINSURED if stated.object_code in NOT_INSURED else Basis.CHOSEN
    return Way(stated.object_code, basis)


def _level(stated: CardStated, way: Way | None, day: date) -> Decimal | None:
    if way is None or not stated.level_digit:
        return None
    share = way_share(way.code, shares_on(day).get(way.code, {}), OUTPATIENT)
    cover = Cover(way.code, stated.level_digit, share, stated.exempt_from)
    return level_of(cover, insured_total=ZERO, base_salary=None, day=day)
