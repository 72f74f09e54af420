"""The ledger of an import: a batch is a file, a chunk is a piece of it that one transaction loads."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from migration.models.sources import MappingProfile, Source
from registry.models import Facility, Uuid7Model

_TAKEN_BACK = ("cancelled", "reversing", "reversed")  # such a file may be sent again
ACCOUNTED = Q(rows_in=F("loaded") + F("linked") + F("skipped") + F("quarantined"))


class ImportBatch(Uuid7Model):
    """One file of one facility, kept by its hash. Its counts are sums over its chunks and stand nowhere else.

    rows_sha256: of the rows file that a ZIP, workbook, dump or bundle was turned into, kept beside the original; the chunks'
    bytes are its bytes then. Empty where they are the original's.
    layout: what the reader found before loading (delimiter, header, encodings decided per column, name spaces).
    refusal: Vietnamese, where and why the file as a whole could not be taken; empty unless refused. refusal_phrase: the
    same as a template and its values (registry.rules.phrases), for readers of other languages. stop: why the batch
    stopped itself (a phrase) while nobody let it go on. stop_waived: a person saw it and let it go on.
    """

    class State(models.TextChoices):
        READY = "ready", _("Chờ bắt đầu")
        RUNNING = "running", _("Đang nạp")
        DONE = "done", _("Đã xong")
        REFUSED = "refused", _("Bị từ chối")
        CANCELLED = "cancelled", _("Đã huỷ")
        FAILED = "failed", _("Gặp lỗi")
        PAUSED = "paused", _("Tạm dừng")
        STOPPED = "stopped", _("Tự dừng")
        REVERSING = "reversing", _("Đang hoàn tác")
        REVERSED = "reversed", _("Đã hoàn tác")

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+", verbose_name=_("cơ sở y tế"))
    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="batches", verbose_name=_("nguồn"))
    profile = models.ForeignKey(
        MappingProfile, on_delete=models.PROTECT, related_name="+", verbose_name=_("hồ sơ ánh xạ")
    )
    sha256 = models.CharField(_("mã băm SHA-256"), max_length=64)
    file_name = models.CharField(_("tên tệp"), max_length=200)
    size = models.BigIntegerField(_("dung lượng"))
    rows_sha256 = models.CharField(_("mã băm tệp dòng"), max_length=64, blank=True)
    layout = models.JSONField(default=dict)
    state = models.CharField(_("trạng thái"), max_length=10, choices=State.choices)
    refusal_code = models.CharField(max_length=60, blank=True)
    refusal = models.CharField(_("lý do từ chối"), max_length=1000, blank=True)
    refusal_phrase = models.JSONField(null=True, default=None, editable=False)
    stop = models.JSONField(null=True, default=None, editable=False)
    stop_waived = models.BooleanField(default=False)
    dry_run = models.BooleanField(_("chạy thử"), default=False)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", verbose_name=_("người nhận")
    )
    received_at = models.DateTimeField(_("nhận lúc"))
    started_at = models.DateTimeField(_("bắt đầu"), null=True)
    ended_at = models.DateTimeField(_("kết thúc"), null=True)

    class Meta:
        verbose_name = _("đợt nạp")
        verbose_name_plural = _("đợt nạp")
        ordering = ["-received_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "sha256", "profile"],
                condition=Q(dry_run=False) & ~Q(state__in=_TAKEN_BACK),
                name="import_batch_same_file_once",
            ),
            models.CheckConstraint(condition=Q(size__gte=0), name="import_batch_size"),
            models.CheckConstraint(
                condition=~Q(state="refused") | ~Q(refusal=""), name="import_batch_refused_with_reason"
            ),
        ]
        indexes = [
            models.Index(F("facility"), F("id").desc(), name="import_batch_facility"),
            models.Index(fields=["rows_sha256"], condition=Q(rows_sha256__gt=""), name="import_batch_rows_file"),
        ]

    def __str__(self) -> str:
        return self.file_name


class ChunkQuerySet(models.QuerySet["ImportChunk"]):
    """Chunks in the words of the pipeline."""

    def totals(self) -> dict[str, int]:
        """rows_in, loaded, linked, skipped, quarantined of finished chunks, planned rows and chunks of all."""
        names = ("rows_in", "loaded", "linked", "skipped", "quarantined")
        sums: dict[str, Any] = {name: models.Sum(name, default=0) for name in names}
        counted = self.aggregate(
            planned=models.Sum("records", default=0),
            chunks=models.Count("id"),
            chunks_done=models.Count("id", filter=Q(state=ImportChunk.State.DONE)),
            **sums,
        )
        return {name: int(value) for name, value in counted.items()}


class ImportChunk(models.Model):
    """A piece of the file: bytes [byte_from, byte_to), records counted from first_record. The message carries its id.

    state held: readable records of a file that was refused, kept for people and never run. lease_until: until when a
    worker's claim counts. worker, started_at: who has or had it, and since when. attempt: the fence, a worker may finish
    only the attempt it claimed.
    notices: doubts that did not stop a row, counted by code.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("chờ")
        RUNNING = "running", _("đang chạy")
        DONE = "done", _("xong")
        FAILED = "failed", _("lỗi")
        CANCELLED = "cancelled", _("đã huỷ")
        HELD = "held", _("giữ lại")

    batch = models.ForeignKey(ImportBatch, on_delete=models.PROTECT, related_name="chunks")
    no = models.PositiveIntegerField()
    byte_from = models.BigIntegerField()
    byte_to = models.BigIntegerField()
    first_record = models.BigIntegerField()
    first_line = models.BigIntegerField()
    records = models.PositiveIntegerField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    lease_until = models.DateTimeField(null=True)
    attempt = models.PositiveIntegerField(default=0)
    worker = models.CharField(max_length=80, blank=True, default="")
    started_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    rows_in = models.PositiveIntegerField(default=0)
    loaded = models.PositiveIntegerField(default=0)
    linked = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    notices = models.JSONField(default=dict)
    error = models.CharField(max_length=200, blank=True)

    objects = ChunkQuerySet.as_manager()

    class Meta:
        ordering = ["batch", "no"]
        constraints = [
            models.UniqueConstraint(fields=["batch", "no"], name="import_chunk_no_once"),
            models.CheckConstraint(condition=Q(byte_to__gte=F("byte_from")), name="import_chunk_range"),
            models.CheckConstraint(
                condition=~Q(state="done") | (ACCOUNTED & Q(rows_in=F("records"))), name="import_chunk_accounted_for"
            ),
        ]
        indexes = [
            models.Index(fields=["batch", "no"], condition=Q(state="waiting"), name="import_chunk_waiting"),
            models.Index(fields=["lease_until"], condition=Q(state="running"), name="import_chunk_leases"),
        ]

    def __str__(self) -> str:
        return f"{self.batch_id} #{self.no}"


