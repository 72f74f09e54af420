"""What came out of an import: rows that wait for a person, and the receipt."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from migration.models.batches import ImportBatch, ImportChunk
from registry.models import AppendOnly, Uuid7Model


class Quarantine(models.Model):
    """A record that was not taken in, byte for byte as received, with every reason found.

    table: "record", "condition", or the table of one bad row of a record that was taken (XML2 and so on).
    raw: the record's exact bytes; empty when longer than 1 MiB and for a single row, then byte_from and byte_to find the
    record in the kept file. shown: field -> decoded text, as far as it could be read. reasons: [{code, field,
    message}], Vietnamese.
    edited: the copy people mend; a later run of the same code takes it in and sets the state.
    """

    class State(models.TextChoices):
        OPEN = "open", "chờ sửa"
        MENDED = "mended", "đã sửa"
        LOADED = "loaded", "đã nạp lại"
        DROPPED = "dropped", "bỏ có lý do"

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="quarantine")
    chunk = models.ForeignKey(ImportChunk, on_delete=models.PROTECT, related_name="quarantine")
    record_no = models.BigIntegerField()
    line = models.BigIntegerField()
    table = models.CharField(max_length=20)
    byte_from = models.BigIntegerField()
    byte_to = models.BigIntegerField()
    raw = models.BinaryField()
    shown = models.JSONField(default=dict)
    reasons = models.JSONField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    edited = models.JSONField(null=True)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    edited_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["batch", "record_no", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reasons=[]), name="quarantine_has_a_reason"),
            models.CheckConstraint(condition=Q(byte_to__gte=F("byte_from")), name="quarantine_range"),
        ]
        indexes = [models.Index(fields=["batch", "id"], name="quarantine_of_batch")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.record_no}"


class Receipt(Uuid7Model, AppendOnly):
    """What the facility is given when a batch is finished: the file's hash and where every row went. Never rewritten."""

    batch = models.OneToOneField(ImportBatch, on_delete=models.PROTECT, related_name="receipt")
    number = models.CharField(max_length=40, unique=True)
    totals = models.JSONField()
    issued_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.number
