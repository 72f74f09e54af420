"""Emergency accesses: the Department of Health's queue with every one of them, and a facility's own with its questions."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import orjson
from django.db import connection

from registry.kernel import Context, Forbidden, Permission, Refused, query, record_audit

PAGE = 50
JUDGED_WITHIN = timedelta(days=3)  # the project's own aim: no law sets one; older ones are shown as late
ANSWERED_WITHIN = timedelta(days=5)


class Standing(StrEnum):
    """Where an access stands. waiting: nobody judged it; answered: the facility answered the question."""

    WAITING = "waiting"
    QUESTIONED = "questioned"
    ANSWERED = "answered"
    JUSTIFIED = "justified"
    UNJUSTIFIED = "unjustified"


OPEN = (Standing.WAITING, Standing.ANSWERED, Standing.QUESTIONED)

# Every access has a row: nothing that was opened can fall out of the list, judged or not.
_STANDING = """
SELECT a.id, a.patient_id, a.opened_at, a.expires_at, a.kind, a.reason, a.staff_id, a.facility_id,
       r.id AS review_id, r.verdict, r.note, r.reviewed_at, r.reviewed_by_id, w.id AS answer_id, w.text, w.at AS answered_at,
       w.by_id AS answered_by_id,
       CASE WHEN r.id IS NULL THEN 'waiting'
            WHEN r.verdict = 'questioned' AND w.at >= r.reviewed_at THEN 'answered'
            ELSE r.verdict END AS standing
FROM records_emergencyaccess a
LEFT JOIN LATERAL (SELECT * FROM records_emergencyreview x WHERE x.access_id = a.id
                    ORDER BY x.reviewed_at DESC, x.id DESC LIMIT 1) r ON true
LEFT JOIN LATERAL (SELECT * FROM records_emergencyanswer y WHERE y.access_id = a.id
                    ORDER BY y.at DESC, y.id DESC LIMIT 1) w ON true
"""
_LIST = f"""
SELECT t.id, t.patient_id, t.opened_at, t.expires_at, t.kind, t.reason, s.full_name, f.short_name, t.standing, t.note,
       t.reviewed_at, v.full_name, t.text, t.answered_at, b.full_name,
       CASE WHEN t.answered_at >= t.reviewed_at THEN t.answer_id ELSE t.review_id END,
       (SELECT json_agg(json_build_array(said.at, said.who, said.kind, said.text) ORDER BY said.at, said.id) FROM (
           SELECT x.reviewed_at AS at, x.id, xs.full_name AS who, x.verdict AS kind, x.note AS text
             FROM records_emergencyreview x JOIN registry_staff xs ON xs.id = x.reviewed_by_id WHERE x.access_id = t.id
           UNION ALL SELECT y.at, y.id, ys.full_name, 'answer', y.text
             FROM records_emergencyanswer y JOIN registry_staff ys ON ys.id = y.by_id WHERE y.access_id = t.id) said),
       (SELECT count(*) FROM registry_auditevent e
         WHERE e.patient_id = t.patient_id AND e.at BETWEEN t.opened_at AND t.expires_at AND e.actor_id = t.staff_id::text
           AND e.outcome = 'ok' AND e.action <> 'open-emergency')
FROM (SELECT * FROM ({_STANDING}) every
       WHERE standing = ANY(%(standings)s) AND (opened_at, id) > (%(at)s, %(id)s)
         AND (%(facility)s::bigint IS NULL OR facility_id = %(facility)s)
       ORDER BY opened_at, id LIMIT %(limit)s) t