class ChunkTable(models.Model):
    """One table's part of a chunk: person, encounter, condition, or a table of the file that is kept and not yet loaded.

    kept: rows that stay in the kept file because the record has no place for what they say (docs/how-to, imports).
    """

    chunk = models.ForeignKey(ImportChunk, on_delete=models.PROTECT, related_name="tables")
    table = models.CharField(max_length=20)
    rows_in = models.PositiveIntegerField(default=0)
    loaded = models.PositiveIntegerField(default=0)
    linked = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    quarantined = models.PositiveIntegerField(default=0)
    kept = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chunk", "table"], name="import_chunk_table_once"),
            models.CheckConstraint(
                condition=Q(rows_in=F("loaded") + F("linked") + F("skipped") + F("quarantined") + F("kept")),
                name="import_table_accounted_for",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.chunk_id} {self.table}"


class ChunkMoney(models.Model):
    """One table's money in a chunk, by month: what the hospital billed, for the reconciliation with its own totals.

    table: XML1 (T_TONGCHI_BV), XML2, XML3 (THANH_TIEN_BV). month: the first day of the month the visit ended in (began,
    while it goes on), so that XML2 and XML3 of a month add up to XML1's. rows, amount: in the record, whether loaded now
    or before; waiting_rows, waiting_amount: in quarantine. Dong, two decimals.
    """

    chunk = models.ForeignKey(ImportChunk, on_delete=models.PROTECT, related_name="money")
    table = models.CharField(max_length=20)
    month = models.DateField()
    rows = models.PositiveIntegerField(default=0)
    amount = models.DecimalField(max_digits=18, decimal_places=2, default=0)
    waiting_rows = models.PositiveIntegerField(default=0)
    waiting_amount = models.DecimalField(max_digits=18, decimal_places=2, default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chunk", "table", "month"], name="import_chunk_money_once"),
            models.CheckConstraint(condition=Q(month__day=1), name="import_money_of_a_month"),
        ]

    def __str__(self) -> str:
        return f"{self.chunk_id} {self.table} {self.month:%m/%Y}"
