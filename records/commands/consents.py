"""Recording what a resident answers to each purpose, and taking it back; what an answer opened closes with it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from records.commands.encounters import stamp_for
from records.commands.linking import end_access, facility_of, grant_access
from records.models import AccessGrant, Consent, ConsentPurpose, ConsentText, ConsentWithdrawal, RecordLink
from records.queries.access import look_through_door
from records.rules.consent import Statement, check_statement, proof_faults, signers_of
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.models import Facility
from registry.rules.invalid import Invalid
from registry.rules.text import clean_line

REPLACED = "thay bằng câu trả lời mới"


@dataclass(frozen=True, slots=True)
class PurposeAnswer:
    """The answer to one purpose. decision: "permit" or "deny". recipient: a facility's MA_CSKCB; third_party: a name."""

    purpose: str
    decision: str
    recipient: str = ""
    third_party: str = ""
    valid_until: date | None = None


@command(Permission.CONSENT_RECORD)
def record_consents(
    ctx: Context, *, patient_id: uuid.UUID, answers: Sequence[PurposeAnswer], statement: Statement
) -> list[uuid.UUID]:
    """Keep the answers, each on its own, with one proof; an earlier answer to the same is ended.

    Silence is no answer: what was not answered is not in `answers`. Raises Refused (all faults at once) at given_by, proof,
    …, or at "decision_KEY", "recipient_KEY", "third_party_KEY", "until_KEY"; RecordClosed (403), NotFound.
    """
    access = look_through_door(ctx, patient_id)
    faults = _statement_faults(ctx, statement, access.person.birth, answers)
    ready = [_ready(ctx, answer, faults) for answer in answers]
    if not answers:
        faults.append(Refused("nothing-answered", "Chưa có mục nào được trả lời."))
    if faults:
        raise Refused.several(faults)
    stamp = stamp_for(ctx, access.patient_id)
    kept = [_keep(ctx, stamp, one, statement) for one in ready if one is not None]
    record_audit(
        ctx,
        "record-consent",
        patient_id=access.patient_id,
        target=("Consent", kept[0]),
        detail={"answers": {answer.purpose: answer.decision for answer in answers}},
    )
    return kept


@command(Permission.CONSENT_RECORD)
def withdraw_consent(
    ctx: Context, *, patient_id: uuid.UUID, consent_id: uuid.UUID, statement: Statement, reason: str = ""
) -> None:
    """Take an answer back: what it opened closes now. Anybody who may answer may withdraw, without giving a reason.

    Raises Refused at the proof's fields, Conflict("already-withdrawn"), NotFound when it is not this person's.
    """
    access = look_through_door(ctx, patient_id)
    consent = Consent.objects.filter(pk=consent_id, source_record__link__patient=access.patient_id).first()
    if consent is None:
        raise NotFound
    faults = [Refused(fault.code, fault.message, fault.field) for fault in _withdrawal_faults(statement)]
    if faults:
        raise Refused.several(faults)
    withdraw(ctx, consent, statement, reason=reason)
    record_audit(ctx, "withdraw-consent", patient_id=access.patient_id, target=("Consent", consent.pk))


def withdraw(ctx: Context, consent: Consent, statement: Statement, *, reason: str) -> None:
    """The building block: one withdrawal, its grants ended, the news told. The caller audits. Raises Conflict."""
    try:
        with transaction.atomic():
            ConsentWithdrawal.objects.create(
                consent=consent, reason=clean_line(reason)[:300], at=ctx.at, **_proven(ctx, statement)
            )
    except IntegrityError as error:
        raise Conflict("already-withdrawn", "Đồng ý này đã được rút trước đó.") from error
    end_access(ctx, [consent.pk], reason="người bệnh rút lại đồng ý")
    emit(ctx, "consent.withdrawn", {"consent_id": str(consent.pk)})


def agreements_in_force(patient_id: uuid.UUID) -> list[Consent]:
    """Every permit of a person that nobody has taken back."""
    links = RecordLink.objects.filter(patient=patient_id).values("record_id")
    return list(
        Consent.objects.filter(source_record__in=links, decision=Consent.Decision.PERMIT, withdrawal=None).order_by(
            "given_at"
        )[:500]
    )


@dataclass(frozen=True, slots=True)
class _Ready:
    answer: PurposeAnswer
    purpose: ConsentPurpose
    text: ConsentText
    recipient: Facility | None


def _statement_faults(ctx: Context, said: Statement, birth: Any, answers: Sequence[PurposeAnswer]) -> list[Refused]:
    permits = any(one.decision == Consent.Decision.PERMIT for one in answers)
    found = check_statement(said, signers_of(birth, timezone.localdate(ctx.at)), permits=permits)
    return [Refused(fault.code, fault.message, fault.field) for fault in found]


