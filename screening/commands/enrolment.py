"""Enrolling people: one by one, or a ward at a time."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.db import connection

from records.commands.encounters import stamp_for
from records.commands.linking import grant_access
from records.models import AccessGrant
from records.queries.access import RecordClosed, require_open
from registry.kernel import Conflict, Context, Kind, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from screening.commands.states import set_standing
from screening.models import Enrolment, EnrolmentStatus, Programme
from screening.models.enrolments import Standing
from screening.queries.cohort import (
    FACTS,
    OBSTACLE,
    WARD,
    AgeBand,
    find_person,
    may_move,
    rule_parameters,
    ward_parameters,
)
from screening.queries.scope import COLORECTAL, LiveProgramme, catchment_of, facility_of, live_programme, today_of
from screening.rules.eligibility import Obstacle, PersonFacts, describe_obstacle, due_on, find_obstacles

MANY_AT_ONCE = 500


@command(Permission.SCREENING_ENROL)
def enrol(ctx: Context, *, patient_id: uuid.UUID, programme: str = COLORECTAL, group: str = "") -> Enrolment:
    """Enrol a person of the facility's ward, or one whose record is open here; from now on it is open here.

    group: the risk group of the version the person is in; some programmes are for such people only. Raises NotFound for
    nobody or no such programme, RecordClosed (403) for a stranger of another ward, Conflict when enrolled already, Refused
    with every reason when the person is not eligible today, or: group.
    """
    live = _for_group(live_programme(programme), group)
    one_at_a_time(live)
    person = find_person(ctx, live, patient_id)
    if person is None:
        raise NotFound("Không tìm thấy hồ sơ này.", "no-such-record")
    if not (person.in_catchment or person.open_here):
        raise RecordClosed(person.id)
    _refuse_ineligible(ctx, live, person.facts)
    enrolment = _create(ctx, live, person.id, person.facts, group)
    record_audit(ctx, "enrol", patient_id=person.id, target=("Enrolment", enrolment.pk))
    return enrolment


def _for_group(live: LiveProgramme, group: str) -> LiveProgramme:
    """The programme with the group's own ages and interval."""
    if not group and live.rules.only_risk_groups:
        raise Refused("group", "Chương trình này chỉ dành cho người có nguy cơ: hãy chọn nhóm.", "group")
    if not group:
        return live
    rules = live.rules.for_group(group)
    if rules is None:
        raise Refused("group", "Nhóm nguy cơ này không có hoặc chưa được dùng trong phiên bản hiện hành.", "group")
    return replace(live, rules=rules)


def one_at_a_time(live: LiveProgramme) -> None:
    """Enrolments of one programme wait for each other, so that nobody is enrolled twice from two desks."""
    Programme.objects.select_for_update(no_key=True).get(pk=live.programme.pk)


def _refuse_ineligible(ctx: Context, live: LiveProgramme, facts: PersonFacts) -> None:
    obstacles = find_obstacles(live.rules, facts, today_of(ctx))
    if Obstacle.ENROLLED in obstacles:
        raise Conflict("enrolled", describe_obstacle(Obstacle.ENROLLED, live.rules))
    if obstacles:
        raise Refused.several(
            [Refused(one.value, describe_obstacle(one, live.rules), kind=Kind.INVALID) for one in obstacles]
        )


def _create(ctx: Context, live: LiveProgramme, patient_id: uuid.UUID, facts: PersonFacts, group: str) -> Enrolment:
    stamp = stamp_for(ctx, patient_id)
    grant_access(ctx, stamp["source_record_id"], AccessGrant.Basis.SCREENING)
    enrolment = Enrolment.objects.create(
        source_record_id=stamp["source_record_id"],
        patient_id=stamp["patient_id"],
        programme=live.programme,
        facility_id=facility_of(ctx).id,
        group=group,
        enrolled_at=ctx.at,
        enrolled_by_id=ctx.actor.staff_id,
    )
    set_standing(ctx, enrolment, Standing.ACTIVE, due_on(live.rules, facts.last_test_on, today_of(ctx)))
    return enrolment


@command(Permission.SCREENING_ENROL)
def take_over(ctx: Context, *, patient_id: uuid.UUID, programme: str) -> Enrolment:
    """Look after a person who came here and was enrolled elsewhere, so that what is due can be done today.

    Raises NotFound, RecordClosed (403) when the record is not open here; Conflict: not-elsewhere, under-way.
    """
    person_id = require_open(ctx, patient_id)
    mine = Enrolment.objects.select_for_update(of=("self",), no_key=True).filter(
        patient_id=person_id, programme__code=programme
    )
    enrolment = mine.exclude(facility_id=facility_of(ctx).id).order_by("-enrolled_at").first()
    if enrolment is None:
        raise Conflict("not-elsewhere", "Người này không được cơ sở khác theo dõi trong chương trình ấy.")
    if not may_move(enrolment):
        raise Conflict("under-way", "Cơ sở kia đang có kit hoặc bước chưa xong: hãy gọi nơi đó trước.")
    left = enrolment.facility.short_name
    enrolment.facility_id = facility_of(ctx).id
    enrolment.save(update_fields=["facility_id"])
    grant_access(ctx, enrolment.source_record_id, AccessGrant.Basis.SCREENING)
    reason = Phrase("Chuyển từ {facility}: người bệnh đến làm tại đây", facility=left)
    EnrolmentStatus.objects.create(
        enrolment=enrolment, standing=enrolment.standing, reason=str(reason)[:200], by_id=ctx.actor.staff_id, at=ctx.at
    )
    record_audit(ctx, "take-over", patient_id=person_id, target=("Enrolment", enrolment.pk))
    return enrolment


