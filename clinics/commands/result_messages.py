"""Taking in HL7 v2 result messages: each lands once, what cannot be placed waits for a person, everything raw is kept."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.db import connection, transaction
from django.utils import timezone

from clinics.commands.item_results import check_enterable, write_entry
from clinics.commands.message_matching import Placed, Problem, place_group
from clinics.models import ResultException, ResultMessage
from clinics.queries.scope import facility_of
from clinics.rules.hl7 import Head, Message, Raw, acknowledgement, decode, read_head, read_message, split_file
from records.commands.copying import new_ids
from registry.kernel import Context, NotFound, Permission, Refused, command, emit, record_audit
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase, as_phrase
from registry.rules.text import clean_line

MAX_BYTES = 5 * 1024 * 1024
_LOCK = 0x4F5255  # "ORU": with the facility's key, its files in turn


@dataclass(frozen=True, slots=True)
class ReceivedMessage:
    """What became of one message. known: it had arrived before, nothing was done again."""

    message_id: uuid.UUID
    control_id: str
    outcome: str
    landed: int
    problems: int
    ack: str
    known: bool = False


@dataclass(slots=True)
class _Reading:
    """One message on its way: its head, what is wrong, how much landed."""

    message_id: uuid.UUID
    raw: Raw
    text: str
    encoding: str
    head: Head
    outcome: str = "AA"
    problems: list[Problem] = field(default_factory=list)
    landed: int = 0

    def refuse(self, outcome: str, code: str, told: str) -> None:
        """The whole message is not taken in."""
        self.outcome = outcome
        self.problems.append(Problem(code, as_phrase(told), 1))


@command(Permission.REPORT_RECORD)
def receive_results(ctx: Context, *, content: bytes, file_name: str = "") -> list[ReceivedMessage]:
    """Take in a file of ORU^R01 messages for the acting facility; results wait for somebody to verify them.

    A message that was here before (same bytes) is answered as then. Raises Refused at "file": too large, empty, no message.
    """
    facility_of(ctx)
    if len(content) > MAX_BYTES:
        raise Refused("file-large", Phrase("Tệp lớn quá {most} MB.", most=MAX_BYTES // 1024**2), "file")
    try:
        cut = split_file(content)
    except Invalid as fault:
        raise Refused(fault.code, fault.message, "file") from fault
    _take_turns(ctx)
    received = [_receive(ctx, raw, clean_line(file_name)[-200:]) for raw in cut]
    fresh = [one for one in received if not one.known]
    detail = {
        "messages": len(received),
        "known": len(received) - len(fresh),
        "landed": sum(one.landed for one in fresh),
    }
    record_audit(ctx, "receive-results", target=("ResultMessage", received[0].message_id), detail=detail)
    return received


@command(Permission.REPORT_RECORD)
def resolve_exception(ctx: Context, *, exception_id: uuid.UUID, note: str) -> ResultException:
    """Somebody looked at an exception and says what was done. NotFound, Refused at "note"."""
    rows = ResultException.objects.select_for_update(no_key=True)
    row = rows.filter(pk=exception_id, facility_id=facility_of(ctx).id).first()
    if row is None:
        raise NotFound
    said = clean_line(note)[:300]
    if not said:
        raise Refused("note-missing", "Hãy ghi đã xử lý thế nào.", "note")
    if row.resolved_at is None:
        row.resolved_by_id, row.resolved_at, row.note = ctx.actor.staff_id, ctx.at, said
        row.save(update_fields=["resolved_by", "resolved_at", "note"])
    record_audit(ctx, "update", target=("ResultException", row.pk))
    return row


def _take_turns(ctx: Context) -> None:
    """Files of a facility come one after another: the same message from two desks lands once, and none waits in a ring."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, facility_of(ctx).id])


