"""What screening tells on a resident's line of time: joining and leaving, kits, and examinations that were not done.

Results of tests and examinations stand there already: they are the record's own observations and procedures.
"""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from records.queries.access import RecordAccess
from records.queries.timeline import Entry, Span
from records.queries.timeline_sql import folded
from screening.models.enrolments import Standing
from screening.models.kits import KitState
from screening.models.results import Reason

# A person has a handful of these: found by the enrolment's index, then by those of what belongs to it.
_STEPS = f"""
WITH mine AS (
  SELECT n.id, n.facility_id, g.name AS programme FROM screening_enrolment n
  JOIN screening_programme g ON g.id = n.programme_id WHERE n.patient_id = %(patient)s)
SELECT e.at, e.id, e.step, e.programme, e.note, coalesce(s.full_name, ''), f.id, f.short_name FROM (
  SELECT t.at, t.id, 'standing-' || t.standing AS step, m.programme, '' AS note, t.by_id, m.facility_id
    FROM mine m JOIN screening_enrolmentstatus t ON t.enrolment_id = m.id
  UNION ALL
  SELECT t.at, t.id, 'kit-' || t.state, m.programme, k.number, t.by_id, k.facility_id
    FROM mine m JOIN screening_episode p ON p.enrolment_id = m.id JOIN screening_kit k ON k.episode_id = p.id
    JOIN screening_kitstatus t ON t.kit_id = k.id
  UNION ALL
  SELECT t.at, t.id, 'not-done-' || t.reason, m.programme, t.note, t.by_id, coalesce(t.facility_id, m.facility_id)
    FROM mine m JOIN screening_episode p ON p.enrolment_id = m.id JOIN screening_result t ON t.episode_id = p.id
   WHERE t.state = 'not-done'
) e JOIN registry_facility f ON f.id = e.facility_id LEFT JOIN registry_staff s ON s.id = e.by_id
WHERE (e.at, e.id) < (%(at)s, %(id)s) AND e.at >= %(since)s
  AND (%(facility)s::bigint IS NULL OR e.facility_id = %(facility)s)
  AND (%(text)s = '' OR position(%(text)s IN {folded("e.programme || ' ' || e.note")}) > 0)
ORDER BY e.at DESC, e.id DESC LIMIT %(limit)s
"""  # noqa: S608 - constants


def screening_entries(access: RecordAccess, span: Span) -> list[Entry]:
    """For settings.TIMELINE_SOURCES, in one statement."""
    parameters: dict[str, Any] = {
        "patient": access.patient_id,
        "at": span.at,
        "id": span.id,
        "since": span.since,
        "facility": span.facility_id,
        "text": span.text,
        "limit": span.limit,
    }
    with connection.cursor() as cursor:
        cursor.execute(_STEPS, parameters)
        return [_entry(row, access) for row in cursor.fetchall()]


def _entry(row: tuple[Any, ...], access: RecordAccess) -> Entry:
    at, identity, step, programme, note, who, facility_id, facility = row
    title = _("Tầm soát %(name)s") % {"name": programme.lower()}
    text = ": ".join(filter(None, [_words(step), note]))
    return Entry(at, identity, "screening", "", title, text, who, facility, facility_id == access.facility_id)


def _words(step: str) -> str:
    """What happened, in the words of the state it led to."""
    part, _dash, state = step.partition("-")
    if part == "standing":
        return _(str(Standing(state).label))
    if part == "kit":
        return _("Bộ kit") + ": " + _(str(KitState(state).label)).lower()
    return _("Không làm bước tiếp theo") + ": " + _(str(Reason(state.removeprefix("done-")).label)).lower()
