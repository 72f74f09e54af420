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
from screening.models import Duty, Sweep
from screening.models.duties import Level
from screening.models.results import Reason
from screening.queries.scope import facility_of, from_json, oversees_city, today_of
from screening.rules.pathway import Ending
from screening.rules.wording import owed_text, result_text, taken_text

PAGE = 50
SOON_DAYS = 7


class Bucket(StrEnum):
    """How the clocks are told apart; the value is what stands in the address."""

    OPEN = "dang-mo"
    OVERDUE = "qua-han"
    SOON = "7-ngay"
    CALL = "goi-lai"
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
    """One line of the board: a duty, or a sample that waits for its result (duty_id is then the sample's number).

    name and enrolment_id are empty for who oversees the city without opening records.
    """

    duty_id: uuid.UUID
    enrolment_id: uuid.UUID | None
    name: str
    person: Phrase
    result: Phrase
    programme: str
    step: Phrase
    facility: str
    opened_at: datetime
    deadline: date
    owner: str
    level: str
    closed_at: datetime | None
    ending: str
    is_sample: bool = False
    call_on: date | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """Cases by (bucket, holder, step); every filter reads its number here. Overdue, soon and to be called again are parts of
    open; a case may be counted under the last and one of the others.
    """

    rows: Mapping[tuple[str, str, str], int]

    def of(self, bucket: Bucket, holder: Holder = Holder.ANYBODY, step: str = "") -> int:
        """How many cases a filter shows."""
        return sum(
            count
            for (in_bucket, held, at_step), count in self.rows.items()
            if _in_bucket(in_bucket, bucket) and (not holder or held == holder) and (not step or at_step == step)
        )


def _in_bucket(found: str, asked: Bucket) -> bool:
    return found == asked or (asked is Bucket.OPEN and found not in (Bucket.CLOSED, Bucket.CALL))


@dataclass(frozen=True, slots=True)
class Board:
    """A page of the worklist. steps: those that somebody owes or owed, in words; swept: the latest sweep of the city."""

    cases: list[Case]
    counts: Counts
    steps: Mapping[str, Phrase]
    filters: Filters
    next_after: tuple[str, uuid.UUID] | None
    days_to_colonoscopy: Decimal | None
    in_time: tuple[int, int]
    whole_city: bool
    swept: Sweep | None


# Duties, and samples that wait for their result: what somebody owes, with the same clock.
_CLOCK = """
 (SELECT id, episode_id, facility_id, action, '' AS sampled, NULL::date AS taken_on, result_id, opened_at, deadline,
         owner_id, level, call_again_on, closed_at, outcome, closed_by_id FROM screening_duty
  UNION ALL
  SELECT id, episode_id, facility_id, 'sample', action, taken_on, NULL::uuid, opened_at, deadline,
         owner_id, level, NULL::date, closed_at, CASE WHEN closed_at IS NULL THEN '' ELSE 'done' END, result_id
    FROM screening_sample)
"""
_BUCKET = """CASE WHEN d.closed_at IS NOT NULL THEN 'da-dong' WHEN d.deadline < %(today)s THEN 'qua-han'
                  WHEN d.deadline <= %(soon)s THEN '7-ngay' ELSE 'dang-mo' END"""
_HOLDER = """CASE WHEN d.owner_id IS NULL THEN 'chua-giao' WHEN d.owner_id = %(staff)s THEN 'cua-toi' ELSE 'khac' END"""
_SCOPE = "(%(facility)s::bigint IS NULL OR d.facility_id = %(facility)s)"

_CALL_DUE = "d.closed_at IS NULL AND d.call_again_on <= %(today)s"

_COUNTS = f"""
SELECT c.*, (SELECT coalesce(one->>'short_name', one->>'name') FROM screening_programmeversion v,
             jsonb_array_elements(v.rules->'actions') one WHERE one->>'code' = c.action ORDER BY v.id DESC LIMIT 1)
  FROM (SELECT {_BUCKET}, {_HOLDER}, d.action, count(*) FROM {_CLOCK} d WHERE {_SCOPE} GROUP BY 1, 2, 3
        UNION ALL
        SELECT 'goi-lai', {_HOLDER}, d.action, count(*) FROM screening_duty d WHERE {_SCOPE} AND {_CALL_DUE}
         GROUP BY 1, 2, 3) c
"""  # noqa: S608 - composed of this module's own constants

