"""The service catalogue as a facility sees it: what it offers today, found by typing, with analytes and ranges."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from clinics.models import Analyte, FacilityService, OrderSet, Service
from clinics.queries.scope import facility_of, rooms_here, today_of
from clinics.rules.orders import KIND_NAMES, SPECIMENS, ServiceKind
from clinics.rules.reference_ranges import Range
from clinics.rules.results import AnalyteCard
from registry.kernel import Context, Permission, query
from registry.models import Room
from registry.rules.text import fold

MOST_FOUND = 12
MOST_LISTED = 500


@dataclass(frozen=True, slots=True)
class Offered:
    """A service as the catalogue page shows it, with the facility's own way of running it."""

    code: str
    name: str
    kind: str
    kind_name: str
    specimen: str
    analytes: int
    official: bool
    offered: bool
    room_id: int | None
    second_check: bool


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """The catalogue in force today (at most MOST_LISTED of a kind's services) and the facility's rooms."""

    services: tuple[Offered, ...]
    counts: Mapping[str, int]
    rooms: tuple[Room, ...]
    limited: bool


@query(Permission.ORDER_PLACE, audited=False)
def find_services(ctx: Context, text: str, *, limit: int = MOST_FOUND) -> list[Service]:
    """Services the facility offers today whose code or name holds words beginning so, typed without diacritics."""
    words = re.findall(r"[a-z0-9]+", fold(text.replace(".", "")))[:6]
    if not words:
        return []
    found = offered(ctx, today_of(ctx))
    for word in words:
        found = found.filter(Q(search_key__startswith=word) | Q(search_key__contains=f" {word}"))
    return list(found.order_by("kind", "name")[: min(limit, 50)])


@query(Permission.ORDER_PLACE, audited=False)
def get_services(ctx: Context, codes: Sequence[str]) -> list[Service]:
    """These services in the order asked; what the facility does not offer today is left out."""
    known = services_on(ctx, codes, today_of(ctx))
    return [known[code] for code in dict.fromkeys(codes) if code in known]


@query(Permission.ORDER_READ, audited=False)
def get_catalogue(ctx: Context, *, kind: str = "", text: str = "") -> CataloguePage:
    """The catalogue in force with the facility's switches; kind "" is every kind."""
    listed = Service.objects.on(today_of(ctx))
    counts = {one.value: listed.filter(kind=one).count() for one in ServiceKind}
    if kind in counts:
        listed = listed.filter(kind=kind)
    for word in fold(text).split()[:6]:
        listed = listed.filter(search_key__contains=word)
    rows = list(listed.prefetch_related("analytes").order_by("kind", "name")[: MOST_LISTED + 1])
    own = {one.code: one for one in FacilityService.objects.filter(facility_id=facility_of(ctx).id)}
    services = tuple(_offered(row, own.get(row.code)) for row in rows[:MOST_LISTED])
    return CataloguePage(services, counts, tuple(rooms_here(ctx)), len(rows) > MOST_LISTED)


@query(Permission.ORDER_PLACE, audited=False)
def get_order_sets(ctx: Context) -> list[tuple[OrderSet, list[str]]]:
    """The sets this member of staff may use, each with the names of its services (a code the facility no longer offers stays
    a code)."""
    sets = order_sets_of(ctx)
    known = services_on(ctx, {code for one in sets for code in one.codes}, today_of(ctx))
    return [(one, [known[code].name if code in known else code for code in one.codes]) for one in sets]


def offered(ctx: Context, day: date) -> QuerySet[Service]:
    """What the acting facility offers on a day: everything in force but what it switched off."""
    off = FacilityService.objects.filter(facility_id=facility_of(ctx).id, offered=False)
    found: QuerySet[Service] = Service.objects.on(day).exclude(code__in=off.values("code"))
    return found


def services_on(ctx: Context, codes: Iterable[str], day: date) -> dict[str, Service]:
    """Those of these codes the facility offers on a day."""
    return {one.code: one for one in offered(ctx, day).filter(code__in=list(codes))}


def order_sets_of(ctx: Context) -> list[OrderSet]:
    """The sets this member of staff may use: their own first, then the facility's; at most 60."""
    sets = OrderSet.objects.filter(facility_id=facility_of(ctx).id, active=True)
    mine = Q(owner_id=ctx.actor.staff_id) | Q(owner=None)
    return list(sets.filter(mine).order_by("owner_id", "specialty", "name")[:60])


def analytes_of(service_ids: Iterable[int]) -> dict[int, tuple[AnalyteCard, ...]]:
    """Service to its analytes with ranges, in the catalogue's order: two statements."""
    rows = Analyte.objects.filter(service_id__in=list(service_ids)).order_by("service_id", "position")
    found: dict[int, list[AnalyteCard]] = {}
    for row in rows.prefetch_related(Prefetch("ranges")):
        found.setdefault(row.service_id, []).append(_card(row))
    return {service: tuple(cards) for service, cards in found.items()}


def _card(row: Analyte) -> AnalyteCard:
    ranges = tuple(
        Range(
            one.sex, one.from_age, one.to_age, one.low, one.high, one.critical_low, one.critical_high, one.normal_text,
            one.source,
        )
        for one in row.ranges.all()
    )  # fmt: skip
    answers = tuple(row.answers)
    return AnalyteCard(row.code, row.name, row.unit, row.loinc, row.words, answers, row.lowest, row.highest, ranges)


def _offered(row: Service, own: FacilityService | None) -> Offered:
    return Offered(
        code=row.code,
        name=row.name,
        kind=row.kind,
        kind_name=KIND_NAMES[ServiceKind(row.kind)],
        specimen=SPECIMENS.get(row.specimen, ""),
        analytes=len(row.analytes.all()),
        official=row.official,
        offered=own.offered if own else True,
        room_id=own.room_id if own else None,
        second_check=own.second_check if own else False,
    )
