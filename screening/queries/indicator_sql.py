"""The statements that count a programme's rounds: once through the facts into cells of equal rows, then sums of cells.

A cell is a group of people of whom everything that is counted is the same; there are thousands of them where there are
millions of rows, so each thing counted is asked of a cell and not of a row. Medians are taken from the rows of positives,
which are few.
"""

# ruff: noqa: S608 - statements composed of this module's own constants; what people ask for travels as parameters
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from screening.queries.indicator_counts import OF_CELL, counted_columns, finding_parameters, worst_finding
from screening.queries.round_facts import COLUMNS, OWN, OWN_COLUMNS, REPORTED
from screening.rules.indicators import WAITS, Basis
from screening.rules.lesions import CANCER, PRECANCER, TESTS

OTHER_AGES, NOT_STATED = "other", "unknown"
LIMITS = {"test_to_assessment": 31, "assessment_to_finding": 28, "finding_to_treatment": 28}  # days
FOLLOW_UP_DAYS = 456  # a test twelve months after the treatment, and three more to come to it
_YEAR_DAYS = 365

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
# Invited in one month and tested in the next: each counts in its own, the person once in the whole ("again").
_SPLIT = """
SELECT {columns}, f.was_tested, p.invited, p.screened, p.day, p.again
  FROM ({rows}) f CROSS JOIN LATERAL (
       SELECT f.invited, f.screened, f.day, false AS again
        WHERE (f.invited AND f.screened AND {invited_in} <> {tested_in}) IS NOT TRUE
       UNION ALL SELECT true, false, f.invited_on, true WHERE f.invited AND f.screened AND {invited_in} <> {tested_in}
       UNION ALL SELECT false, true, f.day, false WHERE f.invited AND f.screened AND {invited_in} <> {tested_in}) p
"""
_IN_TARGET = "(g.target AND (g.invited OR g.screened OR (g.invited_on IS NULL AND NOT g.was_tested)))"
_AGE = "extract(year FROM age({day}, g.birth_date))::int"
_LATER = """CASE WHEN g.cancer_on IS NULL THEN 0 WHEN g.cancer_on < g.tested_on + %(first_days)s THEN 1
            WHEN g.cancer_on < g.tested_on + %(watched_days)s THEN 2 ELSE 3 END"""
_WATCHED = "greatest(least(%(horizon)s::date, g.gone_on, g.cancer_on) - g.tested_on, 0)"
_NEGATIVE = "g.screened AND g.verdict = 'negative'"
_KEYS: Mapping[str, str] = {
    "in_target": _IN_TARGET,
    "invited": "coalesce(g.invited, false)",
    "screened": "coalesce(g.screened, false)",
    "verdict": "g.verdict",
    "assessment": "g.assessment",
    "findings": "g.findings",
    "treated": "g.treated_on IS NOT NULL",
    "first": "g.round = 1",
    "later": _LATER,
}
_OWN_KEYS: Mapping[str, str] = {
    "exams_stated": "g.exams_stated",
    "exams_complete": "g.exams_complete",
    "triage": "coalesce(g.triage, '')",
    "followed": f"""CASE WHEN g.treated_on IS NULL THEN 0 WHEN g.followed_on <= g.treated_on + {FOLLOW_UP_DAYS} THEN 2
                    WHEN g.treated_on + {FOLLOW_UP_DAYS} <= %(horizon)s THEN 1 ELSE 0 END""",
    "stage": "g.stage",
}
_NOT_REPORTED = {"exams_stated": "0", "exams_complete": "0", "triage": "''", "followed": "0", "stage": "0"}
# Days of a positive's way; of the rows that tell of both ends.
_WAITED = {
    "test_to_assessment": "CASE WHEN h.assessed THEN h.assessed_on - h.tested_on END",
    "assessment_to_finding": "CASE WHEN h.assessed THEN h.finding_on - h.assessed_on END",
    "finding_to_treatment": "CASE WHEN h.findings IS NOT NULL THEN h.treated_on - coalesce(h.finding_on, h.assessed_on) END",
}
PERIODS: Mapping[str, str] = {"month": "YYYY-MM", "quarter": 'YYYY-"Q"Q', "year": "YYYY"}
# A number is no code: measured results are told by their verdict.
_NUMBER = "g.result ~ '^[0-9]+[.,]?[0-9]*$' AND length(g.result) > 1"
_CODED = f"CASE WHEN {_NUMBER} OR g.result = '' THEN g.verdict ELSE g.result END"
_DIMENSIONS = {
    "sex": f"coalesce(nullif(g.sex, ''), '{NOT_STATED}')",
    "ward": f"coalesce(nullif(g.ward_code, ''), '{NOT_STATED}')",
    "facility": "g.facility_id::text",
    "round": "g.round::text",
    "test": f"coalesce(nullif(g.test, ''), '{NOT_STATED}')",
    "result": f"coalesce(nullif({_CODED}, ''), '{NOT_STATED}')",
    **{
        name: f"CASE WHEN g.invited OR g.screened THEN to_char(g.day, '{pattern}') ELSE '{NOT_STATED}' END"
        for name, pattern in PERIODS.items()
    },
}


