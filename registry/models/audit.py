"""The audit trail: append-only, partitioned by month, sealed in batches.

Rows hold no foreign keys: the trail outlives what it tells of. The table, its partitions and its protection are made by
SQL in the migration (Django knows no partitions); this model is its reading face and documents the columns.
"""

from __future__ import annotations

from django.db import models

from registry.models.base import AppendOnly, UuidV7


class AuditEvent(models.Model):
    """One access, change or refusal (FHIR AuditEvent, IHE BALP)."""

    id = models.UUIDField(primary_key=True, db_default=UuidV7(), editable=False)
    at = models.DateTimeField("lúc")
    xact = models.BigIntegerField("giao dịch")  # xid8: orders rows by what has surely ended, so seals leave no gap
    action = models.CharField("hành động", max_length=30)
    outcome = models.CharField("kết quả", max_length=10)
    code = models.CharField("mã từ chối", max_length=60)
    permission = models.CharField("quyền", max_length=40)
    actor_kind = models.CharField("loại người dùng", max_length=10)
    actor_id = models.CharField("mã người dùng", max_length=60)
    actor_label = models.CharField("tên đăng nhập", max_length=120)
    role = models.CharField("vai trò", max_length=30)
    facility_id = models.BigIntegerField("cơ sở", null=True)
    facility_code = models.CharField("mã cơ sở", max_length=5)
    patient_id = models.UUIDField("người bệnh", null=True)
    target_type = models.CharField("loại đối tượng", max_length=40)
    target_id = models.CharField("mã đối tượng", max_length=60)
    purpose = models.CharField("mục đích", max_length=12)
    channel = models.CharField("kênh", max_length=16)
    request_id = models.UUIDField("mã yêu cầu")
    detail = models.JSONField("chi tiết", default=dict)

    class Meta:
        managed = False
        db_table = "registry_auditevent"
        verbose_name = "nhật ký truy cập"
        verbose_name_plural = "nhật ký truy cập"
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.outcome}"


class AuditSeal(AppendOnly):
    """A signed digest over every audit row whose transaction number lies in [from_xact, to_xact), chained to the last."""

    number = models.BigIntegerField("số thứ tự", primary_key=True)
    from_xact = models.BigIntegerField("từ giao dịch")
    to_xact = models.BigIntegerField("đến giao dịch")
    row_count = models.BigIntegerField("số dòng")
    digest = models.CharField("giá trị băm SHA-256", max_length=64)
    previous = models.CharField("giá trị băm trước", max_length=64)
    signature = models.CharField("chữ ký Ed25519", max_length=200)
    key_id = models.CharField("khoá", max_length=16)
    sealed_at = models.DateTimeField("niêm phong lúc", auto_now_add=True)

    class Meta(AppendOnly.Meta):
        verbose_name = "niêm phong nhật ký"
        verbose_name_plural = "niêm phong nhật ký"
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"#{self.number}"
