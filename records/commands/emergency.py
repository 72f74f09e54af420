"""Opening a record in an emergency, and the Department of Health's judgement of it afterwards."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import connection

from records.commands.linking import facility_of
from records.models import EmergencyAccess, EmergencyAnswer, EmergencyReview, Patient
from records.rules.access import EMERGENCY_LASTS, SHORTEST_REASON, reason_is_told
from registry.kernel import Conflict, Context, NotFound, Permission, Purpose, Refused, command, emit, record_audit
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line


@command(Permission.RECORD_OPEN_EMERGENCY)
def open_emergency_access(
    ctx: Context, *, patient_id: uuid.UUID, reason: str, kind: str = EmergencyAccess.Kind.OTHER
) -> datetime:
    """Open a record to this member of staff at this facility for EMERGENCY_LASTS; returns when it closes.

    Raises Refused("kind-unknown") at `kind`, Refused("reason-too-short") at `reason`, NotFound for nobody.
    """
    if kind not in EmergencyAccess.Kind.values:
        raise Refused("kind-unknown", "Hãy chọn tình huống khẩn cấp.", "kind")
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
        kind=kind,
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
def review_emergency_access(
    ctx: Context, *, access_id: uuid.UUID, verdict: str, note: str = "", seen: str | None = None
) -> None:
    """Judge one emergency access; a later judgement takes its place, the earlier stays readable.

    seen: the number of the judgement or answer the reviewer had on screen ("" for none); when somebody was faster,
    Conflict("already-judged"). Raises Refused at `verdict` or `note` (a doubt needs words), NotFound.
    """
    if verdict not in EmergencyReview.Verdict.values:
        raise Refused("verdict-unknown", "Hãy chọn kết luận.", "verdict")
    told = clean_line(note)[:500]
    if verdict == EmergencyReview.Verdict.QUESTIONED and not told:
        raise Refused("note-missing", "Hãy ghi điều cần cơ sở giải trình.", "note")
    if verdict == EmergencyReview.Verdict.UNJUSTIFIED and not told:
        raise Refused("note-missing", "Hãy ghi vì sao không chính đáng và xử lý thế nào.", "note")
    access = _locked(access_id)
    if access.staff_id == _member(ctx):
        raise Refused("own-access", "Không tự xem lại lần truy cập của chính mình.")
    if seen is not None and seen != latest_word(access.pk):
        raise Conflict(
            "already-judged", "Người khác vừa kết luận hoặc cơ sở vừa giải trình: hãy xem lại rồi quyết định."
        )
    review = EmergencyReview.objects.create(
        access=access, verdict=verdict, note=told, reviewed_by_id=_member(ctx), reviewed_at=ctx.at
    )
    emit(ctx, "emergency.reviewed", {"access_id": str(access.pk), "verdict": verdict})
    record_audit(ctx, "review-emergency", patient_id=access.patient_id, target=("EmergencyReview", review.pk))


@command(Permission.RECORD_OPEN_EMERGENCY)
def answer_emergency_question(ctx: Context, *, access_id: uuid.UUID, text: str) -> None:
    """The facility answers what the Department of Health asked about one of its accesses; it is judged again.

    Raises Refused("answer-too-short") at `text`, NotFound for another facility's, Conflict when nothing is asked.
    """
    told = clean_line(text)[:1000]
    access = _locked(access_id)
    if access.facility_id != facility_of(ctx):
        raise NotFound
    latest = EmergencyReview.objects.filter(access=access).order_by("-reviewed_at", "-id").first()
    asked = latest is not None and latest.verdict == EmergencyReview.Verdict.QUESTIONED
    if not asked or EmergencyAnswer.objects.filter(access=access, at__gte=latest.reviewed_at).exists():  # type: ignore[union-attr]
        raise Conflict("nothing-asked", "Lần truy cập này không còn chờ giải trình.")
    if not reason_is_told(told):
        raise Refused(
            "answer-too-short", Phrase("Hãy giải trình rõ, ít nhất {least} ký tự.", least=SHORTEST_REASON), "text"
        )
    answer = EmergencyAnswer.objects.create(access=access, text=told, by_id=_member(ctx), at=ctx.at)
    record_audit(ctx, "answer-emergency", patient_id=access.patient_id, target=("EmergencyAnswer", answer.pk))


def latest_word(access_id: uuid.UUID) -> str:
    """The number of the latest judgement or answer, "" when there is none: what a reviewer decides upon."""
    review = EmergencyReview.objects.filter(access=access_id).order_by("-reviewed_at", "-id").first()
    answer = EmergencyAnswer.objects.filter(access=access_id).order_by("-at", "-id").first()
    if review and answer:
        return str(answer.pk if answer.at >= review.reviewed_at else review.pk)
    return str(review.pk if review else answer.pk if answer else "")


def _locked(access_id: uuid.UUID) -> EmergencyAccess:
    """The access, with everybody who judges or answers it waiting in one line until this transaction ends."""
    access = EmergencyAccess.objects.filter(pk=access_id).first()
    if access is None:
        raise NotFound
    with connection.cursor() as cursor:  # its row is append-only: the application may not lock it
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"emergency/{access_id}"])
    return access


def _member(ctx: Context) -> int:
    """The member of staff behind the context; a system or a client cannot answer for an emergency."""
    if ctx.actor.staff_id is None:
        raise Refused("staff-required", "Chỉ nhân viên đăng nhập mới làm được việc này.")
    return ctx.actor.staff_id
