"""The failsafe board: every open step, the clock that has run longest first, with counts on every filter."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from django.db import connection

from records.queries.band import SEX_NAMES
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.dates import PartialDate, age_on
from registry.rules.phrases import Phrase, joined
from screening.models import Assessment, Duty
from screening.queries.scope import facility_of, oversees_city, today_of
from screening.rules.wording import number_text

PAGE = 50
SOON_DAYS = 7


class Bucket(StrEnum):
    """How the clocks are told apart; the value is what stands in the address."""

    OPEN = "dang-mo"
    OVERDUE = "qua-han"
    SOON = "7-ngay"
    CLOSED = "da-dong"


class Holder(StrEnum):
    """Whose cases are asked for."""

    ANYBODY = ""
    MINE = "cua-toi"
    NOBODY = "chua-giao"


@dataclass(frozen=True, slots=True)
class Filters:
    """What the page asks for. after: (deadline or time of closing in ISO form, duty) of the last row seen."""

    bucket: Bucket = Bucket.OPEN
    holder: Holder = Holder.ANYBODY
    step: str = ""
    after: tuple[str, uuid.UUID] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One line of the board. name and enrolment_id are empty for who oversees the city without opening records."""

    duty_id: uuid.UUID
    enrolment_id: uuid.UUID | None
    name: str
    person: Phrase
    result: str
    programme: str
    step: str
    facility: str
    opened_at: datetime
    deadline: date
    owner: str
    closed_at: datetime | None
    ending: str


@dataclass(frozen=True, slots=True)
class Counts:
    """Cases by (bucket, holder, step); every filter reads its number here. Overdue and soon are parts of open."""

    rows: Mapping[tuple[str, str, str], int]

    def of(self, bucket: Bucket, holder: Holder = Holder.ANYBODY, step: str = "") -> int:
        """How many cases a filter shows."""
        return sum(
            count
            for (in_bucket, held, at_step), count in self.rows.items()
            if _in_bucket(in_bucket, bucket) and (not holder or held == holder) and (not step or at_step == step)
        )


def _in_bucket(found: str, asked: Bucket) -> bool:
    return found == asked or (asked is Bucket.OPEN and found != Bucket.CLOSED)


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the worklist."""

    cases: list[Case]
    counts: Counts
    filters: Filters
    next_after: tuple[str, uuid.UUID] | None
    days_to_colonoscopy: Decimal | None
    in_time: tuple[int, int]
    whole_city: bool


_BUCKET = """CASE WHEN d.closed_at IS NOT NULL THEN 'da-dong' WHEN d.deadline < %(today)s THEN 'qua-han'
                  WHEN d.deadline <= %(soon)s THEN '7-ngay' ELSE 'dang-mo' END"""
_HOLDER = """CASE WHEN d.owner_id IS NULL THEN 'chua-giao' WHEN d.owner_id = %(staff)s THEN 'cua-toi' ELSE 'khac' END"""
_SCOPE = "(%(facility)s::bigint IS NULL OR d.facility_id = %(facility)s)"

_COUNTS = f"SELECT {_BUCKET}, {_HOLDER}, d.step, count(*) FROM screening_duty d WHERE {_SCOPE} GROUP BY 1, 2, 3"  # noqa: S608

_CASES = f"""
SELECT d.id, n.id, p.name, p.sex, p.birth_date, p.birth_precision, p.ward_name, t.value, g.short_name, d.step,
       f.short_name, d.opened_at, d.deadline, coalesce(s.full_name, ''), d.closed_at, a.outcome, a.reason
  FROM screening_duty d
  JOIN screening_episode e ON e.id = d.episode_id
  JOIN screening_enrolment n ON n.id = e.enrolment_id
  JOIN screening_programme g ON g.id = n.programme_id
  JOIN screening_testresult t ON t.id = d.result_id
  JOIN records_patient p ON p.id = n.patient_id
  JOIN registry_facility f ON f.id = d.facility_id
  LEFT JOIN registry_staff s ON s.id = d.owner_id
  LEFT JOIN screening_assessment a ON a.id = d.assessment_id
 WHERE {_SCOPE} AND (%(step)s = '' OR d.step = %(step)s)
   AND (%(holder)s = '' OR ({_HOLDER}) = %(holder)s)
