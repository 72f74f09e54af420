"""The audit trail: append-only, partitioned by month, sealed in batches.

Rows hold no foreign keys: the trail outlives what it tells of. The table, its partitions and its protection are made by
SQL in the migration (Django knows no partitions); this model is its reading face and documents the columns.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from registry.models.base import AppendOnly, UuidV7


class AuditEvent(models.Model):
    """One access, change or refusal (FHIR AuditEvent, IHE BALP)."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    at = models.DateTimeField(_("lúc"))
    xact = models.BigIntegerField(_("giao dịch"))  # xid8: orders rows by what has surely ended, so seals leave no gap
    action = models.CharField(_("hành động"), max_length=30)
    outcome = models.CharField(_("kết quả"), max_length=10)
    code = models.CharField(_("mã từ chối"), max_length=60)
    permission = models.CharField(_("quyền"), max_length=40)
    actor_kind = models.CharField(_("loại người dùng"), max_length=10)
    actor_id = models.CharField(_("mã người dùng"), max_length=60)
    actor_label = models.CharField(_("tên đăng nhập"), max_length=120)
    role = models.CharField(_("vai trò"), max_length=30)
    facility_id = models.BigIntegerField(_("cơ sở"), null=True)
    facility_code = models.CharField(_("mã cơ sở"), max_length=5)
    patient_id = models.UUIDField(_("người bệnh"), null=True)
    target_type = models.CharField(_("loại đối tượng"), max_length=40)
    target_id = models.CharField(_("mã đối tượng"), max_length=60)
    purpose = models.CharField(_("mục đích"), max_length=12)
    channel = models.CharField(_("kênh"), max_length=16)
    request_id = models.UUIDField(_("mã yêu cầu"))
    detail = models.JSONField(_("chi tiết"), default=dict)

    class Meta:
        managed = False
        db_table = "registry_auditevent"
        verbose_name = _("nhật ký truy cập")
        verbose_name_plural = _("nhật ký truy cập")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.outcome}"


class AuditSeal(AppendOnly):
    """A signed digest over every audit row whose transaction number lies in [from_xact, to_xact), chained to the last."""

    number = models.BigIntegerField(_("số thứ tự"), primary_key=True)
    from_xact = models.BigIntegerField(_("từ giao dịch"))
    to_xact = models.BigIntegerField(_("đến giao dịch"))
    row_count = models.BigIntegerField(_("số dòng"))
    digest = models.CharField(_("giá trị băm SHA-256"), max_length=64)
    previous = models.CharField(_("giá trị băm trước"), max_length=64)
    signature = models.CharField(_("chữ ký Ed25519"), max_length=200)
    key_id = models.CharField(_("khoá"), max_length=16)
    sealed_at = models.DateTimeField(_("niêm phong lúc"), auto_now_add=True)

    class Meta(AppendOnly.Meta):
        verbose_name = _("niêm phong nhật ký")
        verbose_name_plural = _("niêm phong nhật ký")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"#{self.number}"
