"""Rounds as facts: one row a person and round, of this system's own episodes and of those that others reported alike.

Every indicator, drawing and download is counted from these rows and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from screening.models import ProgrammeVersion
from screening.rules.reported import FINDINGS

# What others reported. %(family)s: the programme.
REPORTED = """
SELECT r.sex, r.birth_date, r.ward_code, r.round::int AS round, r.facility_id, r.target, r.invited_on, r.tested_on,
       r.verdict, r.assessed_on, r.assessment, r.findings, r.finding_on, r.treated_on
  FROM screening_reportedround r WHERE r.programme = %(family)s
"""

# Our own: who was called is invited on the day the first invitation went out, who came by themselves on the day the round
# was opened. The decisive test is the first that could be read; an examination counts when it was complete or nobody said.
# Who is enrolled and has no episode yet is a row as well: somebody of the target who was not invited. The words of findings
# are those of reported rounds: %(actions)s, %(codes)s, %(words)s translate a version's own.
OWN = """
SELECT CASE p.sex WHEN 'male' THEN 'M' WHEN 'female' THEN 'F' ELSE '' END AS sex, p.birth_date, p.ward_code,
       coalesce(e.round, 1) AS round, n.facility_id, coalesce(e.target, true) AS target,
       CASE WHEN i.called THEN i.sent_on ELSE (e.opened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date END AS invited_on,
       t.performed_on AS tested_on, coalesce(t.verdict, '') AS verdict,
       x.assessed_on,
       CASE WHEN x.assessed_on IS NOT NULL THEN 'done' WHEN x.refused THEN 'not-done' ELSE '' END AS assessment,
       x.findings::varchar[] AS findings, x.finding_on, x.treated_on
  FROM screening_enrolment n
  JOIN screening_programme g ON g.id = n.programme_id AND g.code = %(family)s
  JOIN records_patient p ON p.id = n.patient_id
  LEFT JOIN screening_episode e ON e.enrolment_id = n.id
  LEFT JOIN LATERAL (
       SELECT count(*) > 0 AS called, min(i.sent_on) AS sent_on FROM screening_invitation i
        WHERE i.episode_id = e.id AND i.state <> 'withdrawn') i ON true
  LEFT JOIN LATERAL (
       SELECT t.performed_on, t.verdict FROM screening_result t
        WHERE t.episode_id = e.id AND t.kind = 'test' AND t.state = 'done'
        ORDER BY t.verdict = 'inadequate', t.performed_on, t.at LIMIT 1) t ON true
  LEFT JOIN LATERAL (
       SELECT min(x.performed_on) FILTER (WHERE x.examined) AS assessed_on,
              bool_or(x.state = 'not-done' AND x.kind <> 'test') AS refused,
              array_agg(DISTINCT w.word) FILTER (WHERE x.examined AND w.word IS NOT NULL) AS findings,
              min(x.performed_on) FILTER (WHERE x.examined AND w.word IS NOT NULL) AS finding_on,
              min(x.performed_on) FILTER (WHERE x.kind = 'treatment' AND x.code = 'done') AS treated_on
         FROM (SELECT r.*, r.kind = 'examination' AND r.state = 'done' AND r.complete IS DISTINCT FROM false AS examined
                 FROM screening_result r WHERE r.episode_id = e.id) x
         LEFT JOIN LATERAL unnest(x.findings) AS c(code) ON true
         LEFT JOIN unnest(%(actions)s::text[], %(codes)s::text[], %(words)s::text[]) AS w(action, code, word)
           ON w.action = x.action AND w.code = c.code) x ON true
"""
_BY_LESION = {"adenoma": "adenoma", "advanced": "advanced_adenoma", "cancer": "cancer"}


def finding_words(family: str) -> dict[str, Any]:
    """The parameters of OWN that translate what examinations of this programme's versions may find."""
    words = sorted(set(_words(family)))
    names = ("actions", "codes", "words")
    return {name: [row[at] for row in words] for at, name in enumerate(names)}


def _words(family: str) -> Iterator[tuple[str, str, str]]:
    for rules in ProgrammeVersion.objects.filter(programme__code=family).values_list("rules", flat=True):
        for action in rules.get("actions", []):
            for one in action["outcomes"] if action["kind"] == "examination" else ():
                yield action["code"], one["code"], _word(one)


def _word(outcome: dict[str, Any]) -> str:
    """A finding of the version in the words of reported rounds; the verdict "inadequate" found nothing either way."""
    code = outcome["code"].replace("-", "_")
    if code in FINDINGS:
        return str(code)
    if outcome["verdict"] == "negative":
        return "none"
    return _BY_LESION.get(outcome.get("lesion", ""), "other")
