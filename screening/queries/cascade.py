"""How many came how far: from enrolment to a colonoscopy, for a facility or the city."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from registry.kernel import Context, Permission, query
from screening.queries.scope import COLORECTAL, facility_of, live_programme, oversees_city, today_of

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
       SELECT sum(k.issued) AS kits, sum(k.returned) AS returned, sum(t.results) AS results, sum(t.positive) AS positive,
              sum(t.examined) AS scoped, sum(t.reasons) AS reasons, sum(t.open) AS open
         FROM screening_episode e
         CROSS JOIN LATERAL (SELECT count(*) AS issued, count(k.returned_at) AS returned
                               FROM screening_kit k WHERE k.episode_id = e.id) k
         CROSS JOIN LATERAL (
              SELECT count(*) FILTER (WHERE t.kind = 'test' AND t.verdict IN ('positive', 'negative')) AS results,
                     count(*) FILTER (WHERE t.kind = 'test' AND t.verdict = 'positive') AS positive,
                     count(*) FILTER (WHERE t.kind = 'examination' AND t.state = 'done'
                                        AND t.complete IS DISTINCT FROM false) AS examined,
                     count(*) FILTER (WHERE t.state = 'not-done') AS reasons,
                     (SELECT count(*) FROM screening_duty d
                       WHERE d.episode_id = e.id AND d.closed_at IS NULL AND d.action <> %(test)s) AS open
                FROM screening_result t WHERE t.episode_id = e.id) t
        WHERE e.enrolment_id = n.id AND e.opened_at >= %(since)s
  ) r ON true
 WHERE n.programme_id = %(programme)s AND (%(facility)s::bigint IS NULL OR n.facility_id = %(facility)s)
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
def get_cascade(ctx: Context, *, programme: str = COLORECTAL) -> Cascade:
    """Counts only; they tell of nobody. Two drawings are made of them: to the result, and from a positive on."""
    year, live = today_of(ctx).year, live_programme(programme)
    named = {
        "facility": None if oversees_city(ctx) else facility_of(ctx).id,
        "since": f"{year}-01-01T00:00:00+07:00",
        "programme": live.programme.pk,
        "test": live.rules.test,
    }
    with connection.cursor() as cursor:
        cursor.execute(_CASCADE, named)
        return Cascade(year, *(cursor.fetchone() or (0,) * 8))
