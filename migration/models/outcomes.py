"""What came out of an import: rows that wait for a person, and the receipt."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from migration.models.batches import ImportBatch, ImportChunk
from registry.models import AppendOnly, Uuid7Model


class Quarantine(models.Model):
    """A record that was not taken in, byte for byte as received, with every reason found.

    table: "record", "condition", or the table of one bad row of a record that was taken (XML2 and so on).
    raw: the record's exact bytes; empty when longer than 1 MiB and for a single row, then byte_from and byte_to find the
    record in the kept file. shown: field -> decoded text, as far as it could be read. reasons: [{code, field,
    message}], Vietnamese.
    edited: field -> text where people changed it; a later run of the same code takes it in and sets the state.
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
    dropped_reason = models.CharField(max_length=300, blank=True, default="")

    class Meta:
        ordering = ["batch", "record_no", "id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reasons=[]), name="quarantine_has_a_reason"),
            models.CheckConstraint(condition=Q(byte_to__gte=F("byte_from")), name="quarantine_range"),
            models.CheckConstraint(
                condition=~Q(state="dropped") | ~Q(dropped_reason=""), name="quarantine_dropped_with_reason"
            ),
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


class ControlTotal(models.Model):
    """What the hospital's own books say of one table and month: rows, and dong where the table has money.

    table: as ChunkTable and ChunkMoney name it. month: its first day; None for a table as a whole.
    """

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="control_totals")
    table = models.CharField(_("bảng"), max_length=20)
    month = models.DateField(_("tháng"), null=True)
    rows = models.PositiveIntegerField(_("số dòng"), null=True)
    amount = models.DecimalField(_("số tiền"), max_digits=18, decimal_places=2, null=True)
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()

    class Meta:
        verbose_name = _("số kiểm soát")
        verbose_name_plural = _("số kiểm soát")
        ordering = ["table", "month"]
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "table", "month"], nulls_distinct=False, name="import_control_total_once"
            ),
            models.CheckConstraint(
                condition=Q(rows__isnull=False) | Q(amount__isnull=False), name="import_control_total_says_something"
            ),
            models.CheckConstraint(condition=Q(month=None) | Q(month__day=1), name="import_control_total_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.table}"


class SignOff(Uuid7Model, AppendOnly):
    """Somebody answers for a batch's reconciliation: first the hospital, then another person for the Department.

    totals: what they signed, as reconcile prints it; digest: SHA-256 of it. Totals that change later need new signatures.
    """

    class Side(models.TextChoices):
        FACILITY = "facility", _("Cơ sở y tế")
        DEPARTMENT = "department", _("Sở Y tế")

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="signatures")
    side = models.CharField(_("bên ký"), max_length=10, choices=Side.choices)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("người ký")
    )
    name = models.CharField(_("họ tên"), max_length=255)
    totals = models.JSONField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField(_("lúc"))

    class Meta(AppendOnly.Meta):
        verbose_name = _("chữ ký đối soát")
        verbose_name_plural = _("chữ ký đối soát")
        constraints = [models.UniqueConstraint(fields=["batch", "side", "digest"], name="import_signed_once")]

    def __str__(self) -> str:
        return f"{self.batch_id} {self.side}"


class Reversal(Uuid7Model, AppendOnly):
    """A batch was taken back: by whom, why, and how many rows of each table went, stayed or passed to another batch."""

    batch = models.OneToOneField(ImportBatch, on_delete=models.PROTECT, related_name="reversal")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    removed = models.JSONField()
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        verbose_name = _("hoàn tác đợt nạp")
        verbose_name_plural = _("hoàn tác đợt nạp")
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="import_reversal_with_reason")]

    def __str__(self) -> str:
        return str(self.batch_id)
