"""Kits: handed out, returned, rejected."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass
from datetime import date

from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from screening.commands.invitations import note_attendance
from screening.commands.states import note_kit, rules_of, running_episode, set_standing
from screening.models import Duty, Enrolment, Episode, Kit, Sample
from screening.models.enrolments import Standing
from screening.models.kits import KitState, Rejection
from screening.queries.scope import enrolment_here, facility_of, today_of

_NUMBER = re.compile(r"[0-9A-Z-]{4,30}")


@dataclass(frozen=True, slots=True)
class LockedKit:
    """A kit with its episode and enrolment, the latter locked until the transaction ends."""

    kit: Kit
    episode: Episode
    enrolment: Enrolment


def lock_kit(ctx: Context, kit_id: uuid.UUID) -> LockedKit:
    """The kit of one of this facility's enrolments, read after the lock; NotFound otherwise."""
    enrolment_id = Kit.objects.filter(pk=kit_id).values_list("episode__enrolment_id", flat=True).first()
    if enrolment_id is None:
        raise NotFound
    enrolment = enrolment_here(ctx, enrolment_id, lock=True)
    kit = Kit.objects.select_related("episode__version").get(pk=kit_id)
    kit.episode.enrolment = enrolment
    return LockedKit(kit, kit.episode, enrolment)


@command(Permission.SCREENING_TEST)
def issue_kit(ctx: Context, *, enrolment_id: uuid.UUID, number: str) -> Kit:
    """Hand out a kit; the first of a round opens the episode under the version in force.

    Raises Refused: kit-number, standing, not-due, result-known, no-kit; Conflict: kit-number-used, kit-on-its-way.
    """
    enrolment = enrolment_here(ctx, enrolment_id, lock=True)
    number = _clean_number(number)
    _refuse_inactive(ctx, enrolment)
    if Kit.objects.filter(number=number).exists() or Sample.objects.filter(number=number).exists():
        raise Conflict("kit-number-used", "Số kit này đã được dùng. Hãy quét lại mã trên ống.", "number")
    episode = _episode_for_kit(ctx, enrolment)
    kit = Kit.objects.create(episode=episode, number=number, facility_id=facility_of(ctx).id, issued_at=ctx.at)
    note_kit(ctx, kit)
    note_attendance(ctx, episode)
    if enrolment.standing == Standing.DEFERRED:
        set_standing(ctx, enrolment, Standing.ACTIVE, today_of(ctx), "Đến sớm hơn ngày hoãn")
    record_audit(ctx, "issue-kit", patient_id=enrolment.patient_id, target=("Kit", kit.pk))
    return kit


def _clean_number(number: str) -> str:
    cleaned = "".join(number.split()).upper()
    if not _NUMBER.fullmatch(cleaned):
        raise Refused("kit-number", "Số kit gồm 4 đến 30 chữ cái không dấu, chữ số hoặc dấu gạch ngang.", "number")
    return cleaned


def _refuse_inactive(ctx: Context, enrolment: Enrolment) -> None:
    if enrolment.patient.deceased_on is not None:
        raise Refused("deceased", "Người này đã mất.")
    if enrolment.standing not in (Standing.ACTIVE, Standing.DEFERRED):
        raise Refused("standing", "Người này hiện không trong vòng xét nghiệm.")
    open_now = Episode.objects.filter(enrolment=enrolment, closed_at=None).exists()
    deferred = enrolment.standing == Standing.DEFERRED  # whoever comes before the day they named is welcome
    if not open_now and not deferred and enrolment.next_due_on and enrolment.next_due_on > today_of(ctx):
        raise Refused(
            "not-due", Phrase("Chưa đến hạn: lần xét nghiệm tới từ {day}.", day=f"{enrolment.next_due_on:%d/%m/%Y}")
        )


def _episode_for_kit(ctx: Context, enrolment: Enrolment) -> Episode:
    episode = running_episode(ctx, enrolment)
    rules = rules_of(episode)
    owed = Duty.objects.filter(episode=episode, closed_at=None).values_list("action", flat=True).first()
    if owed is not None and not rules.is_kit(owed):
        template = "Đã có kết quả: bước tiếp theo là {step:lower}, không phải kit mới."
        raise Refused("result-known", Phrase(template, step=Phrase(rules.name_of(owed))))
    if owed is None and not rules.action.kit:
        raise Refused("no-kit", "Xét nghiệm của chương trình này không dùng kit.")
    if Kit.objects.filter(episode=episode, state__in=[KitState.ISSUED, KitState.RETURNED]).exists():
        raise Conflict("kit-on-its-way", "Người này đang giữ một kit chưa có kết quả.", "number")
    return episode


@command(Permission.SCREENING_TEST)
def record_kit_return(ctx: Context, *, kit_id: uuid.UUID, sampled_on: date | None = None) -> Kit:
    """The sample has come back. Raises Conflict when the kit is past that, Refused for an impossible sampling day."""
    locked = lock_kit(ctx, kit_id)
    if locked.kit.state != KitState.ISSUED:
        raise Conflict("kit-state", "Kit này đã được nhận, bị loại hoặc đã có kết quả.")
    if sampled_on and sampled_on > today_of(ctx):
        raise Refused("sampled-in-future", "Ngày lấy mẫu ở tương lai.", "sampled_on")
    locked.kit.state, locked.kit.returned_at, locked.kit.sampled_on = KitState.RETURNED, ctx.at, sampled_on
    locked.kit.save(update_fields=["state", "returned_at", "sampled_on"])
    note_kit(ctx, locked.kit)
    record_audit(ctx, "return-kit", patient_id=locked.enrolment.patient_id, target=("Kit", kit_id))
    return locked.kit


@command(Permission.SCREENING_TEST)
def reject_kit(ctx: Context, *, kit_id: uuid.UUID, reason: str) -> Kit:
    """The kit or sample cannot be used, and why; a new one may be handed out (CR-F-inadequate).

    Raises Refused for an unknown reason, Conflict when the kit has a result or was rejected.
    """
    locked = lock_kit(ctx, kit_id)
    if reason not in Rejection.values:
        raise Refused("rejection", "Hãy chọn lý do loại mẫu.", "reason")
    if locked.kit.state not in (KitState.ISSUED, KitState.RETURNED):
        raise Conflict("kit-state", "Kit này đã có kết quả hoặc đã bị loại.")
    locked.kit.state, locked.kit.rejection = KitState.REJECTED, reason
    locked.kit.save(update_fields=["state", "rejection"])
    note_kit(ctx, locked.kit)
    record_audit(ctx, "reject-kit", patient_id=locked.enrolment.patient_id, target=("Kit", kit_id))
    return locked.kit
