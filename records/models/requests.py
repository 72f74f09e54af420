"""What residents ask about their own data, with the law's clocks, and how long the law keeps what they ask about."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from records.models.identity import SourceRecord
from records.models.provenance import tracked
from registry.models import AppendOnly, Facility, Uuid7Model


@tracked
class RequestTerm(Uuid7Model):
    """How many days the law gives for a kind of request (key "reply": for the first answer to any)."""

    class Unit(models.TextChoices):
        WORKING = "working", _("ngày làm việc")
        CALENDAR = "calendar", _("ngày")

    key = models.CharField(_("loại"), max_length=10, unique=True)
    days = models.PositiveSmallIntegerField(_("số ngày"))
    unit = models.CharField(_("đơn vị"), max_length=8, choices=Unit.choices)
    source = models.CharField(_("căn cứ"), max_length=300)

    class Meta:
        verbose_name = _("thời hạn yêu cầu về dữ liệu")
        verbose_name_plural = _("thời hạn yêu cầu về dữ liệu")
        ordering = ["key"]
        constraints = [models.CheckConstraint(condition=Q(days__gte=1), name="request_term_some_days")]

    def __str__(self) -> str:
        return self.key


@tracked
class PublicHoliday(Uuid7Model):
    """A day off or a working day by decree, beside the fixed solar holidays of records.rules.working_days.

    confirmed: the year's decree was seen. What is not confirmed is shown and not counted, so that no deadline moves back
    on a guess.
    """

    class Kind(models.TextChoices):
        OFF = "off", _("nghỉ")
        WORKING = "working", _("làm bù")

    day = models.DateField(_("ngày"), unique=True)
    name = models.CharField(_("tên"), max_length=120)
    kind = models.CharField(_("loại"), max_length=7, choices=Kind.choices, default=Kind.OFF)
    confirmed = models.BooleanField(_("đã đối chiếu văn bản"), default=False)
    source = models.CharField(_("căn cứ"), max_length=300)

    class Meta:
        verbose_name = _("ngày nghỉ lễ, làm bù")
        verbose_name_plural = _("ngày nghỉ lễ, làm bù")
        ordering = ["day"]

    def __str__(self) -> str:
        return f"{self.day} {self.name}"


@tracked
class RetentionClass(Uuid7Model):
    """How long records of a kind are kept. criteria: see records.rules.retention; years None: permanently."""

    key = models.SlugField(_("mã"), max_length=40, unique=True)
    name = models.CharField(_("loại hồ sơ"), max_length=200)
    years = models.PositiveSmallIntegerField(_("số năm"), null=True, blank=True)
    criteria = models.JSONField(_("điều kiện"), default=dict, blank=True)
    source = models.CharField(_("căn cứ"), max_length=300)

    class Meta:
        verbose_name = _("thời hạn lưu trữ")
        verbose_name_plural = _("thời hạn lưu trữ")
        ordering = ["years", "key"]

    def __str__(self) -> str:
        return self.name


@tracked
class DataSubjectRequest(Uuid7Model):
    """One request of a resident about their data. state and owner are what the latest RequestStep said.

    reply_by, act_by: last days by the terms in force when it was received. Written under a source record.
    """

    class Kind(models.TextChoices):
        VIEW = "view", _("Xem dữ liệu")
        COPY = "copy", _("Nhận bản sao")
        CORRECT = "correct", _("Chỉnh sửa")
        WITHDRAW = "withdraw", _("Rút lại đồng ý")
        RESTRICT = "restrict", _("Hạn chế xử lý")
        ERASE = "erase", _("Xoá dữ liệu")

    class State(models.TextChoices):
        RECEIVED = "received", _("Mới nhận")
        REPLIED = "replied", _("Đã phản hồi, đang làm")
        DONE = "done", _("Đã thực hiện")
        DECLINED = "declined", _("Từ chối, có căn cứ")
        TAKEN_BACK = "taken-back", _("Người yêu cầu rút")

    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    wish = models.CharField(max_length=1000)
    given_by = models.CharField(max_length=14)
    representative = models.CharField(max_length=200, blank=True)
    relationship = models.CharField(max_length=60, blank=True)
    proof = models.CharField(max_length=9)
    proof_note = models.CharField(max_length=200, blank=True)
    received_at = models.DateTimeField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reply_by = models.DateField()
    act_by = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.RECEIVED)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(F("act_by"), F("id"), name="request_open", condition=Q(state__in=["received", "replied"])),
            models.Index(F("source_record"), name="request_record"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(act_by__gte=F("reply_by")), name="request_reply_before_act"),
            models.CheckConstraint(condition=~Q(wish=""), name="request_says_what"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class RequestStep(Uuid7Model, AppendOnly):
    """What happened to a request: received, taken, replied, done, declined. detail: what was checked, in codes."""

    request = models.ForeignKey(DataSubjectRequest, on_delete=models.PROTECT, related_name="steps")
    state = models.CharField(max_length=10)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    note = models.CharField(max_length=1000, blank=True)
    detail = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["request", "at"], name="request_step_order")]

    def __str__(self) -> str:
        return f"{self.request_id} {self.state}"