def parameters(
    family: str, since: date, until: date, age_on: date | None, horizon: date, months: float
) -> dict[str, Any]:
    """What the statements are asked with, beside the facts' own parameters and the facility.

    horizon: the last day of which anything can be known; months: between two rounds, after which nobody is watched.
    """
    watched = min(round(months * _YEAR_DAYS / 12), 2 * _YEAR_DAYS)
    groups = {"precancer": list(PRECANCER), "to_treat": [*PRECANCER, *CANCER]}
    kinds = {f"kind_{name}": list(words) for name, words in TESTS.get(family, {}).items()}
    days = {"horizon": horizon, "first_days": min(watched, _YEAR_DAYS), "watched_days": watched}
    return {"since": since, "until": until, "age_on": age_on} | days | groups | kinds | finding_parameters(family)


def count_statement(
    family: str, basis: Basis, by: Sequence[str], ages: Sequence[tuple[int, int]], **scope: bool
) -> str:
    """A row for each group: by_<dimension> (NULL where the group is not of it), then the counts by name."""
    reported = _cells(family, basis, by, scope, REPORTED, dict(_KEYS), _NOT_REPORTED)
    own = _cells(family, basis, by, scope, OWN, dict(_KEYS) | _OWN_KEYS, {})
    cells = OF_CELL.format(cells=f"{reported} UNION ALL {own}", worst=worst_finding(family))
    return grouped(cells, by, ages, counted_columns(family))


def _cells(
    family: str,
    basis: Basis,
    by: Sequence[str],
    scope: Mapping[str, bool],
    facts: str,
    keys: dict[str, str],
    constants: Mapping[str, str],
) -> str:
    """Rows of one source into cells; what that source cannot tell stands beside them as constants."""
    period = next((name for name in by if name in PERIODS), "") if basis is Basis.YEAR else ""
    keys |= {"again": "g.again"} if period else {}
    keys |= {"kind": _kind(family)} if family in TESTS else {}
    beside = dict(constants) | ({} if period else {"again": "false"}) | ({} if family in TESTS else {"kind": "''"})
    dimensions = [f"{_of_row(name, scope)} AS by_{name}" for name in by]
    wanted = ", ".join([*dimensions, *(f"{told} AS {name}" for name, told in keys.items())])
    named = [*(f"by_{name}" for name in by), *_KEYS, *_OWN_KEYS, "again", "kind", "people", "first_days", "second_days"]
    columns = ", ".join(f"{beside[name]} AS {name}" if name in beside else f"k.{name}" for name in named)
    grouped = ", ".join(str(n) for n in range(1, len(by) + len(keys) + 1))
    return f"""
        SELECT {columns} FROM (
        SELECT {wanted}, count(*) AS people,
               sum(CASE WHEN {_NEGATIVE} THEN least({_WATCHED}, %(first_days)s) END) AS first_days,
               sum(CASE WHEN {_NEGATIVE} THEN greatest(least({_WATCHED}, %(watched_days)s) - {_YEAR_DAYS}, 0) END)
                   AS second_days
          FROM ({_rows(basis, scope, facts, period)}) g
         WHERE g.invited OR g.screened OR {_IN_TARGET} GROUP BY {grouped}) k
    """


def _kind(family: str) -> str:
    cases = " ".join(f"WHEN g.test = ANY(%(kind_{name})s) THEN '{name}'" for name in TESTS[family])
    return f"CASE {cases} ELSE '' END"


