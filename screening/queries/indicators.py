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
from registry.rules.phrases import Phrase
from screening.models import ProgrammeVersion
from screening.queries.indicator_sql import count_statement, parameters, wait_statement
from screening.queries.round_facts import finding_words
from screening.queries.scope import facility_of, oversees_city
from screening.rules.indicators import INTERVALS, WAITS, Basis, Value, lesion_sets, values_of
from screening.rules.reported import FAMILIES

DIMENSIONS = ("age", "sex", "ward", "round")
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
    the city is told of their own facility's people.

    Raises Refused: programme, period, by. Two statements; memory does not grow with the rows.
    """
    refuse_unusable(asked)
    if not oversees_city(ctx):
        asked = replace(asked, facility_id=facility_of(ctx).id)
    record_audit(ctx, "read", target=("ScreeningIndicators", asked.family), detail={"basis": asked.basis.value})
    interval = asked.interval or interval_of(asked.family)
    years = max((asked.until - asked.since).days + 1, 1) / 365.25
    years = round(years * 12) / 12 or years
    groups = [_group(asked, row, interval, years) for row in _rows(asked)]
    return sorted(groups, key=lambda group: (len(group.key), _place(group)))


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
    if any(low > high for low, high in asked.ages) or _overlap(asked.ages):
        raise Refused(
            "age-groups", Phrase("Các nhóm tuổi phải tăng dần và không chồng nhau, ví dụ 50-54,55-59."), "ages"
        )


def _overlap(ages: Sequence[tuple[int, int]]) -> bool:
    return any(later[0] <= earlier[1] for earlier, later in pairwise(ages))


def interval_of(family: str) -> int:
    """Months between two rounds: as the live version says, else the family's own."""
    rules = (
        ProgrammeVersion.objects.filter(state="live", programme__code=family).values_list("rules", flat=True).first()
    )
    return int(rules["test_interval_months"]["value"]) if rules else INTERVALS[family]


def _place(group: Group) -> list[tuple[str, int, str]]:
    """Numbers by their size, words by their letters; "other" and "unknown" after them."""
    return [
        (dimension, int(value.split("-")[0]) if value.split("-")[0].isdigit() else 10**9, value)
        for dimension, value in group.key.items()
    ]


def _group(asked: Asked, row: Mapping[str, Any], interval: int, years: float) -> Group:
    key = {name: row[f"by_{name}"] for name in asked.by if row[f"by_{name}"] is not None}
    counts = {name: float(value or 0) for name, value in row.items() if not name.startswith("by_")}
    counts = {name: int(value) if value.is_integer() else value for name, value in counts.items()}
    return Group(key, tuple(values_of(asked.family, asked.basis, counts, interval, years)), counts)


def _rows(asked: Asked) -> list[dict[str, Any]]:
    """The counts of each group with its waits beside them."""
    lesions, scope = lesion_sets(asked.family), {"one_facility": bool(asked.facility_id), "one_day": bool(asked.age_on)}
    named = parameters(asked.family, asked.since, asked.until, asked.age_on, lesions)
    named |= finding_words(asked.family) | {"facility": asked.facility_id}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'; SET LOCAL work_mem = '64MB'")
        counted = _fetched(cursor, count_statement(asked.basis, asked.by, asked.ages, lesions, **scope), named)
        waited = _fetched(cursor, wait_statement(asked.basis, asked.by, asked.ages, **scope), named)
    of_group = {_key(asked, row): row for row in waited}
    nobody = {name: 0 for wait in WAITS for name in (wait, f"{wait}_known", f"{wait}_in_time")}
    return [nobody | of_group.get(_key(asked, row), {}) | row for row in counted]


def _fetched(cursor: Any, statement: str, named: Mapping[str, Any]) -> list[dict[str, Any]]:
    cursor.execute(statement, named)
    names = [column.name for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _key(asked: Asked, row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[f"by_{name}"] for name in asked.by)
