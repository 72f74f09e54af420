"""Code systems and their concepts, each with validity (FHIR CodeSystem)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from registry.models.base import Period, PeriodQuerySet


class CodeSystem(models.Model):
    """A list of codes, e.g. "icd-10". `official` is False for a starter set written for the demo."""

    key = models.SlugField("mã danh mục", max_length=40, unique=True)
    name = models.CharField("tên", max_length=200)
    uri = models.CharField("địa chỉ định danh", max_length=200, blank=True)
    source = models.CharField("nguồn", max_length=300, blank=True)
    official = models.BooleanField("bản chính thức", default=False)

    class Meta:
        verbose_name = "danh mục"
        verbose_name_plural = "danh mục"
        ordering = ["key"]

    def __str__(self) -> str:
        return self.name


class Concept(Period):
    """One code of one list, for as long as it means this."""

    system = models.ForeignKey(CodeSystem, on_delete=models.PROTECT, related_name="concepts", verbose_name="danh mục")
    code = models.CharField("mã", max_length=50)
    display = models.CharField("tên tiếng Việt", max_length=500)
    display_en = models.CharField("tên tiếng Anh", max_length=500, blank=True)
    search_key = models.CharField(max_length=600, blank=True)
    properties = models.JSONField("thuộc tính", default=dict, blank=True)

    objects = PeriodQuerySet["Concept"].as_manager()

    class Meta:
        verbose_name = "mã"
        verbose_name_plural = "mã"
        ordering = ["system", "code"]
        constraints = [
            models.UniqueConstraint(fields=["system", "code", "valid_from"], name="concept_once_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="concept_period"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.display}"
