"""The follow-up that was booked with a visit."""

from __future__ import annotations

from clinics.models import Appointment, Visit
from clinics.rules.appointments import AppointmentState, BookedFrom
from clinics.rules.states import VisitState

MOST_MOVES = 5


def follow_up_of(visit: Visit) -> Appointment | None:
    """What the person was told when a closed visit ended, as it stands now; None where nothing stands any more.

    It was booked at this facility while the visit went on or with its closing; where it was moved, the new hour counts.
    """
    if visit.state != VisitState.CLOSED or visit.state_since is None:
        return None
    booked = Appointment.objects.filter(
        patient_id=visit.encounter.patient_id,
        facility_id=visit.facility_id,
        booked_from=BookedFrom.FOLLOW_UP,
        booked_at__gte=visit.checked_in_at,
        booked_at__lte=visit.state_since,
    )
    found = booked.select_related("room").order_by("-booked_at", "-id").first()
    for _ in range(MOST_MOVES):
        if found is None or found.state != AppointmentState.MOVED:
            break
        found = Appointment.objects.select_related("room").filter(replaces=found).first()
    return found if found is not None and found.state == AppointmentState.BOOKED else None
