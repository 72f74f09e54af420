"""The indicators of a programme over a period, by group: one statement counts, the rules divide.

For a page or a file: `count_indicators(ctx, Asked(...))` gives the groups, each with its values in the order they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from django.db import connection

from registry.kernel import Context, Permission, Refused, query, record_audit
from registry.rules.phrases import Phrase
from screening.models import ProgrammeVersion
from screening.queries.round_facts import OWN, REPORTED, finding_words
from screening.queries.scope import facility_of, oversees_city
from screening.rules.indicators import CANCER, INTERVALS, PRECANCER, WAITS, Basis, Value, lesion_sets, values_of
from screening.rules.reported import FAMILIES

DIMENSIONS = ("age", "sex", "ward", "round")
ALL, OTHER_AGES, NOT_STATED = "all", "other", "unknown"
FIVE_YEARS = tuple((low, low + 4) for low in range(0, 100, 5))
LIMITS = {"test_to_assessment": 31, "assessment_to_finding": 28, "finding_to_treatment": 28}


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

    Raises Refused: programme, period, by. One statement; memory does not grow with the rows.
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


def _rows(asked: Asked) -> Iterator[dict[str, Any]]:
    statement, named = _statement(asked)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '10min'")
        cursor.execute(statement, named)
        names = [column.name for column in cursor.description or ()]
        for row in cursor.fetchall():
            yield dict(zip(names, row, strict=True))


# Which rows of the facts belong to the period, and what happened to each within it. A row that is target and bears no day
# at all belongs to every period: somebody who should have been invited and was not.
_OF_PERIOD = {
    Basis.YEAR: """
       f.invited_on BETWEEN %(since)s AND %(until)s AS invited,
       f.was_tested AND coalesce(f.tested_on, f.invited_on) BETWEEN %(since)s AND %(until)s AS screened,
       CASE WHEN f.was_tested AND coalesce(f.tested_on, f.invited_on) BETWEEN %(since)s AND %(until)s
            THEN coalesce(f.tested_on, f.invited_on)
            WHEN f.invited_on BETWEEN %(since)s AND %(until)s THEN f.invited_on ELSE %(since)s END AS day""",
    Basis.COHORT: """
       f.invited_on BETWEEN %(since)s AND %(until)s AS invited,
       f.was_tested AND f.invited_on BETWEEN %(since)s AND %(until)s AS screened,
       CASE WHEN f.invited_on BETWEEN %(since)s AND %(until)s THEN f.invited_on ELSE %(since)s END AS day""",
}
_SAID_OF_A_ROW = """
SELECT g.*, g.target AND (g.invited OR g.screened OR (g.invited_on IS NULL AND NOT g.was_tested)) AS in_target,
       g.screened AND g.verdict = 'positive' AS positive,
       g.screened AND g.verdict = 'positive' AND g.assessment = 'done' AS assessed,
       g.screened AND g.verdict <> 'negative' AND g.findings IS NOT NULL AS found
  FROM (SELECT f.*, {of_period}
          FROM (SELECT r.*, r.tested_on IS NOT NULL OR r.verdict <> '' AS was_tested FROM ({facts}) r) f) g
