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
SELECT {columns}, f.was_tested, f.invited AND ({moved}) IS NOT TRUE AS invited, f.screened, f.day, false AS again
  FROM ({rows}) f
UNION ALL
SELECT {columns}, f.was_tested, true, false, f.invited_on, true FROM ({rows}) f WHERE {moved}
"""
_MOVED = "f.invited AND f.screened AND {invited_in} <> {tested_in}"
_IN_TARGET = "(g.target AND (g.invited OR g.screened OR (g.invited_on IS NULL AND NOT g.was_tested)))"
_AGE = "extract(year FROM age({day}, g.birth_date))::int"
_LATER = """CASE WHEN g.cancer_on IS NULL THEN 0 WHEN g.cancer_on < g.tested_on + %(first_days)s THEN 1
            WHEN g.cancer_on < g.tested_on + %(watched_days)s THEN 2 ELSE 3 END"""
_WATCHED = "greatest(least(%(horizon)s::date, g.gone_on, g.cancer_on) - g.tested_on, 0)"
_NEGATIVE = "g.screened AND g.verdict = 'negative'"
# What a reported row says, packed into one number: planners know nothing of it and so expect few cells, which is right, and
# workers hash one number instead of ten words. name -> (first bit, value of a row); `_UNPACKED` reads them back.
_BITS: Mapping[str, tuple[int, str]] = {
    "in_target": (0, f"coalesce({_IN_TARGET}, false)::int"),
    "invited": (1, "coalesce(g.invited, false)::int"),
    "screened": (2, "coalesce(g.screened, false)::int"),
    "treated": (3, "(g.treated_on IS NOT NULL)::int"),
    "first": (4, "(g.round = 1)::int"),
    "verdict": (5, "CASE g.verdict WHEN 'positive' THEN 1 WHEN 'negative' THEN 2 WHEN 'inadequate' THEN 3 ELSE 0 END"),
    "assessment": (7, "CASE g.assessment WHEN 'done' THEN 1 WHEN 'not-done' THEN 2 ELSE 0 END"),
    "later": (9, _LATER),
}
_KIND_BIT, _AGAIN_BIT, _AGE_BIT, _PERIOD_BIT = 11, 14, 16, 24
_UNPACKED: Mapping[str, str] = {
    **{
        name: f"(k.code >> {_BITS[name][0]}) & 1 = 1"
        for name in ("in_target", "invited", "screened", "treated", "first")
    },
    "verdict": "(ARRAY['', 'positive', 'negative', 'inadequate'])[1 + ((k.code >> 5) & 3)]",
    "assessment": "(ARRAY['', 'done', 'not-done'])[1 + ((k.code >> 7) & 3)]",
    "later": "(k.code >> 9) & 3",
    "findings": "k.findings",
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
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
# A number is no code: measured results are told by their verdict.
_NUMBER = "g.result ~ '^[0-9]+[.,]?[0-9]*$' AND length(g.result) > 1"
# What a dimension is in a row; words for what is not stated are put beside cells, not rows.
_RAW = {
    "sex": "g.sex",
    "ward": "g.ward_code",
    "facility": "g.facility_id",
    "round": "g.round",
    "test": "g.test",
    "result": f"CASE WHEN {_NUMBER} OR g.result = '' THEN g.verdict ELSE g.result END",
}
_SAID = dict.fromkeys(("sex", "ward", "test", "result"), f"coalesce(nullif({{}}, ''), '{NOT_STATED}')")


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
    reported = _cells(family, basis, by, scope, REPORTED, _NOT_REPORTED)
    own = _cells(family, basis, by, scope, OWN, {})
    cells = OF_CELL.format(cells=f"{reported} UNION ALL {own}", worst=worst_finding(family))
    return grouped(cells, by, ages, counted_columns(family))


def _cells(
    family: str, basis: Basis, by: Sequence[str], scope: Mapping[str, bool], facts: str, missing: Mapping[str, str]
) -> str:
    """Rows of one source into cells; `missing`: what that source cannot tell. OFFSET 0 keeps what is worked out of a row
    from being worked out again wherever it is used."""
    period = next((name for name in by if name in PERIODS), "")
    split = period if basis is Basis.YEAR else ""
    own = {} if missing else _OWN_KEYS
    raw = [name for name in by if name in _RAW]
    inner = ", ".join(
        [f"{_code(family, by, scope, split)} AS code", "g.findings", *(f"{_RAW[name]} AS by_{name}" for name in raw)]
        + [f"{told} AS {name}" for name, told in own.items()]
    )
    keys = ", ".join(["k.code", "k.findings", *(f"k.by_{name}" for name in raw), *(f"k.{name}" for name in own)])
    beside = ", ".join(f"{told} AS {name}" for name, told in _unpacked(family, by, missing).items())
    return f"""
        SELECT {beside}, k.people, k.first_days, k.second_days FROM (
        SELECT {keys}, count(*) AS people, sum(k.first_days) AS first_days, sum(k.second_days) AS second_days FROM (
        SELECT {inner},
               CASE WHEN {_NEGATIVE} THEN least({_WATCHED}, %(first_days)s) END AS first_days,
               CASE WHEN {_NEGATIVE} THEN greatest(least({_WATCHED}, %(watched_days)s) - {_YEAR_DAYS}, 0) END AS second_days
          FROM ({_rows(basis, scope, facts, split)}) g
         WHERE g.invited OR g.screened OR {_IN_TARGET} OFFSET 0) k GROUP BY {keys}) k
    """


def _code(family: str, by: Sequence[str], scope: Mapping[str, bool], split: str) -> str:
    """Everything of a row that is small, in one number."""
    parts = [f"(({told}) << {bit})" for bit, told in _BITS.values()]
    parts += [f"(({_kind(family)}) << {_KIND_BIT})"] if family in TESTS else []
    parts += [f"(g.again::int << {_AGAIN_BIT})"] if split else []
    parts += [f"(least(greatest({_age(scope)}, 0), 255) << {_AGE_BIT})"] if "age" in by else []
    for name in by:
        if name in PERIODS:
            months = "(extract(year FROM g.day)::bigint * 12 + extract(month FROM g.day)::bigint - 1)"
            parts.append(
                f"(CASE WHEN g.invited OR g.screened THEN {months} / {_MONTHS[name]} ELSE 0 END << {_PERIOD_BIT})"
            )
    return " + ".join(parts)


def _unpacked(family: str, by: Sequence[str], missing: Mapping[str, str]) -> dict[str, str]:
    """The columns of a cell `k`, the dimensions first."""
    kinds = ", ".join(f"'{name}'" for name in TESTS.get(family, {}))
    kind = f"(ARRAY['', {kinds}])[1 + ((k.code >> {_KIND_BIT}) & 7)]" if kinds else "''"
    known = dict(missing) or {name: f"k.{name}" for name in _OWN_KEYS}
    again = f"(k.code >> {_AGAIN_BIT}) & 1 = 1"
    return {f"by_{name}": _dimension(name) for name in by} | dict(_UNPACKED) | known | {"kind": kind, "again": again}


def _dimension(name: str) -> str:
    """A dimension of a cell in its own words."""
    if name == "age":
        return f"((k.code >> {_AGE_BIT}) & 255)::int"
    if name not in PERIODS:
        return _SAID.get(name, "{}::text").format(f"k.by_{name}")
    number, parts = f"(k.code >> {_PERIOD_BIT})", 12 // _MONTHS[name]
    year, part = f"({number} / {parts})", f"(mod({number}, {parts}) + 1)"
    said = {"month": f"{year} || '-' || lpad({part}::text, 2, '0')", "quarter": f"{year} || '-Q' || {part}"}
    return f"CASE WHEN {number} = 0 THEN '{NOT_STATED}' ELSE {said.get(name, f'{year}::text')} END"


def _kind(family: str) -> str:
    cases = (f"WHEN g.test = ANY(%(kind_{name})s) THEN {n}" for n, name in enumerate(TESTS[family], start=1))
    return f"CASE {' '.join(cases)} ELSE 0 END"


def wait_statement(basis: Basis, by: Sequence[str], ages: Sequence[tuple[int, int]], **scope: bool) -> str:
    """A row for each group as above, then for each wait its median in days, how many are known, how many were in time."""
    rows = f"""
        SELECT {said_dimensions(by)} k.assessed, k.findings, k.tested_on, k.assessed_on, k.finding_on, k.treated_on FROM (
        SELECT {dimensions_of(by, scope)} g.verdict = 'positive' AND g.assessment = 'done' AS assessed, g.findings,
               g.tested_on, g.assessed_on, g.finding_on, g.treated_on
          FROM ({_rows(basis, scope, _both())}) g
         WHERE g.screened AND g.verdict <> 'negative' AND (g.assessment = 'done' OR g.findings IS NOT NULL) OFFSET 0) k
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
    columns, moved = ", ".join(f"f.{name}" for name in names), _MOVED.format(invited_in=invited_in, tested_in=tested_in)
    return _SPLIT.format(columns=columns, rows=rows, moved=moved)


def dimensions_of(by: Sequence[str], scope: Mapping[str, bool]) -> str:
    """The columns by_<dimension> of a row `g`, each with its comma: as stored, so that planners know how few they are."""
    return "".join(f"{_of_row(name, scope)} AS by_{name}, " for name in by)


def said_dimensions(by: Sequence[str]) -> str:
    """The same of a cell `k` made of such rows, in the words of a group."""
    told = {name: _SAID.get(name, "{}::text") if name in _RAW else "{}" for name in by}
    return "".join(f"{said.format(f'k.by_{name}')} AS by_{name}, " for name, said in told.items())


def _of_row(name: str, scope: Mapping[str, bool]) -> str:
    if name in PERIODS:
        return f"to_char(g.day, '{PERIODS[name]}')"
    return _age(scope) if name == "age" else _RAW[name]


def _age(scope: Mapping[str, bool]) -> str:
    """Completed years; single ones here, cells are put into groups."""
    return _AGE.format(day="%(age_on)s::date" if scope.get("one_day") else "g.day")


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