"""  # noqa: S608 - composed of this module's own constants

_BUCKET_ROWS = {
    Bucket.OPEN: "AND d.closed_at IS NULL",
    Bucket.OVERDUE: "AND d.closed_at IS NULL AND d.deadline < %(today)s",
    Bucket.SOON: "AND d.closed_at IS NULL AND d.deadline BETWEEN %(today)s AND %(soon)s",
    Bucket.CLOSED: "AND d.closed_at IS NOT NULL",
}

# Days from result to colonoscopy, and how many lay within the deadline; among those done.
_WAITING = f"""
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a.performed_on - (t.measured_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date),
       count(*) FILTER (WHERE a.performed_on <= d.deadline), count(*)
  FROM screening_duty d JOIN screening_assessment a ON a.id = d.assessment_id
  JOIN screening_testresult t ON t.id = d.result_id
 WHERE d.step = 'colonoscopy' AND d.outcome = 'done' AND {_SCOPE}
"""  # noqa: S608 - composed of this module's own constants


@query(Permission.SCREENING_READ)
def get_worklist(ctx: Context, *, filters: Filters | None = None) -> Board:
    """The open steps of the acting facility, or of the whole city for who oversees it: overdue first, PAGE at a time.

    Three statements and one audit row, whatever the length of the list.
    """
    filters = filters or Filters()
    whole_city = oversees_city(ctx)
    named = _parameters(ctx, filters, whole_city)
    rows = _cases(filters, named)
    shown = [_case(row, names=not whole_city) for row in rows[:PAGE]]
    following = _key(rows[PAGE - 1], filters.bucket) if len(rows) > PAGE else None
    median, in_time, done = _fetch(_WAITING, named)[0]
    record_audit(
        ctx, "list", target=("ScreeningWorklist", filters.bucket.value),
        detail={"duties": [str(case.duty_id) for case in shown], "named": not whole_city},
    )  # fmt: skip
    counts = Counts({(bucket, holder, step): count for bucket, holder, step, count in _fetch(_COUNTS, named)})
    days = None if median is None else Decimal(str(median))
    return Board(shown, counts, filters, following, days, (in_time, done), whole_city)


def _parameters(ctx: Context, filters: Filters, whole_city: bool) -> dict[str, Any]:
    today = today_of(ctx)
    after = filters.after or (None, None)
    return {
        "facility": None if whole_city else facility_of(ctx).id,
        "staff": ctx.actor.staff_id,
        "today": today,
        "soon": date.fromordinal(today.toordinal() + SOON_DAYS),
        "step": filters.step if filters.step in Duty.Step.values else "",
        "holder": filters.holder.value,
        "after": after[0],
        "after_id": str(after[1]) if after[1] else None,
        "page": PAGE + 1,
    }


def _cases(filters: Filters, named: dict[str, Any]) -> list[tuple[Any, ...]]:
    if filters.bucket is Bucket.CLOSED:
        later = "AND (d.closed_at, d.id) < (%(after)s::timestamptz, %(after_id)s::uuid)"
        order = "ORDER BY d.closed_at DESC, d.id DESC"
    else:
        later = "AND (d.deadline, d.id) > (%(after)s::date, %(after_id)s::uuid)"
        order = "ORDER BY d.deadline, d.id"
    where = later if filters.after else ""
    return _fetch(f"{_CASES} {_BUCKET_ROWS[filters.bucket]} {where} {order} LIMIT %(page)s", named)


def _fetch(statement: str, named: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, named)
        return list(cursor.fetchall())


def _key(row: tuple[Any, ...], bucket: Bucket) -> tuple[str, uuid.UUID]:
    moment = row[14] if bucket is Bucket.CLOSED else row[12]
    return moment.isoformat(), row[0]


def _case(row: tuple[Any, ...], *, names: bool) -> Case:
    duty, enrolment, name, sex, born, precision, ward, value, programme, step, facility, *rest = row
    opened_at, deadline, owner, closed_at, outcome, reason = rest
    age = age_on(PartialDate(born, precision), max(opened_at.date(), born)).text
    return Case(
        duty_id=duty,
        enrolment_id=enrolment if names else None,
        name=name if names else "",
        person=joined([SEX_NAMES.get(sex, sex), age, Phrase("{ward}", ward=ward or "")], " · "),
        result=f"FIT {number_text(value)} µg Hb/g",
        programme=programme,
        step=str(Duty.Step(step).label),
        facility=facility,
        opened_at=opened_at,
        deadline=deadline,
        owner=owner,
        closed_at=closed_at,
        ending=_ending(outcome, reason),
    )


def _ending(outcome: str | None, reason: str | None) -> str:
    if not outcome:
        return ""
    return str(Assessment.Reason(reason).label if reason else Assessment.Outcome(outcome).label)
