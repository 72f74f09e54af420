"""Administrative units. Codes are reused with other meanings: every look-up is by date."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.base import Period, PeriodQuerySet


class AdministrativeUnit(Period):
    """A province, district or commune for as long as it was called so (NQ 1656/NQ-UBTVQH15 for Hanoi's 126 of 2025)."""

    class Level(models.TextChoices):
        PROVINCE = "province", _("Tỉnh, thành phố")
        DISTRICT = "district", _("Quận, huyện")
        COMMUNE = "commune", _("Phường, xã")

    level = models.CharField(_("cấp"), max_length=10, choices=Level.choices)
    code = models.CharField(_("mã"), max_length=5)
    name = models.CharField(_("tên"), max_length=120)
    name_key = models.CharField(max_length=120, db_index=True)
    kind = models.CharField(_("loại"), max_length=30)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children", verbose_name=_("thuộc")
    )
    source = models.CharField(_("nguồn"), max_length=200, blank=True)

    objects = PeriodQuerySet["AdministrativeUnit"].as_manager()

    class Meta:
        verbose_name = _("đơn vị hành chính")
        verbose_name_plural = _("đơn vị hành chính")
        ordering = ["level", "name_key"]
        constraints = [
            models.UniqueConstraint(fields=["level", "code", "valid_from"], name="unit_code_once_a_day"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="unit_period"),
        ]

    def __str__(self) -> str:
        return self.name


class UnitSuccession(models.Model):
    """A former unit's territory went to this successor; several rows for one former unit mean it was split."""

    former = models.ForeignKey(
        AdministrativeUnit, on_delete=models.PROTECT, related_name="successions", verbose_name=_("đơn vị cũ")
    )
    successor = models.ForeignKey(
        AdministrativeUnit, on_delete=models.PROTECT, related_name="predecessions", verbose_name=_("đơn vị mới")
    )
    split = models.BooleanField(
        _("bị chia"), help_text=_("Đơn vị cũ chia cho nhiều đơn vị mới: không tự quy đổi được.")
    )

    class Meta:
        verbose_name = _("quan hệ kế thừa đơn vị")
        verbose_name_plural = _("quan hệ kế thừa đơn vị")
        constraints = [models.UniqueConstraint(fields=["former", "successor"], name="succession_once")]

    def __str__(self) -> str:
        return f"{self.former} → {self.successor}"
