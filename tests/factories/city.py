"""A small city for tests. Two clinics, so that every right has an insider and a stranger."""

from __future__ import annotations

import functools
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib.auth.hashers import make_password

from registry.kernel import Channel, Context
from registry.models import Assignment, Department, Facility, Room, Staff
from registry.queries.contexts import context_of_staff, find_assignments
from registry.rules.permissions import Role

PASSWORD = "mat-khau-thu-nghiem-1"
SINCE = date(2020, 1, 1)
NOW = datetime(2026, 11, 23, 7, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))

ROLES = {
    "le.tan": Role.RECEPTIONIST,
    "y.ta": Role.NURSE,
    "bac.si": Role.DOCTOR,
    "ky.thuat.vien": Role.TECHNICIAN,
    "duoc.si": Role.PHARMACIST,
    "thu.ngan": Role.CASHIER,
    "sang.loc": Role.SCREENING_COORDINATOR,
    "di.tru": Role.MIGRATION_OPERATOR,
    "so.y.te": Role.CITY_ADMINISTRATOR,
}


@dataclass
class City:
    """here: the clinic the insiders work at. elsewhere: the strangers' clinic ("bac.si.2", "le.tan.2")."""

    here: Facility
    elsewhere: Facility
    authority: Facility
    room: Room
    other_room: Room
    staff: dict[str, Staff] = field(default_factory=dict)

    def ctx(self, username: str, at: datetime | None = None) -> Context:
        """The context of one of the staff, now or at another time."""
        moment = at or datetime.now(tz=NOW.tzinfo)
        person = self.staff[username]
        assignments = find_assignments(person, moment.date())
        assert assignments, f"{username} has no assignment on {moment.date()}"
        return context_of_staff(person, assignments[0], at=moment, channel=Channel.WEB, request_id=uuid.uuid4())


@functools.cache
def hashed_password() -> str:
    """Argon2 once a session, not once a person."""
    return make_password(PASSWORD)


def make_facility(code: str, name: str, kind: str = Facility.Kind.POLYCLINIC) -> Facility:
    """A facility open since 2020."""
    facility, _ = Facility.objects.update_or_create(
        code=code,
        defaults={"name": name, "short_name": name, "name_key": name.lower(), "kind": kind, "valid_from": SINCE},
    )
    return facility


def make_room(facility: Facility, code: str = "P3", name: str = "Phòng 3 · Nội tổng hợp") -> Room:
    """A consulting room in the facility's examination department."""
    department, _ = Department.objects.get_or_create(facility=facility, code="K01", defaults={"name": "Khoa Khám bệnh"})
    room, _ = Room.objects.get_or_create(
        facility=facility, code=code, defaults={"name": name, "department": department}
    )
    return room


def make_staff(username: str, role: Role, facility: Facility, room: Room | None = None) -> Staff:
    """Somebody who can sign in with PASSWORD, assigned since 2020."""
    person = Staff.objects.create(
        username=username, full_name=f"Nhân viên {username}", sort_key=username, password=hashed_password()
    )
    Assignment.objects.create(staff=person, facility=facility, role=role, room=room, valid_from=SINCE)
    return person


def build_city() -> City:
    """Two clinics, an authority, nine insiders and three strangers."""
    here = make_facility("01T01", "PKĐK Kim Liên (thử)")
    elsewhere = make_facility("01T02", "BVĐK Đống Đa (thử)", Facility.Kind.HOSPITAL)
    authority = make_facility("01T00", "Sở Y tế (thử)", Facility.Kind.AUTHORITY)
    city = City(here, elsewhere, authority, make_room(here), make_room(elsewhere, "P1", "Phòng 1 · Nội"))
    for username, role in ROLES.items():
        facility = authority if role is Role.CITY_ADMINISTRATOR else here
        city.staff[username] = make_staff(username, role, facility, city.room if facility is here else None)
    for username, role in {
        "le.tan.2": Role.RECEPTIONIST,
        "bac.si.2": Role.DOCTOR,
        "sang.loc.2": Role.SCREENING_COORDINATOR,
        "di.tru.2": Role.MIGRATION_OPERATOR,
        "thu.ngan.2": Role.CASHIER,
    }.items():
        city.staff[username] = make_staff(username, role, elsewhere, city.other_room)
    return city
