"""How many came how far: from enrolment to a colonoscopy, for a facility or the city."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from registry.kernel import Context, Permission, query
from screening.queries.scope import facility_of, oversees_city, today_of

# One pass over the enrolments with, for each, how far its latest round of the year has come.
_CASCADE = """
SELECT count(*),
       count(*) FILTER (WHERE r.kits > 0),
       count(*) FILTER (WHERE r.returned > 0),
       count(*) FILTER (WHERE r.results > 0),
       count(*) FILTER (WHERE r.positive > 0),
       count(*) FILTER (WHERE r.scoped > 0),
       count(*) FILTER (WHERE r.positive > 0 AND r.scoped = 0 AND r.reasons > 0),
       count(*) FILTER (WHERE r.open > 0)
  FROM screening_enrolment n
  LEFT JOIN LATERAL (
       SELECT count(k.id) AS kits, count(k.returned_at) AS returned,
              count(t.id) FILTER (WHERE t.outcome <> 'inadequate') AS results,
              count(t.id) FILTER (WHERE t.outcome = 'positive') AS positive,
              count(a.id) FILTER (WHERE a.outcome = 'done') AS scoped,
              count(a.id) FILTER (WHERE a.outcome = 'not-done') AS reasons,
              count(d.id) FILTER (WHERE d.closed_at IS NULL) AS open
         FROM screening_episode e
         JOIN screening_kit k ON k.episode_id = e.id
         LEFT JOIN screening_testresult t ON t.kit_id = k.id
         LEFT JOIN screening_duty d ON d.result_id = t.id
         LEFT JOIN screening_assessment a ON a.id = d.assessment_id
        WHERE e.enrolment_id = n.id AND e.opened_at >= %(since)s
  ) r ON true
 WHERE (%(facility)s::bigint IS NULL OR n.facility_id = %(facility)s)
"""


@dataclass(frozen=True, slots=True)
class Cascade:
    """People, each counted once a step, of rounds opened in `year`. enrolled is everybody in the programme.

    not_done: positives that ended by a documented reason; open: positives whose duty still runs.
    """

    year: int
    enrolled: int
    issued: int
    returned: int
    resulted: int
    positive: int
    scoped: int
    not_done: int
    open: int


@query(Permission.SCREENING_READ, audited=False)
def get_cascade(ctx: Context) -> Cascade:
    """Counts only; they tell of nobody. Two drawings are made of them: to the result, and from a positive on."""
    year = today_of(ctx).year
    named = {"facility": None if oversees_city(ctx) else facility_of(ctx).id, "since": f"{year}-01-01T00:00:00+07:00"}
    with connection.cursor() as cursor:
        cursor.execute(_CASCADE, named)
        return Cascade(year, *(cursor.fetchone() or (0,) * 8))
