"""What takes more than one round of a person: whether they were invited again in time, and whether they are covered today.

The next round of a person is looked for among rounds after the first only; where there are none, nothing is searched.
"""

# ruff: noqa: S608 - statements composed of this module's own constants; what people ask for travels as parameters
from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from screening.queries.indicator_sql import dimensions_of, grouped, said_dimensions
from screening.rules.intervals import add_months

COVERED_AGES, COVERED_MONTHS = (60, 74), 30  # England, FIT every 24 months (BCSP-S01)

_SAME = "{x}.programme = r.programme AND {x}.facility_id = r.facility_id AND {x}.person_key = r.person_key"
_TOLD = "r.sex, r.birth_date, r.ward_code, r.round, r.facility_id, r.test, r.result, r.verdict"
_OWN_TOLD = """CASE p.sex WHEN 'male' THEN 'M' WHEN 'female' THEN 'F' ELSE '' END AS sex, p.birth_date, p.ward_code,
       coalesce(e.round, 1) AS round, n.facility_id, '' AS test, '' AS result, '' AS verdict"""
_READ = "IN ('negative', 'positive')"

# As the facts say it: the day the first invitation went out, or the day the round was opened for who came by themselves.
_INVITED_ON = """
       (SELECT CASE WHEN count(*) > 0 THEN min(i.sent_on) ELSE ({e}.opened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date END
          FROM screening_invitation i WHERE i.episode_id = {e}.id AND i.state <> 'withdrawn')"""

# Everybody but positives, who go another way: the next invitation falls due so many months after the test, or after the
# invitation nobody answered.
_AGAIN = f"""
SELECT {_TOLD}, coalesce(r.tested_on, r.invited_on) AS last_on, x.invited_on AS next_on
  FROM screening_reportedround r
  LEFT JOIN screening_reportedround x ON {_SAME.format(x="x")} AND x.round = r.round + 1 AND x.round > 1
 WHERE r.programme = %(family)s AND r.target AND r.verdict <> 'positive'
   AND coalesce(r.tested_on, r.invited_on) BETWEEN %(last_since)s AND %(last_until)s
UNION ALL
SELECT {_OWN_TOLD}, e.last_on, x.next_on
  FROM (SELECT e.id, e.enrolment_id, e.round, e.target, coalesce(
               (SELECT max(t.performed_on) FROM screening_result t
                 WHERE t.episode_id = e.id AND t.kind = 'test' AND t.state = 'done'), {_INVITED_ON.format(e="e")}) AS last_on
          FROM screening_episode e) e
  JOIN screening_enrolment n ON n.id = e.enrolment_id AND n.standing <> 'ceased'
  JOIN screening_programme g ON g.id = n.programme_id AND g.code = %(family)s
  JOIN records_patient p ON p.id = n.patient_id AND p.deceased_on IS NULL
  LEFT JOIN LATERAL (SELECT {_INVITED_ON.format(e="x")} AS next_on FROM screening_episode x
                      WHERE x.enrolment_id = n.id AND x.round = e.round + 1) x ON true
 WHERE e.target AND e.last_on BETWEEN %(last_since)s AND %(last_until)s
   AND NOT EXISTS (SELECT 1 FROM screening_result t WHERE t.episode_id = e.id AND t.verdict = 'positive')
"""
_DUE = f"""
SELECT a.*, (a.last_on + make_interval(months => %(months)s))::date AS day, true AS invited, true AS screened
  FROM ({_AGAIN}) a
"""
# People of the covered ages, each by their last round; the window ends with the period. Nearly all have a first round and no
# other: those are counted as they stand, and who has later ones is put right by weight (-1 the first, +1 the last).
_IN_WINDOW = f"coalesce({{x}}.verdict {_READ} AND {{x}}.tested_on BETWEEN %(window)s AND %(until)s, false)"
_BORN = "{x}.programme = %(family)s AND {x}.birth_date > %(born_after)s AND {x}.birth_date <= %(born_by)s"
_LATER_ROUNDS = f"""
SELECT y.programme, y.facility_id, y.person_key, max(y.round) AS last, bool_or({_IN_WINDOW.format(x="y")}) AS covered
  FROM screening_reportedround y WHERE y.round > 1 AND {_BORN.format(x="y")} GROUP BY 1, 2, 3
"""
_COVERED = (
    f"""
SELECT {_TOLD}, {_IN_WINDOW.format(x="r")} AS covered, 1 AS weight
  FROM screening_reportedround r WHERE r.target AND r.round = 1 AND {_BORN.format(x="r")}
""",
    f"""
SELECT {_TOLD}, {_IN_WINDOW.format(x="r")} AS covered, -1 AS weight
  FROM later l JOIN screening_reportedround r ON {_SAME.format(x="l")} AND r.round = 1 AND r.target
UNION ALL
SELECT {_TOLD}, l.covered OR coalesce({_IN_WINDOW.format(x="f")}, false), 1
  FROM later l JOIN screening_reportedround r ON {_SAME.format(x="l")} AND r.round = l.last AND r.target
  LEFT JOIN screening_reportedround f ON f.programme = l.programme AND f.facility_id = l.facility_id
   AND f.person_key = l.person_key AND f.round = 1
""",
    f"""
SELECT {_OWN_TOLD}, EXISTS (
       SELECT 1 FROM screening_episode w JOIN screening_result t ON t.episode_id = w.id
        WHERE w.enrolment_id = n.id AND t.kind = 'test' AND t.verdict {_READ}
          AND t.performed_on BETWEEN %(window)s AND %(until)s) AS covered, 1 AS weight
  FROM screening_enrolment n
  JOIN screening_programme g ON g.id = n.programme_id AND g.code = %(family)s
  JOIN records_patient p ON p.id = n.patient_id AND p.birth_date > %(born_after)s AND p.birth_date <= %(born_by)s
   AND (p.deceased_on IS NULL OR p.deceased_on > %(until)s)
  LEFT JOIN LATERAL (SELECT max(e.round) AS round FROM screening_episode e WHERE e.enrolment_id = n.id) e ON true
""",
)


