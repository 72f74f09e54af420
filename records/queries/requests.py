"""Data-subject requests: the worklist with its clocks, and what one resident has asked."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection
from django.utils import timezone

from records.models import ProcessingRestriction, PublicHoliday, RequestStep, RequestTerm
from records.queries.access import RecordAccess, look_through_door
from records.queries.retention import Kept, kept_of
from records.rules.working_days import Calendar, Term, calendar_of
from registry.kernel import Context, Forbidden, NotFound, Permission, Refused, query, record_audit

PAGE = 50
MOST_OF_ONE = 100

_LINES = """
SELECT r.id, l.patient_id, p.name, r.kind, r.wish, r.state, r.received_at, r.reply_by, r.act_by, f.short_name,
       coalesce(o.full_name, ''), r.given_by, r.representative, r.proof, r.proof_note, r.owner_id
  FROM records_datasubjectrequest r JOIN records_recordlink l ON l.record_id = r.source_record_id
  JOIN records_patient p ON p.id = l.patient_id JOIN registry_facility f ON f.id = r.facility_id
  LEFT JOIN registry_staff o ON o.id = r.owner_id
"""
_WORKLIST = (
    _LINES
    + """ WHERE (%(every)s OR r.state IN ('received', 'replied'))
   AND (%(facility)s::bigint IS NULL OR r.facility_id = %(facility)s)
   AND (%(kind)s = '' OR r.kind = %(kind)s) AND (r.act_by, r.id) > (%(day)s, %(id)s)
 ORDER BY r.act_by, r.id LIMIT %(limit)s"""
)
_OF_ONE = _LINES + " WHERE l.patient_id = %(patient)s ORDER BY r.received_at DESC, r.id DESC LIMIT %(limit)s"
_COUNTS = """
SELECT count(*), count(*) FILTER (WHERE (r.state = 'received' AND r.reply_by < %(today)s) OR r.act_by < %(today)s),
       count(*) FILTER (WHERE r.owner_id IS NULL)
  FROM records_datasubjectrequest r
 WHERE r.state IN ('received', 'replied') AND (%(facility)s::bigint IS NULL OR r.facility_id = %(facility)s)
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One request. due: the day the next step must be done by; days_left: until then, negative when overdue."""

    id: uuid.UUID
    patient_id: uuid.UUID
    name: str
    kind: str
    wish: str
    state: str
    received_at: datetime
    reply_by: date
    act_by: date
    facility: str
    owner: str
    given_by: str
    representative: str
    proof: str
    proof_note: str
    owner_id: int | None
    today: date

    @property
    def is_open(self) -> bool:
        """Whether somebody still owes an answer."""
        return self.state in {"received", "replied"}

    @property
    def due(self) -> date:
        """The next deadline."""
        return self.reply_by if self.state == "received" else self.act_by

    @property
    def days_left(self) -> int:
        """Calendar days until the next deadline; negative when it has passed."""
        return (self.due - self.today).days


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to a request."""

    state: str
    note: str
    by: str
    at: datetime
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Worklist:
    """Requests by deadline; how many are open, overdue, unowned; the cursor of those after."""

    found: tuple[Line, ...]
    open: int
    overdue: int
    unowned: int
    after: str


@dataclass(frozen=True, slots=True)
class RequestsPage:
    """One resident's requests, newest first, each with its steps; what is restricted, what the law keeps."""

    access: RecordAccess
    found: tuple[tuple[Line, tuple[Step, ...]], ...]
    restricted_by: frozenset[uuid.UUID]
    kept: tuple[Kept, ...]
    unconfirmed_holidays: int


@dataclass(frozen=True, slots=True)
class RequestPage:
    """One request with its steps, for whoever handles it. may_handle: here and now."""

    line: Line
    steps: tuple[Step, ...]
    restricts: bool
    kept: tuple[Kept, ...]
    may_handle: bool


def handles_city(ctx: Context) -> bool:
    """Whether the actor handles the requests of every facility: the Department of Health."""
    return ctx.may(Permission.REQUEST_HANDLE) and ctx.may(Permission.ACCESS_REVIEW)


