"""Where legacy data comes from, and how a file of it is read."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from registry.models import Facility


class Source(models.Model):
    """A facility's old system, named once: every batch says which one it came out of."""

    facility = models.ForeignKey(
        Facility, on_delete=models.PROTECT, related_name="import_sources", verbose_name=_("cơ sở y tế")
    )
    name = models.CharField(_("hệ thống cũ"), max_length=120)
    note = models.CharField(_("ghi chú"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("nguồn dữ liệu cũ")
        verbose_name_plural = _("nguồn dữ liệu cũ")
        ordering = ["facility", "name"]
        constraints = [models.UniqueConstraint(fields=["facility", "name"], name="import_source_once")]

    def __str__(self) -> str:
        return self.name


class MappingProfile(models.Model):
    """How one vendor's files are read: a version is never changed once a batch used it, a change is a new version.

    spec: format, columns, date_order, encodings, as migration.rules.profiles.Profile.to_json() writes them.
    """

    name = models.SlugField(_("tên"), max_length=40)
    version = models.PositiveIntegerField(_("phiên bản"), default=1)
    title = models.CharField(_("tiêu đề"), max_length=120)
    spec = models.JSONField(_("cách đọc"))
    active = models.BooleanField(_("đang dùng"), default=True)
    created_at = models.DateTimeField(_("tạo lúc"), auto_now_add=True)

    class Meta:
        verbose_name = _("hồ sơ ánh xạ")
        verbose_name_plural = _("hồ sơ ánh xạ")
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="mapping_profile_version_once"),
            models.CheckConstraint(condition=Q(version__gte=1), name="mapping_profile_version_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.title} (v{self.version})"
