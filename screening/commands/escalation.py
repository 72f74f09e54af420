"""Clocks that run late are told upwards: the facility, then the ward, then the Department, as the version says."""

from __future__ import annotations

from django.db import connection

from registry.kernel import Context
from screening.queries.scope import today_of

# The highest level whose day has come, by the rules the episode runs under; only upwards, and said once a level. Duties and
# samples have the same columns.
_ESCALATE = """
WITH late AS (
  SELECT d.id, d.level, (
         SELECT s->>'to' FROM jsonb_array_elements(v.rules->'escalation'->'levels') s
          WHERE %(today)s::date - d.deadline > (s->>'days_late')::int
          ORDER BY (s->>'days_late')::int DESC LIMIT 1) AS due
    FROM screening_{table} d JOIN screening_episode e ON e.id = d.episode_id
    JOIN screening_programmeversion v ON v.id = e.version_id
   WHERE d.closed_at IS NULL AND d.deadline < %(today)s),
risen AS (
  UPDATE screening_{table} d SET level = l.due FROM late l
   WHERE d.id = l.id AND l.due IS NOT NULL
     AND array_position(ARRAY['', 'facility', 'ward', 'department'], l.due::text)
       > array_position(ARRAY['', 'facility', 'ward', 'department'], d.level::text)
  RETURNING d.id, d.level)
INSERT INTO screening_{table}status ({table}_id, kind, level, owner_id, by_id, at)
SELECT id, 'escalated', level, NULL, %(staff)s, %(at)s FROM risen
"""


def escalate(ctx: Context) -> int:
    """Raise every late duty and sample of the city to the level its days ask for; how many rose. Inside the sweep's
    transaction."""
    named = {"today": today_of(ctx), "staff": ctx.actor.staff_id, "at": ctx.at}
    risen = 0
    with connection.cursor() as cursor:
        for table in ("duty", "sample"):
            cursor.execute(_ESCALATE.format(table=table), named)
            risen += int(cursor.rowcount)
    return risen
