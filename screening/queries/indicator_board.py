"""What the indicator page and its files show of a programme and period: the whole, groups, wards, facilities, waits."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from time import monotonic

from django.core.cache import cache
from django.db import connection

from registry.kernel import Context, Permission, query, record_audit
from registry.models import AdministrativeUnit, Facility
from screening.queries.indicator_sql import place_statement
from screening.queries.indicators import Asked, Group, count_indicators
from screening.queries.programme_data import interval_of, standards_of
from screening.queries.round_facts import fact_parameters
from screening.queries.scope import facility_of, oversees_city, today_of
from screening.rules.standards import Standards

SLOW, KEPT_FOR = 5.0, 900  # seconds
LAST_WEEK = 12  # the last column of the waits: so many completed weeks, and all that are more


@dataclass(frozen=True, slots=True)
class FacilityCount:
    """A facility's people of the period: positive, assessed."""

    name: str
    positive: int
    assessed: int


@dataclass(frozen=True, slots=True)
class IndicatorBoard:
    """groups: of the one dimension asked for; wards: all of them; names: dimension -> code -> name; weeks: completed weeks
    from test to assessment -> people, LAST_WEEK for that and more; interval: months between rounds. Of one facility's
    people where whole_city is False."""

    asked: Asked
    everybody: Group
    groups: tuple[Group, ...]
    wards: tuple[Group, ...]
    names: Mapping[str, Mapping[str, str]]
    standards: Standards
    interval: int
    facilities: tuple[FacilityCount, ...]
    weeks: Mapping[int, int]
    whole_city: bool
    counted_at: datetime


@query(Permission.SCREENING_READ)
def get_indicator_board(ctx: Context, asked: Asked) -> IndicatorBoard:
    """Three statements over the rounds. asked.by: one dimension or none. Raises as count_indicators does.

    What took longer than SLOW to count is kept for a while: the page, its files and the next reader show one count.
    """
    key = _key(ctx, asked)
    kept: IndicatorBoard | None = cache.get(key)
    if kept is not None:
        record_audit(ctx, "read", target=("ScreeningIndicators", asked.family), detail={"basis": asked.basis.value})
        return kept
    began = monotonic()
    board = _count(ctx, asked)
    if monotonic() - began > SLOW:
        cache.set(key, board, KEPT_FOR)
    return board


def _key(ctx: Context, asked: Asked) -> str:
    """Of what is asked and of whose people; people of one facility and the city never share a count."""
    whose = "city" if oversees_city(ctx) else str(facility_of(ctx).id)
    said = f"{connection.settings_dict['NAME']} {whose} {asked!r}"
    return f"indicators:{hashlib.sha256(said.encode()).hexdigest()}"


def _count(ctx: Context, asked: Asked) -> IndicatorBoard:
    city = oversees_city(ctx)
    dimensions = (*asked.by, *(("ward",) if city and "ward" not in asked.by else ()))
    groups = count_indicators(ctx, replace(asked, by=dimensions))
    scoped = asked if city else replace(asked, facility_id=facility_of(ctx).id)
    facilities, weeks = _places_and_weeks(scoped)
    return IndicatorBoard(
        asked,
        groups[0],
        tuple(group for group in groups if tuple(group.key) == asked.by and asked.by),
        tuple(group for group in groups if tuple(group.key) == ("ward",)),
        {"ward": _ward_names(ctx), "facility": _facility_names(groups)},
        standards_of(asked.family),
        asked.interval or interval_of(asked.family),
        facilities if city else (),
        weeks,
        city,
        ctx.at,
    )


def _places_and_weeks(asked: Asked) -> tuple[tuple[FacilityCount, ...], dict[int, int]]:
    scope = {"one_facility": bool(asked.facility_id), "one_day": bool(asked.age_on)}
    named = fact_parameters(asked.family) | {"since": asked.since, "until": asked.until, "facility": asked.facility_id}
    places: dict[int, tuple[int, int]] = {}
    weeks: dict[int, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(place_statement(asked.basis, LAST_WEEK, **scope), named)
        for facility_id, week, of_week, positive, assessed in cursor.fetchall():
            if not of_week:
                places[facility_id] = (positive, assessed)
            elif week is not None:
                weeks[max(week, 0)] = weeks.get(max(week, 0), 0) + assessed
    names = dict(Facility.objects.filter(pk__in=places).values_list("pk", "name"))
    found = (FacilityCount(names[key], *counts) for key, counts in places.items())
    return tuple(sorted(found, key=lambda one: (-one.positive, one.name))), weeks


def _facility_names(groups: Sequence[Group]) -> dict[str, str]:
    codes = [group.key["facility"] for group in groups if "facility" in group.key]
    return dict(Facility.objects.filter(code__in=codes).values_list("code", "short_name"))


def _ward_names(ctx: Context) -> dict[str, str]:
    """The communes of today: 126 in Hanoi."""
    return dict(
        AdministrativeUnit.objects.on(today_of(ctx))
        .filter(level=AdministrativeUnit.Level.COMMUNE)
        .values_list("code", "name")
    )
