"""Who of a facility's people is to be invited in a week, who is not and why, and how many the week can serve."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection

from registry.kernel import Context, Permission, query, record_audit
from registry.models import Facility
from screening.models import InvitationBatch, Programme
from screening.queries.cohort import FACTS, OBSTACLE, rule_parameters
from screening.queries.scope import Catchment, LiveProgramme, catchment_of, facility_of, live_programme, today_of
from screening.rules.calling import (
    Estimate,
    LeftOut,
    Plan,
    WardNeed,
    fallback_attendance,
    fallback_positivity,
    measured,
    monday_of,
    plan_batch_size,
)
from screening.rules.eligibility import Obstacle

LOOK_BACK_DAYS = 730  # attendance and positivity are measured over two years
_DONE = (Obstacle.TESTED_RECENTLY, Obstacle.CLEARED_RECENTLY)
LIVE = "('planned', 'sent', 'failed')"

# People the facility looks after in the programme. The order of the reasons is that of rules.calling.LeftOut.
_ENROLLED = """
SELECT n.id AS enrolment_id, f.id, f.birth_date, n.next_due_on, CASE
       WHEN f.deceased THEN 'deceased'
       WHEN n.standing = 'ceased' THEN 'ceased'
       WHEN n.standing = 'surveillance' THEN 'surveillance'
       WHEN f.ward_code <> '' AND NOT EXISTS (
            SELECT 1 FROM registry_administrativeunit u WHERE u.code = f.ward_code) THEN 'moved'
       WHEN EXISTS (SELECT 1 FROM screening_enrolment o WHERE o.patient_id = n.patient_id AND o.id < n.id
                       AND o.programme_id = n.programme_id AND o.standing <> 'ceased') THEN 'duplicate'
       WHEN EXISTS (SELECT 1 FROM screening_duty d JOIN screening_episode e ON e.id = d.episode_id
                     WHERE e.enrolment_id = n.id AND d.closed_at IS NULL) THEN 'follow-up'
       WHEN EXISTS (SELECT 1 FROM screening_kit k JOIN screening_episode e ON e.id = k.episode_id
                     WHERE e.enrolment_id = n.id AND e.closed_at IS NULL AND k.state IN ('issued', 'returned'))
         OR EXISTS (SELECT 1 FROM screening_sample s JOIN screening_episode e ON e.id = s.episode_id
                     WHERE e.enrolment_id = n.id AND s.closed_at IS NULL) THEN 'being-tested'
       WHEN EXISTS (SELECT 1 FROM screening_invitation i JOIN screening_episode e ON e.id = i.episode_id
                     WHERE e.enrolment_id = n.id AND e.closed_at IS NULL AND i.state <> 'withdrawn') THEN 'invited'
       WHEN (f.tested_on + make_interval(months => coalesce((%(intervals)s::jsonb->>n."group")::int, %(test_months)s))
            )::date > %(until)s
         OR (f.cleared_on + make_interval(months => %(clear_months)s))::date > %(until)s THEN 'tested'
       WHEN f.excluded OR NOT f.insured THEN 'excluded'
       WHEN f.sex <> ALL(%(sexes)s) OR (n."group" = '' AND (f.birth_date > %(old_enough)s
         OR f.birth_last <= %(too_old)s::date)) THEN 'outside'
       WHEN n.standing = 'deferred' AND n.deferred_until > %(until)s THEN 'deferred'
       WHEN n.next_due_on > %(until)s THEN 'not-due' END AS reason
  FROM screening_enrolment n JOIN f ON f.id = n.patient_id
 WHERE n.facility_id = %(facility)s AND n.programme_id = %(programme)s
"""
_OF_ENROLLED = f"""
WITH f AS ({FACTS} JOIN (SELECT DISTINCT patient_id FROM screening_enrolment
                          WHERE facility_id = %(facility)s AND programme_id = %(programme)s) here ON here.patient_id = p.id),
judged AS ({_ENROLLED})
"""  # noqa: S608
# People of the ward whom nobody has enrolled yet; with %(conditions)s only those whose record shows one of them.
_OF_NEW = f"""
WITH f AS ({FACTS} WHERE p.merged_into_id IS NULL AND p.ward_code = ANY(%(wards)s) AND p.birth_date <= %(old_enough)s
              AND (%(conditions)s::text[] IS NULL OR EXISTS (
                   SELECT 1 FROM records_condition c JOIN unnest(%(conditions)s::text[]) AS x(prefix)
                       ON starts_with(c.code, x.prefix)
                    WHERE c.patient_id = p.id AND c.superseded_by_id IS NULL))),
