"""Test results: each lands once and is judged by the version the episode was opened under."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal

from django.utils import timezone

from records.commands.encounters import record_result as record_in_record
from records.models import Observation
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from screening.commands.arrivals import settle_with_record
from screening.commands.kits import LockedKit, lock_kit
from screening.commands.landing import Fact, land
from screening.commands.states import note_kit, rules_of, running_episode
from screening.models import Enrolment, Episode, Result
from screening.models.kits import KitState
from screening.queries.scope import enrolment_here, facility_of, today_of
from screening.rules.pathway import Action, Kind, Outcome
from screening.rules.programme import ProgrammeRules

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
) -> Result:
    """The result of a returned kit: a number in the test's unit, or inadequate. It also lands in the person's record.

    What follows is the version's: a negative closes the episode until the next round, a positive opens the next step's clock
    in the same transaction, an inadequate one asks for a new kit. Raises Conflict: already-resulted; Refused:
    kit-not-returned, value, measured-at.
    """
    locked = lock_kit(ctx, kit_id)
    _refuse_state(locked)
    moment = _measured(ctx, locked, measured_at)
    value = _checked(value, inadequate)
    episode = _round_of(ctx, locked)
    rules = rules_of(episode)
    action = rules.action
    outcome = action.judge(value)
    locked.kit.state = KitState.RESULTED
    locked.kit.save(update_fields=["state"])
    note_kit(ctx, locked.kit)
    result = land(
        ctx,
        episode,
        Fact(
            action.code,
            timezone.localdate(moment),
            outcome.code,
            value=value,
            cut_off=action.cut_off,
            facility_id=facility_of(ctx).id,
            kit=locked.kit,
            observation=_write_record(ctx, locked.enrolment, action, outcome, value, moment),
        ),
    )
    settle_with_record(ctx, locked.enrolment)
    record_audit(ctx, "record-result", patient_id=locked.enrolment.patient_id, target=("Result", result.pk))
    return result


def _round_of(ctx: Context, locked: LockedKit) -> Episode:
    """The kit's round, or a new one where another result has ended it meanwhile: a late positive is owed its next step."""
    return locked.episode if locked.episode.closed_at is None else running_episode(ctx, locked.enrolment, target=False)


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
    ctx: Context, enrolment: Enrolment, action: Action, outcome: Outcome, value: Decimal | None, at: datetime
) -> Observation:
    """The same result in the person's record: the number with its unit, or its words."""
    words = "" if value is not None else INADEQUATE_TEXT if action.unit else outcome.label
    return record_in_record(
        ctx,
        patient_id=enrolment.patient_id,
        code=action.codes[0] if action.codes else action.code,
        display=action.name,
        value=value,
        value_text=words,
        unit=action.unit if value is not None else "",
        observed_at=at,
    )


@command(Permission.SCREENING_TEST)
def record_test(
    ctx: Context,
    *,
    enrolment_id: uuid.UUID,
    action: str,
    code: str,
    performed_on: date | None = None,
    note: str = "",
    origin: str = Result.Origin.FORM,
) -> Result:
    """The result of a test without a kit (HPV, cytology, VIA, mammography, ultrasound, CT), by the version's own codes.

    Opens a round where none runs. The same test of the same day with the same result is the one already here, so that a file
    sent twice changes nothing. Raises Refused: action, code, performed_on; Conflict: other-result-that-day.
    """
    enrolment = enrolment_here(ctx, enrolment_id, lock=True)
    day = _checked_test_day(ctx, enrolment, performed_on)
    episode = running_episode(ctx, enrolment)
    rules = rules_of(episode)
    known, outcome = _checked_test(rules, action, code)
    result = _already(enrolment, action, outcome.code, day) or _land_test(
        ctx, episode, known, Fact(action, day, outcome.code, note=note.strip()[:500], origin=Result.Origin(origin))
    )
    record_audit(ctx, "record-result", patient_id=enrolment.patient_id, target=("Result", result.pk))
    return result


def _checked_test_day(ctx: Context, enrolment: Enrolment, day: date | None) -> date:
    """Between the person's birth and today."""
    day = day or today_of(ctx)
    if not enrolment.patient.birth_date <= day <= today_of(ctx):
        raise Refused("performed-on", "Ngày làm phải từ ngày sinh đến hôm nay.", "performed_on")
    return day


def _checked_test(rules: ProgrammeRules, action: str, code: str) -> tuple[Action, Outcome]:
    """The test and its result; an unknown one is refused where it is entered and never becomes a step."""
    try:
        known = rules.pathway.action(action)
    except KeyError:
        raise Refused("action", "Chương trình này không có xét nghiệm đã chọn.", "action") from None
    if known.kind is not Kind.TEST or known.kit:
        raise Refused("action", Phrase("{name} không ghi ở đây.", name=Phrase(known.name)), "action")
    try:
        return known, known.outcome(code)
    except KeyError:
        raise Refused("code", "Kết quả này không có trong phiên bản của chương trình.", "code") from None


def _already(enrolment: Enrolment, action: str, code: str, day: date) -> Result | None:
    found = Result.objects.filter(
        episode__enrolment=enrolment, action=action, performed_on=day, state=Result.State.DONE
    ).first()
    if found is not None and found.code != code:
        raise Conflict("other-result-that-day", "Ngày này đã có một kết quả khác của xét nghiệm đó.", "code")
    return found


def _land_test(ctx: Context, episode: Episode, action: Action, fact: Fact) -> Result:
    enrolment, outcome = episode.enrolment, action.outcome(fact.code)
    at = min(ctx.at, datetime.combine(fact.performed_on, time(12), timezone.get_default_timezone()))
    seen = _write_record(ctx, enrolment, action, outcome, None, at)
    found = land(ctx, episode, replace(fact, facility_id=facility_of(ctx).id, observation=seen))
    settle_with_record(ctx, enrolment)
    return found