def _withdrawal_faults(said: Statement) -> list[Invalid]:
    """Taking back is as easy as agreeing, and never harder: somebody says so, and there is a proof."""
    faults = proof_faults(said)
    if said.given_by not in {"self", "representative"}:
        faults.insert(0, Invalid("giver-missing", "Hãy chọn ai trả lời.", "given_by"))
    elif said.given_by == "representative" and not said.representative:
        faults.insert(0, Invalid("representative-unnamed", "Hãy ghi họ tên người đại diện.", "representative"))
    return faults


def _ready(ctx: Context, answer: PurposeAnswer, faults: list[Refused]) -> _Ready | None:
    """What is needed to keep one answer; faults are added to the list."""
    key, before = answer.purpose, len(faults)
    text = (
        ConsentText.objects.filter(purpose__key=key, purpose__active=True)
        .select_related("purpose")
        .order_by("-number")
        .first()
    )
    if text is None:
        faults.append(Refused("purpose-unknown", "Mục đích này không còn được hỏi.", f"decision_{key}"))
        return None
    if answer.decision not in Consent.Decision.values:
        faults.append(Refused("decision-unknown", "Hãy chọn đồng ý hoặc không đồng ý.", f"decision_{key}"))
    recipient = _recipient(ctx, answer, text.purpose, faults)
    if text.purpose.recipient == "third-party" and not clean_line(answer.third_party):
        faults.append(Refused("third-party-missing", "Hãy ghi tên người hoặc tổ chức nhận.", f"third_party_{key}"))
    if answer.valid_until and answer.valid_until < timezone.localdate(ctx.at):
        faults.append(Refused("ends-before-today", "Ngày hết hạn đã qua.", f"until_{key}"))
    return _Ready(answer, text.purpose, text, recipient) if len(faults) == before else None


def _recipient(ctx: Context, answer: PurposeAnswer, purpose: ConsentPurpose, faults: list[Refused]) -> Facility | None:
    if purpose.recipient != "facility":
        return None
    field = f"recipient_{purpose.key}"
    code = answer.recipient.strip().upper()
    found = Facility.objects.on(timezone.localdate(ctx.at)).filter(code=code).first() if code else None
    if not code:
        faults.append(Refused("recipient-missing", "Hãy ghi mã cơ sở nhận (5 ký tự).", field))
    elif found is None or found.kind == Facility.Kind.AUTHORITY:
        faults.append(Refused("recipient-unknown", "Không có cơ sở khám chữa bệnh mang mã này.", field))
    elif found.pk == facility_of(ctx):
        faults.append(Refused("recipient-here", "Đây là cơ sở của bạn: hãy ghi cơ sở khác.", field))
    return found


def _keep(ctx: Context, stamp: dict[str, Any], ready: _Ready, said: Statement) -> uuid.UUID:
    answer = ready.answer
    third_party = clean_line(answer.third_party)[:200] if ready.purpose.recipient == "third-party" else ""
    _end_earlier(ctx, stamp["patient_id"], ready, third_party, said)
    permits = answer.decision == Consent.Decision.PERMIT
    consent = Consent.objects.create(
        source_record_id=stamp["source_record_id"],
        purpose=ready.purpose,
        text=ready.text,
        decision=answer.decision,
        recipient=ready.recipient,
        third_party=third_party,
        child_agreed=said.child_agreed or None,
        valid_until=answer.valid_until,
        given_at=ctx.at,
        **_proven(ctx, said),
    )
    if permits and ready.purpose.opens_record and ready.recipient:
        grant_access(
            ctx,
            stamp["source_record_id"],
            AccessGrant.Basis.CONSENT,
            subject_id=consent.pk,
            facility_id=ready.recipient.pk,
            ends_at=_end_of(answer.valid_until),
        )
    emit(ctx, "consent.recorded", {"consent_id": str(consent.pk)})
    return consent.pk


def _end_earlier(ctx: Context, patient_id: uuid.UUID, ready: _Ready, third_party: str, said: Statement) -> None:
    """One answer counts for one purpose and recipient: the earlier ones are ended by this one."""
    earlier = Consent.objects.filter(
        source_record__link__patient=patient_id,
        purpose=ready.purpose,
        recipient=ready.recipient,
        third_party=third_party,
        withdrawal=None,
    )
    for consent in earlier:
        withdraw(ctx, consent, said, reason=REPLACED)


def _end_of(day: date | None) -> datetime | None:
    """The first moment after the last day, in Hanoi."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time())) if day else None


def _proven(ctx: Context, said: Statement) -> dict[str, Any]:
    if ctx.actor.staff_id is None:
        raise Refused("staff-required", "Chỉ nhân viên đăng nhập mới làm được việc này.")
    return {
        "given_by": said.given_by,
        "representative": clean_line(said.representative)[:200] if said.given_by == "representative" else "",
        "relationship": clean_line(said.relationship)[:60] if said.given_by == "representative" else "",
        "proof": said.proof,
        "proof_note": clean_line(said.note)[:200],
        "facility_id": facility_of(ctx),
        "recorded_by_id": ctx.actor.staff_id,
    }
