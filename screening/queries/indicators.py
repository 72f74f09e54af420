"""The indicators of a programme over a period, by group: statements count, the rules divide.

For a page or a file: `count_indicators(ctx, Asked(...))` gives the groups, each with its values in the order they are read.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from django.db import connection

from registry.kernel import Context, Permission, Refused, query, record_audit
from registry.models import Facility
from registry.rules.phrases import Phrase
from screening.queries.elimination import count_elimination
from screening.queries.indicator_sql import NOT_STATED, PERIODS, count_statement, parameters, wait_statement
from screening.queries.programme_data import elimination_of, interval_of
from screening.queries.return_sql import again_statement, covered_statement, return_parameters
from screening.queries.round_facts import fact_parameters
from screening.queries.scope import facility_of, oversees_city, today_of
from screening.rules.indicators import DAYS_A_YEAR, WAITS, Basis, Value, values_of
from screening.rules.intervals import period_days
from screening.rules.reported import FAMILIES

# Cells are few whatever the planner thinks: every worker may count its own and hand them over.
_SETTINGS = """
SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '64MB';
SET LOCAL parallel_tuple_cost = 0; SET LOCAL parallel_setup_cost = 0
"""
WAITED = tuple(name for wait in WAITS for name in (wait, f"{wait}_known", f"{wait}_in_time"))
DIMENSIONS = ("age", "sex", "ward", "facility", "round", "test", "result", *PERIODS)
ALL = "all"
FIVE_YEARS = tuple((low, low + 4) for low in range(0, 100, 5))


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked. by: of DIMENSIONS. ages: groups of completed years, both ends included, at the person's own day (the
    invitation or test that puts them in the period), or all at `age_on`. interval: months between rounds, None: as the
    programme says. facility_id: one facility's rows only.
    """

    family: str
    since: date
    until: date
    basis: Basis = Basis.YEAR
    by: tuple[str, ...] = ()
    ages: tuple[tuple[int, int], ...] = FIVE_YEARS
    age_on: date | None = None
    interval: int | None = None
    facility_id: int | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """One group's values. key: dimension -> value, empty for everybody."""

    key: Mapping[str, str]
    values: tuple[Value, ...]
    counts: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The group in one word: "all", "50-54", or several joined."""
        return ", ".join(self.key.values()) or ALL


@query(Permission.SCREENING_READ)
def count_indicators(ctx: Context, asked: Asked) -> list[Group]:
    """Everybody first, then each group of each dimension, then the groups of all dimensions together. Who does not oversee
    the city is told of their own facility's people; who does, of the elimination of cervical cancer as well.

    Raises Refused: programme, period, by. A few statements, each one pass; memory does not grow with the rows.
    """
    refuse_unusable(asked)
    city = oversees_city(ctx)
    if not city:
        asked = replace(asked, facility_id=facility_of(ctx).id)
    record_audit(ctx, "read", target=("ScreeningIndicators", asked.family), detail={"basis": asked.basis.value})
    interval = asked.interval or interval_of(asked.family)
    rows = _rows(asked, interval, today_of(ctx))
    groups = [_group(asked, row, interval) for row in rows]
    groups.sort(key=lambda group: (len(group.key), _place(group)))
    rules = elimination_of(asked.family) if city and asked.facility_id is None else None
    if rules:
        told = count_elimination(rules, asked.until, groups[0].counts)
        groups[0] = replace(groups[0], values=(*groups[0].values, *told))
    return groups


def refuse_unusable(asked: Asked) -> None:
    """Raises Refused for what cannot be counted."""
    if asked.family not in FAMILIES:
        template = "Không có chương trình “{value}”. Các chương trình: {known}."
        raise Refused("programme", Phrase(template, value=asked.family[:40], known=", ".join(FAMILIES)), "programme")
    if asked.since > asked.until:
        raise Refused("period", Phrase("Ngày bắt đầu phải đứng trước ngày kết thúc."), "until")
    strange = [one for one in asked.by if one not in DIMENSIONS]
    if strange or len(set(asked.by)) < len(asked.by):
        template = "Chỉ phân nhóm theo: {known}, mỗi cách một lần."
        raise Refused("by", Phrase(template, known=", ".join(DIMENSIONS)), "by")
    if sum(one in PERIODS for one in asked.by) > 1:
        raise Refused("by", Phrase("Chỉ chọn một trong: {known}.", known=", ".join(PERIODS)), "by")
    if any(low > high for low, high in asked.ages) or _overlap(asked.ages):
        raise Refused(
            "age-groups", Phrase("Các nhóm tuổi phải tăng dần và không chồng nhau, ví dụ 50-54,55-59."), "ages"
        )


def _overlap(ages: Sequence[tuple[int, int]]) -> bool:
    return any(later[0] <= earlier[1] for earlier, later in pairwise(ages))


def _place(group: Group) -> list[tuple[str, int, str]]:
    """Numbers by their size, words by their letters; "other" and "unknown" after them."""
    return [
        (dimension, int(value.split("-")[0]) if value.split("-")[0].isdigit() else 10**9, value)
        for dimension, value in group.key.items()
    ]


def _group(asked: Asked, row: Mapping[str, Any], interval: int) -> Group:
    key = {name: row[f"by_{name}"] for name in asked.by if row[f"by_{name}"] is not None}
    counts = {name: float(value or 0) for name, value in row.items() if not name.startswith("by_")}
    counts = {name: int(value) if value.is_integer() else value for name, value in counts.items()}
    if any(name in PERIODS for name in key):
        counts |= {"target": counts["target_each"], "of_covered_age": 0, "covered": 0}  # covered on the last day of all
    return Group(key, tuple(values_of(asked.family, asked.basis, counts, interval, _years(asked, key))), counts)


def _years(asked: Asked, key: Mapping[str, str]) -> float:
    """How long the group's period is, whole months as such: 2025-03 is a twelfth of a year."""
    since, until = asked.since, asked.until
    for name in (name for name in key if name in PERIODS):
        first, last = period_days(name, key[name])
        since, until = max(since, first), min(until, last)
    years = max((until - since).days + 1, 1) / DAYS_A_YEAR
    return round(years * 12) / 12 or years


