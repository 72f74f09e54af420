"""Finding medicines of the facility's formulary by name, ingredient or registration, typed without diacritics."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from clinics.models import Drug, FormularySwitch
from clinics.queries.scope import facility_of, today_of
from clinics.rules.formulary import Route, route_of
from clinics.rules.safety import Part
from registry.kernel import Context, Permission, query
from registry.rules.text import fold

MOST_FOUND = 12
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class DrugFound:
    """A medicine as pages show it and checks read it. kept: on this facility's formulary."""

    id: int
    code: str
    name: str
    ingredient: str
    strength: str
    dose_form: str
    unit: str
    kind: str
    insured: bool
    usage: str
    route: Route
    parts: tuple[Part, ...]
    kept: bool
    official: bool


@query(Permission.PRESCRIPTION_SIGN, audited=False)
def find_drugs(ctx: Context, text: str) -> list[DrugFound]:
    """Medicines in force today and kept here whose name, ingredient or registration holds words beginning so."""
    drugs = _matching(_drugs(facility_of(ctx).id, today_of(ctx), kept_only=True), text)
    return [_found(one) for one in drugs.order_by("name", "code")[:MOST_FOUND]]


@query(Permission.PRESCRIPTION_SIGN, audited=False)
def get_drug(ctx: Context, code: str) -> DrugFound | None:
    """The medicine of this code if it is in force today and kept here."""
    found = drugs_of(facility_of(ctx).id, [code], today_of(ctx)).get(code)
    return found if found and found.kept else None


@dataclass(frozen=True, slots=True)
class DrugPage:
    """A page of the formulary: what matches, and whether there is more."""

    drugs: tuple[DrugFound, ...]
    more: bool
    page: int


@query(Permission.STOCK_MANAGE, audited=False)
def list_formulary(ctx: Context, text: str = "", page: int = 1) -> DrugPage:
    """The formulary of today by name, kept here or not, 50 a page."""
    drugs = _drugs(facility_of(ctx).id, today_of(ctx))
    if text.strip():
        drugs = _matching(drugs, text)
    page = max(1, min(page, 200))
    start = (page - 1) * MOST_LISTED
    rows = [_found(one) for one in drugs.order_by("name", "code")[start : start + MOST_LISTED + 1]]
    return DrugPage(tuple(rows[:MOST_LISTED]), len(rows) > MOST_LISTED, page)


def drugs_of(facility_id: int, codes: Iterable[str], day: date) -> dict[str, DrugFound]:
    """These medicines as they are in force on the day, by code; those not in force are left out."""
    return {one.code: _found(one) for one in _drugs(facility_id, day).filter(code__in=list(codes))}


def _drugs(facility_id: int, day: date, *, kept_only: bool = False) -> QuerySet[Drug]:
    switched = FormularySwitch.objects.filter(facility_id=facility_id, code=OuterRef("code")).order_by("-id")
    drugs = Drug.objects.on(day).annotate(kept=Coalesce(Subquery(switched.values("kept")[:1]), Value(value=True)))
    listed: QuerySet[Drug] = drugs.exclude(kept=False) if kept_only else drugs
    return listed


def _matching(drugs: QuerySet[Drug], text: str) -> QuerySet[Drug]:
    words = re.findall(r"[a-z0-9]+", fold(text))[:8]
    if not words:
        return drugs.none()
    asked = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
    return drugs.annotate(words=SearchVector("search_key", config="simple")).filter(words=asked)


def _found(drug: Drug) -> DrugFound:
    return DrugFound(
        drug.pk, drug.code, drug.name, drug.ingredient, drug.strength, drug.dose_form, drug.unit, drug.kind, drug.insured,
        drug.usage, route_of(drug.route), parts_of(drug), bool(getattr(drug, "kept", True)), drug.official,
    )  # fmt: skip


def parts_of(drug: Drug) -> tuple[Part, ...]:
    """The ingredients of one unit, as the checks read them."""
    names = [name.strip() for name in drug.ingredient.split(" + ")]
    return tuple(
        Part(
            one["key"],
            names[at] if len(names) == len(drug.parts) else one["key"],
            Decimal(one["amount"]) if one["amount"] is not None else None,
            one["unit"],
        )
        for at, one in enumerate(drug.parts)
    )
