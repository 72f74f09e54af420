"""Samples: taken, given to somebody, closed by whatever result comes. Their clock is told upwards as a duty's is."""

from __future__ import annotations

import re
import uuid
from datetime import date, timedelta

from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.models import Assignment
from screening.commands.invitations import note_attendance
from screening.commands.states import rules_of, running_episode
from screening.models import Enrolment, Episode, Kit, Result, Sample, SampleStatus
from screening.models.enrolments import Standing
from screening.queries.scope import enrolment_here, facility_of, today_of
from screening.rules.programme import SampleClock

_NUMBER = re.compile(r"[0-9A-Z-]{4,30}")


@command(Permission.SCREENING_TEST)
def record_sample(
    ctx: Context, *, enrolment_id: uuid.UUID, action: str, number: str = "", taken_on: date | None = None
) -> Sample:
    """A sample was taken and goes to be read; from now on its result is waited for. taken_on: today where it is not said.

    Opens a round where none runs. Raises Refused: action, number, taken_on, deceased, standing; Conflict: number-used,
    sample-waits.
    """
    enrolment = enrolment_here(ctx, enrolment_id, lock=True)
    _refuse_inactive(enrolment)
    day = _checked_day(ctx, enrolment, taken_on)
    number = _clean_number(number)
    due = enrolment.next_due_on is not None and enrolment.next_due_on <= today_of(ctx)
    episode = running_episode(ctx, enrolment, target=due)
    clock = _clock_of(episode, action)
    if Sample.objects.filter(episode=episode, action=action, closed_at=None).exists():
        raise Conflict("sample-waits", "Người này đang có một mẫu của việc đó chờ kết quả.", "action")
    sample = Sample.objects.create(
        episode=episode,
        action=action,
        number=number,
        facility_id=enrolment.facility_id,
        taken_on=day,
        opened_at=ctx.at,
        deadline=day + timedelta(days=clock.days),
    )
    note_sample(ctx, sample, SampleStatus.Kind.TAKEN)
    note_attendance(ctx, episode)
    record_audit(ctx, "take-sample", patient_id=enrolment.patient_id, target=("Sample", sample.pk))
    return sample


def _refuse_inactive(enrolment: Enrolment) -> None:
    if enrolment.patient.deceased_on is not None:
        raise Refused("deceased", "Người này đã mất.")
    if enrolment.standing == Standing.CEASED:
        raise Refused("standing", "Người này không còn trong chương trình.")


def _checked_day(ctx: Context, enrolment: Enrolment, day: date | None) -> date:
    day = day or today_of(ctx)
    if not enrolment.patient.birth_date <= day <= today_of(ctx):
        raise Refused("taken-on", "Ngày lấy mẫu phải từ ngày sinh đến hôm nay.", "taken_on")
    return day


def _clean_number(number: str) -> str:
    cleaned = "".join(number.split()).upper()
    if cleaned and not _NUMBER.fullmatch(cleaned):
        raise Refused("number", "Mã mẫu gồm 4 đến 30 chữ cái không dấu, chữ số hoặc dấu gạch ngang.", "number")
    if cleaned and (Sample.objects.filter(number=cleaned).exists() or Kit.objects.filter(number=cleaned).exists()):
        raise Conflict("number-used", "Mã mẫu này đã được dùng. Hãy quét lại mã trên ống.", "number")
    return cleaned


def _clock_of(episode: Episode, action: str) -> SampleClock:
    clock = rules_of(episode).sample_clock(action)
    if clock is None:
        raise Refused("action", "Chương trình này không chờ kết quả mẫu của việc đã chọn.", "action")
    return clock


def note_sample(ctx: Context, sample: Sample, kind: SampleStatus.Kind, *, owner_id: int | None = None) -> None:
    """One event of a sample."""
    SampleStatus.objects.create(
        sample=sample, kind=kind, owner_id=owner_id, level=sample.level, by_id=ctx.actor.staff_id, at=ctx.at
    )


def close_samples(ctx: Context, result: Result) -> None:
    """Stop the clock of every sample that this result is of: the same action, taken on or before its day. A result that
    nobody has read yet stops none. Inside the caller's transaction, with the enrolment locked.
    """
    if not result.code or result.performed_on is None:
        return
    waiting = Sample.objects.filter(
        episode__enrolment_id=result.episode.enrolment_id,
        action=result.action,
        closed_at=None,
        taken_on__lte=result.performed_on,
    )
    for sample in waiting:
        sample.closed_at, sample.result = ctx.at, result
        sample.save(update_fields=["closed_at", "result"])
        note_sample(ctx, sample, SampleStatus.Kind.CLOSED)


@command(Permission.SCREENING_ENROL)
def take_sample_case(ctx: Context, *, enrolment_id: uuid.UUID, sample_id: uuid.UUID) -> Sample:
    """See to it oneself that the result comes. Raises NotFound; Conflict when somebody else does or the result is here."""
    sample = _lock(ctx, enrolment_id, sample_id)
    if sample.owner_id and sample.owner_id != ctx.actor.staff_id:
        raise Conflict("owned", "Mẫu này đã có người giữ. Hãy dùng “Giao cho” để đổi người.")
    return _give(ctx, sample, ctx.actor.staff_id)


@command(Permission.SCREENING_ENROL)
def assign_sample(ctx: Context, *, enrolment_id: uuid.UUID, sample_id: uuid.UUID, staff_id: int) -> Sample:
    """Give it to somebody who works at this facility today. Raises NotFound; Refused for anybody else; Conflict."""
    sample = _lock(ctx, enrolment_id, sample_id)
    here = Assignment.objects.on(today_of(ctx)).filter(facility_id=facility_of(ctx).id, staff__is_active=True)
    if not here.filter(staff_id=staff_id).exists():
        raise Refused("owner", "Người này hiện không làm việc tại cơ sở.", "staff_id")
    return _give(ctx, sample, staff_id)


def _lock(ctx: Context, enrolment_id: uuid.UUID, sample_id: uuid.UUID) -> Sample:
    """The waiting sample of this facility's enrolment, read after the lock."""
    enrolment = enrolment_here(ctx, enrolment_id, lock=True)
    sample = Sample.objects.select_related("episode").filter(pk=sample_id, episode__enrolment=enrolment).first()
    if sample is None:
        raise NotFound
    if sample.closed_at is not None:
        raise Conflict("sample-closed", "Mẫu này đã có kết quả. Hãy tải lại trang để xem.")
    sample.episode.enrolment = enrolment
    return sample


def _give(ctx: Context, sample: Sample, staff_id: int | None) -> Sample:
    if sample.owner_id != staff_id:
        sample.owner_id = staff_id
        sample.save(update_fields=["owner_id"])
        note_sample(ctx, sample, SampleStatus.Kind.ASSIGNED, owner_id=staff_id)
    patient_id = sample.episode.enrolment.patient_id
    record_audit(ctx, "assign-sample", patient_id=patient_id, target=("Sample", sample.pk))
    return sample
