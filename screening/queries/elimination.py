"""WHO 90-70-90 for the cervix: girls vaccinated by 15, women tested by 35 and again by 45, lesions treated, cancers managed.

Those of an age are who is that old on the last day of the period: everybody who turned 15 in the year, where the period is a
year. One statement each over the city; the born of one year are found by their birthdays, what was done by the person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from django.db import connection

from screening.models import ProgrammeVersion
from screening.queries.scope import from_json
from screening.rules.indicators import Counts, Value, share_of
from screening.rules.intervals import latest_birth
from screening.rules.lesions import TESTS
from screening.rules.standards import Elimination

_CERVICAL = "cervical"

# Doses of one day count once; a dose of which only the month or the year is known counts from its end. Unknown: nobody has
# written anything of this vaccine, neither a dose nor why there is none.
_GIRLS = """
WITH girl AS MATERIALIZED (
     SELECT p.id, (p.birth_date + make_interval(years => %(girls_age)s))::date AS birthday
       FROM records_patient p
      WHERE p.birth_date > %(girls_after)s AND p.birth_date <= %(girls_by)s AND p.sex = 'female' AND p.merged_into_id IS NULL
        AND (p.deceased_on IS NULL OR p.deceased_on > %(until)s))
SELECT count(*), count(*) FILTER (WHERE d.doses >= %(doses)s), count(*) FILTER (WHERE d.doses >= 1),
       count(*) FILTER (WHERE d.doses IS NULL)
  FROM girl g LEFT JOIN (
       SELECT i.patient_id, count(DISTINCT i.occurred_on) FILTER (
              WHERE i.status = 'completed' AND g.birthday > CASE i.occurred_precision
                    WHEN 'year' THEN make_date(extract(year FROM i.occurred_on)::int, 12, 31)
                    WHEN 'month' THEN (date_trunc('month', i.occurred_on) + interval '1 month - 1 day')::date
                    ELSE i.occurred_on END) AS doses
         FROM girl g JOIN records_immunization i ON i.patient_id = g.id
        WHERE i.vaccine_code = ANY(%(vaccines)s) AND i.superseded_by_id IS NULL AND i.status <> 'entered-in-error'
        GROUP BY i.patient_id) d ON d.patient_id = g.id
"""
# A woman's tests of the cervix on record: results of the programme and of the laboratory, each day once. The first must lie
# before she was a year older than the first age, the second between.
_WOMEN = """
WITH woman AS MATERIALIZED (
     SELECT p.id, p.birth_date <= %(second_by)s AS older,
            (p.birth_date + make_interval(years => %(first_age)s + 1))::date AS after_first
       FROM records_patient p
      WHERE (p.birth_date > %(first_after)s AND p.birth_date <= %(first_by)s
             OR p.birth_date > %(second_after)s AND p.birth_date <= %(second_by)s)
        AND p.sex = 'female' AND p.merged_into_id IS NULL AND (p.deceased_on IS NULL OR p.deceased_on > %(until)s)),
