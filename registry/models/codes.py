"""Code systems and their concepts, each with validity (FHIR CodeSystem)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from registry.models.base import Period, PeriodQuerySet


class CodeSystem(models.Model):
    """A list of codes, e.g. "icd-10". `official` is False for a starter set written for the demo."""

    key = models.SlugField(_("mã danh mục"), max_length=40, unique=True)
    name = models.CharField(_("tên"), max_length=200)
    uri = models.CharField(_("địa chỉ định danh"), max_length=200, blank=True)
    source = models.CharField(_("nguồn"), max_length=300, blank=True)
    official = models.BooleanField(_("bản chính thức"), default=False)

    class Meta:
        verbose_name = _("danh mục")
        verbose_name_plural = _("danh mục")
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name


class Concept(Period):
    """One code of one list, for as long as it means this."""

    system = models.ForeignKey(
        CodeSystem, on_delete=models.PROTECT, related_name="concepts", verbose_name=_("danh mục")
    )
    code = models.CharField(_("mã"), max_length=50)
    display = models.CharField(_("tên tiếng Việt"), max_length=500)
    display_en = models.CharField(_("tên tiếng Anh"), max_length=500, blank=True)
    search_key = models.CharField(max_length=600, blank=True)
    properties = models.JSONField(_("thuộc tính"), default=dict, blank=True)

    objects = PeriodQuerySet["Concept"].as_manager()

    class Meta:
        verbose_name = _("mã")
        verbose_name_plural = _("mã")
        ordering = ["system", "code"]
        constraints = [
            models.UniqueConstraint(fields=["system", "code", "valid_from"], name="concept_once_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="concept_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.display}"
