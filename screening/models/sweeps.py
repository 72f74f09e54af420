"""What each sweep of the city found: the failsafe's own proof, kept."""

from __future__ import annotations

from django.db import models
from django.db.models import F

from registry.models import AppendOnly, Uuid7Model


class Sweep(Uuid7Model, AppendOnly):
    """One sweep. recovered: positives that were on nobody's list; settled: duties that the record had answered; escalated:
    duties told one level up; open, overdue: the city's clocks afterwards; positives: results looked at, of which `lost` had
    neither exactly one open duty nor a documented end; owing: closed episodes that still owed something.
    """

    at = models.DateTimeField()
    recovered = models.PositiveIntegerField()
    settled = models.PositiveIntegerField()
    escalated = models.PositiveIntegerField()
    open = models.PositiveIntegerField()
    overdue = models.PositiveIntegerField()
    positives = models.PositiveIntegerField()
    lost = models.PositiveIntegerField()
    owing = models.PositiveIntegerField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("at").desc(), name="sweep_latest")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
