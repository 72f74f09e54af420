"""Who is in a programme, and where they stand in it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models import Patient, SourceRecord, tracked
from registry.models import AppendOnly, Facility, Uuid7Model
from screening.models.programmes import Programme


class Standing(models.TextChoices):
    """Where an enrolment stands."""

    ACTIVE = "active", "Đang tham gia"
    DEFERRED = "deferred", "Tạm hoãn"
    SURVEILLANCE = "surveillance", "Theo dõi sau chẩn đoán"
    CEASED = "ceased", "Đã ngừng"


@tracked
class Enrolment(Uuid7Model):
    """A person in a programme, looked after by one coordinating facility.

    source_record and patient stand as in clinical rows: whom it was written under, and the person that record is linked
    to today (a relink rewrites `patient`; so two enrolments of one programme may meet in one person, and both stay).
    group: the risk group they are in, "" for everybody else. next_due_on: when the next test is due, None when none is
    planned; next_action: which of the version's actions, "" for the programme's own test. standing is the latest
    EnrolmentStatus; deferred_until: only while it is deferred.
    """

    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    group = models.CharField(max_length=30, blank=True, default="", db_default="")
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.ACTIVE)
    next_due_on = models.DateField(null=True)
    next_action = models.CharField(max_length=30, blank=True, default="", db_default="")
    deferred_until = models.DateField(null=True)
    enrolled_at = models.DateTimeField()
    enrolled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(F("patient"), F("programme"), name="enrolment_patient"),
            models.Index(F("facility"), F("programme"), F("next_due_on"), F("id"), name="enrolment_facility_due"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source_record", "programme"], name="enrolment_once_a_record"),
            models.CheckConstraint(
                condition=~Q(standing="ceased") | Q(next_due_on=None), name="enrolment_ceased_is_never_due"
            ),
            models.CheckConstraint(
                condition=(Q(standing="deferred") & Q(deferred_until__isnull=False))
                | (~Q(standing="deferred") & Q(deferred_until=None)),
                name="enrolment_deferred_until",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class EnrolmentStatus(Uuid7Model, AppendOnly):
    """One change of an enrolment's standing; `by` is None for the system."""

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="statuses")
    standing = models.CharField(max_length=12, choices=Standing.choices)
    reason = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("enrolment"), F("at"), name="enrolment_status_of")]

    def __str__(self) -> str:
        return f"{self.standing} {self.enrolment_id}"
