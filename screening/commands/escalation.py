"""Clocks that run late are told upwards: the facility, then the ward, then the Department, as the version says."""

from __future__ import annotations

import uuid

from django.db import connection
from django.db.models import Exists, OuterRef

from registry.kernel import Context, Permission, command, record_audit
from screening.commands.states import note_duty
from screening.models import Duty, DutyStatus, Enrolment
from screening.models.duties import Level
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


@command(Permission.SCREENING_ASSESS)
def note_missed(ctx: Context, *, patient_id: uuid.UUID) -> int:
    """Somebody who owes a step did not come when they were booked: their facility is told at once (A/641, section 2.3), not
    when the clock has run. Told twice on one day it is noted once. Returns how many duties.
    """
    list(Enrolment.objects.select_for_update(of=("self",), no_key=True).filter(patient_id=patient_id).order_by("pk"))
    today = DutyStatus.objects.filter(duty=OuterRef("pk"), kind=DutyStatus.Kind.MISSED, at__date=today_of(ctx))
    owed = Duty.objects.filter(~Exists(today), episode__enrolment__patient_id=patient_id, closed_at=None)
    noted = list(owed.order_by("pk"))
    for duty in noted:
        duty.level = duty.level or Level.FACILITY
        duty.save(update_fields=["level"])
        note_duty(ctx, duty, DutyStatus.Kind.MISSED)
    record_audit(ctx, "note-missed", patient_id=patient_id, detail={"duties": len(noted)})
    return len(noted)
