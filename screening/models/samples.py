"""Samples taken and not yet read, with their clock; batches in which a laboratory receives samples and kits."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models import tracked
from registry.models import AppendOnly, Facility, Uuid7Model
from screening.models.duties import Level
from screening.models.episodes import Episode
from screening.models.kits import Kit
from screening.models.results import Result


@tracked
class Sample(Uuid7Model):
    """A sample that was taken and waits for its result; its clock ends with a result and with nothing else.

    One that cannot be used ends with the action's "inadequate", so that the pathway says what follows. number: its barcode,
    "" where it has none. facility: the one that coordinates the person and owes the clock. deadline: by the version.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="samples")
    action = models.CharField(max_length=30)
    number = models.CharField(max_length=30, blank=True, default="", db_default="")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    taken_on = models.DateField()
    opened_at = models.DateTimeField()
    deadline = models.DateField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    level = models.CharField(max_length=10, choices=Level.choices, blank=True, default="", db_default="")
    closed_at = models.DateTimeField(null=True)
    result = models.ForeignKey(Result, on_delete=models.PROTECT, null=True, related_name="samples")

    class Meta:
        indexes = [
            models.Index(F("facility"), F("deadline"), F("id"), condition=Q(closed_at=None), name="sample_clock"),
            models.Index(F("deadline"), F("id"), condition=Q(closed_at=None), name="sample_clock_city"),
            models.Index(
                F("facility"),
                F("closed_at").desc(),
                F("id"),
                condition=Q(closed_at__isnull=False),
                name="sample_closed",
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["number"], condition=~Q(number=""), name="sample_number_once"),
            models.UniqueConstraint(
                fields=["episode", "action"], condition=Q(closed_at=None), name="sample_one_waits_an_action"
            ),
            models.CheckConstraint(
                condition=Q(number="") | Q(number__regex=r"^[0-9A-Z-]{4,30}$"), name="sample_number_shape"
            ),
            models.CheckConstraint(
                condition=(Q(closed_at=None) & Q(result=None)) | (Q(closed_at__isnull=False) & Q(result__isnull=False)),
                name="sample_closed_by_result",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="closes_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__closed_at__isnull=False)
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"


class SampleStatus(Uuid7Model, AppendOnly):
    """What happened to a sample; `by` is None for the system. owner: to whom its clock was given; level: ESCALATED."""

    class Kind(models.TextChoices):
        TAKEN = "taken", "Đã lấy mẫu"
        ASSIGNED = "assigned", "Giao người giữ"
        ESCALATED = "escalated", "Báo lên cấp trên vì quá hạn"
        CLOSED = "closed", "Đã có kết quả"

    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="statuses")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    level = models.CharField(max_length=10, choices=Level.choices, blank=True, default="", db_default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("sample"), F("at"), name="sample_status_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.sample_id}"


class LaboratoryBatch(Uuid7Model, AppendOnly):
    """What one laboratory receives together. number: its own, once a laboratory."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    number = models.CharField(max_length=30)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("facility"), F("opened_at").desc(), F("id").desc(), name="batch_of_laboratory")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "number"], name="laboratory_batch_number_once"),
            models.CheckConstraint(condition=~Q(number=""), name="laboratory_batch_has_number"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.id}"


class BatchItem(Uuid7Model, AppendOnly):
    """One kit or sample received in a batch; each is received once in the city."""

    batch = models.ForeignKey(LaboratoryBatch, on_delete=models.PROTECT, related_name="items")
    kit = models.OneToOneField(Kit, on_delete=models.PROTECT, null=True, related_name="received")
    sample = models.OneToOneField(Sample, on_delete=models.PROTECT, null=True, related_name="received")
    received_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("batch"), F("received_at"), F("id"), name="item_of_batch")]
        constraints = [
            models.CheckConstraint(
                condition=Q(kit__isnull=False, sample=None) | Q(kit=None, sample__isnull=False),
                name="item_kit_or_sample",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
