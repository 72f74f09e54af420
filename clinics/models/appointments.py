"""Bookable hours of rooms and doctors, the days they do not hold, and who booked them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinics.models.visits import Visit
from clinics.rules.appointments import (
    APPOINTMENT_NAMES,
    BOOKED_FROM_NAMES,
    WEEKDAYS,
    AppointmentState,
    BookedFrom,
)
from records.models import Patient, SourceRecord
from records.models.provenance import tracked
from registry.models import AppendOnly, Facility, Room, Uuid7Model


@tracked
class Schedule(Uuid7Model):
    """A weekly pattern of a room, and of a doctor where one is named (FHIR Schedule). Only valid_to is ever changed.

    weekday: 1 Monday to 7; minutes: length of a slot; capacity: people a slot takes.
    """

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    weekday = models.PositiveSmallIntegerField(choices=list(WEEKDAYS.items()))
    begins = models.TimeField()
    ends = models.TimeField()
    minutes = models.PositiveSmallIntegerField()
    capacity = models.PositiveSmallIntegerField()
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["room", "weekday"], name="room_schedule_room_day")]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__gte=1, weekday__lte=7), name="room_schedule_weekday"),
            models.CheckConstraint(condition=Q(ends__gt=F("begins")), name="room_schedule_hours"),
            models.CheckConstraint(condition=Q(minutes__gt=0) & Q(capacity__gt=0), name="room_schedule_counts"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from") - 1), name="room_schedule_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.room_id} {self.weekday} {self.begins}"


class ClosedDay(Uuid7Model, AppendOnly):
    """A day without appointments: a holiday of the facility, or an absence of one room (room None: every room)."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    day = models.DateField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["facility", "room", "day"], name="closed_once", nulls_distinct=False),
            models.CheckConstraint(condition=~Q(reason=""), name="closed_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.day}"


class AppointmentSlot(Uuid7Model):
    """A slot somebody booked at least once (FHIR Slot). taken is counted in the same statement that checks capacity."""

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="slots")
    starts_at = models.DateTimeField()
    capacity = models.PositiveSmallIntegerField()
    taken = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "starts_at"], name="slot_once"),
            models.CheckConstraint(condition=Q(taken__lte=F("capacity")), name="slot_never_over"),
        ]

    def __str__(self) -> str:
        return f"{self.schedule_id} {self.starts_at}"


@tracked
class Appointment(Uuid7Model):
    """A person's booking (FHIR Appointment). source_record and patient stand as in clinical rows; patient follows a relink.

    replaces: the booking this was moved from; visit: what it became when the person came.
    """

    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    slot = models.ForeignKey(AppointmentSlot, on_delete=models.PROTECT, related_name="appointments")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    booked_from = models.CharField(max_length=10, choices=[(b.value, BOOKED_FROM_NAMES[b]) for b in BookedFrom])
    booked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    state = models.CharField(
        max_length=10,
        choices=[(s.value, APPOINTMENT_NAMES[s]) for s in AppointmentState],
        default=AppointmentState.BOOKED,
    )
    end_reason = models.CharField(max_length=300, blank=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    replaces = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="moved_to")
    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, null=True, related_name="appointment")

    class Meta:
        indexes = [
            models.Index(fields=["facility", "starts_at"], name="appointment_day"),
            models.Index(fields=["patient", "starts_at"], name="appointment_patient"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=list(AppointmentState)), name="appointment_state_known"),
            models.CheckConstraint(
                condition=~Q(state__in=["cancelled", "moved"]) | ~Q(end_reason=""), name="appointment_end_reason"
            ),
            models.CheckConstraint(condition=~Q(state="arrived") | Q(visit__isnull=False), name="appointment_arrived"),
        ]

    def __str__(self) -> str:
        return str(self.id)
