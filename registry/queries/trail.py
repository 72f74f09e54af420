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

# A person may have had other numbers: what was read under those is on the list too.
_ABOUT = """
SELECT e.at, e.id, e.action, e.target_type, e.outcome, e.code, e.actor_kind, e.role, e.purpose, e.channel, e.facility_code,
       coalesce(f.short_name, e.facility_code), coalesce(s.full_name, e.actor_label), coalesce(e.detail->>'restricted', '')
FROM registry_auditevent e
LEFT JOIN registry_facility f ON f.id = e.facility_id
LEFT JOIN registry_staff s ON s.id = CASE WHEN e.actor_kind = 'staff' THEN e.actor_id::bigint END
WHERE e.patient_id = ANY(%(numbers)s::uuid[]) AND (e.at, e.id) < (%(at)s, %(id)s)
  AND (%(facility)s = '' OR e.facility_code = %(facility)s)
  AND (%(since)s::timestamptz IS NULL OR e.at >= %(since)s) AND (%(until)s::timestamptz IS NULL OR e.at < %(until)s)
  AND CASE %(kind)s WHEN 'refused' THEN e.outcome = 'refused'
                    WHEN 'emergency' THEN e.purpose = 'ETREAT' OR e.action = 'open-emergency'
                    WHEN 'reads' THEN e.outcome = 'ok' AND (e.action LIKE 'read%%' OR e.action LIKE 'print%%')
                    WHEN 'changes' THEN e.outcome = 'ok' AND NOT (e.action LIKE 'read%%' OR e.action LIKE 'print%%')
                    ELSE true END
ORDER BY e.at DESC, e.id DESC LIMIT %(limit)s
"""
_FACILITIES = """
SELECT DISTINCT e.facility_code, coalesce(f.short_name, e.facility_code) FROM registry_auditevent e
LEFT JOIN registry_facility f ON f.id = e.facility_id
WHERE e.patient_id = ANY(%s::uuid[]) AND e.facility_code <> '' ORDER BY 2 LIMIT 100
"""


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
        cursor.execute(_ABOUT, named)
        rows = cursor.fetchall()
    found = tuple(Look(*row) for row in rows[:limit])
    last = found[-1] if len(rows) > limit else None
    return Looks(found, f"{last.at.isoformat()}~{last.id}" if last else "")


def find_looking_facilities(numbers: Collection[uuid.UUID]) -> tuple[tuple[str, str], ...]:
    """(code, name) of the facilities on the list."""
    with connection.cursor() as cursor:
        cursor.execute(_FACILITIES, [[str(one) for one in numbers]])
        return tuple(cursor.fetchall())


def _midnight(day: date | None, days_on: int = 0) -> datetime | None:
    return timezone.make_aware(datetime.combine(day + timedelta(days=days_on), time())) if day else None


def _cursor(text: str) -> tuple[datetime, uuid.UUID]:
    at, _, identity = text.partition("~")
    try:
        return datetime.fromisoformat(at), uuid.UUID(identity)
    except ValueError:
        return END_OF_TIME, uuid.UUID(int=0)
