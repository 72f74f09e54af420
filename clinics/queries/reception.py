"""What the reception desk sees: people found, the person before the desk, the queue beside."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from clinics.models import Appointment, QueueTicket, Visit
from clinics.queries.appointments import booked_today
from clinics.queries.cards import CardKnown, card_known
from clinics.queries.insurance import object_codes
from clinics.queries.line import waiting_line
from clinics.queries.paper_blocks import paper_is_open
from clinics.queries.queue import Day, open_visits_of, read_day
from clinics.queries.scope import facility_of, ticket_here, today_of
from clinics.rules.priorities import Priority, suggested_priority
from clinics.rules.tickets import number_text, spoken_name
from records.models import Patient
from records.queries.band import SEX_NAMES
from records.queries.panels import Due, due_at_arrival
from records.queries.patients import Found, find_patients
from records.queries.ties import is_open_by_treatment
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.rules.dates import PartialDate, age_on
from registry.rules.qr import BhytQr


@dataclass(frozen=True, slots=True)
class Reception:
    """The desk: today's queue, and for a typed or scanned text who was found and who of them is here already."""

    day: Day
    found: Found | None = None
    here: Mapping[uuid.UUID, Visit] | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """The person before the desk, as much as may be shown before their record is open here.

    birth: the year alone while the record is closed. has_insurance: whether a BHYT number is on file anywhere. card: what
    the desk need not type again; objects: MA_DOITUONG_KCB in force, code to words.
    paper: numbers on paper wait to be taken in today. booked: today's booking not come for yet.
    """

    patient_id: uuid.UUID
    name: str
    sex: str
    age: str
    birth: str
    place: str
    is_open: bool
    has_insurance: bool
    priority: Priority
    day: Day
    visit: Visit | None = None
    paper: bool = False
    booked: Appointment | None = None
    card: CardKnown | None = None
    objects: Mapping[str, str] = field(default_factory=dict)
    due: tuple[Due, ...] = ()


@dataclass(frozen=True, slots=True)
class Slip:
    """What a queue slip prints: number and given name only; the ticket's id stands in the QR code."""

    ticket_id: uuid.UUID
    visit_id: uuid.UUID
    number: str
    given_name: str
    room: str
    facility: str
    issued: QueueTicket
    before: int


@query(Permission.VISIT_CHECK_IN)
def get_reception(ctx: Context, *, text: str = "", room_code: str = "") -> Reception:
    """The desk's page. One audit row: of the search when a text was given (the search writes it), else of the list."""
    day = read_day(ctx, room_code=room_code)
    if not text.strip():
        record_audit(ctx, "list", target=("Reception", room_code or "*"), detail={"shown": len(day.entries)})
        return Reception(day)
    found = find_patients(ctx, text)
    return Reception(day, found, open_visits_of(ctx, [hit.patient_id for hit in found]))


@query(Permission.VISIT_CHECK_IN)
def get_arrival(ctx: Context, patient_id: uuid.UUID, *, room_code: str = "", scanned: BhytQr | None = None) -> Arrival:
    """The person to check in. NotFound for nobody; a merged number leads to the person it was merged into.

    scanned: the card just read, which counts when its number is this person's.
    """
    patient = Patient.objects.select_related("merged_into").filter(pk=patient_id).first()
    if patient is None:
        raise NotFound("Không tìm thấy người bệnh này.", "no-such-record")
    patient = patient.merged_into or patient
    arrival = _arrival(ctx, patient, room_code, scanned)
    record_audit(ctx, "read", patient_id=patient.pk, target=("Arrival", patient.pk))
    return arrival


@query(Permission.VISIT_READ)
def get_slip(ctx: Context, ticket_id: uuid.UUID) -> Slip:
    """A slip to print. NotFound for another facility's."""
    ticket = ticket_here(ctx, ticket_id)
    patient = ticket.visit.encounter.patient
    line = waiting_line(ticket.room_id, ticket.day, ticket.visit.priority)
    before = next((at for at, one in enumerate(line) if one.pk == ticket.pk), len(line))
    record_audit(ctx, "print", patient_id=patient.pk, target=("QueueTicket", ticket.pk))
    return Slip(
        ticket_id=ticket.pk,
        visit_id=ticket.visit_id,
        number=number_text(ticket.number),
        given_name=spoken_name(patient.name),
        room=ticket.room.name,
        facility=facility_of(ctx).name,
        issued=ticket,
        before=before,
    )


def _arrival(ctx: Context, patient: Patient, room_code: str, scanned: BhytQr | None) -> Arrival:
    born = PartialDate(patient.birth_date, patient.birth_precision)  # type: ignore[arg-type]
    age = age_on(born, max(today_of(ctx), born.value))
    priority = suggested_priority(age)
    card = card_known(ctx, patient, scanned, emergency=priority == Priority.EMERGENCY)
    granted = is_open_by_treatment(ctx, patient.pk)
    return Arrival(
        patient_id=patient.pk,
        name=patient.name,
        sex=SEX_NAMES[patient.sex],
        age=age.text,
        birth=born.display if granted else str(born.value.year),
        place=patient.ward_name,
        is_open=granted,
        has_insurance=card is not None,
        priority=priority,
        day=read_day(ctx, room_code=room_code),
        visit=open_visits_of(ctx, [patient.pk]).get(patient.pk),
        paper=paper_is_open(ctx),
        booked=booked_today(ctx, patient.pk),
        card=card,
        objects=object_codes(today_of(ctx)),
        due=due_at_arrival(ctx, patient.pk),
    )
