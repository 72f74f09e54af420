"""Somebody in bed: beds of a department, an admitted visit, a sheet of today with an order."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any

from clinics.commands.check_in import check_in
from clinics.commands.consultation import record_diagnoses, start_consultation
from clinics.commands.stays.daily import write_sheet
from clinics.commands.stays.placing import admit
from clinics.models import Bed, DailyOrder, Stay
from clinics.rules.stays import DaySheet, OrderLine, Slot
from registry.models import Department, Facility
from tests.factories.city import City
from tests.factories.residents import make_resident

SHEET = DaySheet(
    "Bớt ho, không sốt", "2", "Cháo", (OrderLine("Amoxicilin 500 mg", "1 viên", (Slot.MORNING, Slot.EVENING)),)
)


@dataclass(frozen=True)
class Ward:
    """Two departments of a clinic: two beds in the first, one in the second."""

    department: Department
    other: Department
    beds: tuple[Bed, Bed]
    far: Bed


def make_ward(facility: Facility) -> Ward:
    department = Department.objects.create(facility=facility, code="K03", name="Khoa Nội tổng hợp")
    other = Department.objects.create(facility=facility, code="K19", name="Khoa Ngoại tổng hợp")
    first, second = (Bed.objects.create(department=department, code=f"N0{n}", room="Buồng 1") for n in (1, 2))
    return Ward(department, other, (first, second), Bed.objects.create(department=other, code="G01"))


def make_patient_in_consultation(city: City, suffix: str = "", name: str = "Trịnh Văn Nằm") -> uuid.UUID:
    """A visit with the doctor and its diagnosis."""
    facility, room = (city.elsewhere, city.other_room) if suffix else (city.here, city.room)
    said: dict[str, Any] = {"reason": "Sốt cao, khó thở", "payer": "self-pay", "priority": "none", "care_type": "01"}
    resident = make_resident(facility, name)
    visit_id = check_in(city.ctx(f"le.tan{suffix}"), patient_id=resident.pk, room_id=room.pk, **said).visit_id
    start_consultation(city.ctx(f"bac.si{suffix}"), visit_id=visit_id)
    record_diagnoses(city.ctx(f"bac.si{suffix}"), visit_id=visit_id, main="J18.9")
    return visit_id


def make_stay(city: City, ward: Ward, suffix: str = "", name: str = "Trịnh Văn Nằm") -> Stay:
    """Admitted to the first bed."""
    visit_id = make_patient_in_consultation(city, suffix, name)
    return admit(
        city.ctx(f"bac.si{suffix}"),
        visit_id=visit_id,
        department_id=ward.department.pk,
        bed_id=ward.beds[0].pk,
        reason="Viêm phổi, cần kháng sinh tiêm",
    )


def make_order(city: City, stay: Stay, suffix: str = "") -> DailyOrder:
    """Today's sheet with one order, for the morning and the evening."""
    sheet = write_sheet(city.ctx(f"bac.si{suffix}"), visit_id=stay.visit_id, sheet=SHEET)
    return sheet.orders.get()


def stay_of(city: City, suffix: str, name: str) -> dict[str, Any]:
    """What the routes of stays may name, at that clinic."""
    ward = make_ward(city.elsewhere if suffix else city.here)
    stay = make_stay(city, ward, suffix, name)
    order = make_order(city, stay, suffix)
    gone = make_stay_over(city, ward, suffix, name)
    routes = ("stay", "stay_bed", "stay_move", "stay_sheet", "stay_given", "leaving")
    return {f"clinics:{route}/visit_id": stay.visit_id for route in routes} | {
        "clinics:admission/visit_id": make_patient_in_consultation(city, suffix, name),
        "clinics:stay_paper/visit_id": gone.visit_id,
        "clinics:stay_paper/kind": "ra-vien",
        "clinics:visit_paper/visit_id": make_referred(city, suffix, name),
        "clinics:visit_paper/kind": "chuyen-tuyen",
        "clinics:stay_given/order_id": order.pk,
        "clinics:stay_bed/bed_id": ward.beds[1].pk,
        "clinics:stay_move/department_id": ward.other.pk,
        "clinics:stay_move/reason": "Cần mổ",
        "clinics:stay_given/slot": "morning",
        "clinics:stay_given/done": "1",
    }


def make_referred(city: City, suffix: str = "", name: str = "Trịnh Văn Chuyển") -> uuid.UUID:
    """An outpatient sent on to the other clinic, the visit closed."""
    from clinics.commands.closing import Ending as Closing
    from clinics.commands.closing import close_visit

    visit_id = make_patient_in_consultation(city, suffix, name)
    to = (city.here if suffix else city.elsewhere).code
    ending = Closing(discharge="2", referred_to=to, referral_reason="Cần chụp cắt lớp", condition="Tỉnh, SpO2 94%")
    doctor = city.ctx(f"bac.si{suffix}")
    close_visit(doctor, visit_id=visit_id, conclusion="Thở oxy, kháng sinh", outcome_code="4", ending=ending)
    return visit_id


def make_stay_over(city: City, ward: Ward, suffix: str, name: str) -> Stay:
    """Admitted without a bed, and gone home."""
    from clinics.commands.stays.leaving import discharge
    from clinics.rules.stays import Ending

    visit_id = make_patient_in_consultation(city, suffix, name)
    doctor = city.ctx(f"bac.si{suffix}")
    admit(doctor, visit_id=visit_id, department_id=ward.department.pk, reason="Theo dõi")
    ending = Ending("1", "1", "Truyền dịch", "Tỉnh, hết sốt", leave_days=3)
    return discharge(doctor, visit_id=visit_id, ending=ending).stay
