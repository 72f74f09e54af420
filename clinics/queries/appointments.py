"""Who is booked: the list of a day, and one person's booking page."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Count

from clinics.models import Appointment
from clinics.queries.schedules import Offer, read_offers
from clinics.queries.scope import facility_of, today_of
from clinics.rules.appointments import AppointmentState
from records.models import Patient
from records.queries.band import SEX_NAMES
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.rules.dates import PartialDate, age_on

MOST_LISTED = 300


@dataclass(frozen=True, slots=True)
class BookingDay:
    """The bookings of a day in the order of their hours, and how many are in each state."""

    day: date
    rows: tuple[Appointment, ...]
    counts: Mapping[str, int]
    limited: bool
    today: bool


@dataclass(frozen=True, slots=True)
class BookingPage:
    """A person to book for, the slots of the day that was asked, what they have booked here already."""

    patient_id: uuid.UUID
    name: str
    sex: str
    age: str
    day: date
    offers: tuple[Offer, ...]
    ahead: tuple[Appointment, ...]


@query(Permission.APPOINTMENT_BOOK)
def get_bookings(ctx: Context, day: date, *, state: str = "") -> BookingDay:
    """This facility's bookings of a day; state "" is all of them."""
    mine = Appointment.objects.filter(facility_id=facility_of(ctx).id, starts_at__date=day)
    counts = dict(mine.values_list("state").annotate(Count("pk")).order_by())
    if state in list(AppointmentState):
        mine = mine.filter(state=state)
    rows = mine.select_related("patient", "room", "visit").order_by("starts_at", "id")[: MOST_LISTED + 1]
    record_audit(ctx, "list", target=("Appointment", str(day)), detail={"shown": len(rows[:MOST_LISTED])})
    return BookingDay(day, tuple(rows[:MOST_LISTED]), counts, len(rows) > MOST_LISTED, day == today_of(ctx))


@query(Permission.APPOINTMENT_BOOK)
def get_booking_page(ctx: Context, patient_id: uuid.UUID, day: date) -> BookingPage:
    """Whom to book for, as much as a desk may see before the record is open here. NotFound for nobody."""
    patient = Patient.objects.select_related("merged_into").filter(pk=patient_id).first()
    if patient is None:
        raise NotFound("Không tìm thấy người bệnh này.", "no-such-record")
    patient = patient.merged_into or patient
    born = PartialDate(patient.birth_date, patient.birth_precision)  # type: ignore[arg-type]
    page = BookingPage(
        patient_id=patient.pk,
        name=patient.name,
        sex=SEX_NAMES[patient.sex],
        age=age_on(born, max(today_of(ctx), born.value)).text,
        day=day,
        offers=read_offers(ctx, day),
        ahead=booked_ahead(ctx, patient.pk),
    )
    record_audit(ctx, "read", patient_id=patient.pk, target=("Booking", patient.pk))
    return page


def booked_ahead(ctx: Context, patient_id: uuid.UUID) -> tuple[Appointment, ...]:
    """Somebody's bookings here that are still to come; for readers that audit themselves."""
    ahead = Appointment.objects.filter(patient_id=patient_id, facility_id=facility_of(ctx).id, starts_at__gte=ctx.at)
    return tuple(ahead.filter(state=AppointmentState.BOOKED).select_related("room").order_by("starts_at")[:20])


def booked_today(ctx: Context, patient_id: uuid.UUID) -> Appointment | None:
    """Somebody's booking of today that they have not come for yet; for readers that audit themselves."""
    mine = Appointment.objects.filter(patient_id=patient_id, facility_id=facility_of(ctx).id)
    mine = mine.filter(starts_at__date=today_of(ctx), state=AppointmentState.BOOKED)
    return mine.select_related("room").order_by("starts_at").first()
