"""Alerts about access for the Department of Health."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from registry.kernel import Context, Permission, Refused, query, record_audit

PAGE = 50

_LIST = """
SELECT a.id, a.kind, a.actor_kind, a.actor_label, coalesce(s.full_name, ''), a.role, coalesce(f.short_name, ''), a.seen,
       a.at,
       coalesce(r.verdict, er.verdict), coalesce(r.note, er.note), coalesce(r.at, er.reviewed_at), v.full_name,
       (SELECT count(*) FROM registry_auditevent e WHERE a.kind = 'reading' AND e.actor_id = a.actor_id
           AND e.actor_kind = a.actor_kind AND e.code = 'reading-limit'
           AND e.at BETWEEN a.at - interval '1 hour' AND a.at + interval '1 hour')
FROM records_accessalert a
LEFT JOIN registry_staff s ON s.id = CASE WHEN a.actor_kind = 'staff' THEN a.actor_id::bigint END
LEFT JOIN registry_facility f ON f.id = a.facility_id
LEFT JOIN records_alertreview r ON r.alert_id = a.id
LEFT JOIN LATERAL (SELECT * FROM records_emergencyreview x WHERE a.kind = 'emergency' AND x.access_id = a.subject_id
                    ORDER BY x.reviewed_at DESC, x.id DESC LIMIT 1) er ON true
LEFT JOIN registry_staff v ON v.id = coalesce(r.by_id, er.reviewed_by_id)
WHERE (%(all)s OR coalesce(r.id, er.id) IS NULL) AND (a.at, a.id) < (%(at)s, %(id)s)
ORDER BY a.at DESC, a.id DESC LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class Alert:
    """An emergency that was opened, or an account that read much: seen counts residents within an hour, stopped the tries
    refused at its limit."""

    id: uuid.UUID
    kind: str
    actor_kind: str
    account: str
    who: str
    role: str
    facility: str
    seen: int
    at: datetime
    verdict: str | None
    note: str | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    stopped: int


@dataclass(frozen=True, slots=True)
class Alerts:
    """Some alerts, newest first, and the cursor of those before."""

    found: tuple[Alert, ...]
    before: str


@query(Permission.ACCESS_REVIEW)
def find_alerts(ctx: Context, *, every: bool = False, before: str = "") -> Alerts:
    """Alerts that wait for a word; with every, the judged ones too. Raises Refused for a bad cursor."""
    at, identity = _cursor(before)
    with connection.cursor() as cursor:
        cursor.execute(_LIST, {"all": every, "at": at, "id": identity, "limit": PAGE + 1})
        rows = cursor.fetchall()
    found = tuple(Alert(*row) for row in rows[:PAGE])
    record_audit(ctx, "list-alerts", detail={"shown": [str(one.id) for one in found]})
    last = found[-1] if len(rows) > PAGE else None
    return Alerts(found, f"{last.at.isoformat()}~{last.id}" if last else "")


def _cursor(text: str) -> tuple[datetime, uuid.UUID]:
    if not text:
        return datetime.fromisoformat("9999-01-01T00:00:00+00:00"), uuid.UUID(int=0)
    at, _, identity = text.partition("~")
    try:
        return datetime.fromisoformat(at), uuid.UUID(identity)
    except ValueError as error:
        raise Refused("bad-cursor", "Liên kết trang không đúng; hãy mở lại từ đầu danh sách.") from error
