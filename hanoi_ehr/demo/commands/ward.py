"""The demo clinic's few beds: somebody on the third day, somebody who came this morning, and beds that are free."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from decimal import Decimal

from django.utils import timezone

from clinics.commands.check_in import check_in
from clinics.commands.consultation import record_diagnoses, start_consultation
from clinics.commands.stays.daily import mark_given, write_sheet
from clinics.commands.stays.placing import admit
from clinics.commands.triage import record_vitals
from clinics.models import Bed, Visit
from clinics.rules.payers import Payer
from clinics.rules.priorities import Priority
from clinics.rules.stays import DaySheet, OrderLine, Slot
from hanoi_ehr.demo.commands.scenes import Desk
from hanoi_ehr.demo.facilities import CLINIC
from hanoi_ehr.demo.histories import HANOI
from hanoi_ehr.demo.people import Person
from registry.models import Department, Room

WARD = "K03"
BEDS = (("N01", "Buồng 1"), ("N02", "Buồng 1"), ("N03", "Buồng 1"), ("N04", "Buồng 2"), ("N05", "Buồng 2"))
AMOXICILLIN = OrderLine("Amoxicilin 500 mg", "1 viên, uống", (Slot.MORNING, Slot.EVENING))
PARACETAMOL = OrderLine("Paracetamol 500 mg", "1 viên khi sốt trên 38,5 °C")
WATCH = OrderLine("Theo dõi mạch, nhiệt độ, huyết áp", "mỗi 6 giờ", (Slot.MORNING, Slot.AFTERNOON, Slot.EVENING))
HOURS = {"morning": 20, "noon": -160, "afternoon": -370, "evening": -655}  # minutes before nine


@dataclass(frozen=True, slots=True)
class Lying:
    """Somebody in bed: days since they came, and what the doctor wrote on each of them."""

    days: int
    reason: str
    code: str
    readings: dict[str, Decimal]
    sheets: tuple[DaySheet, ...]


LYING = (
    Lying(
        2, "Sốt cao, ho đờm ba ngày", "J18.9", {"temperature": Decimal("39.1"), "spo2": Decimal(94)},
        (
            DaySheet("Sốt 39 °C, ran ẩm đáy phổi phải", "2", "Cháo", (AMOXICILLIN, PARACETAMOL, WATCH)),
            DaySheet("Còn sốt nhẹ 37,9 °C, ho giảm, ăn được", "2", "Cháo", (AMOXICILLIN, PARACETAMOL, WATCH)),
            DaySheet("Hết sốt, phổi đỡ ran", "3", "Cơm", (AMOXICILLIN, WATCH)),
        ),
    ),
    Lying(0, "Nôn, tiêu chảy nhiều lần từ đêm", "A09", {"temperature": Decimal("37.8"), "pulse": Decimal(104)}, ()),
)  # fmt: skip


def open_ward(desk: Desk) -> Iterator[tuple[str, int]]:
    """Each part as it is done: the table and how many rows."""
    department = Department.objects.get(facility__code=CLINIC, code=WARD)
    beds = [Bed.objects.create(department=department, code=code, room=room) for code, room in BEDS]
    yield "Bed", len(beds)
    today = timezone.localdate(desk.now)
    seen = set(Visit.objects.filter(facility__code=CLINIC).values_list("encounter__patient_id", flat=True))
    people = [
        one
        for one in desk.clinic
        if 30 <= one.age(today) < 80 and uuid.UUID(one.id) not in seen  # noqa: PLR2004
    ]
    for person, bed, lying in zip(people, beds, LYING, strict=False):
        _keep(desk, person, bed, lying)
    yield "Stay", min(len(people), len(LYING))


def _keep(desk: Desk, person: Person, bed: Bed, lying: Lying) -> None:
    arrived = _at(desk, lying.days, 100)
    room = Room.objects.get(facility__code=CLINIC, code="P3")
    visit_id = check_in(
        desk.ctx("le.tan", arrived),
        patient_id=uuid.UUID(person.id),
        room_id=room.pk,
        reason=lying.reason,
        payer=Payer.INSURANCE if person.bhyt else Payer.SELF_PAY,
        priority=Priority.NONE,
        care_type="01",
    ).visit_id
    record_vitals(desk.ctx("y.ta", arrived), visit_id=visit_id, readings=lying.readings)
    doctor = desk.ctx("bac.si", _at(desk, lying.days, 70))
    start_consultation(doctor, visit_id=visit_id)
    record_diagnoses(doctor, visit_id=visit_id, main=lying.code)
    admit(doctor, visit_id=visit_id, department_id=bed.department_id, bed_id=bed.pk, reason=lying.reason)
    for ago, sheet in zip(range(lying.days, -1, -1), lying.sheets, strict=True) if lying.sheets else ():
        _care(desk, visit_id, ago, sheet)


def _care(desk: Desk, visit_id: uuid.UUID, ago: int, sheet: DaySheet) -> None:
    """The doctor writes; the nurse has given everything of the days that are over, and this morning's first line."""
    written = write_sheet(desk.ctx("bac.si", _at(desk, ago, 60)), visit_id=visit_id, sheet=sheet)
    for order in written.orders.order_by("position"):
        for slot in order.slots if ago else order.slots[: 1 if order.position == 1 else 0]:
            nurse = desk.ctx("y.ta", _at(desk, ago, HOURS[slot] if ago else 30))
            mark_given(nurse, visit_id=visit_id, order_id=order.pk, slot=slot, done=True)


def _at(desk: Desk, days: int, minutes_ago: int) -> datetime:
    """Today so many minutes ago, or the morning of an earlier day."""
    if days == 0:
        return desk.today(minutes_ago)
    return datetime.combine(timezone.localdate(desk.now) - timedelta(days=days), time(9, 0), HANOI) - timedelta(
        minutes=minutes_ago
    )