JOIN registry_staff s ON s.id = t.staff_id JOIN registry_facility f ON f.id = t.facility_id
LEFT JOIN registry_staff v ON v.id = t.reviewed_by_id LEFT JOIN registry_staff b ON b.id = t.answered_by_id
ORDER BY t.opened_at, t.id
"""  # noqa: S608 - constants
_COUNTS = f"""
SELECT standing, count(*) FROM ({_STANDING}) every
WHERE (%(facility)s::bigint IS NULL OR facility_id = %(facility)s) GROUP BY standing
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class Word:
    """One judgement or answer. kind: a verdict, or "answer"."""

    at: datetime
    who: str
    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency access. The resident stays a number here: who reviews judges the access, not the person.

    word: the number of the latest judgement or answer, for whoever judges next; thread: all of them, oldest first. looks:
    reads made while it was open.
    """

    id: uuid.UUID
    patient_id: uuid.UUID
    opened_at: datetime
    expires_at: datetime
    kind: str
    reason: str
    staff: str
    facility: str
    standing: Standing
    note: str | None
    reviewed_at: datetime | None
    reviewed_by: str | None
    answer: str | None
    answered_at: datetime | None
    answered_by: str | None
    word: str
    thread: tuple[Word, ...]
    looks: int
    days_late: int | None = None

    @property
    def verdict(self) -> str | None:
        """The judgement, when there is one."""
        if self.standing is Standing.WAITING:
            return None
        return "questioned" if self.standing is Standing.ANSWERED else self.standing.value


@dataclass(frozen=True, slots=True)
class Emergencies:
    """Some of the queue, oldest first, how many stand where, and the cursor of those after."""

    found: tuple[Emergency, ...]
    counts: dict[str, int]
    after: str

    def __iter__(self) -> Any:
        return iter(self.found)

    def __len__(self) -> int:
        return len(self.found)


@query(Permission.ACCESS_REVIEW)
def find_emergencies(ctx: Context, *, reviewed: bool = False, standing: str = "", after: str = "") -> Emergencies:
    """The Department of Health's queue: what waits for its word, oldest first; with reviewed, every one ever opened.

    standing: only those that stand there. Raises Refused for an unknown standing or a bad cursor.
    """
    chosen = _chosen(standing) or (tuple(Standing) if reviewed else (Standing.WAITING, Standing.ANSWERED))
    found = _find(ctx, chosen, None, after)
    record_audit(ctx, "list-emergencies", detail={"shown": [str(one.id) for one in found.found]})
    return found


@query(Permission.RECORD_OPEN_EMERGENCY)
def find_own_emergencies(ctx: Context, *, standing: str = "", after: str = "") -> Emergencies:
    """The acting facility's accesses, oldest first: what it must answer and what was judged."""
    if ctx.facility is None:
        raise Forbidden("no-facility", "Bạn chưa được phân công ở cơ sở nào.")
    found = _find(ctx, _chosen(standing) or tuple(Standing), ctx.facility.id, after)
    record_audit(ctx, "list-emergencies", detail={"shown": [str(one.id) for one in found.found]})
    return found


def _chosen(standing: str) -> tuple[Standing, ...]:
    if standing and standing not in set(Standing):
        raise Refused("standing-unknown", "Không có bộ lọc này; hãy mở lại danh sách.")
    return (Standing(standing),) if standing else ()


def _find(ctx: Context, standings: tuple[Standing, ...], facility: int | None, after: str) -> Emergencies:
    at, identity = _cursor(after)
    named = {"standings": [*map(str, standings)], "facility": facility, "at": at, "id": identity, "limit": PAGE + 1}
    with connection.cursor() as cursor:
        cursor.execute(_LIST, named)
        rows = cursor.fetchall()
        cursor.execute(_COUNTS, named)
        counts = {Standing(name).value: count for name, count in cursor.fetchall()}
    found = tuple(_emergency(row, ctx.at) for row in rows[:PAGE])
    last = found[-1] if len(rows) > PAGE else None
    return Emergencies(found, counts, f"{last.opened_at.isoformat()}~{last.id}" if last else "")


def _emergency(row: tuple[Any, ...], at: datetime) -> Emergency:
    *columns, word, thread, looks = row
    columns[8] = Standing(columns[8])
    opened, standing, reviewed, answered = columns[2], columns[8], columns[10], columns[13]
    begun = {Standing.WAITING: opened, Standing.ANSWERED: answered, Standing.QUESTIONED: reviewed}.get(standing)
    within = ANSWERED_WITHIN if standing is Standing.QUESTIONED else JUDGED_WITHIN
    late = (at - begun - within).days if begun and at - begun > within else None
    values: list[Any] = [*columns, str(word or ""), _words(thread), looks, late]
    return Emergency(*values)


def _words(told: Any) -> tuple[Word, ...]:
    said = orjson.loads(told) if isinstance(told, str) else told or []
    return tuple(Word(datetime.fromisoformat(at), who, kind, text) for at, who, kind, text in said)


def _cursor(text: str) -> tuple[datetime, uuid.UUID]:
    if not text:
        return datetime.fromisoformat("0001-01-02T00:00:00+00:00"), uuid.UUID(int=0)
    at, _, identity = text.partition("~")
    try:
        return datetime.fromisoformat(at), uuid.UUID(identity)
    except ValueError as error:
        raise Refused("bad-cursor", "Liên kết trang không đúng; hãy mở lại từ đầu danh sách.") from error
