"""The statements that count a programme's rounds: once through the facts into cells of equal rows, then sums of cells.

A cell is a group of people of whom everything that is counted is the same; there are thousands of them where there are
millions of rows, so each thing counted is asked of a cell and not of a row. Medians are taken from the rows of positives,
which are few.
"""

# ruff: noqa: S608 - statements composed of this module's own constants; what people ask for travels as parameters
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from screening.queries.round_facts import OWN, REPORTED
from screening.rules.indicators import CANCER, PRECANCER, WAITS, Basis

OTHER_AGES, NOT_STATED = "other", "unknown"
LIMITS = {"test_to_assessment": 31, "assessment_to_finding": 28, "finding_to_treatment": 28}  # days

# Which rows of the facts belong to the period, and what happened to each within it. A row that is target and bears no day
# at all belongs to every period: somebody who should have been invited and was not.
_TESTED_ON = "coalesce(f.tested_on, f.invited_on)"
_OF_PERIOD = {
    Basis.YEAR: f"""
       f.invited_on BETWEEN %(since)s AND %(until)s AS invited,
       f.was_tested AND {_TESTED_ON} BETWEEN %(since)s AND %(until)s AS screened,
       CASE WHEN f.was_tested AND {_TESTED_ON} BETWEEN %(since)s AND %(until)s THEN {_TESTED_ON}
            WHEN f.invited_on BETWEEN %(since)s AND %(until)s THEN f.invited_on ELSE %(since)s END AS day""",
    Basis.COHORT: """
       f.invited_on BETWEEN %(since)s AND %(until)s AS invited,
       f.was_tested AND f.invited_on BETWEEN %(since)s AND %(until)s AS screened,
       CASE WHEN f.invited_on BETWEEN %(since)s AND %(until)s THEN f.invited_on ELSE %(since)s END AS day""",
}
_ROWS = """
SELECT f.*, {of_period}
  FROM (SELECT r.*, r.tested_on IS NOT NULL OR r.verdict <> '' AS was_tested FROM ({facts}) r) f
"""
_IN_TARGET = "(g.target AND (g.invited OR g.screened OR (g.invited_on IS NULL AND NOT g.was_tested)))"
_AGE = "extract(year FROM age({day}, g.birth_date))::int"
_KEPT = """coalesce(g.invited, false) AS invited, coalesce(g.screened, false) AS screened, g.verdict, g.assessment,
       g.findings, g.treated_on IS NOT NULL AS treated"""
_OF_CELL = """
SELECT c.*, c.screened AND c.verdict = 'positive' AS positive,
       c.screened AND c.verdict = 'positive' AND c.assessment = 'done' AS assessed,
       c.screened AND c.verdict <> 'negative' AND c.findings IS NOT NULL AS found FROM ({cells}) c
"""
_TO_TREAT = "h.found AND h.findings && %(to_treat)s::varchar[]"
_CANCER = "h.found AND h.findings && %(cancer)s::varchar[]"
_PRECANCER = "h.found AND h.findings && %(precancer)s::varchar[] AND NOT h.findings && %(cancer)s::varchar[]"
_KNOWN = "h.assessment IN ('done', 'not-done')"
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
    "resolved": f"h.positive AND {_KNOWN}",
    "assessment_unknown": f"h.positive AND NOT {_KNOWN}",
    "unclassified": "h.assessed AND h.findings IS NULL",
    "finding_unknown": f"h.positive AND (NOT {_KNOWN} OR h.assessed AND h.findings IS NULL)",
    "to_treat": _TO_TREAT,
    "treated": f"{_TO_TREAT} AND h.treated",
    "treatment_unknown": f"{_TO_TREAT} AND NOT h.treated",
    "precancer": _PRECANCER,
    "treated_precancer": f"{_PRECANCER} AND h.treated",
    "cancer_to_treat": _CANCER,
    "treated_cancer": f"{_CANCER} AND h.treated",
    "interval_cancer": "h.screened AND h.verdict = 'negative' AND h.findings && %(cancer)s::varchar[]",
}
# Days of a positive's way; of the rows that tell of both ends.
_WAITED = {
    "test_to_assessment": "CASE WHEN h.assessed THEN h.assessed_on - h.tested_on END",
    "assessment_to_finding": "CASE WHEN h.assessed THEN h.finding_on - h.assessed_on END",
    "finding_to_treatment": "CASE WHEN h.findings IS NOT NULL THEN h.treated_on - coalesce(h.finding_on, h.assessed_on) END",
}
_DIMENSIONS = {
    "sex": "g.sex",
    "ward": f"coalesce(nullif(g.ward_code, ''), '{NOT_STATED}')",
    "round": "g.round::text",
}


