"""Results of ordered services: entered, verified, sent back, corrected. A verified one is a report of the record."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from clinics.commands.order_steps import item_to_change, step
from clinics.commands.record_results import land, land_again
from clinics.models import CriticalAlert, FacilityService, OrderItem, ResultEntry
from clinics.queries.order_page import next_to_answer
from clinics.queries.services import analytes_of
from clinics.rules.orders import TO_ENTER, OrderState
from clinics.rules.results import Answer, Value, critical_of, read_answer
from registry.kernel import Conflict, Context, Permission, Refused, command, emit, record_audit
from registry.rules.dates import Age, PartialDate, age_on
from registry.rules.text import clean_line


@dataclass(frozen=True, slots=True)
class Entered:
    """What an entry led to. verified: it is in the record; critical: how many values a doctor must be told of; following:
    another service of the same order that waits for its result."""

    item: OrderItem
    verified: bool
    critical: int
    following: uuid.UUID | None = None


@command(Permission.REPORT_RECORD)
def enter_result(ctx: Context, *, item_id: uuid.UUID, answer: Answer) -> Entered:
    """Write what was found; where the facility wants no second person, it is verified at once.

    Until it is verified it may be entered again. Raises NotFound, Conflict for a service without its specimen, cancelled or
    verified, Refused at an analyte's code, "description" or "conclusion", all at once.
    """
    item = item_to_change(ctx, item_id)
    check_enterable(item)
    entry = write_entry(ctx, item, answer)
    verified = not needs_second(item)
    critical = verify(ctx, item, entry) if verified else 0
    _audit(ctx, "enter-result", item)
    return Entered(item, verified, critical, next_to_answer(item))


@command(Permission.RESULT_VERIFY)
def verify_result(ctx: Context, *, item_id: uuid.UUID) -> Entered:
    """Sign what was entered; it becomes part of the record.

    Raises NotFound, Conflict when nothing waits, Refused(second-person) where the facility wants another person to look.
    """
    item = item_to_change(ctx, item_id)
    entry = _waiting_entry(item)
    if needs_second(item) and entry.entered_by_id == ctx.actor.staff_id:
        raise Refused("second-person", "Người nhập kết quả không tự duyệt: cần người thứ hai.")
    critical = verify(ctx, item, entry)
    _audit(ctx, "verify-result", item)
    return Entered(item, verified=True, critical=critical, following=next_to_answer(item))


@command(Permission.RESULT_VERIFY)
def send_back_result(ctx: Context, *, item_id: uuid.UUID, reason: str) -> OrderItem:
    """What was entered cannot stand: it is to be measured or entered again. Refused without a reason."""
    item = item_to_change(ctx, item_id)
    _waiting_entry(item)
    step(ctx, item, OrderState.IN_PROGRESS, reason=_reason(reason))
    _audit(ctx, "send-back-result", item)
    return item


@command(Permission.RESULT_VERIFY)
def correct_result(ctx: Context, *, item_id: uuid.UUID, answer: Answer, reason: str) -> Entered:
    """Replace a verified result: the report and its numbers are superseded, both stay readable.

    Raises NotFound, Conflict when it is not verified or was corrected meanwhile, Refused as enter_result, at "reason", or
    where an index that was answered is left out.
    """
    item = item_to_change(ctx, item_id)
    if item.state != OrderState.VERIFIED:
        raise Conflict("result-not-verified", "Kết quả này chưa duyệt: hãy nhập lại thay vì sửa.")
    why = _reason(reason)
    entry = _entry(ctx, item, answer)
    links = land_again(ctx, item, entry, why)
    step(ctx, item, OrderState.VERIFIED, reason=why, entry=entry, **links)
    critical = _alert(ctx, item, entry)
    _audit(ctx, "correct-result", item)
    return Entered(item, verified=True, critical=critical)


def check_enterable(item: OrderItem) -> None:
    """Raises Conflict where no result can be entered now."""
    if item.state == OrderState.ORDERED and item.service.specimen:
        raise Conflict("specimen-missing", "Chưa lấy mẫu cho dịch vụ này, hoặc mẫu đã bị từ chối.")
    if item.state not in (*TO_ENTER, OrderState.RESULTED):
        raise Conflict("result-final", "Dịch vụ này đã có kết quả được duyệt hoặc đã huỷ. Hãy tải lại trang.")


def write_entry(ctx: Context, item: OrderItem, answer: Answer, message_id: uuid.UUID | None = None) -> ResultEntry:
    """Building block: what was found becomes an entry that waits for verification. Raises Refused with all faults."""
    entry = _entry(ctx, item, answer, message_id)
    step(ctx, item, OrderState.RESULTED, entry=entry)
    return entry


def verify(ctx: Context, item: OrderItem, entry: ResultEntry) -> int:
    """Building block: the entry lands in the record; the number of critical values a doctor is told of."""
    step(ctx, item, OrderState.VERIFIED, entry=entry, **land(ctx, item, entry))
    emit(ctx, "order.resulted", {"order_id": str(item.order_id), "item_id": str(item.pk)})
    return _alert(ctx, item, entry)


def needs_second(item: OrderItem) -> bool:
    """Whether the facility wants a second person for this service."""
    own = FacilityService.objects.filter(facility_id=item.facility_id, code=item.service.code)
    return own.filter(second_check=True).exists()


def _entry(ctx: Context, item: OrderItem, answer: Answer, message_id: uuid.UUID | None = None) -> ResultEntry:
    performed = item.specimen.taken_at if item.specimen else ctx.at
    values = _values(item, answer, performed)
    said = answer.cleaned
    return ResultEntry.objects.create(
        item=item,
        values=[one.to_json() for one in values],
        description=said.description,
        conclusion=said.conclusion,
        performed_at=performed,
        entered_by_id=None if message_id else ctx.actor.staff_id,
        entered_at=ctx.at,
        message_id=message_id,
    )


def _values(item: OrderItem, answer: Answer, performed: datetime) -> tuple[Value, ...]:
    analytes = analytes_of([item.service_id]).get(item.service_id, ())
    person = item.order.visit.encounter.patient
    values, faults = read_answer(analytes, answer, sex=person.sex, age=age_at(item, performed))
    if faults:
        raise Refused.several([Refused(one.code, one.message, one.field or None) for one in faults])
    return values


def age_at(item: OrderItem, moment: datetime) -> Age:
    """The person's age on the day of the specimen or examination."""
    person = item.order.visit.encounter.patient
    born = PartialDate(person.birth_date, person.birth_precision)  # type: ignore[arg-type]
    return age_on(born, max(moment.date(), born.value))


def _waiting_entry(item: OrderItem) -> ResultEntry:
    entry = item.entries.order_by("-entered_at", "-id").first() if item.state == OrderState.RESULTED else None
    if entry is None:
        raise Conflict("nothing-to-verify", "Kết quả này không còn chờ duyệt. Hãy tải lại trang.")
    return entry


def _alert(ctx: Context, item: OrderItem, entry: ResultEntry) -> int:
    critical = critical_of(Value.from_json(one) for one in entry.values)
    if critical:
        alert = CriticalAlert.objects.create(
            facility_id=item.facility_id, item=item, entry=entry, doctor_id=item.order.ordered_by_id, raised_at=ctx.at
        )
        emit(ctx, "critical.raised", {"alert_id": str(alert.pk), "item_id": str(item.pk)})
    return len(critical)


def _reason(reason: str) -> str:
    text = clean_line(reason)[:300]
    if not text:
        raise Refused("reason-missing", "Hãy ghi lý do.", "reason")
    return text


def _audit(ctx: Context, action: str, item: OrderItem) -> None:
    patient_id = item.order.visit.encounter.patient_id
    record_audit(ctx, action, patient_id=patient_id, target=("OrderItem", item.pk))
