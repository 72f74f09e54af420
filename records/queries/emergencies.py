"""Emergency accesses for the Department of Health's review: who opened what, why, and what was judged."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from registry.kernel import Context, Permission, query, record_audit

PAGE = 50

_LIST = """
SELECT a.id, a.patient_id, a.opened_at, a.expires_at, a.reason, s.full_name, f.short_name, r.verdict, r.note, r.reviewed_at,
       (SELECT count(*) FROM registry_auditevent e
         WHERE e.patient_id = a.patient_id AND e.at BETWEEN a.opened_at AND a.expires_at AND e.actor_id = a.staff_id::text
           AND e.outcome = 'ok' AND e.action <> 'open-emergency')
FROM records_emergencyaccess a JOIN registry_staff s ON s.id = a.staff_id JOIN registry_facility f ON f.id = a.facility_id
LEFT JOIN LATERAL (SELECT verdict, note, reviewed_at FROM records_emergencyreview
                    WHERE access_id = a.id ORDER BY reviewed_at DESC LIMIT 1) r ON true
WHERE (%(all)s OR r.verdict IS NULL) ORDER BY r.verdict IS NOT NULL, a.opened_at DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency access. The resident stays a number here: who reviews judges the access, not the person."""

    id: uuid.UUID
    patient_id: uuid.UUID
    opened_at: datetime
    expires_at: datetime
    reason: str
    staff: str
    facility: str
    verdict: str | None
    note: str | None
    reviewed_at: datetime | None
    looks: int


@query(Permission.ACCESS_REVIEW)
def find_emergencies(ctx: Context, *, reviewed: bool = False) -> list[Emergency]:
    """Accesses that wait for a judgement, newest first; with reviewed, the judged ones after them. At most 50."""
    with connection.cursor() as cursor:
        cursor.execute(_LIST, {"all": reviewed, "limit": PAGE})
        found = [Emergency(*row) for row in cursor.fetchall()]
    record_audit(ctx, "list-emergencies", detail={"shown": [str(one.id) for one in found]})
    return found