@dataclass(frozen=True, slots=True)
class EnrolledMany:
    """How many were enrolled, how many were left out by reason, and how many eligible remain for the next time."""

    enrolled: int
    skipped: Mapping[Obstacle, int]
    remaining: int


# What every row of `enrolled` brings with it: its first standing, and the record open to who looks after the person.
STANDING_AND_ACCESS = """standing AS (
    INSERT INTO screening_enrolmentstatus (enrolment_id, standing, reason, by_id, at)
    SELECT id, 'active', '', %(staff)s, %(at)s FROM enrolled),
granted AS (
    INSERT INTO records_accessgrant (source_record_id, facility_id, basis, granted_at)
    SELECT source_record_id, %(facility)s, 'screening', %(at)s FROM enrolled ON CONFLICT DO NOTHING)"""

# One statement: judge the ward, take the first by given name, write enrolment, standing and access grant for each.
_MANY = f"""
WITH f AS ({FACTS} {WARD}),
judged AS MATERIALIZED (SELECT f.id, f.sort_key, f.tested_on, {OBSTACLE} AS obstacle FROM f),
chosen AS (SELECT id, tested_on FROM judged WHERE obstacle IS NULL ORDER BY sort_key, id LIMIT %(limit)s),
stated AS (
    SELECT DISTINCT ON (c.id) c.id AS patient_id, s.id AS record_id,
           greatest((c.tested_on + make_interval(months => %(test_months)s))::date, %(today)s) AS due
      FROM chosen c JOIN records_recordlink l ON l.patient_id = c.id JOIN records_sourcerecord s ON s.id = l.record_id
     ORDER BY c.id, (s.facility_id = %(facility)s) DESC, s.recorded_at DESC, s.id DESC),
enrolled AS (
    INSERT INTO screening_enrolment
           (source_record_id, patient_id, programme_id, facility_id, standing, next_due_on, enrolled_at, enrolled_by_id)
    SELECT record_id, patient_id, %(programme)s, %(facility)s, 'active', due, %(at)s, %(staff)s FROM stated
    ON CONFLICT DO NOTHING RETURNING id, source_record_id),
{STANDING_AND_ACCESS}
SELECT coalesce(obstacle, ''), count(*), (SELECT count(*) FROM enrolled) FROM judged GROUP BY obstacle
"""  # noqa: S608 - composed of constants

# A merge or unmerge that committed between the statement's look and its writing: the new rows hold their people by now.
FOLLOW = """
UPDATE screening_enrolment e SET patient_id = l.patient_id FROM records_recordlink l
WHERE l.record_id = e.source_record_id AND l.patient_id <> e.patient_id
  AND e.facility_id = %(facility)s AND e.programme_id = %(programme)s AND e.enrolled_at = %(at)s
"""


@command(Permission.SCREENING_ENROL)
def enrol_many(ctx: Context, *, band: AgeBand | None = None, limit: int = MANY_AT_ONCE) -> EnrolledMany:
    """Enrol up to `limit` eligible people of the facility's ward (at most MANY_AT_ONCE), by given name.

    Raises Refused for a facility without a ward or a limit out of bounds.
    """
    if not 1 <= limit <= MANY_AT_ONCE:
        raise Refused(
            "limit-out-of-bounds", Phrase("Mỗi lần ghi danh từ 1 đến {most} người.", most=MANY_AT_ONCE), "limit"
        )
    live, catchment, on = live_programme(), catchment_of(facility_of(ctx).id), today_of(ctx)
    if not catchment.codes:
        raise Refused("no-catchment", "Cơ sở này chưa được giao phường, xã nào để mời tầm soát.")
    one_at_a_time(live)
    band = band or AgeBand(live.rules.age_from.value)
    named = rule_parameters(live, on) | ward_parameters(catchment, band, on)
    named |= {"limit": limit, "facility": facility_of(ctx).id, "at": ctx.at, "staff": ctx.actor.staff_id}
    with connection.cursor() as cursor:
        cursor.execute(_MANY, named)
        rows = cursor.fetchall()
        cursor.execute(FOLLOW, named)
    done = _summary(rows)
    record_audit(
        ctx, "enrol-many", target=("Programme", live.programme.code),
        detail={"enrolled": done.enrolled, "wards": list(catchment.codes), "low": band.low, "high": band.high},
    )  # fmt: skip
    return done


def _summary(rows: list[tuple[str, int, int]]) -> EnrolledMany:
    enrolled = rows[0][2] if rows else 0
    eligible = next((count for obstacle, count, _ in rows if not obstacle), 0)
    skipped = {Obstacle(obstacle): count for obstacle, count, _ in rows if obstacle}
    return EnrolledMany(enrolled, skipped, eligible - enrolled)
