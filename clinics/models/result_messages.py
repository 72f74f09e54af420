"""HL7 v2 result messages as they arrived, and what in them could not be placed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models.provenance import tracked
from registry.models import AppendOnly, Facility, Uuid7Model


class ResultMessage(Uuid7Model, AppendOnly):
    """One ORU^R01 message of an analyser or a laboratory's system (FHIR MessageHeader), raw bytes kept.

    sender: MSH-3 and MSH-4. outcome: AA taken in (what could not be placed is on the list of exceptions), AE not taken in,
    AR not a message for us. ack: the answer as it would be sent back.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64)
    control_id = models.CharField(max_length=199, blank=True)
    sender = models.CharField(max_length=300, blank=True)
    file_name = models.CharField(max_length=200, blank=True)
    encoding = models.CharField(max_length=20)
    raw = models.BinaryField()
    outcome = models.CharField(max_length=2)
    ack = models.TextField()
    landed = models.IntegerField(default=0)
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    received_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("facility"), F("received_at").desc(), name="result_message_latest")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "sha256"], name="result_message_once"),
            models.UniqueConstraint(
                fields=["facility", "sender", "control_id"],
                condition=Q(outcome="AA") & ~Q(control_id=""),
                name="result_control_id_once",
            ),
            models.CheckConstraint(condition=Q(outcome__in=["AA", "AE", "AR"]), name="result_outcome_known"),
        ]

    def __str__(self) -> str:
        return str(self.id)


@tracked
class ResultException(Uuid7Model):
    """A part of a message that a person must look at: an unknown number, an unknown analyte, a value nobody can have.

    told: the reason as registry.rules.phrases.Phrase. segment: the line of the message, from 1.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(ResultMessage, on_delete=models.PROTECT, related_name="exceptions")
    code = models.CharField(max_length=40)
    told = models.JSONField()
    segment = models.IntegerField()
    number = models.CharField(max_length=80, blank=True)
    resolved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["facility"], condition=Q(resolved_at=None), name="result_exception_open")]
        constraints = [
            models.CheckConstraint(
                condition=Q(resolved_at=None) | ~Q(note=""), name="result_exception_resolved_with_note"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.segment}"