def _rows(asked: Asked, interval: int, today: date) -> list[dict[str, Any]]:
    """The counts of each group with its waits and returns beside them."""
    scope = {"one_facility": bool(asked.facility_id), "one_day": bool(asked.age_on)}
    family, by, ages = asked.family, asked.by, asked.ages
    named = parameters(family, asked.since, asked.until, asked.age_on, today, interval) | fact_parameters(family)
    named |= {"facility": asked.facility_id} | return_parameters(asked.since, asked.until, interval)
    beside = [wait_statement(asked.basis, by, ages, **scope), again_statement(by, ages, **scope)]
    if family == "colorectal":
        beside.append(covered_statement(by, ages, **scope))
    with connection.cursor() as cursor:
        cursor.execute(_SETTINGS)
        counted = _fetched(cursor, count_statement(family, asked.basis, by, ages, **scope), named)
        of_group: dict[tuple[Any, ...], dict[str, Any]] = {}
        for statement in beside:
            for row in _fetched(cursor, statement, named):
                of_group.setdefault(_key(asked, row), {}).update(row)
    nobody = dict.fromkeys([*WAITED, "due_again", "invited_again", "of_covered_age", "covered"], 0)
    return _named(_never_invited(asked, [nobody | of_group.get(_key(asked, row), {}) | row for row in counted]))


def _never_invited(asked: Asked, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who is of the target and was neither invited nor tested belongs to every period, and to no one of them alone."""
    period = next((f"by_{name}" for name in asked.by if name in PERIODS), "")
    if not period:
        return rows
    waiting = {_but(row, period): row["target_each"] for row in rows if row[period] == NOT_STATED}
    for row in rows:
        if row[period] is not None:
            row["target_each"] += waiting.get(_but(row, period), 0)
    return [row for row in rows if row[period] != NOT_STATED]


def _but(row: Mapping[str, Any], period: str) -> tuple[Any, ...]:
    return tuple(value for name, value in row.items() if name.startswith("by_") and name != period)


def _named(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Facilities by their code."""
    keys = {int(row["by_facility"]) for row in rows if row.get("by_facility") is not None}
    codes = dict(Facility.objects.filter(pk__in=keys).values_list("pk", "code"))
    for row in rows if keys else ():
        if row["by_facility"] is not None:
            row["by_facility"] = codes[int(row["by_facility"])]
    return rows


def _fetched(cursor: Any, statement: str, named: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor.execute(statement, named)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _key(asked: Asked, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[f"by_{name}"] for name in asked.by)
