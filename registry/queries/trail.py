"""Reading the audit trail about one resident: who looked, when, from where, why."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

MOST = 100

_ABOUT = """
SELECT e.at, e.action, e.target_type, e.outcome, e.code, e.actor_kind, e.role, e.purpose, e.channel, e.facility_code,
       coalesce(f.short_name, e.facility_code), coalesce(s.full_name, e.actor_label)
FROM registry_auditevent e
LEFT JOIN registry_facility f ON f.id = e.facility_id
LEFT JOIN registry_staff s ON s.id = CASE WHEN e.actor_kind = 'staff' THEN e.actor_id::bigint END
WHERE e.patient_id = %s ORDER BY e.at DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Look:
    """One access to a resident's record, or a try that was refused."""

    at: datetime
    action: str
    target: str
    outcome: str
    code: str
    actor_kind: str
    role: str
    purpose: str
    channel: str
    facility_code: str
    facility: str
    who: str


def find_looks(patient_id: uuid.UUID) -> tuple[Look, ...]:
    """The latest 100, newest first. For callers that hold an opened record: the read itself is on the list already."""
    with connection.cursor() as cursor:
        cursor.execute(_ABOUT, [str(patient_id), MOST])
        return tuple(Look(*row) for row in cursor.fetchall())
