"""Landing the result that a laboratory says of one barcode: in the person's record and in their round, once."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils import timezone

from records.commands.encounters import record_procedure
from records.commands.encounters import record_result as record_in_record
from registry.kernel import Conflict, Context, Refused
from screening.commands.arrivals import settle_with_record
from screening.commands.barcodes import Found
from screening.commands.landing import Fact, land
from screening.commands.states import note_kit, rules_of, running_episode
from screening.models import Episode, Kit, Result
from screening.models.kits import KitState, Rejection
from screening.queries.scope import facility_of, today_of
from screening.rules.pathway import Action, Kind, Verdict
from screening.rules.programme import ProgrammeRules
from screening.rules.reading import Reading, Unread, read_result
from screening.rules.result_file import Line

_WHY = {
    Unread.WORD: "Kết quả này không có trong phiên bản của chương trình.",
    Unread.NUMBER: "Việc này không nhận kết quả bằng số.",
    Unread.UNIT: "Kết quả này không có trong phiên bản của chương trình.",
    Unread.RANGE: "Kết quả là số từ 0 đến 99.999, tối đa hai chữ số thập phân.",
}


def land_said(ctx: Context, found: Found, line: Line, origin: Result.Origin) -> bool:
    """Whether it landed now; False when the same result was here before. Caller holds the lock.

    Raises Refused: sampled_on, resulted_on, result, kit-rejected; Conflict: other-result.
    """
    episode = _round_of(ctx, found)
    rules = rules_of(episode)
    action = _action_of(rules, found)
    read = _read(action, line.result)
    if found.finished:
        return _same_again(found, read)
    if found.kit is not None and found.kit.state == KitState.REJECTED:
        raise Refused("kit-rejected", "Mẫu của kit này đã bị loại: không ghi kết quả được.", "barcode")
    day = _checked_days(ctx, found, line)
    if found.kit is not None:
        _finish_kit(ctx, found.kit, line.sampled_on)
    _land(ctx, found, episode, action, read, day, origin)
    return True


def land_rejection(ctx: Context, found: Found, reason: Rejection) -> Result | Kit:
    """The kit is rejected; a sample ends with the action's "inadequate". Raises Refused(no-inadequate)."""
    if found.kit is not None:
        found.kit.state, found.kit.rejection = KitState.REJECTED, reason
        found.kit.save(update_fields=["state", "rejection"])
        note_kit(ctx, found.kit)
        return found.kit
    episode = _round_of(ctx, found)
    action = _action_of(rules_of(episode), found)
    bad = next((one for one in action.outcomes if one.verdict is Verdict.INADEQUATE), None)
    if bad is None:
        raise Refused(
            "no-inadequate", "Việc này không có kết quả “không đạt”: hãy ghi ở trang của người được tầm soát."
        )
    return _land(ctx, found, episode, action, Reading(bad), today_of(ctx), Result.Origin.FORM, note=str(reason.label))


def return_kit(ctx: Context, kit: Kit, sampled_on: date | None) -> None:
    """A kit that was out has come back. Raises Refused(sampled_on)."""
    _refuse_sampled(ctx, kit, sampled_on)
    kit.state, kit.returned_at, kit.sampled_on = KitState.RETURNED, ctx.at, sampled_on
    kit.save(update_fields=["state", "returned_at", "sampled_on"])
    note_kit(ctx, kit)


def _refuse_sampled(ctx: Context, kit: Kit, sampled_on: date | None) -> None:
    issued = timezone.localdate(kit.issued_at)
    if sampled_on is not None and not issued <= sampled_on <= today_of(ctx):
        raise Refused("sampled-on", "Ngày lấy mẫu phải từ ngày phát kit đến hôm nay.", "sampled_on")


def _finish_kit(ctx: Context, kit: Kit, sampled_on: date | None) -> None:
    if kit.state == KitState.ISSUED:
        return_kit(ctx, kit, sampled_on)
    kit.state = KitState.RESULTED
    kit.sampled_on = kit.sampled_on or sampled_on
    kit.save(update_fields=["state", "sampled_on"])
    note_kit(ctx, kit)


