"""Planning a week's invitations: one facility's by its coordinator, the whole city's by the Department."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import structlog
from django.db import connection, transaction
from django.urls import reverse
from django.utils.module_loading import import_string

from records.queries.consents import people_who_agreed
from registry.kernel import (
    Conflict,
    Context,
    FacilityRef,
    Permission,
    Refused,
    command,
    finish_job,
    record_audit,
    start_job,
)
from registry.models import Facility, Job
from registry.rules.phrases import Phrase
from screening.commands.enrolment import FOLLOW, STANDING_AND_ACCESS, one_at_a_time
from screening.models import InvitationBatch
from screening.queries.calling import (
    PICK_ENROLLED,
    PICK_NEW,
    Audience,
    Capacity,
    Estimates,
    Preview,
    WardCount,
    audiences,
    count_due,
    enrolled_parameters,
    estimate,
    look_ahead,
    new_parameters,
    stations,
)
from screening.queries.scope import Catchment, LiveProgramme, catchment_of, facility_of, live_programme, today_of
from screening.rules.calling import Estimate, Plan, WardNeed, choose_channel, monday_of, plan_batch_size

log = structlog.get_logger(__name__)
MESSAGES = "screening-sms"  # the purpose a resident agrees to, records/data/consent_purposes.tsv
WEEKS_AHEAD = 26
MOST_PLACES = 100_000

# Enrolment, standing and access for the people chosen, each under their own latest statement.
_ENROL = f"""
WITH stated AS (
    SELECT DISTINCT ON (l.patient_id) l.patient_id, s.id AS record_id
      FROM records_recordlink l JOIN records_sourcerecord s ON s.id = l.record_id
     WHERE l.patient_id = ANY(%(people)s::uuid[])
     ORDER BY l.patient_id, (s.facility_id = %(facility)s) DESC, s.recorded_at DESC, s.id DESC),
enrolled AS (
    INSERT INTO screening_enrolment (source_record_id, patient_id, programme_id, facility_id, "group", standing, next_due_on,
                                     enrolled_at, enrolled_by_id)
    SELECT record_id, patient_id, %(programme)s, %(facility)s, %(group)s, 'active', %(today)s, %(at)s, %(staff)s FROM stated
    ON CONFLICT DO NOTHING RETURNING id, source_record_id),
{STANDING_AND_ACCESS}
SELECT id FROM enrolled
"""  # noqa: S608 - composed of constants
# Whoever is picked, held until the transaction ends, with what decides by what way they are told.
_HOLD = """
SELECT n.id, n.patient_id, p.phone, p.address, e.id
  FROM screening_enrolment n JOIN records_patient p ON p.id = n.patient_id
  LEFT JOIN screening_episode e ON e.enrolment_id = n.id AND e.closed_at IS NULL
 WHERE n.id = ANY(%(picked)s::uuid[]) ORDER BY n.id FOR NO KEY UPDATE OF n
"""
_INVITE = """
WITH told AS (SELECT * FROM unnest(%(picked)s::uuid[], %(channels)s::text[]) AS t(enrolment_id, channel)),
opened AS (
    INSERT INTO screening_episode (enrolment_id, round, version_id, "group", target, opened_at, ending)
    SELECT n.id, (SELECT count(*) + 1 FROM screening_episode o WHERE o.enrolment_id = n.id), %(version)s, n."group", true,
           %(at)s, ''
      FROM told JOIN screening_enrolment n ON n.id = told.enrolment_id
     WHERE NOT EXISTS (SELECT 1 FROM screening_episode o WHERE o.enrolment_id = n.id AND o.closed_at IS NULL)
    RETURNING id, enrolment_id),
noted AS (
    INSERT INTO screening_episodestatus (episode_id, step, by_id, at) SELECT id, 'opened', %(staff)s, %(at)s FROM opened),
running AS (
    SELECT id, enrolment_id FROM opened UNION ALL
    SELECT e.id, e.enrolment_id FROM screening_episode e JOIN told ON told.enrolment_id = e.enrolment_id
     WHERE e.closed_at IS NULL),
invited AS (
    INSERT INTO screening_invitation (episode_id, batch_id, number, channel, state, changed_on)
    SELECT r.id, %(batch)s, (SELECT coalesce(max(i.number), 0) + 1 FROM screening_invitation i WHERE i.episode_id = r.id),
           told.channel, 'planned', %(today)s
      FROM running r JOIN told USING (enrolment_id) RETURNING id)
INSERT INTO screening_invitationstatus (invitation_id, state, by_id, at) SELECT id, 'planned', %(staff)s, %(at)s FROM invited
"""
_AGAIN = """
UPDATE screening_enrolment SET standing = 'active', deferred_until = NULL
 WHERE id = ANY(%(picked)s::uuid[]) AND standing = 'deferred' RETURNING id