@query(Permission.REQUEST_READ)
def find_requests(ctx: Context, *, every: bool = False, kind: str = "", after: str = "") -> Worklist:
    """The acting facility's requests, the Department's of all, by deadline. Raises Refused for a bad cursor."""
    facility = _scope(ctx)
    day, identity = _cursor(after)
    today = timezone.localdate(ctx.at)
    named = {
        "every": every, "facility": facility, "kind": kind, "day": day, "id": str(identity), "limit": PAGE + 1,
        "today": today,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_WORKLIST, named)
        rows = cursor.fetchall()
        cursor.execute(_COUNTS, named)
        counts = cursor.fetchone() or (0, 0, 0)
    found = tuple(_line(row, today) for row in rows[:PAGE])
    record_audit(ctx, "list-requests", detail={"shown": [str(one.id) for one in found]})
    last = found[-1] if len(rows) > PAGE else None
    after = f"{last.act_by.isoformat()}~{last.id}" if last else ""
    return Worklist(found, open=counts[0], overdue=counts[1], unowned=counts[2], after=after)


@query(Permission.REQUEST_READ)
def get_request(ctx: Context, request_id: uuid.UUID) -> RequestPage:
    """One request of the acting facility, or of any for the Department; NotFound otherwise."""
    facility, today = _scope(ctx), timezone.localdate(ctx.at)
    with connection.cursor() as cursor:
        cursor.execute(
            _LINES + " WHERE r.id = %s AND (%s::bigint IS NULL OR r.facility_id = %s)",
            [str(request_id), facility, facility],
        )
        row = cursor.fetchone()
    if row is None:
        raise NotFound
    line = _line(row, today)
    record_audit(ctx, "read-requests", patient_id=line.patient_id, target=("DataSubjectRequest", line.id))
    restricts = ProcessingRestriction.objects.filter(request_id=line.id, end=None).exists()
    kept = kept_of(line.patient_id) if line.kind == "erase" else ()
    return RequestPage(line, _steps([line.id]).get(line.id, ()), restricts, kept, ctx.may(Permission.REQUEST_HANDLE))


@query(Permission.REQUEST_READ)
def get_requests_of(ctx: Context, patient_id: uuid.UUID) -> RequestsPage:
    """What the resident of a record that is open here has asked. Raises NotFound, RecordClosed (403)."""
    access = look_through_door(ctx, patient_id)
    with connection.cursor() as cursor:
        cursor.execute(_OF_ONE, {"patient": str(access.patient_id), "limit": MOST_OF_ONE})
        lines = [_line(row, timezone.localdate(ctx.at)) for row in cursor.fetchall()]
    steps = _steps([line.id for line in lines])
    bound = ProcessingRestriction.objects.filter(source_record__link__patient=access.patient_id, end=None)
    record_audit(ctx, "read-requests", patient_id=access.patient_id)
    return RequestsPage(
        access,
        tuple((line, steps.get(line.id, ())) for line in lines),
        frozenset(one for one in bound.values_list("request_id", flat=True) if one),
        kept_of(access.patient_id, access.person.deceased_on),
        PublicHoliday.objects.filter(confirmed=False, day__gte=timezone.localdate(ctx.at)).count(),
    )


def terms() -> dict[str, Term]:
    """The law's terms by kind, and "reply"."""
    return {row.key: Term(row.days, row.unit) for row in RequestTerm.objects.all()}


def calendar() -> Calendar:
    """The days off on file."""
    return calendar_of(list(PublicHoliday.objects.values_list("day", "kind", "confirmed")))


def _scope(ctx: Context) -> int | None:
    """None: every facility."""
    if handles_city(ctx):
        return None
    if ctx.facility is None:
        raise Forbidden("no-facility", "Bạn chưa được phân công ở cơ sở nào.")
    return ctx.facility.id


def _line(row: tuple[Any, ...], today: date) -> Line:
    values: list[Any] = [*row, today]
    return Line(*values)


def _steps(request_ids: list[uuid.UUID]) -> dict[uuid.UUID, tuple[Step, ...]]:
    found: dict[uuid.UUID, list[Step]] = {}
    for row in RequestStep.objects.filter(request__in=request_ids).select_related("by").order_by("at", "id"):
        found.setdefault(row.request_id, []).append(Step(row.state, row.note, row.by.full_name, row.at, row.detail))
    return {identity: tuple(steps) for identity, steps in found.items()}


def _cursor(text: str) -> tuple[date, uuid.UUID]:
    if not text:
        return date.min, uuid.UUID(int=0)
    day, _, identity = text.partition("~")
    try:
        return date.fromisoformat(day), uuid.UUID(identity)
    except ValueError as error:
        raise Refused("bad-cursor", "Liên kết trang không đúng; hãy mở lại từ đầu danh sách.") from error
