"""The formulary: what can be prescribed, and which of it a facility keeps."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q

from clinics.rules.formulary import KIND_NAMES, Kind
from registry.models import AppendOnly, Facility
from registry.models.base import Period, PeriodQuerySet


class Drug(Period):
    """A medicine of a formulary version (FHIR Medication). A changed meaning closes the row and opens another.

    code: MA_THUOC; registration: SO_DANG_KY; ingredient: active ingredients in words; parts: the same for machines, a list
    of {key, atc, amount, unit} for one `unit` of the medicine (mg or IU; amount None when not stated); route: a code of
    ĐƯỜNG DÙNG; kind: which prescription it belongs on; usage: how it is usually taken; search_key: folded name,
    ingredients and registration.
    """

    code = models.CharField(max_length=255)
    registration = models.CharField(max_length=255, blank=True)
    name = models.CharField(max_length=300)
    ingredient = models.CharField(max_length=500)
    parts = models.JSONField()
    strength = models.CharField(max_length=200, blank=True)
    dose_form = models.CharField(max_length=200, blank=True)
    route = models.CharField(max_length=4)
    unit = models.CharField(max_length=50)
    kind = models.CharField(max_length=1, choices=[(k.value, KIND_NAMES[k]) for k in Kind])
    insured = models.BooleanField()
    usage = models.CharField(max_length=300, blank=True)
    search_key = models.CharField(max_length=1000)
    source = models.CharField(max_length=200)
    official = models.BooleanField(default=False)

    objects = PeriodQuerySet["Drug"].as_manager()

    class Meta:
        indexes = [GinIndex(SearchVector("search_key", config="simple"), name="drug_words")]
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="drug_once_a_day"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="drug_period"),
            models.CheckConstraint(condition=Q(kind__in=list(Kind)), name="drug_kind_known"),
            models.CheckConstraint(condition=~Q(code="") & ~Q(name=""), name="drug_named"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class FormularySwitch(AppendOnly):
    """A facility takes a medicine off its formulary, or puts it back. The latest row holds; without one it is kept."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=255)  # of Drug, whatever its version
    kept = models.BooleanField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("facility"), F("code"), F("id").desc(), name="formulary_switch_latest")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.code} {self.kept}"
