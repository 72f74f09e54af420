"""The clinics of the morning: 50 staff each, signed in, with rooms, prices and a stocked pharmacy.

Import after the environment points at the benchmark's database and Django is set up.
"""

from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone

from benchmarks.csrf import CSRF
from clinics.commands.pharmacy import receive_lot
from clinics.commands.price_lists import put_price_list, starter_prices
from records.models import ReadingLimit
from registry.kernel import Channel, Context
from registry.models import Assignment, Department, Facility, Room, Staff
from registry.queries.contexts import context_of_staff
from registry.rules.permissions import Role

SINCE = date(2025, 7, 1)
ROOMS = 10
# One clinic of fifty: the shares of a polyclinic with ten consulting rooms, each with its doctor and one who relieves.
SHARES = {
    Role.RECEPTIONIST: 7, Role.NURSE: 10, Role.DOCTOR: 16, Role.TECHNICIAN: 7, Role.PHARMACIST: 5, Role.CASHIER: 5,
}  # fmt: skip
MEDICINES = ("TD.0001", "TD.0015")  # of the starter formulary, ordinary ones that no check stops for a healthy adult
ON_THE_SHELF = Decimal(1_000_000)
# Adults below sixty with a CCCD, whose record is open to the clinic: nobody of them needs a question answered first.
_PEOPLE = """
    SELECT p.id::text, p.name, p.birth_date, p.sex, i.value, c.value
    FROM records_accessgrant g JOIN records_recordlink l ON l.record_id = g.source_record_id
    JOIN records_patient p ON p.id = l.patient_id
    JOIN records_patientidentifier i ON i.patient_id = p.id AND i.kind = 'cccd'
    JOIN records_patientidentifier c ON c.patient_id = p.id AND c.kind = 'bhyt'
    WHERE g.facility_id = %s AND p.birth_precision = 'day' AND p.birth_date BETWEEN '1967-01-01' AND '2004-01-01'
    ORDER BY md5(p.id::text)
"""


@dataclass(frozen=True, slots=True)
class Clinic:
    """What the driver knows of a clinic: Cookie headers by role, rooms (id, code), people who will come."""

    code: str
    staff: dict[str, list[str]]
    rooms: list[tuple[int, str]]
    people: list[dict[str, str]]


def staff_clinics(count: int, share: float = 1.0) -> list[dict[str, Any]]:
    """The first `count` clinics made ready, each with `share` of the fifty; as plain data for the driver's process."""
    ReadingLimit.objects.update(stops_at=10**9)  # nobody reads as much as in a morning of minutes
    facilities = Facility.objects.filter(source="benchmark").order_by("code")[:count]
    return [asdict(_clinic(one, share)) for one in facilities]


def _clinic(facility: Facility, share: float) -> Clinic:
    department = Department.objects.create(facility=facility, code="K01", name="Khoa Khám bệnh")
    rooms = [
        Room.objects.create(facility=facility, department=department, code=f"P{n}", name=f"Phòng {n}")
        for n in range(1, ROOMS + 1)
    ]
    staff = {
        role.value: [
            _member(facility, role, number, rooms[number % ROOMS] if role is Role.DOCTOR else None)
            for number in range(max(1, round(most * share)))
        ]
        for role, most in SHARES.items()
    }
    _open_shop(facility)
    cookies = {role: [_cookie(one) for one in people] for role, people in staff.items()}
    return Clinic(facility.code, cookies, [(room.pk, room.code) for room in rooms], _people(facility))


def _member(facility: Facility, role: Role, number: int, room: Room | None) -> Staff:
    name = f"{facility.code}.{role.value}.{number}"
    person = Staff.objects.create(
        username=name,
        full_name=f"Người Đo {number}",
        sort_key=name,
        password="!",  # noqa: S106 - no password at all: nobody signs in with it
        licence_number=f"{number:06d}/HNO-CCHN",
    )
    Assignment.objects.create(staff=person, facility=facility, role=role, room=room, valid_from=SINCE)
    return person


def _cookie(person: Staff) -> str:
    client = Client()
    client.force_login(person, backend=settings.AUTHENTICATION_BACKENDS[-1])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"


def _ctx(facility: Facility, role: Role) -> Context:
    held = Assignment.objects.select_related("staff", "facility").filter(facility=facility, role=role).first()
    if held is None:
        raise LookupError(f"nobody is {role} at {facility.code}")
    return context_of_staff(held.staff, held, at=timezone.now(), channel=Channel.COMMAND_LINE, request_id=uuid.uuid4())


def _open_shop(facility: Facility) -> None:
    """The starter price list, and more of the medicines than a morning needs."""
    rows, year = starter_prices(), date(timezone.localdate().year, 1, 1)
    put_price_list(_ctx(facility, Role.CASHIER), name="Bảng giá đo", source="benchmark", valid_from=year, rows=rows)
    later = timezone.localdate() + timedelta(days=500)
    for code in MEDICINES:
        receive_lot(
            _ctx(facility, Role.PHARMACIST), code=code, lot="DO-1", expires_on=later, quantity=ON_THE_SHELF,
            token=uuid.uuid4(),
        )  # fmt: skip


def _people(facility: Facility) -> list[dict[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [facility.pk])
        rows = cursor.fetchall()
    said = {"male": "Nam", "female": "Nữ"}
    return [
        {
            "id": key,
            "scan": f"{cccd}||{name}|{birth:%d%m%Y}|{said[sex]}|Hà Nội|20052022",
            "card": card,
        }
        for key, name, birth, sex, cccd, card in rows
    ]
