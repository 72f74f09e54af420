"""Reading the audit trail about one resident: who looked, when, from where, why."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

PAGE = 50
PRINTED = 1000
END_OF_TIME = datetime(9999, 1, 1, tzinfo=UTC)

# A person may have had other numbers: what was read under those is on the list too. What concerns two people is one row
# that names the second as its target: each branch walks an index of its own, newest first, and stops at the limit.
_PATIENT = "e.patient_id = ANY(%(numbers)s::uuid[])"
_TARGET = (
    "e.target_type = 'Patient' AND e.target_id = ANY(%(numbers)s::text[])"
    " AND (e.patient_id IS NULL OR e.patient_id <> ALL(%(numbers)s::uuid[]))"
)
_ABOUT = """
SELECT e.at, e.id, e.action, e.target_type, e.outcome, e.code, e.actor_kind, e.role, e.purpose, e.channel, e.facility_code,
       coalesce(f.short_name, e.facility_code), coalesce(s.full_name, e.actor_label), coalesce(e.detail->>'restricted', '')
FROM ({by_patient} UNION ALL {by_target}) e
LEFT JOIN registry_facility f ON f.id = e.facility_id
LEFT JOIN registry_staff s ON s.id = CASE WHEN e.actor_kind = 'staff' THEN e.actor_id::bigint END
ORDER BY e.at DESC, e.id DESC LIMIT %(limit)s
"""
_WANTED = """
SELECT e.* FROM registry_auditevent e
WHERE {about} AND (e.at, e.id) < (%(at)s, %(id)s)
  AND (%(facility)s = '' OR e.facility_code = %(facility)s)
  AND (%(since)s::timestamptz IS NULL OR e.at >= %(since)s) AND (%(until)s::timestamptz IS NULL OR e.at < %(until)s)
  AND CASE %(kind)s WHEN 'refused' THEN e.outcome = 'refused'
                    WHEN 'emergency' THEN e.purpose = 'ETREAT' OR e.action = 'open-emergency'
                    WHEN 'reads' THEN e.outcome = 'ok' AND (e.action LIKE 'read%%' OR e.action LIKE 'print%%')
                    WHEN 'changes' THEN e.outcome = 'ok' AND NOT (e.action LIKE 'read%%' OR e.action LIKE 'print%%')
                    ELSE true END
ORDER BY e.at DESC, e.id DESC LIMIT %(limit)s
"""
_LOOKS = _ABOUT.format(by_patient=f"({_WANTED.format(about=_PATIENT)})", by_target=f"({_WANTED.format(about=_TARGET)})")
_FACILITIES = f"""
SELECT DISTINCT e.facility_code, coalesce(f.short_name, e.facility_code)
FROM (SELECT e.facility_id, e.facility_code FROM registry_auditevent e WHERE {_PATIENT}
      UNION ALL SELECT e.facility_id, e.facility_code FROM registry_auditevent e WHERE {_TARGET}) e
LEFT JOIN registry_facility f ON f.id = e.facility_id
WHERE e.facility_code <> '' ORDER BY 2 LIMIT 100
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class LookFilter:
    """What of the list is wanted. kind: "", "reads", "changes", "emergency" or "refused"; since and until: days in Hanoi,
    both included; facility: its code; before: where the last page ended."""

    kind: str = ""
    facility: str = ""
    since: date | None = None
    until: date | None = None
    before: str = ""


@dataclass(frozen=True, slots=True)
class Looks:
    """Some of the list, newest first, and the cursor of those before, empty at the end."""

    found: tuple[Look, ...]
    before: str


@dataclass(frozen=True, slots=True)
class Look:
    """One access to a resident's record, or a try that was refused."""

    at: datetime
    id: uuid.UUID
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
    restricted: str = ""


def find_looks(numbers: Collection[uuid.UUID], wanted: LookFilter | None = None, *, limit: int = PAGE) -> Looks:
    """Who opened the record, newest first. numbers: the person's and those merged into it.

    For callers that hold an opened record: the read itself is on the list already. A cursor we did not make begins anew.
    """
    wanted = wanted or LookFilter()
    at, identity = _cursor(wanted.before)
    named = {
        "numbers": [str(one) for one in numbers], "kind": wanted.kind, "facility": wanted.facility,
        "since": _midnight(wanted.since), "until": _midnight(wanted.until, 1), "at": at, "id": str(identity),
        "limit": min(limit, PRINTED) + 1,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_LOOKS, named)
        rows = cursor.fetchall()
    found = tuple(Look(*row) for row in rows[:limit])
    last = found[-1] if len(rows) > limit else None
    return Looks(found, f"{last.at.isoformat()}~{last.id}" if last else "")


def find_looking_facilities(numbers: Collection[uuid.UUID]) -> tuple[tuple[str, str], ...]:
    """(code, name) of the facilities on the list."""
    with connection.cursor() as cursor:
        cursor.execute(_FACILITIES, {"numbers": [str(one) for one in numbers]})
        return tuple(cursor.fetchall())


def _midnight(day: date | None, days_on: int = 0) -> datetime | None:
    return timezone.make_aware(datetime.combine(day + timedelta(days=days_on), time())) if day else None


def _cursor(text: str) -> tuple[datetime, uuid.UUID]:
    at, _, identity = text.partition("~")
    try:
        return datetime.fromisoformat(at), uuid.UUID(identity)
    except ValueError:
        return END_OF_TIME, uuid.UUID(int=0)
