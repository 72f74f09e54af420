"""Rounds as facts: one row a person and round, of this system's own episodes and of those that others reported alike.

Every indicator, drawing and download is counted from these rows and from nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from screening.models import ProgrammeVersion
from screening.rules.lesions import CANCER, CANCER_CODES
from screening.rules.reported import FINDINGS

# What both sources tell. cancer_on: of a negative, when a cancer was found later ("infinity": no day is known); gone_on: the
# day of death.
COLUMNS = (
    "sex", "birth_date", "ward_code", "round", "facility_id", "target", "invited_on", "tested_on", "test", "result",
    "verdict", "assessed_on", "assessment", "findings", "finding_on", "treated_on", "cancer_on", "gone_on",
)  # fmt: skip
# What only our own episodes tell: complete examinations among those of which somebody said it, a second test of the round
# ("triage": its verdict), the first test after the treatment, what the stage says (bits of STAGES).
OWN_COLUMNS = ("exams", "exams_stated", "exams_complete", "triage", "followed_on", "stage")
STAGES = {"sized": 1, "size_small": 2, "nodes_known": 4, "nodes_free": 8, "staged": 16, "stage_2_plus": 32}

# What others reported. %(family)s: the programme.
REPORTED = """
SELECT r.sex, r.birth_date, r.ward_code, r.round::int AS round, r.facility_id, r.target, r.invited_on, r.tested_on,
       r.test, r.result, r.verdict, r.assessed_on, r.assessment, r.findings, r.finding_on, r.treated_on,
       CASE WHEN r.verdict = 'negative' AND r.findings && %(cancer)s::varchar[]
            THEN coalesce(r.finding_on, r.assessed_on, 'infinity'::date) END AS cancer_on,
       NULL::date AS gone_on
  FROM screening_reportedround r WHERE r.programme = %(family)s