_CASES = f"""
SELECT d.id, n.id, p.name, p.sex, p.birth_date, p.birth_precision, p.ward_name, t.value, t.action, t.code, g.short_name,
       d.action, v.actions, f.short_name, d.opened_at, d.deadline, coalesce(s.full_name, ''), d.level, d.closed_at,
       d.outcome, a.reason, d.sampled, d.taken_on, d.call_again_on
  FROM {_CLOCK} d
  JOIN screening_episode e ON e.id = d.episode_id
  JOIN screening_enrolment n ON n.id = e.enrolment_id
  JOIN screening_programme g ON g.id = n.programme_id
  LEFT JOIN screening_result t ON t.id = d.result_id
  JOIN LATERAL (SELECT jsonb_agg(one) AS actions FROM screening_programmeversion v,
                jsonb_array_elements(v.rules->'actions') one
                 WHERE v.id = e.version_id AND one->>'code' IN (d.action, d.sampled, t.action)) v ON true
  JOIN records_patient p ON p.id = n.patient_id
  JOIN registry_facility f ON f.id = d.facility_id
  LEFT JOIN registry_staff s ON s.id = d.owner_id
  LEFT JOIN screening_result a ON a.id = d.closed_by_id
 WHERE {_SCOPE} AND (%(step)s = '' OR d.action = %(step)s)
   AND (%(holder)s = '' OR ({_HOLDER}) = %(holder)s)
"""  # noqa: S608 - composed of this module's own constants

_BUCKET_ROWS = {
    Bucket.OPEN: "AND d.closed_at IS NULL",
    Bucket.OVERDUE: "AND d.closed_at IS NULL AND d.deadline < %(today)s",
    Bucket.SOON: "AND d.closed_at IS NULL AND d.deadline BETWEEN %(today)s AND %(soon)s",
    Bucket.CALL: f"AND {_CALL_DUE}",
    Bucket.CLOSED: "AND d.closed_at IS NOT NULL",
}

# Days from a FIT's result to the colonoscopy it called for, and how many lay within the deadline; among those done.
_WAITING = f"""
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY a.performed_on - t.performed_on),
       count(*) FILTER (WHERE a.performed_on <= d.deadline), count(*)
  FROM screening_duty d JOIN screening_result a ON a.id = d.closed_by_id AND a.kind = 'examination'
  JOIN screening_result t ON t.id = d.result_id AND t.kind = 'test'
 WHERE d.outcome = 'done' AND d.action = 'colonoscopy' AND a.action = d.action AND {_SCOPE}
"""  # noqa: S608 - composed of this module's own constants


@query(Permission.SCREENING_READ)
def get_worklist(ctx: Context, *, filters: Filters | None = None) -> Board:
    """The open steps of the acting facility, or of the whole city for who oversees it: overdue first, PAGE at a time.

    Four statements and one audit row, whatever the length of the list.
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
    counted = _fetch(_COUNTS, named)
    counts = Counts({(bucket, holder, step): count for bucket, holder, step, count, _ in counted})
    steps = {step: owed_text(step, name or "") for _, _, step, _, name in counted}
    days = None if median is None else Decimal(str(median))
    return Board(
        shown,
        counts,
        steps,
        filters,
        following,
        days,
        (in_time, done),
        whole_city,
        Sweep.objects.order_by("-at").first(),
    )


def _parameters(ctx: Context, filters: Filters, whole_city: bool) -> dict[str, Any]:
    today = today_of(ctx)
    after = filters.after or (None, None)
    return {
        "facility": None if whole_city else facility_of(ctx).id,
        "staff": ctx.actor.staff_id,
        "today": today,
        "soon": date.fromordinal(today.toordinal() + SOON_DAYS),
        "step": filters.step,
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
    moment = row[18] if bucket is Bucket.CLOSED else row[15]
    return moment.isoformat(), row[0]


def _case(row: tuple[Any, ...], *, names: bool) -> Case:
    duty, enrolment, name, sex, born, precision, ward, value, tested, code, programme, step, said, facility, *rest = row
    opened_at, deadline, owner, level, closed_at, outcome, reason, sampled, taken_on, call_on = rest
    age = age_on(PartialDate(born, precision), max(opened_at.date(), born)).text
    actions = {one["code"]: one for one in from_json(said) or ()}
    return Case(
        duty_id=duty,
        enrolment_id=enrolment if names else None,
        name=name if names else "",
        person=joined([SEX_NAMES.get(sex, sex), age, Phrase("{ward}", ward=ward or "")], " · "),
        result=_result(actions.get(tested), code, value) if taken_on is None else taken_text(taken_on),
        programme=programme,
        step=owed_text(step, actions.get(sampled or step, {}).get("name", "")),
        facility=facility,
        opened_at=opened_at,
        deadline=deadline,
        owner=owner,
        level=str(Level(level).label) if level else "",
        closed_at=closed_at,
        ending=_ending(outcome, reason),
        is_sample=taken_on is not None,
        call_on=call_on,
    )


def _result(action: dict[str, Any] | None, code: str, value: Decimal | None) -> Phrase:
    """The result that made the step owed, in the version's words."""
    if action is None:
        return owed_text(Ending.DECIDE)
    label = next((one["label"] for one in action["outcomes"] if one["code"] == code), "")
    return result_text(action.get("short_name") or action["name"], label, value, action.get("unit", ""))


def _ending(outcome: str | None, reason: str | None) -> str:
    if not outcome:
        return ""
    return str(Reason(reason).label if reason else Duty.Outcome(outcome).label)