judged AS (SELECT NULL::uuid AS enrolment_id, f.id, f.birth_date, NULL::date AS next_due_on,
                  {OBSTACLE} AS reason FROM f)
"""  # noqa: S608
_COUNT = "SELECT coalesce(reason, ''), count(*) FROM judged GROUP BY 1"
PICK_ENROLLED = f"""{_OF_ENROLLED}
SELECT enrolment_id, id FROM judged WHERE reason IS NULL ORDER BY next_due_on NULLS LAST, birth_date, id LIMIT %(limit)s
"""  # noqa: S608
PICK_NEW = f"""{_OF_NEW}
SELECT id FROM judged WHERE reason IS NULL ORDER BY birth_date, id LIMIT %(limit)s
"""  # noqa: S608

# What came of earlier invitations and tests, and what the live ones will still bring.
_PAST = f"""
SELECT count(*) FILTER (WHERE i.sent_on IS NOT NULL AND i.state <> 'withdrawn' AND i.state NOT IN {LIVE}
                          AND i.number = 1),
       count(*) FILTER (WHERE i.number = 1 AND i.sent_on IS NOT NULL AND i.state <> 'withdrawn'
                          AND i.state NOT IN {LIVE} AND EXISTS (
             SELECT 1 FROM screening_invitation a WHERE a.episode_id = i.episode_id AND a.response = 'attended')),
       count(*) FILTER (WHERE i.state IN {LIVE} OR i.response = 'accepted' AND i.changed_on >= %(waiting)s)
  FROM screening_invitation i JOIN screening_invitationbatch b ON b.id = i.batch_id
 WHERE b.facility_id = %(facility)s AND b.programme_id = %(programme)s AND i.changed_on >= %(since)s
"""  # noqa: S608
_TESTED = """
SELECT count(*), count(*) FILTER (WHERE r.verdict = 'positive')
  FROM screening_result r JOIN screening_episode e ON e.id = r.episode_id
  JOIN screening_enrolment n ON n.id = e.enrolment_id
 WHERE n.programme_id = %(programme)s AND r.kind = 'test' AND r.verdict IN ('positive', 'negative')
   AND r.performed_on >= %(since)s
"""


@dataclass(frozen=True, slots=True)
class Capacity:
    """Places of a week: tests the laboratory reads, and examinations after a positive one."""

    laboratory: int
    endoscopy: int


@dataclass(frozen=True, slots=True)
class Audience:
    """A group of people invited alike: "" for everybody; the programme with the group's rules; conditions that make it."""

    group: str
    live: LiveProgramme
    conditions: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class WardCount:
    """Of one facility's people: due among the enrolled and among those nobody has enrolled; who is left out, by reason."""

    recall: int
    new: int
    left_out: Mapping[LeftOut, int]

    @property
    def due(self) -> int:
        """Everybody to be invited."""
        return self.recall + self.new


@dataclass(frozen=True, slots=True)
class Estimates:
    """What the size is computed from. taken: tests that earlier invitations will still bring."""

    attendance: Estimate
    positivity: Estimate
    taken: Decimal


@dataclass(frozen=True, slots=True)
class Preview:
    """What a batch of this week would be. exists: the batch that was planned for it already."""

    live: LiveProgramme
    catchment: Catchment
    week: date
    capacity: Capacity
    count: WardCount
    estimates: Estimates
    plan: Plan
    exists: InvitationBatch | None


@query(Permission.SCREENING_ENROL)
def preview_batch(ctx: Context, *, programme: str, week: date, capacity: Capacity) -> Preview:
    """What planning this week would do; nothing is written. Raises NotFound for a programme without a live version."""
    live, facility = live_programme(programme), facility_of(ctx)
    found = look_ahead(live, facility.id, monday_of(week), capacity, today_of(ctx))
    record_audit(ctx, "preview-batch", target=("Programme", programme), detail={"due": found.count.due})
    return found


