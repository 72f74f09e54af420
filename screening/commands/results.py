"""Results: each lands once, is judged by the version the episode was opened under, and a positive starts a clock."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from decimal import Decimal

from django.utils import timezone

from records.commands.encounters import record_result as record_in_record
from records.models import Observation
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from screening.commands.arrivals import settle_with_record
from screening.commands.kits import LockedKit, lock_kit
from screening.commands.states import close_episode, note_episode, note_kit, open_duty, rules_of, set_standing
from screening.models import Duty, Episode, EpisodeStatus, TestResult
from screening.models.enrolments import Standing
from screening.models.kits import KitState
from screening.rules.eligibility import due_on
from screening.rules.programme import ProgrammeRules
from screening.rules.results import Verdict, colonoscopy_deadline, judge

HIGHEST = Decimal(99_999)
INADEQUATE_TEXT = "Mẫu không đạt, cần làm lại"


@command(Permission.SCREENING_TEST)
def record_result(
    ctx: Context,
    *,
    kit_id: uuid.UUID,
    value: Decimal | None = None,
    inadequate: bool = False,
    measured_at: datetime | None = None,
) -> TestResult:
    """The result of a returned kit: µg Hb per g of stool, or inadequate. It also lands in the person's record.

    Negative closes the episode until the next round; positive opens the failsafe duty in the same transaction; inadequate
    waits for a new kit. Raises Conflict: already-resulted; Refused: kit-not-returned, value, measured-at.
    """
    locked = lock_kit(ctx, kit_id)
    _refuse_state(locked)
    moment = _measured(ctx, locked, measured_at)
    value = _checked(value, inadequate)
    rules = rules_of(locked.episode)
    verdict = judge(rules, value)
    result = TestResult.objects.create(
        kit=locked.kit,
        outcome=verdict.value,
        value=value,
        cut_off=rules.cut_off.value,
        measured_at=moment,
        observation=_write_record(ctx, locked, rules, value, moment),
        by_id=ctx.actor.staff_id,
        at=ctx.at,
    )
    locked.kit.state = KitState.RESULTED
    locked.kit.save(update_fields=["state"])
    note_kit(ctx, locked.kit)
    note_episode(ctx, locked.episode, EpisodeStatus.Step(verdict.value))
    _follow(ctx, locked, rules, result)
    record_audit(ctx, "record-result", patient_id=locked.enrolment.patient_id, target=("TestResult", result.pk))
    return result


def _refuse_state(locked: LockedKit) -> None:
    state = locked.kit.state
    if state == KitState.RESULTED:
        raise Conflict("already-resulted", "Kit này đã có kết quả. Hãy tải lại trang để xem.", "value")
    if state == KitState.REJECTED:
        raise Conflict("kit-rejected", "Mẫu của kit này đã bị loại: không ghi kết quả được.", "value")
    if state != KitState.RETURNED:
        raise Refused("kit-not-returned", "Chưa nhận lại mẫu của kit này. Hãy ghi nhận mẫu trước.", "value")


def _measured(ctx: Context, locked: LockedKit, measured_at: datetime | None) -> datetime:
    """When it was measured: now, or as stated between the kit's issue and now."""
    if measured_at is None:
        return ctx.at
    if not locked.kit.issued_at <= measured_at <= ctx.at:
        raise Refused("measured-at", "Giờ có kết quả phải sau khi phát kit và không ở tương lai.", "measured_at")
    return measured_at


def _checked(value: Decimal | None, inadequate: bool) -> Decimal | None:
    if inadequate:
        if value is not None:
            raise Refused("value-of-inadequate", "Mẫu không đạt thì không có con số: hãy bỏ trống kết quả.", "value")
        return None
    if value is None:
        raise Refused("value", "Hãy ghi kết quả (µg Hb/g), hoặc chọn “mẫu không đạt”.", "value")
    if not value.is_finite() or not 0 <= value <= HIGHEST or value != round(value, 2):
        raise Refused("value", "Kết quả là số từ 0 đến 99.999 µg Hb/g, tối đa hai chữ số thập phân.", "value")
    return value


def _write_record(
    ctx: Context, locked: LockedKit, rules: ProgrammeRules, value: Decimal | None, at: datetime
) -> Observation:
    return record_in_record(
        ctx,
        patient_id=locked.enrolment.patient_id,
        code=rules.test_code,
        display=rules.test_name,
        value=value,
        value_text="" if value is not None else INADEQUATE_TEXT,
        unit=rules.unit if value is not None else "",
        observed_at=at,
    )


def _follow(ctx: Context, locked: LockedKit, rules: ProgrammeRules, result: TestResult) -> None:
    """CR-F-negative: next round. CR-F-positive: the clock. CR-F-inadequate: the episode waits for a new kit."""
    measured_on = timezone.localdate(result.measured_at)
    if result.outcome == Verdict.NEGATIVE:
        close_episode(ctx, locked.episode, Episode.Ending.NEGATIVE)
        set_standing(
            ctx, locked.enrolment, Standing.ACTIVE, due_on(rules, measured_on, measured_on), Phrase("FIT âm tính")
        )
    elif result.outcome == Verdict.POSITIVE:
        start_clock(ctx, result, rules, measured_on)
        settle_with_record(ctx, locked.enrolment)


def start_clock(
    ctx: Context, result: TestResult, rules: ProgrammeRules, measured_on: date, *, recovered: bool = False
) -> Duty:
    """The failsafe duty of a positive result."""
    deadline = colonoscopy_deadline(rules, measured_on)
    return open_duty(ctx, result, Duty.Step.COLONOSCOPY, deadline, recovered=recovered)
