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
STRANGERS = {
    "le.tan.2": Role.RECEPTIONIST,
    "bac.si.2": Role.DOCTOR,
    "sang.loc.2": Role.SCREENING_COORDINATOR,
    "di.tru.2": Role.MIGRATION_OPERATOR,
    "thu.ngan.2": Role.CASHIER,
}
OWN_ROOM = "Phòng 3 · Nội tổng hợp"
DEPARTMENT = {"code": "K01", "name": "Khoa Khám bệnh"}


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


def named(name: str) -> dict[str, str]:
    """A facility's name in its three forms."""
    return {"name": name, "short_name": name, "name_key": name.lower()}


def make_facility(code: str, name: str, kind: str = Facility.Kind.POLYCLINIC) -> Facility:
    """A facility open since 2020."""
    wanted = {**named(name), "kind": kind, "valid_from": SINCE}
    return Facility.objects.update_or_create(code=code, defaults=wanted)[0]


def make_room(facility: Facility, code: str = "P3", name: str = OWN_ROOM) -> Room:
    """A consulting room in the facility's examination department."""
    department, _ = Department.objects.get_or_create(
        facility=facility, code=DEPARTMENT["code"], defaults={"name": DEPARTMENT["name"]}
    )
    room, _ = Room.objects.get_or_create(
        facility=facility, code=code, defaults={"name": name, "department": department}
    )
    return room


def make_staff(username: str, role: Role, facility: Facility, room: Room | None = None) -> Staff:
    """Somebody who can sign in with PASSWORD, assigned since 2020."""
    return employ((username, role, facility, room))[username]


def employ(*people: tuple[str, Role, Facility, Room | None]) -> dict[str, Staff]:
    """Everybody of a list at once, by sign-in name."""
    staff = Staff.objects.bulk_create(
        Staff(username=username, full_name=f"Nhân viên {username}", sort_key=username, password=hashed_password())
        for username, *_ in people
    )
    Assignment.objects.bulk_create(
        Assignment(staff=person, facility=facility, role=role, room=room, valid_from=SINCE)
        for person, (_, role, facility, room) in zip(staff, people, strict=True)
    )
    return {person.username: person for person in staff}


def build_city() -> City:
    """Two clinics, an authority, nine insiders and five strangers: the ground of most tests, so in few statements."""
    here, elsewhere, authority = Facility.objects.bulk_create(
        Facility(code=code, kind=kind, valid_from=SINCE, **named(name))
        for code, name, kind in (
            ("01T01", "PKĐK Kim Liên (thử)", Facility.Kind.POLYCLINIC),
            ("01T02", "BVĐK Đống Đa (thử)", Facility.Kind.HOSPITAL),
            ("01T00", "Sở Y tế (thử)", Facility.Kind.AUTHORITY),
        )
    )
    departments = Department.objects.bulk_create(Department(facility=one, **DEPARTMENT) for one in (here, elsewhere))
    room, other_room = Room.objects.bulk_create(
        Room(department=department, facility=department.facility, code=code, name=name)
        for department, code, name in zip(departments, ("P3", "P1"), (OWN_ROOM, "Phòng 1 · Nội"), strict=True)
    )
    insiders = [
        (username, role, authority, None) if role is Role.CITY_ADMINISTRATOR else (username, role, here, room)
        for username, role in ROLES.items()
    ]
    strangers = [(username, role, elsewhere, other_room) for username, role in STRANGERS.items()]
    return City(here, elsewhere, authority, room, other_room, employ(*insiders, *strangers))
