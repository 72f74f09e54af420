"""What the Department of Health decides about access, as data: periods, restricted codes, limits of reading.

Rows are changed in the admin, through commands; the database keeps what they said before.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from records.models.provenance import tracked
from registry.models import Uuid7Model
from registry.rules.permissions import ROLE_NAMES


@tracked
class AccessPeriod(Uuid7Model):
    """For how long a reason keeps a record open. days: from the grant; None: until it is ended."""

    basis = models.CharField(_("căn cứ"), max_length=12, unique=True)
    days = models.PositiveIntegerField(
        _("số ngày"), null=True, blank=True, help_text=_("Để trống: mở đến khi bị chấm dứt.")
    )
    reason = models.CharField(_("lý do chọn"), max_length=300)

    class Meta:
        verbose_name = _("thời hạn mở hồ sơ")
        verbose_name_plural = _("thời hạn mở hồ sơ")
        ordering = ["basis"]
        constraints = [models.CheckConstraint(condition=Q(days=None) | Q(days__gt=0), name="access_period_some_days")]

    def __str__(self) -> str:
        return self.basis


@tracked
class RestrictedCode(Uuid7Model):
    """A code whose rows only those with RECORD_READ_RESTRICTED read.

    Conditions are compared by their three-character ICD-10 category, history without a code by its box of the QĐ 831 form,
    observations and procedures by their whole code.
    """

    class Table(models.TextChoices):
        CONDITION = "condition", _("Chẩn đoán (nhóm 3 ký tự ICD-10)")
        OBSERVATION = "observation", _("Xét nghiệm")
        PROCEDURE = "procedure", _("Thủ thuật")
        HISTORY = "history", _("Tiền sử (số thứ tự ô bệnh của mẫu QĐ 831)")

    class Group(models.TextChoices):
        HIV = "hiv", _("HIV")
        MENTAL = "mental", _("Sức khoẻ tâm thần")
        OTHER = "other", _("Khác")

    applies_to = models.CharField(_("áp dụng cho"), max_length=11, choices=Table.choices)
    code = models.CharField(_("mã"), max_length=50)
    group = models.CharField(_("nhóm"), max_length=6, choices=Group.choices)
    name = models.CharField(_("tên"), max_length=200)
    source = models.CharField(_("căn cứ"), max_length=300)
    active = models.BooleanField(_("đang áp dụng"), default=True)

    class Meta:
        verbose_name = _("mã thông tin hạn chế")
        verbose_name_plural = _("mã thông tin hạn chế")
        ordering = ["applies_to", "code"]
        constraints = [
            models.UniqueConstraint(fields=["applies_to", "code"], name="restricted_code_once"),
            models.CheckConstraint(
                condition=~Q(applies_to="condition") | Q(code__regex=r"^[A-Z][0-9]{2}$"),
                name="restricted_code_category",
            ),
        ]

    def __str__(self) -> str:
        return self.code


@tracked
class ReadingLimit(Uuid7Model):
    """How many different residents' records one account of a role may read within an hour.

    alerts_at: the Department of Health is told; stops_at: further records stay closed. None: neither.
    """

    role = models.CharField(
        "vai trò", max_length=30, unique=True, choices=[(r.value, n) for r, n in ROLE_NAMES.items()]
    )
    alerts_at = models.PositiveIntegerField(_("báo động từ"), null=True, blank=True)
    stops_at = models.PositiveIntegerField(_("dừng từ"), null=True, blank=True)
    reason = models.CharField(_("lý do chọn"), max_length=300)

    class Meta:
        verbose_name = _("giới hạn đọc hồ sơ")
        verbose_name_plural = _("giới hạn đọc hồ sơ")
        ordering = ["role"]
        constraints = [
            models.CheckConstraint(
                condition=Q(alerts_at=None) | Q(stops_at=None) | Q(stops_at__gte=models.F("alerts_at")),
                name="reading_limit_in_order",
            ),
            models.CheckConstraint(condition=Q(stops_at=None) | Q(stops_at__gte=1), name="reading_limit_some"),
        ]

    def __str__(self) -> str:
        return self.role
