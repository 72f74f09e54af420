"""Building contexts: from a signed-in staff member, from a hospital's client, for the system itself."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from registry.kernel import Actor, ActorKind, Channel, Context, FacilityRef, Purpose
from registry.models import Assignment, Facility, Staff
from registry.queries.clients import Client
from registry.rules.permissions import Permission, Role, permissions_of

PURPOSES = {
    Role.CITY_ADMINISTRATOR: Purpose.SYSTEM_ADMINISTRATION,
    Role.MIGRATION_OPERATOR: Purpose.OPERATIONS,
    Role.SCREENING_COORDINATOR: Purpose.PUBLIC_HEALTH,
}
MAX_ASSIGNMENTS = 50
API_SCOPE = "system/Patient.rs"  # SMART backend services: read and search
RESULT_SCOPE = "system/Observation.c"  # create
_OF_RESULTS = frozenset({Permission.API_RESULT_SEND})


def find_assignments(staff: Staff, today: date) -> list[Assignment]:
    """What the person is where today, in a stable order; at most 50."""
    found = Assignment.objects.on(today).filter(staff=staff, staff__is_active=True)
    return list(found.select_related("facility", "room").order_by("facility__code", "role")[:MAX_ASSIGNMENTS])


def context_of_staff(
    staff: Staff, assignment: Assignment | None, *, at: datetime, channel: Channel, request_id: uuid.UUID
) -> Context:
    """The context of one assignment; without one the person may do nothing."""
    role = Role(assignment.role) if assignment else None
    return Context(
        actor=Actor(ActorKind.STAFF, str(staff.pk), staff.username),
        facility=facility_ref(assignment.facility) if assignment else None,
        at=at,
        permissions=permissions_of(role) if role else frozenset(),
        purpose=PURPOSES.get(role, Purpose.TREATMENT) if role else Purpose.TREATMENT,
        channel=channel,
        role=role.value if role else "",
        request_id=request_id,
    )


def admin_permissions_of(assignments: list[Assignment]) -> frozenset[Permission]:
    """What the admin may offer: the rights of assignments to an authority, never those of a clinic."""
    return frozenset[Permission]().union(*(a.permissions for a in assignments if a.role == Role.CITY_ADMINISTRATOR))


def context_of_client(client: Client, *, at: datetime, request_id: uuid.UUID) -> Context:
    """The context of a hospital's system, standing in its facility."""
    return Context(
        actor=Actor(ActorKind.CLIENT, client.client_id, f"client:{client.facility.code}"),
        facility=client.facility,
        at=at,
        permissions=_permissions_of_scopes(client.scopes),
        purpose=Purpose.TREATMENT,
        channel=Channel.API,
        role=Role.API_CLIENT.value,
        request_id=request_id,
    )


def _permissions_of_scopes(scopes: frozenset[str]) -> frozenset[Permission]:
    """A token reads residents by one scope and sends results by another; neither gives the other's rights."""
    known = permissions_of(Role.API_CLIENT)
    reading = known - _OF_RESULTS if API_SCOPE in scopes else frozenset()
    return reading | (known & _OF_RESULTS if RESULT_SCOPE in scopes else frozenset())


def system_context(
    at: datetime, *, facility: Facility | None = None, channel: Channel = Channel.TASK, label: str = "system"
) -> Context:
    """The system acting by itself: scheduled tasks, the command line, the demo city."""
    return Context(
        actor=Actor(ActorKind.SYSTEM, label, label),
        facility=facility_ref(facility) if facility else None,
        at=at,
        permissions=permissions_of(Role.SYSTEM),
        purpose=Purpose.OPERATIONS,
        channel=channel,
        role=Role.SYSTEM.value,
    )


def facility_ref(facility: Facility) -> FacilityRef:
    """What a context needs to know of a facility."""
    return FacilityRef(id=facility.pk, code=facility.code, name=facility.short_name)


def find_authority() -> Facility | None:
    """The city's own body among the facilities, or None where none is on file."""
    return Facility.objects.filter(kind=Facility.Kind.AUTHORITY).order_by("code").first()


def get_facility(code: str) -> Facility | None:
    """The facility with this MA_CSKCB, or None."""
    return Facility.objects.filter(code=code).first()