"""


@command(Permission.SCREENING_ENROL)
def plan_batch(ctx: Context, *, programme: str, week: date, capacity: Capacity) -> InvitationBatch:
    """Invite whom the week can serve: who is due first, then the ward's people whom nobody enrolled, the oldest first.

    Opens their rounds and plans an invitation each; messages go out from the week's Monday on. Raises Refused: week,
    laboratory, endoscopy, nobody-due; Conflict: batch-exists; NotFound for a programme without a live version.
    """
    live, facility = live_programme(programme), facility_of(ctx)
    monday = monday_of(week)
    _refuse_unusable(ctx, monday, capacity)
    one_at_a_time(live)
    ahead = look_ahead(live, facility.id, monday, capacity, today_of(ctx))
    if ahead.exists:
        raise Conflict("batch-exists", Phrase("Tuần từ {day} đã có đợt mời.", day=f"{monday:%d/%m/%Y}"), "week")
    if not ahead.plan.size:
        raise Refused("nobody-due", "Không mời được ai: không ai đến hạn, hoặc tuần này hết chỗ xét nghiệm hay khám.")
    batch = create_batch(ctx, ahead.live, facility, ahead.catchment, monday, ahead.plan.size, _inputs(ahead))
    record_audit(ctx, "plan-batch", target=("InvitationBatch", batch.pk), detail={"invited": ahead.plan.size})
    return batch


def _refuse_unusable(ctx: Context, monday: date, capacity: Capacity) -> None:
    faults = []
    this_week = monday_of(today_of(ctx))
    if not this_week <= monday <= this_week + timedelta(weeks=WEEKS_AHEAD):
        faults.append(
            Refused("week", Phrase("Chọn tuần này hoặc trong {n} tuần tới.", n=WEEKS_AHEAD), "week"),
        )
    for name, value in (("laboratory", capacity.laboratory), ("endoscopy", capacity.endoscopy)):
        if not 0 <= value <= MOST_PLACES:
            faults.append(Refused(name, Phrase("Số chỗ từ 0 đến {most}.", most=MOST_PLACES), name))
    if faults:
        raise Refused.several(faults)


def _inputs(ahead: Preview) -> dict[str, Any]:
    return inputs_of(ahead.capacity, ahead.estimates, ahead.count, ahead.plan)


def inputs_of(capacity: Capacity, estimates: Estimates, count: WardCount, plan: Plan) -> dict[str, Any]:
    """What the size was computed from, to be kept and shown."""
    return {
        **asdict(capacity),
        "attendance": _said(estimates.attendance),
        "positivity": _said(estimates.positivity),
        "taken": str(estimates.taken),
        "recall": count.recall,
        "new": count.new,
        "left_out": {str(reason): number for reason, number in count.left_out.items()},
        "expected": str(round(plan.tests, 1)),
        "limit": plan.limit,
    }


def _said(one: Estimate) -> dict[str, Any]:
    return {"value": str(one.value), "source": str(one.source), "unverified": one.unverified}


def create_batch(
    ctx: Context,
    live: LiveProgramme,
    facility: FacilityRef | Facility,
    catchment: Catchment,
    week: date,
    size: int,
    inputs: dict[str, Any],
) -> InvitationBatch:
    """Pick, enrol, open rounds, plan invitations. Inside the caller's transaction, which holds the programme."""
    batch = InvitationBatch.objects.create(
        facility_id=facility.id,
        programme=live.programme,
        week=week,
        inputs=inputs,
        planned_by_id=ctx.actor.staff_id,
        planned_at=ctx.at,
    )
    picked = _pick(ctx, live, facility.id, catchment, week, size)
    _invite(ctx, live, batch, picked)
    return batch


