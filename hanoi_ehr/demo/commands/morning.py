"""What else goes on at the demo clinic today: bookings, the pharmacy's shelves, a laboratory at work, prescriptions."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from django.utils import timezone

from clinics.commands.appointments import book
from clinics.commands.drafts import save_draft
from clinics.commands.item_results import enter_result
from clinics.commands.ordering import place_order
from clinics.commands.pharmacy import dispense, receive_lot
from clinics.commands.schedules import add_schedule
from clinics.commands.signing import sign_prescription
from clinics.commands.specimens import take_specimens
from clinics.models import OrderItem, Prescription, Schedule, Visit
from clinics.rules.appointments import BookedFrom
from clinics.rules.drafts import DraftLine, Written
from clinics.rules.prescriptions import Dosing
from clinics.rules.results import Answer
from clinics.rules.states import VisitState
from hanoi_ehr.demo.commands.scenes import Desk
from hanoi_ehr.demo.facilities import CLINIC
from hanoi_ehr.demo.histories import HANOI
from registry.kernel import Refused
from registry.models import Room

ROOMS = ("P2", "P3", "P4")
HOURS = ((time(7, 30), time(11, 30)), (time(13, 30), time(16, 30)))
WORKDAYS = range(1, 7)  # Monday to Saturday
MINUTES, CAPACITY = 15, 2
BOOKED, DAYS_AHEAD = 14, 7
WHY_BOOKED = (
    "Khám lại theo hẹn",
    "Lĩnh thuốc tăng huyết áp",
    "Khám lại đái tháo đường",
    "Khám sức khoẻ",
    "Nghe kết quả xét nghiệm",
)

PARACETAMOL, VITAMIN_C, LORATADINE, AMLODIPINE, METFORMIN = "TD.0001", "TD.0109", "TD.0087", "TD.0035", "TD.0065"
# Code, packs of ten on the shelf, days until the lot expires: one lot short, one about to expire.
SHELVES = (
    (PARACETAMOL, 120, 540), (PARACETAMOL, 6, 41), (LORATADINE, 40, 420), (VITAMIN_C, 60, 380), (AMLODIPINE, 90, 610),
    (METFORMIN, 110, 500), ("TD.0015", 45, 300), ("TD.0017", 2, 260), ("TD.0039", 60, 450), ("TD.0010", 25, 365),
)  # fmt: skip
# What the person now with the doctor was sent for, and what is found already: a potassium nobody can overlook.
GLUCOSE, IONS, BLOOD_COUNT, ECG = "23.0075.1494", "23.0058.1487", "22.0121.1369", "02.0085.1778"
FOUND = {GLUCOSE: {"GLU": "7,2"}, IONS: {"NA": "138", "K": "6,8", "CL": "103"}}
MOST_PRESCRIBED = 3


def open_morning(desk: Desk, chance: Random) -> Iterator[tuple[str, int]]:
    """Each part as it is done: the table and how many rows."""
    yield "Appointment", _book(desk, chance)
    yield "StockLot", _fill_shelves(desk)
    yield "ServiceOrder", _order(desk)
    yield "Prescription", _prescribe(desk)


def _book(desk: Desk, chance: Random) -> int:
    nurse = desk.ctx("le.tan", desk.now)
    for room in Room.objects.filter(facility__code=CLINIC, code__in=ROOMS):
        for weekday in WORKDAYS:
            for begins, ends in HOURS:
                add_schedule(
                    nurse,
                    room_id=room.pk,
                    weekday=weekday,
                    begins=begins,
                    ends=ends,
                    minutes=MINUTES,
                    capacity=CAPACITY,
                )
    slots = _slots(desk)
    chance.shuffle(slots)
    adults = [one for one in desk.clinic if 18 <= one.age(timezone.localdate(desk.now)) < 90]  # noqa: PLR2004
    booked = 0
    for person, (schedule, starts_at) in zip(adults[:BOOKED], slots, strict=False):
        said = {"reason": chance.choice(WHY_BOOKED), "booked_from": BookedFrom.DESK}
        book(nurse, patient_id=uuid.UUID(person.id), schedule_id=schedule, starts_at=starts_at, **said)
        booked += 1
    return booked


def _slots(desk: Desk) -> list[tuple[uuid.UUID, datetime]]:
    """Every slot of the coming days, today's that are still to come among them."""
    today = timezone.localdate(desk.now)
    patterns = list(Schedule.objects.filter(room__facility__code=CLINIC))
    days = [today + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    slots = [
        (pattern.pk, at) for day in days for pattern in patterns if pattern.weekday == day.isoweekday()
        for at in _times(day, pattern)
    ]  # fmt: skip
    return [slot for slot in slots if slot[1] > desk.now]


def _times(day: date, pattern: Schedule) -> Iterator[datetime]:
    at, end = datetime.combine(day, pattern.begins, HANOI), datetime.combine(day, pattern.ends, HANOI)
    while at < end:
        yield at
        at += timedelta(minutes=pattern.minutes)


def _fill_shelves(desk: Desk) -> int:
    pharmacist, today = desk.ctx("duoc.si", desk.now), timezone.localdate(desk.now)
    for number, (code, packs, days) in enumerate(SHELVES, start=1):
        receive_lot(
            pharmacist,
            code=code,
            lot=f"MAU{number:03d}",
            expires_on=today + timedelta(days=days),
            quantity=Decimal(packs * 10),
            token=uuid.uuid4(),
        )
    return len(SHELVES)


def _order(desk: Desk) -> int:
    visit = Visit.objects.filter(facility__code=CLINIC, state=VisitState.IN_CONSULTATION).first()
    if visit is None:
        return 0
    placed = place_order(desk.ctx("bac.si", desk.today(70)), visit_id=visit.pk, codes=[GLUCOSE, IONS, BLOOD_COUNT, ECG])
    laboratory = desk.ctx("ky.thuat.vien", desk.today(40))
    take_specimens(laboratory, order_id=placed.pk)
    for code, answers in FOUND.items():
        item = OrderItem.objects.get(order=placed, service__code=code)
        enter_result(laboratory, item_id=item.pk, answer=Answer(answers))
    return 1


def _prescribe(desk: Desk) -> int:
    """The visits that ended get what a cold asks for; one has been to the pharmacy already."""
    one, none = Decimal(1), Decimal(0)
    written = Written(
        (
            DraftLine(PARACETAMOL, Dosing(one, none, one, none, 3, "Khi sốt trên 38,5 °C hoặc đau")),
            DraftLine(VITAMIN_C, Dosing(one, none, none, none, 5)),
        ),
    )
    signed: list[Prescription] = []
    for visit in Visit.objects.filter(facility__code=CLINIC, state=VisitState.CLOSED).order_by("pk")[:MOST_PRESCRIBED]:
        doctor = desk.ctx("bac.si", desk.now)
        sheet = save_draft(doctor, visit_id=visit.pk, version=0, written=written)
        if sheet.draft_id is None:
            continue
        try:
            made = sign_prescription(
                doctor, visit_id=visit.pk, draft_id=sheet.draft_id, version=sheet.version, written=written
            )
        except Refused:
            continue  # the checks know something of this person that the demonstration does not
        signed += made
    if signed:
        lines = {line.pk: line.medication.quantity or none for line in signed[0].lines.select_related("medication")}
        dispense(desk.ctx("duoc.si", desk.now), prescription_id=signed[0].pk, amounts=lines, token=uuid.uuid4())
    return len(signed)
