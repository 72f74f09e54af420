"""Medicines in the lifelong record: prescribed here or elsewhere, or taken as the person tells."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from records.models.care import Encounter
from records.models.provenance import ClinicalRow, clinical_constraints, tracked


@tracked
class MedicationRequest(ClinicalRow):
    """One medicine (FHIR MedicationRequest; reported=True is FHIR's reportedBoolean: taken as told, a MedicationStatement).

    name: as written on the box or the prescription; ingredient: active substance; strength e.g. "5 mg"; dose: how to take
    it, in words; route: a code of ĐƯỜNG DÙNG or words. ended_on: the last planned or actual day; None while it goes on.
    Stopping supersedes the row by one that says stopped, when and why: both stay readable.
    """

    class Status(models.TextChoices):
        ACTIVE = "active", "Đang dùng"
        COMPLETED = "completed", "Đã dùng hết đợt"
        STOPPED = "stopped", "Đã ngừng"
        ENTERED_IN_ERROR = "entered-in-error", "Ghi nhầm"

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, related_name="medications")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.ACTIVE)
    status_reason = models.CharField(max_length=300, blank=True)
    reported = models.BooleanField(default=False)
    code = models.CharField(max_length=255, blank=True)  # MA_THUOC or SO_DANG_KY as sent
    name = models.CharField(max_length=500)
    ingredient = models.CharField(max_length=500, blank=True)
    strength = models.CharField(max_length=200, blank=True)
    dose = models.CharField(max_length=500, blank=True)
    route = models.CharField(max_length=60, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3, null=True)
    unit = models.CharField(max_length=50, blank=True)
    indication = models.CharField(max_length=300, blank=True)
    long_term = models.BooleanField(default=False)
    started_on = models.DateField()
    ended_on = models.DateField(null=True)
    prescriber_name = models.CharField(max_length=255, blank=True)

    class Meta:
        indexes = [models.Index(F("patient"), F("started_on").desc(), F("id").desc(), name="medication_patient")]
        constraints = [
            *clinical_constraints("medication"),
            models.CheckConstraint(condition=~Q(name=""), name="medication_named"),
            models.CheckConstraint(
                condition=Q(ended_on=None) | Q(ended_on__gte=F("started_on")), name="medication_period"
            ),
            models.CheckConstraint(
                condition=~Q(status="stopped") | (~Q(status_reason="") & Q(ended_on__isnull=False)),
                name="medication_stopped_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
