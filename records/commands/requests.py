"""Data-subject requests: received with a proof, answered in the law's time, every step kept.

What a request asks for is done here where the system does it: withdrawing consents, restricting the processing. Erasing is
answered with the law's limits, and no clinical row is ever deleted.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from records.commands.consents import agreements_in_force, withdraw
from records.commands.encounters import stamp_for
from records.commands.linking import facility_of
from records.models import (
    DataSubjectRequest,
    ProcessingRestriction,
    ProcessingRestrictionEnd,
    RecordLink,
    RequestStep,
)
from records.queries.access import look_through_door
from records.queries.requests import calendar, handles_city, terms
from records.queries.retention import keep_until
from records.rules.access import SHORTEST_REASON, reason_is_told
from records.rules.consent import Statement, proof_faults
from records.rules.requests import may_be_done, may_become
from records.rules.working_days import deadlines
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.models import Staff
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note

Request = DataSubjectRequest


@command(Permission.REQUEST_RECORD)
def record_request(ctx: Context, *, patient_id: uuid.UUID, kind: str, wish: str, statement: Statement) -> uuid.UUID:
    """Receive a request; its deadlines are computed now, by the terms in force.

    Raises Refused at kind, wish, given_by, representative, proof, proof_note, text_read; RecordClosed (403), NotFound.
    """
    access = look_through_door(ctx, patient_id)
    faults = [Refused(one.code, one.message, one.field) for one in proof_faults(statement)]
    if kind not in Request.Kind.values:
        faults.insert(0, Refused("kind-unknown", "Hãy chọn loại yêu cầu.", "kind"))
    told = clean_note(wish)[:1000]
    if not told:
        faults.insert(0, Refused("wish-missing", "Hãy ghi người bệnh yêu cầu điều gì.", "wish"))
    faults += _giver_faults(statement)
    if faults:
        raise Refused.several(faults)
    stamp = stamp_for(ctx, access.patient_id)
    due = deadlines(kind, timezone.localdate(ctx.at), terms(), calendar())
    made = Request.objects.create(
        source_record_id=stamp["source_record_id"],
        facility_id=facility_of(ctx),
        kind=kind,
        wish=told,
        given_by=statement.given_by,
        representative=clean_line(statement.representative)[:200] if statement.given_by == "representative" else "",
        relationship=clean_line(statement.relationship)[:60] if statement.given_by == "representative" else "",
        proof=statement.proof,
        proof_note=clean_line(statement.note)[:200],
        received_at=ctx.at,
        recorded_by_id=_member(ctx),
        reply_by=due.reply_by,
        act_by=due.act_by,
    )
    _step(ctx, made, Request.State.RECEIVED)
    emit(ctx, "request.received", {"request_id": str(made.pk)})
    record_audit(
        ctx,
        "record-request",
        patient_id=access.patient_id,
        target=("DataSubjectRequest", made.pk),
        detail={"kind": kind},
    )
    return made.pk


@command(Permission.REQUEST_HANDLE)
def take_request(ctx: Context, *, request_id: uuid.UUID) -> None:
    """Become the one who answers it. Raises Conflict when it is closed, NotFound for another facility's."""
    request, patient_id = _locked(ctx, request_id)
    _require_open(request, Request.State.RECEIVED if request.state == "received" else Request.State.REPLIED)
    _step(ctx, request, Request.State(request.state), owner_id=_member(ctx))
    _audit(ctx, request, patient_id, "taken")


@command(Permission.REQUEST_HANDLE)
def reply_request(ctx: Context, *, request_id: uuid.UUID, note: str) -> None:
    """The first answer within two working days: what will be done and when. Raises Refused at note, Conflict, NotFound."""
    request, patient_id = _locked(ctx, request_id)
    _require_open(request, Request.State.REPLIED)
    _step(ctx, request, Request.State.REPLIED, note=_told(note), owner_id=request.owner_id or _member(ctx))
    _audit(ctx, request, patient_id, "replied")


@command(Permission.REQUEST_HANDLE)
def close_request(ctx: Context, *, request_id: uuid.UUID, state: str, note: str) -> None:
    """Done, declined with its ground, or taken back by whoever asked.

    A withdrawal done ends every consent in force; a restriction done restricts the record. Erasing cannot be done while the
    law keeps the records: declining it states until when. Raises Refused at state or note, Conflict when closed, NotFound.
    """
    request, patient_id = _locked(ctx, request_id)
    if state not in {Request.State.DONE, Request.State.DECLINED, Request.State.TAKEN_BACK}:
        raise Refused("state-unknown", "Hãy chọn kết quả.", "state")
    _require_open(request, Request.State(state))
    told = _told(note)
    detail: dict[str, Any] = {}
    if request.kind == Request.Kind.ERASE and state != Request.State.TAKEN_BACK:
        detail = _limits_of_erasing(patient_id, state)
    if state == Request.State.DONE:
        detail |= _carry_out(ctx, request, patient_id, told)
    _step(ctx, request, Request.State(state), note=told, detail=detail, owner_id=request.owner_id or _member(ctx))
    _audit(ctx, request, patient_id, state)