def wait_statement(basis: Basis, by: Sequence[str], ages: Sequence[tuple[int, int]], **scope: bool) -> str:
    """A row for each group as above, then for each wait its median in days, how many are known, how many were in time."""
    rows = f"""
        SELECT {dimensions_of(by, scope)} g.verdict = 'positive' AND g.assessment = 'done' AS assessed, g.findings,
               g.tested_on, g.assessed_on, g.finding_on, g.treated_on
          FROM ({_rows(basis, scope, _both())}) g
         WHERE g.screened AND g.verdict <> 'negative' AND (g.assessment = 'done' OR g.findings IS NOT NULL) OFFSET 0
    """  # OFFSET 0: an age is worked out once a row, not once for every age group
    waits = []
    for wait in WAITS:
        days = _WAITED[wait]
        waits.append(f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {days}) AS {wait}")
        waits.append(f"count({days}) AS {wait}_known")
        waits.append(f"count(*) FILTER (WHERE ({days}) <= {LIMITS[wait]}) AS {wait}_in_time")
    return grouped(rows, by, ages, waits)


def place_statement(basis: Basis, last_week: int, **scope: bool) -> str:
    """Of the positives: (facility, week, whether the row is of a week, positive, assessed), a row for each facility and for
    each number of completed weeks from the test to the assessment, up to last_week for that and more."""
    days = _WAITED["test_to_assessment"]
    return f"""
        SELECT h.facility_id, h.week, grouping(h.facility_id) = 1 AS of_week, count(*), count(*) FILTER (WHERE h.assessed)
          FROM (SELECT h.facility_id, h.assessed, least(({days}) / 7, {last_week}) AS week
                  FROM (SELECT g.*, g.assessment = 'done' AS assessed FROM ({_rows(basis, scope, _both())}) g
                         WHERE g.screened AND g.verdict = 'positive') h) h
         GROUP BY GROUPING SETS ((h.facility_id), (h.week))
    """


def _both() -> str:
    columns = ", ".join(COLUMNS)
    return f"SELECT {columns} FROM ({REPORTED}) a UNION ALL SELECT {columns} FROM ({OWN}) b"


def _rows(basis: Basis, scope: Mapping[str, bool], facts: str, period: str = "") -> str:
    here = "WHERE u.facility_id = %(facility)s" if scope.get("one_facility") else ""
    rows = _ROWS.format(of_period=_OF_PERIOD[basis], facts=f"SELECT * FROM ({facts}) u {here}")
    if not period:
        return rows
    names = [*COLUMNS, *(OWN_COLUMNS if facts is OWN else ())]
    invited_in, tested_in = (f"to_char({day}, '{PERIODS[period]}')" for day in ("f.invited_on", "f.day"))
    columns = ", ".join(f"f.{name}" for name in names)
    return _SPLIT.format(columns=columns, rows=rows, invited_in=invited_in, tested_in=tested_in)


def dimensions_of(by: Sequence[str], scope: Mapping[str, bool]) -> str:
    """The columns by_<dimension> of a row `g`, each with its comma."""
    return "".join(f"{_of_row(name, scope)} AS by_{name}, " for name in by)


def _of_row(name: str, scope: Mapping[str, bool]) -> str:
    """A dimension of a row; ages stay single years here, cells are put into groups."""
    if name == "age":
        return _AGE.format(day="%(age_on)s::date" if scope.get("one_day") else "g.day")
    return _DIMENSIONS[name]


def grouped(rows: str, by: Sequence[str], ages: Sequence[tuple[int, int]], wanted: Sequence[str]) -> str:
    """Everybody, each dimension by itself, and all of them together."""
    groups = [f"{_age_group(ages) if name == 'age' else f'h.by_{name}'} AS by_{name}" for name in by]
    sets = f"GROUP BY GROUPING SETS ((), {', '.join(_sets(len(by)))})" if by else ""
    return f"SELECT {', '.join([*groups, *wanted])} FROM ({rows}) h {sets}"


def _sets(dimensions: int) -> Iterator[str]:
    yield from (f"({n})" for n in range(1, dimensions + 1))
    if dimensions > 1:
        yield f"({', '.join(str(n) for n in range(1, dimensions + 1))})"


def _age_group(ages: Sequence[tuple[int, int]]) -> str:
    groups = " ".join(f"WHEN h.by_age BETWEEN {low} AND {high} THEN '{age_name(low, high)}'" for low, high in ages)
    return f"CASE {groups} ELSE '{OTHER_AGES}' END"


def age_name(low: int, high: int) -> str:
    """The name of an age group: 50-54."""
    return f"{low}-{high}"
