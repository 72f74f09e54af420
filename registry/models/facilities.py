"""Facilities, their departments and rooms."""

from __future__ import annotations

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.base import Period, PeriodQuerySet
from registry.models.units import AdministrativeUnit


class Facility(Period):
    """A place of care (FHIR Organization/Location), named by its 5-character MA_CSKCB (QĐ 384/2019) and its GLN."""

    class Kind(models.TextChoices):
        HOSPITAL = "hospital", _("Bệnh viện")
        POLYCLINIC = "polyclinic", _("Phòng khám đa khoa")
        HEALTH_STATION = "health-station", _("Trạm y tế")
        SPECIALIST_CLINIC = "specialist-clinic", _("Phòng khám chuyên khoa")
        HEALTH_CENTRE = "health-centre", _("Trung tâm y tế")
        AUTHORITY = "authority", _("Cơ quan quản lý")

    class CareLevel(models.TextChoices):
        INITIAL = "initial", _("Cấp ban đầu")
        BASIC = "basic", _("Cấp cơ bản")
        SPECIALISED = "specialised", _("Cấp chuyên sâu")

    code = models.CharField(
        _("mã CSKCB"),
        max_length=5,
        unique=True,
        validators=[RegexValidator(r"^[0-9A-Z]{5}$", _("Mã gồm đúng 5 ký tự."))],
    )
    gln = models.CharField(_("mã GLN"), max_length=13, blank=True)
    name = models.CharField(_("tên"), max_length=200)
    short_name = models.CharField(_("tên ngắn"), max_length=60)
    name_key = models.CharField(max_length=200, db_index=True)
    kind = models.CharField(_("loại hình"), max_length=20, choices=Kind.choices)
    care_level = models.CharField(_("cấp chuyên môn"), max_length=12, choices=CareLevel.choices, blank=True)
    unit = models.ForeignKey(
        AdministrativeUnit,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("phường, xã"),
    )
    address = models.CharField(_("địa chỉ"), max_length=300, blank=True)
    source = models.CharField(_("nguồn"), max_length=200, blank=True)

    objects = PeriodQuerySet["Facility"].as_manager()

    class Meta:
        verbose_name = _("cơ sở y tế")
        verbose_name_plural = _("cơ sở y tế")
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9A-Z]{5}$"), name="facility_code_shape"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="facility_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} · {self.short_name}"


class Department(models.Model):
    """A department of a facility (codes K01–K60, K99 of QĐ 1804/2026 where known)."""

    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, related_name="departments", verbose_name=_("cơ sở y tế")
    )
    code = models.CharField(_("mã khoa"), max_length=10)
    name = models.CharField(_("tên khoa"), max_length=120)

    class Meta:
        verbose_name = _("khoa, phòng")
        verbose_name_plural = _("khoa, phòng")
        ordering = ["facility", "code"]
        constraints = [models.UniqueConstraint(fields=["facility", "code"], name="department_code_once")]

    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """A room with a queue of its own."""

    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, related_name="rooms", verbose_name=_("khoa, phòng")
    )
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="rooms", verbose_name=_("cơ sở y tế"))
    code = models.CharField(_("mã phòng"), max_length=10)
    name = models.CharField(_("tên phòng"), max_length=80)
    active = models.BooleanField(_("đang dùng"), default=True)

    class Meta:
        verbose_name = _("buồng khám")
        verbose_name_plural = _("buồng khám")
        ordering = ["facility", "code"]
        constraints = [models.UniqueConstraint(fields=["facility", "code"], name="room_code_once")]

    def __str__(self) -> str:
        return self.name