def return_parameters(since: date, until: date, months: int) -> dict[str, Any]:
    """Beside the parameters of the facts: when the last round was, who is of the covered ages on the period's last day."""
    low, high = COVERED_AGES
    return {
        "months": months,
        "last_since": add_months(since, -months),
        "last_until": add_months(until, -months),
        "window": add_months(until, -COVERED_MONTHS),
        "born_by": add_months(until, -12 * low),
        "born_after": add_months(until, -12 * (high + 1)),
    }


def again_statement(by: Sequence[str], ages: Sequence[tuple[int, int]], **scope: bool) -> str:
    """A row for each group: how many fell due in the period, how many of them were invited by the day."""
    rows = f"SELECT d.*, 1 AS weight, coalesce(d.next_on <= d.day, false) AS met FROM ({_DUE}) d"
    return grouped(_cells(by, scope, rows), by, ages, _sums("due_again", "invited_again"))


def covered_statement(by: Sequence[str], ages: Sequence[tuple[int, int]], **scope: bool) -> str:
    """A row for each group: people of the covered ages, and those of them who have a readable test of the window."""
    day = "%(until)s::date AS day, true AS invited, true AS screened, c.covered AS met"
    cells = (_cells(by, scope, f"SELECT c.*, {day} FROM ({part}) c") for part in _COVERED)
    statement = grouped(" UNION ALL ".join(cells), by, ages, _sums("of_covered_age", "covered"))
    return f"WITH later AS MATERIALIZED ({_LATER_ROUNDS}) {statement}"


def _cells(by: Sequence[str], scope: Mapping[str, bool], rows: str) -> str:
    """People into cells of one year of age and one ward."""
    here = "WHERE g.facility_id = %(facility)s" if scope.get("one_facility") else ""
    dimensions = "".join(f"k.by_{name}, " for name in by)
    return f"""
        SELECT {said_dimensions(by)} k.met, k.people
          FROM (SELECT {dimensions}k.met, sum(k.weight) AS people
          FROM (SELECT {dimensions_of(by, scope)} g.met, g.weight FROM ({rows}) g {here} OFFSET 0) k
         GROUP BY {dimensions}k.met) k
    """


def _sums(of: str, those: str) -> list[str]:
    return [
        f"coalesce(sum(h.people), 0) AS {of}",
        f"coalesce(sum(h.people) FILTER (WHERE h.met), 0) AS {those}",
    ]
