"""Work behind the scenes: jobs people watch, and the outbox."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.base import Uuid7Model
from registry.models.facilities import Facility
from registry.models.staff import Staff


class Job(Uuid7Model):
    """Long work with progress. `total` 0 means not yet known."""

    class State(models.TextChoices):
        RUNNING = "running", _("Đang chạy")
        DONE = "done", _("Xong")
        FAILED = "failed", _("Lỗi")

    kind = models.CharField(_("loại"), max_length=40)
    title = models.CharField(_("việc"), max_length=200)
    state = models.CharField(_("trạng thái"), max_length=10, choices=State.choices)
    done = models.BigIntegerField(_("đã xong"), default=0)
    total = models.BigIntegerField(_("tổng số"), default=0)
    message = models.CharField(_("kết quả"), max_length=500, blank=True)
    url = models.CharField(_("trang"), max_length=200, blank=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    started_by = models.ForeignKey(Staff, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    started_at = models.DateTimeField(_("bắt đầu"), auto_now_add=True)
    changed_at = models.DateTimeField(_("cập nhật"), auto_now=True)
    ended_at = models.DateTimeField(_("kết thúc"), null=True, blank=True)

    class Meta:
        verbose_name = _("công việc")
        verbose_name_plural = _("công việc")
        ordering = ["-started_at"]
        constraints = [models.CheckConstraint(condition=Q(done__gte=0) & Q(total__gte=0), name="job_counts")]

    def __str__(self) -> str:
        return self.title


class OutboxMessage(Uuid7Model):
    """News of a committed change, until every listener has had it."""

    topic = models.CharField(max_length=60)
    payload = models.JSONField()
    request_id = models.UUIDField(default=uuid.uuid4)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(F("created_at"), condition=Q(delivered_at=None), name="outbox_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.id}"
