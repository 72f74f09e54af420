"""Results that clinics wrote into the record and no programme has looked at yet, in one statement."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection

# A test's result counts for an enrolment when it stands, is not in the future, and is of a day since the enrolment; or came
# to the record after it and is of less than one interval before. An open round is judged by its own version, else by the
# version in force. Nothing is looked at twice by one version; who was away and came back is looked at again.
_UNTAKEN = """
WITH words AS MATERIALIZED (
  SELECT v.id AS version_id, v.programme_id, v.state, a->>'code' AS action, c.code,
         make_interval(months => (v.rules->'test_interval_months'->>'value')::int) AS round
    FROM screening_programmeversion v
   CROSS JOIN LATERAL jsonb_array_elements(v.rules->'actions') a
   CROSS JOIN LATERAL jsonb_array_elements_text(
         CASE jsonb_typeof(a->'codes') WHEN 'array' THEN a->'codes' ELSE '[]' END) c(code)
   WHERE v.state <> 'draft' AND a->>'kind' = 'test')
SELECT n.id, o.id, w.action
  FROM screening_enrolment n
  JOIN records_patient p ON p.id = n.patient_id AND p.deceased_on IS NULL
  LEFT JOIN screening_episode e ON e.enrolment_id = n.id AND e.closed_at IS NULL
  JOIN words w ON w.programme_id = n.programme_id
   AND CASE WHEN e.id IS NULL THEN w.state = 'live' ELSE w.version_id = e.version_id END
  JOIN records_observation o ON o.patient_id = n.patient_id AND o.code = w.code
 WHERE (%(patient)s::uuid IS NULL OR n.patient_id = %(patient)s)
   AND o.superseded_by_id IS NULL AND NOT o.mistaken AND o.observed_at <= %(at)s
   AND ((o.observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
          >= (n.enrolled_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
        OR (o.recorded_at >= n.enrolled_at AND o.observed_at > n.enrolled_at - w.round))
   AND NOT EXISTS (SELECT 1 FROM screening_result r WHERE r.observation_id = o.id)
   AND NOT EXISTS (SELECT 1 FROM screening_setaside s
                    WHERE s.observation_id = o.id AND s.enrolment_id = n.id AND s.version_id = w.version_id
                      AND (s.reason NOT IN ('ceased', 'left') OR n.standing = 'ceased'))
 ORDER BY e.id IS NULL, n.id, o.observed_at, o.id
 LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Untaken:
    """A result of the record, the enrolment it concerns, and the version's action it is."""

    enrolment_id: uuid.UUID
    observation_id: uuid.UUID
    action: str


def find_untaken(at: datetime, limit: int, patient_id: uuid.UUID | None = None) -> list[Untaken]:
    """Of one person, or of the whole city: those with a round running first, each person's in the order they were done.
    For commands, which write their own audit row.
    """
    named: dict[str, Any] = {"at": at, "limit": limit, "patient": str(patient_id) if patient_id else None}
    with connection.cursor() as cursor:
        cursor.execute(_UNTAKEN, named)
        return [Untaken(*row) for row in cursor.fetchall()]