"""

# Our own: who was called is invited on the day the first invitation went out, who came by themselves on the day the round
# was opened. The decisive test is the first that could be read; an examination counts when it was complete or nobody said.
# Who is enrolled and has no episode yet is a row as well: somebody of the target who was not invited. The words of findings
# are those of reported rounds: %(actions)s, %(codes)s, %(words)s translate a version's own. A cancer after a negative is one
# of the record (%(cancer_codes)s, ICD-10), whoever found it, from its onset or else from the day it was written down.
OWN = """
SELECT CASE p.sex WHEN 'male' THEN 'M' WHEN 'female' THEN 'F' ELSE '' END AS sex, p.birth_date, p.ward_code,
       coalesce(e.round, 1) AS round, n.facility_id, coalesce(e.target, true) AS target,
       CASE WHEN i.called THEN i.sent_on ELSE (e.opened_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date END AS invited_on,
       t.performed_on AS tested_on, coalesce(t.action, '') AS test, coalesce(t.code, '') AS result,
       coalesce(t.verdict, '') AS verdict, x.assessed_on,
       CASE WHEN x.assessed_on IS NOT NULL THEN 'done' WHEN x.refused THEN 'not-done' ELSE '' END AS assessment,
       x.findings::varchar[] AS findings, x.finding_on, x.treated_on,
       CASE WHEN t.verdict = 'negative' THEN (
            SELECT min(coalesce(c.onset_on, (c.recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date))
              FROM records_condition c
             WHERE c.patient_id = p.id AND left(c.code, 3) = ANY(%(cancer_codes)s) AND c.superseded_by_id IS NULL
               AND NOT c.mistaken
               AND coalesce(c.onset_on, (c.recorded_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) > t.performed_on)
            END AS cancer_on,
       p.deceased_on AS gone_on, coalesce(x.exams, 0) AS exams, coalesce(x.exams_stated, 0) AS exams_stated,
       coalesce(x.exams_complete, 0) AS exams_complete,
       CASE WHEN t.verdict = 'positive' THEN (
            SELECT max(v.verdict) FROM screening_result v
             WHERE v.episode_id = e.id AND v.kind = 'test' AND v.state = 'done' AND v.action <> t.action
               AND v.performed_on >= t.performed_on AND v.verdict IN ('negative', 'positive')) END AS triage,
       CASE WHEN x.treated_on IS NOT NULL THEN (
            SELECT min(v.performed_on) FROM screening_episode w JOIN screening_result v ON v.episode_id = w.id
             WHERE w.enrolment_id = n.id AND v.kind = 'test' AND v.state = 'done' AND v.performed_on > x.treated_on)
            END AS followed_on,
       CASE WHEN x.stage IS NULL THEN 0 ELSE
            CASE WHEN x.stage ~ 'T(0|IS|[1-4])' THEN 1 ELSE 0 END + CASE WHEN x.stage ~ 'T1(MI|A|B)' THEN 2 ELSE 0 END
          + CASE WHEN x.stage ~ 'N[0-3]' THEN 4 ELSE 0 END + CASE WHEN x.stage ~ 'N0' THEN 8 ELSE 0 END
          + CASE WHEN x.stage ~ 'T(0|IS|[1-4]).*N[0-3]' OR x.stage ~ 'M1' THEN 16 ELSE 0 END
          + CASE WHEN x.stage ~ 'M1' OR x.stage ~ 'T[0-4I].*N[0-3]' AND x.stage ~ 'T[2-4]|N([23]|1(?!MI))' THEN 32 ELSE 0 END
       END AS stage
  FROM screening_enrolment n
  JOIN screening_programme g ON g.id = n.programme_id AND g.code = %(family)s
  JOIN records_patient p ON p.id = n.patient_id
  LEFT JOIN screening_episode e ON e.enrolment_id = n.id
  LEFT JOIN LATERAL (
       SELECT count(*) > 0 AS called, min(i.sent_on) AS sent_on FROM screening_invitation i
        WHERE i.episode_id = e.id AND i.state <> 'withdrawn') i ON true
  LEFT JOIN LATERAL (
       SELECT t.performed_on, t.verdict, t.action, t.code FROM screening_result t
        WHERE t.episode_id = e.id AND t.kind = 'test' AND t.state = 'done'
        ORDER BY t.verdict = 'inadequate', t.performed_on, t.at LIMIT 1) t ON true
  LEFT JOIN LATERAL (
       SELECT min(x.performed_on) FILTER (WHERE x.examined) AS assessed_on,
              bool_or(x.state = 'not-done' AND x.kind <> 'test') AS refused,
              array_agg(DISTINCT w.word) FILTER (WHERE x.examined AND w.word IS NOT NULL) AS findings,
              min(x.performed_on) FILTER (WHERE x.examined AND w.word IS NOT NULL) AS finding_on,
              min(x.performed_on) FILTER (WHERE x.kind = 'treatment' AND x.code = 'done') AS treated_on,
              count(DISTINCT x.id) FILTER (WHERE x.looked) AS exams,
              count(DISTINCT x.id) FILTER (WHERE x.looked AND x.complete IS NOT NULL) AS exams_stated,
              count(DISTINCT x.id) FILTER (WHERE x.looked AND x.complete) AS exams_complete,
              upper((array_agg(x.stage ORDER BY x.at DESC) FILTER (WHERE x.stage <> ''))[1]) AS stage
         FROM (SELECT r.*, r.kind = 'examination' AND r.state = 'done' AS looked,
                      r.kind = 'examination' AND r.state = 'done' AND r.complete IS DISTINCT FROM false AS examined
                 FROM screening_result r WHERE r.episode_id = e.id) x
         LEFT JOIN LATERAL unnest(x.findings) AS c(code) ON true
         LEFT JOIN unnest(%(actions)s::text[], %(codes)s::text[], %(words)s::text[]) AS w(action, code, word)
           ON w.action = x.action AND w.code = c.code) x ON true
"""
_BY_LESION = {"adenoma": "adenoma", "advanced": "advanced_adenoma", "cancer": "cancer"}


def fact_parameters(family: str) -> dict[str, Any]:
    """What REPORTED and OWN are asked with: the programme, its cancers, and what its versions' findings are called."""
    words = sorted(set(_words(family)))
    names = ("actions", "codes", "words")
    told = {name: [row[at] for row in words] for at, name in enumerate(names)}
    return told | {"family": family, "cancer": list(CANCER), "cancer_codes": list(CANCER_CODES[family])}


def _words(family: str) -> Iterator[tuple[str, str, str]]:
    """What could not be judged found nothing either way, and has no word."""
    for rules in ProgrammeVersion.objects.filter(programme__code=family).values_list("rules", flat=True):
        for action in rules.get("actions", []):
            outcomes = action["outcomes"] if action["kind"] == "examination" else ()
            for one in (one for one in outcomes if one["verdict"] != "inadequate"):
                yield action["code"], one["code"], _word(one)


def _word(outcome: dict[str, Any]) -> str:
    """A finding of the version in the words of reported rounds."""
    code = outcome["code"].replace("-", "_")
    if code in FINDINGS:
        return str(code)
    if outcome["verdict"] == "negative":
        return "none"
    return _BY_LESION.get(outcome.get("lesion", ""), "other")