"""
_TO_TREAT = "h.found AND h.findings && %(to_treat)s::varchar[]"
_CANCER = "h.found AND h.findings && %(cancer)s::varchar[]"
_PRECANCER = "h.found AND h.findings && %(precancer)s::varchar[] AND NOT h.findings && %(cancer)s::varchar[]"
_COUNTED = {
    "target": "h.in_target",
    "invited": "h.invited",
    "screened": "h.screened",
    "positive": "h.positive",
    "negative": "h.screened AND h.verdict = 'negative'",
    "inadequate": "h.screened AND h.verdict = 'inadequate'",
    "no_result": "h.screened AND h.verdict = ''",
    "with_result": "h.screened AND h.verdict IN ('positive', 'negative')",
    "assessed": "h.assessed",
    "not_assessed": "h.positive AND h.assessment = 'not-done'",
    "assessment_known": "h.positive AND h.assessment IN ('done', 'not-done')",
    "assessment_unknown": "h.positive AND h.assessment NOT IN ('done', 'not-done')",
    "resolved": "h.positive AND h.assessment IN ('done', 'not-done')",
    "unclassified": "h.assessed AND h.findings IS NULL",
    "finding_unknown":
        "h.positive AND (h.assessment NOT IN ('done', 'not-done') OR h.assessed AND h.findings IS NULL)",
    "to_treat": _TO_TREAT,
    "treated": f"{_TO_TREAT} AND h.treated_on IS NOT NULL",
    "treatment_unknown": f"{_TO_TREAT} AND h.treated_on IS NULL",
    "precancer": _PRECANCER,
    "treated_precancer": f"{_PRECANCER} AND h.treated_on IS NOT NULL",
    "cancer_to_treat": _CANCER,
    "treated_cancer": f"{_CANCER} AND h.treated_on IS NOT NULL",
    "interval_cancer": "h.screened AND h.verdict = 'negative' AND h.findings && %(cancer)s::varchar[]",
}  # fmt: skip
_WAITED = {
    "test_to_assessment": "CASE WHEN h.assessed THEN h.assessed_on - h.tested_on END",
    "assessment_to_finding": "CASE WHEN h.assessed THEN h.finding_on - h.assessed_on END",
    "finding_to_treatment": "CASE WHEN h.found THEN h.treated_on - coalesce(h.finding_on, h.assessed_on) END",
}
_GROUPS = {
    "sex": "h.sex",
    "ward": f"coalesce(nullif(h.ward_code, ''), '{NOT_STATED}')",
    "round": "h.round::text",
}


def _statement(asked: Asked) -> tuple[str, dict[str, Any]]:
    lesions = lesion_sets(asked.family)
    named: dict[str, Any] = {
        "family": asked.family, "since": asked.since, "until": asked.until, "age_on": asked.age_on,
        "precancer": list(PRECANCER), "cancer": list(CANCER), "to_treat": [*PRECANCER, *CANCER],
        "facility": asked.facility_id,
    }  # fmt: skip
    counts = [f"count(*) FILTER (WHERE {where}) AS {name}" for name, where in _COUNTED.items()]
    for name, findings in lesions.items():
        named[f"lesion_{name}"] = list(findings)
        counts.append(f"count(*) FILTER (WHERE h.found AND h.findings && %(lesion_{name})s::varchar[]) AS found_{name}")
        counts.append(
            f"count(*) FILTER (WHERE h.assessed AND h.findings && %(lesion_{name})s::varchar[]) AS assessed_{name}"
        )
    for wait in WAITS:
        days = _WAITED[wait]
        counts.append(f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {days}) AS {wait}")
        counts.append(f"count({days}) AS {wait}_known")
        counts.append(f"count(*) FILTER (WHERE ({days}) <= {LIMITS[wait]}) AS {wait}_in_time")
    named |= finding_words(asked.family)
    here = "" if asked.facility_id is None else "WHERE u.facility_id = %(facility)s"
    facts = f"SELECT * FROM ({REPORTED} UNION ALL {OWN}) u {here}"  # noqa: S608 - constants
    rows = _SAID_OF_A_ROW.format(of_period=_OF_PERIOD[asked.basis], facts=facts)
    groups = [f"{_grouping(asked, name)} AS by_{name}" for name in asked.by]
    sets = _grouping_sets(asked.by)
    wanted = ", ".join(groups + counts)
    whole = f"SELECT {wanted} FROM ({rows}) h WHERE h.in_target OR h.invited OR h.screened {sets}"  # noqa: S608 - constants
    return whole, named


def _grouping(asked: Asked, name: str) -> str:
    if name != "age":
        return _GROUPS[name]
    day = "%(age_on)s::date" if asked.age_on else "h.day"
    years = f"extract(year FROM age({day}, h.birth_date))::int"
    groups = " ".join(f"WHEN {years} BETWEEN {low} AND {high} THEN '{age_name(low, high)}'" for low, high in asked.ages)
    return f"CASE {groups} ELSE '{OTHER_AGES}' END"


def age_name(low: int, high: int) -> str:
    """The name of an age group: 50-54."""
    return f"{low}-{high}"


def _grouping_sets(by: Sequence[str]) -> str:
    """Everybody, each dimension by itself, and all of them together."""
    if not by:
        return ""
    numbers = range(1, len(by) + 1)
    alone = [f"({n})" for n in numbers]
    together = [f"({', '.join(map(str, numbers))})"] if len(by) > 1 else []
    return f"GROUP BY GROUPING SETS ((), {', '.join(alone + together)})"