def look_ahead(live: LiveProgramme, facility_id: int, week: date, capacity: Capacity, today: date) -> Preview:
    """The preview of one facility. For commands, which write their own audit row."""
    catchment = catchment_of(facility_id)
    count = count_due(live, facility_id, catchment, week)
    estimates = estimate(live.programme, facility_id, today)
    plan = plan_batch_size(
        [WardNeed(catchment.name, count.due, estimates.attendance)],
        laboratory=capacity.laboratory,
        endoscopy=capacity.endoscopy,
        positivity=estimates.positivity,
        taken=estimates.taken,
    )
    same_week = InvitationBatch.objects.filter(facility_id=facility_id, programme=live.programme, week=week)
    return Preview(live, catchment, week, capacity, count, estimates, plan, same_week.first())


def count_due(live: LiveProgramme, facility_id: int, catchment: Catchment, week: date) -> WardCount:
    """Judge everybody of a facility: one statement for the enrolled, one for each group of the others."""
    left_out: Counter[LeftOut] = Counter()
    with connection.cursor() as cursor:
        cursor.execute(f"{_OF_ENROLLED} {_COUNT}", enrolled_parameters(live, facility_id, week))
        known = dict(cursor.fetchall())
        new = 0
        for audience in audiences(live) if catchment.codes else ():
            cursor.execute(f"{_OF_NEW} {_COUNT}", new_parameters(audience, catchment, week))
            rows = dict(cursor.fetchall())
            new += rows.get("", 0)
            left_out[LeftOut.TESTED] += sum(rows.get(one.value, 0) for one in _DONE)
    recall = known.pop("", 0)
    for reason, number in known.items():
        left_out[LeftOut(reason)] += number
    return WardCount(recall, new, {one: left_out[one] for one in LeftOut if left_out[one]})


def audiences(live: LiveProgramme) -> Iterator[Audience]:
    """Groups whose record shows them, then everybody else. A group that only a clinician can name is not invited in bulk."""
    for one in live.rules.risk_groups:
        rules = live.rules.for_group(one.code) if one.conditions else None
        if rules is not None:
            yield Audience(one.code, replace(live, rules=rules), one.conditions)
    if not live.rules.only_risk_groups:
        yield Audience("", live)


def enrolled_parameters(live: LiveProgramme, facility_id: int, week: date) -> dict[str, Any]:
    """The parameters of PICK_ENROLLED, without its limit. Whoever becomes due in the week is due."""
    return rule_parameters(live, week) | {
        "facility": facility_id,
        "until": week + timedelta(days=6),
        "intervals": orjson.dumps({one.code: one.interval_months for one in live.rules.risk_groups}).decode(),
    }


def new_parameters(audience: Audience, catchment: Catchment, week: date) -> dict[str, Any]:
    """The parameters of PICK_NEW, without its limit."""
    conditions = list(audience.conditions) if audience.conditions else None
    return rule_parameters(audience.live, week) | {"wards": list(catchment.codes), "conditions": conditions}


def estimate(programme: Programme, facility_id: int, today: date) -> Estimates:
    """Attendance of this facility's invitations and positivity of the programme's tests, as measured here."""
    named: dict[str, Any] = {
        "facility": facility_id,
        "programme": programme.pk,
        "since": today - timedelta(days=LOOK_BACK_DAYS),
        "waiting": today - timedelta(days=28),
    }
    with connection.cursor() as cursor:
        cursor.execute(_PAST, named)
        invited, came, live = cursor.fetchone() or (0, 0, 0)
        cursor.execute(_TESTED, named)
        tested, positive = cursor.fetchone() or (0, 0)
    attendance = measured(
        came, invited, fallback_attendance(programme.code), "Đo được: {part} / {whole} người được mời"
    )
    positivity = measured(
        positive, tested, fallback_positivity(programme.code), "Đo được: {part} / {whole} xét nghiệm dương tính"
    )
    return Estimates(attendance, positivity, live * attendance.value)


def stations() -> list[Facility]:
    """The facilities that invite for a ward: its health station, the first where it has several."""
    found = Facility.objects.filter(kind=Facility.Kind.HEALTH_STATION, unit__isnull=False).select_related("unit")
    by_ward: dict[int, Facility] = {}
    for facility in found.order_by("code"):
        by_ward.setdefault(facility.unit_id or 0, facility)
    return list(by_ward.values())
