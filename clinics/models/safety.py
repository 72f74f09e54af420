"""Versions of the safety knowledge set, as they were loaded."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from registry.models import AppendOnly


class SafetySet(AppendOnly):
    """One version of the set of clinics.rules.safety, whole and unchangeable: tables as text rows.

    The set of a day is the newest loaded whose period holds the day. digest: SHA-256 of its tables, so that the same files
    loaded again add nothing. unverified: how many of its rows nobody has read in their source.
    """

    version = models.CharField(max_length=60)
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=500)
    valid_from = models.DateField()
    valid_to = models.DateField()
    tables = models.JSONField()
    digest = models.CharField(max_length=64, unique=True)
    rows = models.IntegerField()
    unverified = models.IntegerField()
    loaded_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["version"], name="safety_set_version_once"),
            models.CheckConstraint(condition=Q(valid_to__gte=F("valid_from")), name="safety_set_period"),
        ]

    def __str__(self) -> str:
        return self.version
