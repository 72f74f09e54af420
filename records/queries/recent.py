"""The people somebody opened last here: read from the audit trail, so that nothing else has to be kept."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.db import connection

from records.queries.patients import Found, show_hits
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.lookup import QueryKind

RECENT = 8
REMEMBERED = timedelta(days=14)
_LOOKED_AT = 400  # rows of the trail that are looked through, newest first

_RECENT = """
SELECT coalesce(p.merged_into_id, p.id) AS patient FROM (
  SELECT patient_id, max(at) AS at FROM (
    SELECT patient_id, at FROM registry_auditevent
     WHERE actor_id = %(actor)s AND patient_id IS NOT NULL AND at > %(since)s AND actor_kind = 'staff'
       AND facility_id = %(facility)s AND outcome = 'ok'
     ORDER BY at DESC LIMIT %(looked)s) rows
  GROUP BY patient_id ORDER BY 2 DESC LIMIT %(limit)s) seen
JOIN records_patient p ON p.id = seen.patient_id
GROUP BY 1 ORDER BY max(seen.at) DESC LIMIT %(limit)s
"""


@query(Permission.RESIDENT_SEARCH)
def find_recent_patients(ctx: Context, limit: int = RECENT) -> Found:
    """Whose records this member of staff opened or wrote at this facility in the last two weeks, the latest first.

    One audit row names those shown.
    """
    hits = show_hits(_recent(ctx, limit), ctx, limit)
    record_audit(ctx, "search", detail={"kind": "recent", "shown": [str(hit.patient_id) for hit in hits]})
    return Found(QueryKind.EMPTY, hits)


def _recent(ctx: Context, limit: int) -> list[uuid.UUID]:
    if ctx.actor.staff_id is None or ctx.facility is None:
        return []
    asked: dict[str, Any] = {
        "actor": ctx.actor.id,
        "facility": ctx.facility.id,
        "since": ctx.at - REMEMBERED,
        "looked": _LOOKED_AT,
        "limit": limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RECENT, asked)
        return [patient for (patient,) in cursor.fetchall()]