def _receive(ctx: Context, raw: Raw, file_name: str) -> ReceivedMessage:
    known = ResultMessage.objects.filter(facility_id=facility_of(ctx).id, sha256=raw.sha256).first()
    if known is not None:
        return _told(known, known.exceptions.count(), known=True)
    text, encoding = decode(raw.content)
    reading = _Reading(new_ids(1)[0], raw, text, encoding, read_head(text))
    message = _read(ctx, reading)
    for group in message.groups if message else ():
        placed, problems = place_group(ctx, group, message.birth if message else None)
        reading.problems += problems
        for one in placed:
            _land(ctx, reading, one)
    return _told(_keep(ctx, reading, file_name), len(reading.problems))


def _read(ctx: Context, reading: _Reading) -> Message | None:
    """The message, or None where it cannot be taken in as a whole."""
    try:
        message = read_message(reading.text)
    except Invalid as fault:
        reading.refuse("AR" if fault.code in {"hl7-head", "hl7-kind"} else "AE", fault.code, fault.message)
        return None
    earlier = ResultMessage.objects.filter(facility_id=facility_of(ctx).id, sender=message.sender, outcome="AA")
    if message.control_id and earlier.filter(control_id=message.control_id).exists():
        told = Phrase("Mã bản tin {id} đã dùng cho một bản tin khác nội dung.", id=message.control_id)
        reading.refuse("AE", "control-id-reused", told)
        return None
    return message


def _land(ctx: Context, reading: _Reading, one: Placed) -> None:
    """The answer as an entry that waits for somebody; a value that is refused goes to the exceptions, the others land."""
    answer = one.answer
    while True:
        try:
            with transaction.atomic():
                check_enterable(one.item)
                write_entry(ctx, one.item, answer, reading.message_id)
        except Refused as refusal:
            number = one.item.order.number
            reading.problems += [Problem(bad.code, as_phrase(bad.message), one.segment, number) for bad in refusal.all]
            wrong = {bad.field for bad in refusal.all} & answer.answers.keys()
            kept = {code: text for code, text in answer.answers.items() if code not in wrong}
            if not wrong or not kept:
                return
            answer = replace(answer, answers=kept)
        else:
            reading.landed += len(answer.answers) or 1
            emit(ctx, "order.received", {"item_id": str(one.item.pk), "message_id": str(reading.message_id)})
            return


def _keep(ctx: Context, reading: _Reading, file_name: str) -> ResultMessage:
    """The message with its answer and exceptions; last, so that it tells what really landed."""
    facility, now = facility_of(ctx), timezone.localtime(ctx.at)
    ack = acknowledgement(
        reading.head,
        own_facility=facility.code,
        own_id=reading.raw.sha256[:20],
        at=f"{now:%Y%m%d%H%M%S}",
        outcome=reading.outcome,
        text=_answer_text(reading),
    )
    message = ResultMessage.objects.create(
        id=reading.message_id,
        facility_id=facility.id,
        sha256=reading.raw.sha256,
        control_id=reading.head.control_id,
        sender=reading.head.sender,
        file_name=file_name,
        encoding=reading.encoding,
        raw=reading.raw.content,
        outcome=reading.outcome,
        ack=ack,
        landed=reading.landed,
        received_by_id=ctx.actor.staff_id,
        received_at=ctx.at,
    )
    _keep_problems(message, reading.problems)
    return message


def _answer_text(reading: _Reading) -> str:
    if reading.outcome != "AA":
        return reading.problems[0].told
    if reading.problems:
        template = "Nhận {count} chỉ số, {doubtful} mục chờ xử lý."
        return Phrase(template, count=reading.landed, doubtful=len(reading.problems))
    return Phrase("Nhận {count} chỉ số.", count=reading.landed)


def _keep_problems(message: ResultMessage, problems: Iterable[Problem]) -> None:
    ResultException.objects.bulk_create(
        ResultException(
            facility_id=message.facility_id,
            message=message,
            code=one.code,
            told=one.told.to_json(),
            segment=one.segment,
            number=one.number[:80],
        )
        for one in problems
    )


def _told(message: ResultMessage, problems: int, *, known: bool = False) -> ReceivedMessage:
    return ReceivedMessage(
        message.pk, message.control_id, message.outcome, message.landed, problems, message.ack, known=known
    )