test AS (
     SELECT n.patient_id, t.performed_on AS day, t.action = ANY(%(actions)s) AS high
       FROM screening_programme g JOIN screening_enrolment n ON n.programme_id = g.id
       JOIN screening_episode e ON e.enrolment_id = n.id
       JOIN screening_result t ON t.episode_id = e.id AND t.kind = 'test' AND t.verdict IN ('negative', 'positive')
      WHERE g.code = %(family)s AND n.patient_id IN (SELECT id FROM woman)
     UNION ALL
     SELECT o.patient_id, (o.observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, o.code = ANY(%(high_codes)s)
       FROM woman w JOIN records_observation o ON o.patient_id = w.id
      WHERE o.code = ANY(%(codes)s) AND o.superseded_by_id IS NULL AND NOT o.mistaken
        AND o.value_text <> ALL(%(inadequate)s)),
tested AS (
     SELECT t.patient_id, coalesce(bool_or(t.high AND t.day < w.after_first), false) AS first,
            coalesce(bool_or(t.high AND t.day >= w.after_first), false) AS second
       FROM test t JOIN woman w ON w.id = t.patient_id WHERE t.day <= %(until)s GROUP BY t.patient_id)
SELECT count(*) FILTER (WHERE NOT w.older), count(*) FILTER (WHERE NOT w.older AND t.first),
       count(*) FILTER (WHERE NOT w.older AND t.patient_id IS NULL),
       count(*) FILTER (WHERE w.older), count(*) FILTER (WHERE w.older AND t.first AND t.second),
       count(*) FILTER (WHERE w.older AND t.patient_id IS NULL)
  FROM woman w LEFT JOIN tested t ON t.patient_id = w.id
"""
# The same of the people other systems report, who are nobody in this registry: counted apart, never added.
_REPORTED = """
SELECT count(*) FILTER (WHERE NOT w.older), count(*) FILTER (WHERE NOT w.older AND w.first),
       count(*) FILTER (WHERE NOT w.older AND NOT w.tested),
       count(*) FILTER (WHERE w.older), count(*) FILTER (WHERE w.older AND w.first AND w.second),
       count(*) FILTER (WHERE w.older AND NOT w.tested)
  FROM (SELECT bool_or(r.birth_date <= %(second_by)s) AS older, bool_or(r.is_test) AS tested,
               bool_or(r.is_test AND r.high AND r.tested_on < r.after_first) AS first,
               bool_or(r.is_test AND r.high AND r.tested_on >= r.after_first) AS second
          FROM (SELECT r.*, coalesce(r.verdict IN ('negative', 'positive') AND r.tested_on <= %(until)s, false) AS is_test,
                       r.test = ANY(%(words)s) AS high,
                       (r.birth_date + make_interval(years => %(first_age)s + 1))::date AS after_first
                  FROM screening_reportedround r
                 WHERE r.programme = %(family)s AND r.target
                   AND (r.birth_date > %(first_after)s AND r.birth_date <= %(first_by)s
                        OR r.birth_date > %(second_after)s AND r.birth_date <= %(second_by)s)) r
         GROUP BY r.facility_id, r.person_key) w
"""


def count_elimination(rules: Elimination, until: date, counts: Counts) -> list[Value]:
    """The targets with what is known of each on the period's last day. counts: of the period's rounds, all of the city.

    Three statements inside the caller's transaction, which has set its timeout.
    """
    named = _parameters(rules, until)
    girls, full, begun, untold = _counted(_GIRLS, named)
    return [
        share_of("who_vaccinated_by_15", full, girls, untold),
        share_of("who_vaccination_begun_by_15", begun, girls, untold),
        *_tested("", _counted(_WOMEN, named)),
        *_tested("_reported", _counted(_REPORTED, named)),
        share_of("who_lesions_treated", counts["treated"], counts["to_treat"], counts["treatment_unknown"]),
        share_of("who_precancer_treated", *_pair(counts, "treated_precancer", "precancer")),
        share_of("who_cancer_managed", *_pair(counts, "treated_cancer", "cancer_to_treat")),
    ]


def _pair(counts: Counts, top: str, bottom: str) -> tuple[float, float, float]:
    """No record of a treatment is unknown, not untreated."""
    return counts[top], counts[bottom], counts[bottom] - counts[top]


def _tested(whose: str, found: tuple[int, ...]) -> Iterator[Value]:
    younger, first, unknown, older, both, untold = found
    yield share_of(f"who_screened_by_35{whose}", first, younger, unknown)
    yield share_of(f"who_screened_by_45{whose}", both, older, untold)


def _counted(statement: str, named: Mapping[str, Any]) -> tuple[int, ...]:
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        return tuple(int(one) for one in cursor.fetchone() or ())


def _parameters(rules: Elimination, until: date) -> dict[str, Any]:
    first, second = rules.women_ages
    words = {word for name in rules.tests for word in (name, *TESTS[_CERVICAL].get(name, ()))}
    born = {
        f"{name}_{end}": latest_birth(age + years, until)
        for name, age in (("girls", rules.girls_age), ("first", first), ("second", second))
        for end, years in (("by", 0), ("after", 1))
    }
    return born | _codes(rules) | {
        "family": _CERVICAL, "until": until, "doses": rules.doses, "girls_age": rules.girls_age,
        "vaccines": list(rules.vaccines), "first_age": first, "actions": list(rules.tests), "words": sorted(words),
    }  # fmt: skip


def _codes(rules: Elimination) -> dict[str, list[str]]:
    """The record's codes of every test of the cervix, of those that count, and what says that a sample was unreadable."""
    versions = ProgrammeVersion.objects.filter(programme__code=_CERVICAL).values_list("rules", flat=True)
    tests = [one for told in versions for one in from_json(told).get("actions", []) if one["kind"] == "test"]
    return {
        "codes": sorted({code for one in tests for code in one.get("codes", [])}),
        "high_codes": sorted({code for one in tests if one["code"] in rules.tests for code in one.get("codes", [])}),
        "inadequate": sorted(
            {out["label"] for one in tests for out in one["outcomes"] if out["verdict"] == "inadequate"}
        ),
    }