def _round_of(ctx: Context, found: Found) -> Episode:
    """Its own round, also when it is over and the result was here; a new one for a result that comes after the end."""
    rejected = found.kit is not None and found.kit.state == KitState.REJECTED
    if found.episode.closed_at is None or found.finished or rejected:
        return found.episode
    return running_episode(ctx, found.enrolment, target=False)


def _action_of(rules: ProgrammeRules, found: Found) -> Action:
    if found.sample is None:
        return rules.action
    action = next((one for one in rules.pathway.actions if one.code == found.sample.action), None)
    if action is None or action.complete:
        raise Refused("action", "Kết quả của việc này ghi ở trang của người được tầm soát.", "barcode")
    return action


def _read(action: Action, said: str) -> Reading:
    """A number where the action measures, else one of the version's codes or labels."""
    number: Decimal | None = None
    if action.cut_off is not None:
        try:
            number = Decimal(said.strip().replace(",", "."))
        except InvalidOperation:
            number = None
    read = read_result(action, number, action.unit, said)
    if isinstance(read, Unread):
        raise Refused("result", _WHY[read], "result")
    if number is not None and number != round(number, 2):
        raise Refused("result", _WHY[Unread.RANGE], "result")
    return read


def _same_again(found: Found, read: Reading) -> bool:
    known: Any = found.kit.result if found.kit is not None else found.sample.result if found.sample else None
    if known is not None and (known.code, known.value) == (read.outcome.code, read.value):
        return False
    raise Conflict("other-result", "Mã này đã có một kết quả khác.", "result")


def _checked_days(ctx: Context, found: Found, line: Line) -> date:
    """The day of the result: as stated or today, from the day of the sample to today."""
    known = found.sample.taken_on if found.sample else found.kit.sampled_on if found.kit else None
    if line.sampled_on and known and line.sampled_on != known:
        raise Refused("sampled-on", "Ngày lấy mẫu khác ngày đã ghi cho mã này.", "sampled_on")
    if found.kit is not None:
        _refuse_sampled(ctx, found.kit, line.sampled_on)
    earliest = known or line.sampled_on or (timezone.localdate(found.kit.issued_at) if found.kit else None)
    day = line.resulted_on or today_of(ctx)
    if day > today_of(ctx) or (earliest is not None and day < earliest):
        raise Refused("resulted-on", "Ngày có kết quả phải từ ngày lấy mẫu đến hôm nay.", "resulted_on")
    return day


def _land(
    ctx: Context,
    found: Found,
    episode: Episode,
    action: Action,
    read: Reading,
    day: date,
    origin: Result.Origin,
    note: str = "",
) -> Result:
    result = land(
        ctx,
        episode,
        Fact(
            action.code,
            day,
            read.outcome.code,
            value=read.value,
            cut_off=read.cut_off,
            note=note,
            facility_id=facility_of(ctx).id,
            kit=found.kit,
            origin=origin,
            **_write_record(ctx, found, action, read, day),
        ),
    )
    settle_with_record(ctx, found.enrolment)
    return result


def _write_record(ctx: Context, found: Found, action: Action, read: Reading, day: date) -> dict[str, Any]:
    """The same in the person's record: a result of a test, else an examination with what it found."""
    at = min(ctx.at, datetime.combine(day, time(12), timezone.get_default_timezone()))
    about: dict[str, Any] = {"patient_id": found.enrolment.patient_id, "display": action.name}
    code = action.codes[0] if action.codes else action.code
    if action.kind is not Kind.TEST:
        label = read.outcome.label
        return {"procedure": record_procedure(ctx, code=code, result=label, performed_at=at, **about)}
    measured = read.value is not None
    seen = record_in_record(
        ctx,
        code=code,
        value=read.value,
        value_text="" if measured else read.outcome.label,
        unit=action.unit if measured else "",
        observed_at=at,
        **about,
    )
    return {"observation": seen}
