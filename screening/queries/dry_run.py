"""What a version would change in the city, before it goes live: who is eligible, what follows from results as they came."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection

from screening.models import ProgrammeVersion
from screening.queries.cohort import OBSTACLE, STANDING_FACTS, rule_parameters
from screening.queries.scope import LiveProgramme, from_json
from screening.rules.pathway import Facts, Next, Pathway
from screening.rules.programme import ProgrammeRules
from screening.rules.programme_data import parse_rules

MOST_CHANGES = 100

# The facts of screening.queries.cohort.FACTS for everybody at once: each table is read through once, not once a person.
_CITY = f"""
WITH tested AS (
  SELECT o.patient_id, max((o.observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) AS day FROM records_observation o
   WHERE o.code = ANY(%(tests)s) AND o.superseded_by_id IS NULL AND NOT o.mistaken
     AND (o.value IS NOT NULL OR (%(worded)s AND o.value_text <> ALL(%(inadequate)s))) GROUP BY 1),
cleared AS (
  SELECT r.patient_id, max((r.performed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) AS day FROM records_procedure r
   WHERE r.code = ANY(%(codes)s) AND r.superseded_by_id IS NULL GROUP BY 1),
f AS (
  SELECT {STANDING_FACTS}, p.sex, p.birth_date, p.deceased_on IS NOT NULL AS deceased, false AS enrolled, t.day AS tested_on,
         c.day AS cleared_on, CASE p.birth_precision
            WHEN 'year' THEN make_date(extract(year FROM p.birth_date)::int, 12, 31)
            WHEN 'month' THEN (date_trunc('month', p.birth_date) + interval '1 month - 1 day')::date
            ELSE p.birth_date END AS birth_last
    FROM records_patient p LEFT JOIN tested t ON t.patient_id = p.id LEFT JOIN cleared c ON c.patient_id = p.id
   WHERE p.merged_into_id IS NULL)
SELECT coalesce(o.obstacle, ''), count(*) FROM (SELECT {OBSTACLE} AS obstacle FROM f) o GROUP BY 1 ORDER BY 2 DESC
"""  # noqa: S608 - composed of constants

# Every result as it came, with what stood before it in its episode, counted.
_RESULTS = """
SELECT r.action, r.code, r.complete, extract(year FROM age(r.performed_on, p.birth_date))::int, e."group",
       (SELECT coalesce(jsonb_object_agg(b.action, b.code ORDER BY b.performed_on, b.at), '{}'::jsonb)
          FROM screening_result b
         WHERE b.episode_id = e.id AND b.code <> '' AND (b.at, b.id) < (r.at, r.id)), count(*)
  FROM screening_result r
  JOIN screening_episode e ON e.id = r.episode_id
  JOIN screening_enrolment n ON n.id = e.enrolment_id
  JOIN records_patient p ON p.id = n.patient_id
 WHERE n.programme_id = %(programme)s AND r.code <> '' AND r.state = 'done' AND r.performed_on >= %(since)s
 GROUP BY 1, 2, 3, 4, 5, 6
"""


@dataclass(frozen=True, slots=True)
class Change:
    """Results after which another step would follow: how many, and the two steps with the rows that say so."""

    action: str
    code: str
    count: int
    now: str
    then: str


@dataclass(frozen=True, slots=True)
class DryRun:
    """eligible_now, eligible: residents by the version in force and by the one tried, whoever is enrolled already.

    obstacles: residents by the first reason against, under the one tried. results: looked at, of the last two years.
    """

    on: date
    eligible_now: int
    eligible: int
    obstacles: dict[str, int]
    results: int
    changes: tuple[Change, ...]


def dry_run(version: ProgrammeVersion, on: date) -> DryRun:
    """Judge the whole city by a version that is not in force. Reads only; counts, nobody's name. For commands."""
    rules = parse_rules(version.rules)
    current = ProgrammeVersion.objects.filter(programme_id=version.programme_id, state="live").first()
    now = parse_rules(current.rules) if current else rules
    obstacles = _judged(version, rules, on)
    eligible_now = _judged(version, now, on).get("", 0) if current else 0
    rows = _results(version, on)
    changes = _changes(rows, now, rules)
    seen = sum(row[-1] for row in rows)
    return DryRun(on, eligible_now, obstacles.pop("", 0), obstacles, seen, changes[:MOST_CHANGES])


def _judged(version: ProgrammeVersion, rules: ProgrammeRules, on: date) -> dict[str, int]:
    named = rule_parameters(LiveProgramme(version.programme, version, rules), on)
    with connection.cursor() as cursor:
        cursor.execute(_CITY, named)
        return dict(cursor.fetchall())


def _results(version: ProgrammeVersion, on: date) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_RESULTS, {"programme": version.programme_id, "since": date(on.year - 2, on.month, 1)})
        return list(cursor.fetchall())


def _changes(rows: list[tuple[Any, ...]], now: ProgrammeRules, then: ProgrammeRules) -> tuple[Change, ...]:
    counted: dict[tuple[str, str, str, str], int] = {}
    for action, code, complete, age, group, earlier, count in rows:
        asked = (action, code, complete, Facts(age, frozenset({group} - {""}), from_json(earlier)))
        before = _step(now.pathway, *asked, now.interval_of(group))
        after = _step(then.pathway, *asked, then.interval_of(group))
        if before != after:
            key = (action, code, before, after)
            counted[key] = counted.get(key, 0) + count
    found = [Change(action, code, count, *steps) for (action, code, *steps), count in counted.items()]
    return tuple(sorted(found, key=lambda one: -one.count))


def _step(pathway: Pathway, action: str, code: str, complete: bool | None, facts: Facts, interval: int) -> str:
    """The step, its distance in days and its row, in a line; what the version does not know is a change to see as well."""
    try:
        found: Next = pathway.follow(action, code, facts, _DAY, complete=complete, interval=interval)
    except KeyError:
        return "?"
    return f"{found.step} · {(found.due - _DAY).days} · {found.rule or '–'}"


_DAY = date(2026, 1, 1)
