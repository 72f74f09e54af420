"""Opening a record in an emergency, and the Department of Health's judgement of it afterwards."""

from __future__ import annotations

import uuid
from datetime import datetime

from records.commands.linking import facility_of
from records.models import EmergencyAccess, EmergencyReview, Patient
from records.rules.access import EMERGENCY_LASTS, SHORTEST_REASON, reason_is_told
from registry.kernel import Context, NotFound, Permission, Purpose, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line


@command(Permission.RECORD_OPEN_EMERGENCY)
def open_emergency_access(ctx: Context, *, patient_id: uuid.UUID, reason: str) -> datetime:
    """Open a record to this member of staff at this facility for EMERGENCY_LASTS; returns when it closes.

    Raises Refused("reason-too-short") at `reason`, NotFound for nobody.
    """
    told = clean_line(reason)
    if not reason_is_told(told):
        raise Refused(
            "reason-too-short",
            Phrase(
                "Hãy ghi rõ lý do, ít nhất {least} ký tự: lý do được Sở Y tế xem lại và người bệnh đọc được.",
                least=SHORTEST_REASON,
            ),
            "reason",
        )
    patient = Patient.objects.filter(pk=patient_id).values("id", "merged_into_id").first()
    if patient is None:
        raise NotFound("Không tìm thấy hồ sơ này.", "no-such-record")
    known = patient["merged_into_id"] or patient["id"]
    access = EmergencyAccess.objects.create(
        patient_id=known,
        facility_id=facility_of(ctx),
        staff_id=_member(ctx),
        reason=told[:500],
        opened_at=ctx.at,
        expires_at=ctx.at + EMERGENCY_LASTS,
    )
    emit(ctx, "emergency.opened", {"access_id": str(access.pk)})
    record_audit(
        ctx.for_purpose(Purpose.EMERGENCY), "open-emergency", patient_id=known, target=("EmergencyAccess", access.pk)
    )
    return access.expires_at


@command(Permission.ACCESS_REVIEW)
def review_emergency_access(ctx: Context, *, access_id: uuid.UUID, verdict: str, note: str = "") -> None:
    """Judge one emergency access; a later judgement takes its place, the earlier stays readable.

    Raises Refused at `verdict` or `note` (a question needs words), NotFound.
    """
    if verdict not in EmergencyReview.Verdict.values:
        raise Refused("verdict-unknown", "Hãy chọn kết luận.", "verdict")
    told = clean_line(note)[:500]
    if verdict == EmergencyReview.Verdict.QUESTIONED and not told:
        raise Refused("note-missing", "Hãy ghi điều cần cơ sở giải trình.", "note")
    access = EmergencyAccess.objects.filter(pk=access_id).first()
    if access is None:
        raise NotFound
    if access.staff_id == _member(ctx):
        raise Refused("own-access", "Không tự xem lại lần truy cập của chính mình.")
    review = EmergencyReview.objects.create(
        access=access, verdict=verdict, note=told, reviewed_by_id=_member(ctx), reviewed_at=ctx.at
    )
    record_audit(ctx, "review-emergency", patient_id=access.patient_id, target=("EmergencyReview", review.pk))


def _member(ctx: Context) -> int:
    """The member of staff behind the context; a system or a client cannot answer for an emergency."""
    if ctx.actor.staff_id is None:
        raise Refused("staff-required", "Chỉ nhân viên đăng nhập mới làm được việc này.")
    return ctx.actor.staff_id