def parameters(
    family: str, since: date, until: date, age_on: date | None, lesions: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """What both statements are asked with, beside the words of findings and the facility."""
    found = {f"lesion_{name}": list(findings) for name, findings in lesions.items()}
    groups = {"precancer": list(PRECANCER), "cancer": list(CANCER), "to_treat": [*PRECANCER, *CANCER]}
    return {"family": family, "since": since, "until": until, "age_on": age_on} | groups | found


def count_statement(
    basis: Basis,
    by: Sequence[str],
    ages: Sequence[tuple[int, int]],
    lesions: Mapping[str, Sequence[str]],
    **scope: bool,
) -> str:
    """A row for each group: by_<dimension> (NULL where the group is not of it), then the counts by name."""
    dimensions = [f"{_of_row(name, scope)} AS by_{name}" for name in by]
    keys = ", ".join(str(n) for n in range(1, len(by) + 8))
    cells = f"""
        SELECT {"".join(f"{one}, " for one in dimensions)}{_IN_TARGET} AS in_target, {_KEPT}, count(*) AS people
          FROM ({_rows(basis, scope)}) g
         WHERE g.invited OR g.screened OR {_IN_TARGET} GROUP BY {keys}
    """
    wanted = dict(_COUNTED)
    for name in lesions:
        wanted[f"found_{name}"] = f"h.found AND h.findings && %(lesion_{name})s::varchar[]"
        wanted[f"assessed_{name}"] = f"h.assessed AND h.findings && %(lesion_{name})s::varchar[]"
    counts = [f"coalesce(sum(h.people) FILTER (WHERE {where}), 0) AS {name}" for name, where in wanted.items()]
    return _grouped(_OF_CELL.format(cells=cells), by, ages, counts)


def wait_statement(basis: Basis, by: Sequence[str], ages: Sequence[tuple[int, int]], **scope: bool) -> str:
    """A row for each group as above, then for each wait its median in days, how many are known, how many were in time."""
    dimensions = "".join(f"{_of_row(name, scope)} AS by_{name}, " for name in by)
    rows = f"""
        SELECT {dimensions}g.verdict = 'positive' AND g.assessment = 'done' AS assessed, g.findings, g.tested_on,
               g.assessed_on, g.finding_on, g.treated_on
          FROM ({_rows(basis, scope)}) g
         WHERE g.screened AND g.verdict <> 'negative' AND (g.assessment = 'done' OR g.findings IS NOT NULL)
    """
    waits = []
    for wait in WAITS:
        days = _WAITED[wait]
        waits.append(f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {days}) AS {wait}")
        waits.append(f"count({days}) AS {wait}_known")
        waits.append(f"count(*) FILTER (WHERE ({days}) <= {LIMITS[wait]}) AS {wait}_in_time")
    return _grouped(rows, by, ages, waits)


def place_statement(basis: Basis, last_week: int, **scope: bool) -> str:
    """Of the positives: (facility, week, whether the row is of a week, positive, assessed), a row for each facility and for
    each number of completed weeks from the test to the assessment, up to last_week for that and more."""
    days = _WAITED["test_to_assessment"]
    return f"""
        SELECT h.facility_id, h.week, grouping(h.facility_id) = 1 AS of_week, count(*), count(*) FILTER (WHERE h.assessed)
          FROM (SELECT h.facility_id, h.assessed, least(({days}) / 7, {last_week}) AS week
                  FROM (SELECT g.*, g.assessment = 'done' AS assessed FROM ({_rows(basis, scope)}) g
                         WHERE g.screened AND g.verdict = 'positive') h) h
         GROUP BY GROUPING SETS ((h.facility_id), (h.week))
    """


def _rows(basis: Basis, scope: Mapping[str, bool]) -> str:
    here = "WHERE u.facility_id = %(facility)s" if scope.get("one_facility") else ""
    facts = f"SELECT * FROM ({REPORTED} UNION ALL {OWN}) u {here}"
    return _ROWS.format(of_period=_OF_PERIOD[basis], facts=facts)


def _of_row(name: str, scope: Mapping[str, bool]) -> str:
    """A dimension of a row; ages stay single years here, cells are put into groups."""
    if name == "age":
        return _AGE.format(day="%(age_on)s::date" if scope.get("one_day") else "g.day")
    return _DIMENSIONS[name]


def _grouped(rows: str, by: Sequence[str], ages: Sequence[tuple[int, int]], wanted: Sequence[str]) -> str:
    """Everybody, each dimension by itself, and all of them together."""
    groups = [f"{_age_group(ages) if name == 'age' else f'h.by_{name}'} AS by_{name}" for name in by]
    sets = ""
    if by:
        numbers = range(1, len(by) + 1)
        together = [f"({', '.join(map(str, numbers))})"] if len(by) > 1 else []
        sets = f"GROUP BY GROUPING SETS ((), {', '.join([f'({n})' for n in numbers] + together)})"
    return f"SELECT {', '.join([*groups, *wanted])} FROM ({rows}) h {sets}"


def _age_group(ages: Sequence[tuple[int, int]]) -> str:
    groups = " ".join(f"WHEN h.by_age BETWEEN {low} AND {high} THEN '{age_name(low, high)}'" for low, high in ages)
    return f"CASE {groups} ELSE '{OTHER_AGES}' END"


def age_name(low: int, high: int) -> str:
    """The name of an age group: 50-54."""
    return f"{low}-{high}"