@command(Permission.REQUEST_HANDLE)
def lift_restriction(ctx: Context, *, request_id: uuid.UUID, note: str) -> None:
    """The resident took the restriction back: the record opens again to those who treat.

    Raises Refused at note, Conflict when nothing is restricted, NotFound.
    """
    request, patient_id = _locked(ctx, request_id)
    told = _told(note)
    bound = ProcessingRestriction.objects.filter(request_id=request.pk, end=None).first()
    if bound is None:
        raise Conflict("not-restricted", "Yêu cầu này không còn hạn chế nào đang áp dụng.")
    ProcessingRestrictionEnd.objects.create(restriction=bound, at=ctx.at, by_id=_member(ctx), reason=told[:500])
    _step(ctx, request, Request.State(request.state), note=told, detail={"lifted": True}, owner_id=request.owner_id)
    _audit(ctx, request, patient_id, "lifted")


def _limits_of_erasing(patient_id: uuid.UUID, state: str) -> dict[str, Any]:
    until = keep_until(patient_id)
    day = until.strftime("%d/%m/%Y") if until else ""
    if state == Request.State.DONE and not may_be_done(Request.Kind.ERASE):
        raise Refused(
            "must-be-kept",
            Phrase(
                "Hồ sơ phải lưu đến hết ngày {day} (TT 33/2025/TT-BYT) nên không xoá được: hãy từ chối có căn cứ, có thể đề"
                " nghị hạn chế xử lý.",
                day=day,
            )
            if day
            else "Hồ sơ bệnh án phải lưu theo TT 33/2025/TT-BYT nên không xoá được: hãy từ chối có căn cứ.",
            "state",
        )
    return {"keep_until": until.isoformat() if until else None}


def _carry_out(ctx: Context, request: DataSubjectRequest, patient_id: uuid.UUID, told: str) -> dict[str, Any]:
    """What the system itself does when a request is done."""
    if request.kind == Request.Kind.WITHDRAW:
        said = Statement(
            request.given_by,
            request.representative,
            request.relationship,
            request.proof,
            request.proof_note,
            text_read=True,
        )
        agreed = agreements_in_force(patient_id)
        for consent in agreed:
            withdraw(ctx, consent, said, reason="theo yêu cầu rút lại đồng ý")
        return {"withdrawn": len(agreed)}
    if request.kind == Request.Kind.RESTRICT:
        ProcessingRestriction.objects.create(
            source_record_id=request.source_record_id, request_id=request.pk, reason=told[:500], since=ctx.at,
            by_id=_member(ctx),
        )  # fmt: skip
        return {"restricted": True}
    return {}


def _locked(ctx: Context, request_id: uuid.UUID) -> tuple[DataSubjectRequest, uuid.UUID]:
    """The request, held to the end of the transaction, and whose it is today. The Department handles every facility's."""
    found = Request.objects.select_for_update(no_key=True).filter(pk=request_id)
    if not handles_city(ctx):
        found = found.filter(facility_id=facility_of(ctx))
    request = found.first()
    if request is None:
        raise NotFound
    return request, RecordLink.objects.get(record=request.source_record_id).patient_id


def _require_open(request: DataSubjectRequest, wanted: DataSubjectRequest.State) -> None:
    if not may_become(request.state, wanted):
        raise Conflict("request-closed", "Yêu cầu này đã có kết quả: hãy xem lại.")


def _step(
    ctx: Context,
    request: DataSubjectRequest,
    state: DataSubjectRequest.State,
    *,
    note: str = "",
    detail: dict[str, Any] | None = None,
    owner_id: int | None = None,
) -> None:
    RequestStep.objects.create(
        request=request, state=state, note=note, owner_id=owner_id, detail=detail or {}, by_id=_member(ctx), at=ctx.at
    )
    if (request.state, request.owner_id) != (state, owner_id):
        request.state, request.owner_id = state, owner_id
        request.save(update_fields=["state", "owner"])


def _audit(ctx: Context, request: DataSubjectRequest, patient_id: uuid.UUID, what: str) -> None:
    record_audit(
        ctx, "handle-request", patient_id=patient_id, target=("DataSubjectRequest", request.pk), detail={"step": what}
    )


def _told(note: str) -> str:
    told = clean_note(note)[:1000]
    if not reason_is_told(told):
        raise Refused(
            "note-missing", Phrase("Hãy ghi rõ nội dung trả lời, ít nhất {least} ký tự.", least=SHORTEST_REASON), "note"
        )
    return told


def _giver_faults(said: Statement) -> list[Refused]:
    if said.given_by not in {"self", "representative"}:
        return [Refused("giver-missing", "Hãy chọn ai yêu cầu.", "given_by")]
    if said.given_by == "representative" and not clean_line(said.representative):
        return [Refused("representative-unnamed", "Hãy ghi họ tên người đại diện.", "representative")]
    return []


def _member(ctx: Context) -> int:
    staff = ctx.actor.staff_id
    if staff is None or not Staff.objects.filter(pk=staff, is_active=True).exists():
        raise Refused("staff-required", "Chỉ nhân viên đăng nhập mới làm được việc này.")
    return staff