def _pick(
    ctx: Context, live: LiveProgramme, facility_id: int, catchment: Catchment, week: date, size: int
) -> list[uuid.UUID]:
    """Enrolments, at most `size`: recalls by due date, then new people, enrolled as they are picked."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5min'")
        cursor.execute(PICK_ENROLLED, enrolled_parameters(live, facility_id, week) | {"limit": size})
        picked = [row[0] for row in cursor.fetchall()]
        for audience in audiences(live) if catchment.codes else ():
            if len(picked) < size:
                cursor.execute(PICK_NEW, new_parameters(audience, catchment, week) | {"limit": size - len(picked)})
                picked += _enrol(ctx, audience, facility_id, [row[0] for row in cursor.fetchall()])
    return picked


def _enrol(ctx: Context, audience: Audience, facility_id: int, people: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    named: dict[str, Any] = {
        "people": [str(one) for one in people],
        "programme": audience.live.programme.pk,
        "facility": facility_id,
        "group": audience.group,
        "today": today_of(ctx),
        "at": ctx.at,
        "staff": ctx.actor.staff_id,
    }
    with connection.cursor() as cursor:
        cursor.execute(_ENROL, named)
        enrolled = [row[0] for row in cursor.fetchall()]
        cursor.execute(FOLLOW, named)
    return enrolled


def _invite(ctx: Context, live: LiveProgramme, batch: InvitationBatch, picked: Sequence[uuid.UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, {"picked": [str(one) for one in picked]})
        people = cursor.fetchall()
        agreed = people_who_agreed([row[1] for row in people], MESSAGES, today_of(ctx))
        ids = [str(row[0]) for row in people]
        named: dict[str, Any] = {
            "picked": ids,
            "channels": [choose_channel(row[2] if row[1] in agreed else "", row[3]) for row in people],
            "version": live.version.pk,
            "batch": str(batch.pk),
            "today": today_of(ctx),
            "at": ctx.at,
            "staff": ctx.actor.staff_id,
        }
        cursor.execute(_INVITE, named)
        cursor.execute(_AGAIN, named)


@dataclass(frozen=True, slots=True)
class Station:
    """What planning the city knows of one health station."""

    facility_id: int
    count: WardCount
    estimates: Estimates


@command(Permission.SCREENING_OVERSEE)
def start_city_plan(ctx: Context, *, programme: str, week: date, capacity: Capacity) -> Job:
    """Plan the week for every ward with a health station, in the background; the job tells how far it is.

    Raises Refused: week, laboratory, endoscopy, no-station; NotFound for a programme without a live version.
    """
    live, monday = live_programme(programme), monday_of(week)
    _refuse_unusable(ctx, monday, capacity)
    places = stations()
    if not places:
        raise Refused("no-station", "Chưa có trạm y tế nào được giao phường, xã.")
    title = Phrase(
        "Lập đợt mời {name:lower}, tuần từ {day}", name=Phrase(live.programme.short_name), day=f"{monday:%d/%m/%Y}"
    )
    job = start_job(ctx, "screening-plan", str(title), total=2 * len(places), url=reverse("screening:batches"))
    record_audit(ctx, "start-city-plan", target=("Job", job.pk))
    transaction.on_commit(partial(_send, job.pk, programme, monday, capacity), robust=True)
    return job


def _send(job_id: uuid.UUID, programme: str, week: date, capacity: Capacity) -> None:
    run: Any = import_string("screening.tasks.plan_city")
    try:
        run.apply_async(
            args=[str(job_id), programme, week.isoformat(), capacity.laboratory, capacity.endoscopy],
            retry=False,
            ignore_result=True,
        )
    except Exception as error:  # noqa: BLE001 - any broker fault means the same: nobody will do it
        log.warning("screening.broker_away", error=type(error).__name__)
        finish_job(job_id, failed=True, message="Hàng đợi công việc không trả lời. Hãy lập lại.")


@command(Permission.SCREENING_OVERSEE)
def measure_station(ctx: Context, *, programme: str, week: date, facility_id: int) -> Station | None:
    """Who is due there; None where the week has its batch already."""
    live = live_programme(programme)
    if InvitationBatch.objects.filter(facility_id=facility_id, programme=live.programme, week=week).exists():
        record_audit(ctx, "measure-station", target=("Facility", facility_id), detail={"planned": True})
        return None
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '5min'")
    count = count_due(live, facility_id, catchment_of(facility_id), week)
    record_audit(ctx, "measure-station", target=("Facility", facility_id), detail={"due": count.due})
    return Station(facility_id, count, estimate(live.programme, facility_id, today_of(ctx)))


def share_city(found: Sequence[Station], capacity: Capacity) -> Plan:
    """The city's places shared among the stations, each in proportion to who is due there."""
    positivity = found[0].estimates.positivity
    needs = [WardNeed(str(one.facility_id), one.count.due, one.estimates.attendance) for one in found]
    taken = sum((one.estimates.taken for one in found), Decimal(0))
    return plan_batch_size(
        needs, laboratory=capacity.laboratory, endoscopy=capacity.endoscopy, positivity=positivity, taken=taken
    )


@command(Permission.SCREENING_OVERSEE)
def plan_station(
    ctx: Context, *, programme: str, week: date, station: Station, size: int, capacity: Capacity, plan: Plan
) -> int:
    """One station's part of the city's week; how many are invited. Doing it again changes nothing."""
    live = live_programme(programme)
    one_at_a_time(live)
    facility = Facility.objects.get(pk=station.facility_id)
    same_week = InvitationBatch.objects.filter(facility=facility, programme=live.programme, week=week)
    if not size or same_week.exists():
        record_audit(ctx, "plan-batch", target=("Facility", facility.pk), detail={"invited": 0})
        return 0
    inputs = inputs_of(capacity, station.estimates, station.count, plan) | {"city": True}
    batch = create_batch(ctx, live, facility, catchment_of(facility.pk), week, size, inputs)
    record_audit(ctx, "plan-batch", target=("InvitationBatch", batch.pk), detail={"invited": size})
    return size
