"""Check-in: a person, a room, a reason, a number. It opens the encounter, and with it the record, to this facility."""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from clinics.commands.appointments import arrive_as_booked
from clinics.commands.coverage import CardStated, card_faults, write_coverage
from clinics.commands.paper_blocks import block_of_number
from clinics.commands.queue_numbers import issue_ticket
from clinics.commands.steps import begin, staff_of
from clinics.commands.turns import stand_as_booked
from clinics.models import QueueTicket, Visit
from clinics.queries.insurance import place_of
from clinics.queries.queue import open_now
from clinics.queries.scope import facility_of, today_of
from clinics.rules.payers import CARE_TYPES, Payer
from clinics.rules.priorities import Priority, fault_of_priority
from clinics.rules.queueing import is_in_time
from clinics.rules.states import STATE_NAMES, VisitState
from clinics.rules.tickets import number_text
from records.commands.encounters import open_encounter
from records.commands.holding import hold_person
from records.models import Patient
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.models import Room
from registry.rules.dates import PartialDate, age_on
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """What a check-in gave: the visit, the slip's ticket, its number and room."""

    visit_id: uuid.UUID
    ticket_id: uuid.UUID
    patient_id: uuid.UUID
    number: int
    room: str


@command(Permission.VISIT_CHECK_IN)
def check_in(
    ctx: Context,
    *,
    patient_id: uuid.UUID,
    room_id: int,
    reason: str,
    payer: str,
    priority: str,
    care_type: str,
    paper_number: int | None = None,
    card: CardStated | None = None,
) -> CheckedIn:
    """Give somebody a number in a room today.

    payer, priority: values of Payer and Priority; care_type: MA_LOAI_KCB; paper_number: the number they got on paper during
    an outage, out of a block reserved in this room. card: as the desk saw it; of somebody insured it is judged and kept
    with the visit, unless it is no more than a number, or lacks something in an emergency. Raises NotFound for nobody;
    Conflict when the person already waits or is examined in this facility today (the message says where); Refused at the
    field that is wrong.
    """
    patient = _lock_person(patient_id)
    room = _room(ctx, room_id)
    shown = card if card and payer == Payer.INSURANCE and not card.is_bare else None
    reason = _check(ctx, patient, reason, payer, priority, care_type, shown)
    _refuse_second_visit(ctx, patient.pk)
    encounter = open_encounter(
        ctx, patient_id=patient.pk, care_type=care_type, reason=reason, department_id=room.department_id
    )
    visit = Visit.objects.create(
        encounter=encounter,
        facility_id=room.facility_id,
        room=room,
        visit_date=today_of(ctx),
        priority=priority,
        payer=payer,
        checked_in_by_id=staff_of(ctx),
        checked_in_at=ctx.at,
    )
    begin(ctx, visit)
    if shown is not None and not _card_faults(ctx, shown, priority):
        write_coverage(ctx, visit, shown, place_of(room.facility_id))
    booked = arrive_as_booked(ctx, visit, patient.pk)
    record_audit(ctx, "create", patient_id=patient.pk, target=("Visit", visit.pk), detail={"room": room.code})
    ticket = _ticket(ctx, visit, room, paper_number)  # last: other desks wait for the room's number from here on
    if booked is not None and booked.room_id == room.pk and is_in_time(booked.starts_at, ctx.at):
        stand_as_booked(ctx, visit)
    return CheckedIn(visit.pk, ticket.pk, patient.pk, ticket.number, room.name)


def _ticket(ctx: Context, visit: Visit, room: Room, paper_number: int | None) -> QueueTicket:
    if paper_number is None:
        return issue_ticket(ctx, visit)
    block = block_of_number(ctx, room, paper_number)
    return issue_ticket(ctx, visit, number=paper_number, block_id=block.pk)


def _lock_person(patient_id: uuid.UUID) -> Patient:
    """The person's row, held until the end: two desks cannot check in the same person at once, and no merge moves them."""
    return Patient.objects.get(pk=hold_person(patient_id, to_change=True))


def _room(ctx: Context, room_id: int) -> Room:
    room = Room.objects.filter(pk=room_id, facility_id=facility_of(ctx).id, active=True).first()
    if room is None:
        raise Refused("room-unknown", "Hãy chọn một phòng đang dùng của cơ sở.", "room_id")
    return room


def _check(
    ctx: Context, patient: Patient, reason: str, payer: str, priority: str, care_type: str, card: CardStated | None
) -> str:
    """All faults of the form at once; the cleaned reason."""
    cleaned = clean_line(reason)
    faults = []
    if patient.deceased_on:
        faults.append(Refused("patient-deceased", "Hồ sơ ghi người này đã mất. Hãy kiểm tra lại giấy tờ.", None))
    if not cleaned:
        faults.append(Refused("reason-missing", "Hãy ghi lý do đến khám.", "reason"))
    if len(cleaned) > LONGEST_REASON:
        faults.append(Refused("reason-long", Phrase("Lý do dài quá {most} ký tự.", most=LONGEST_REASON), "reason"))
    if payer not in list(Payer):
        faults.append(Refused("payer-unknown", "Hãy chọn đối tượng.", "payer"))
    if care_type not in CARE_TYPES:
        faults.append(Refused("care-type-unknown", "Hãy chọn loại hình khám.", "care_type"))
    if fault := _priority_fault(ctx, patient, priority):
        faults.append(Refused("priority-unfit", fault, "priority"))
    if card is not None and priority != Priority.EMERGENCY:
        faults += _card_faults(ctx, card, priority)
    if faults:
        raise Refused.several(faults)
    return cleaned


def _card_faults(ctx: Context, card: CardStated, priority: str) -> list[Refused]:
    """In an emergency they hold nobody up: the card is asked for again later."""
    place = place_of(facility_of(ctx).id)
    return card_faults(card, place, today_of(ctx), emergency=priority == Priority.EMERGENCY)


def _priority_fault(ctx: Context, patient: Patient, priority: str) -> str:
    if priority not in list(Priority):
        return Phrase("Hãy chọn nhóm ưu tiên.")
    born = PartialDate(patient.birth_date, patient.birth_precision)  # type: ignore[arg-type]
    return fault_of_priority(Priority(priority), age_on(born, today_of(ctx)), patient.sex)


def _refuse_second_visit(ctx: Context, patient_id: uuid.UUID) -> None:
    found = (
        Visit.objects.filter(open_now(ctx), encounter__patient_id=patient_id).select_related("room", "ticket").first()
    )
    if found is not None:
        raise Conflict(
            "visit-open",
            Phrase(
                "Người bệnh đang có lượt khám hôm nay: số {number}, {room}, {state:lower}. Không cần lấy số mới.",
                number=number_text(found.ticket.number),
                room=found.room.name,
                state=Phrase(STATE_NAMES[VisitState(found.state)]),
            ),
        )
