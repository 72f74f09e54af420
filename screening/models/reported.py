"""Rounds that another system reports: what its file says of a person and a round, kept as it came, counted with our own."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from registry.models import Facility


class ReportedRound(models.Model):
    """One person's round of one programme, as the facility's old system reports it. Nobody is looked up by it: person_key is
    that system's own number of the person, of no use elsewhere, and there is no name.

    programme: a family of screening.rules.reported.FAMILIES. sex: M or F. verdict: what the result says, empty where none
    came. assessment: done, not-done, unknown, or empty. findings: codes of screening.rules.reported.FINDINGS, None where
    none were reported. digest: of everything above, so that the same row is known again. batch_id, record_no: where in
    which file it stands.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    programme = models.CharField(max_length=12)
    person_key = models.CharField(max_length=60)
    round = models.PositiveSmallIntegerField()
    sex = models.CharField(max_length=1)
    birth_date = models.DateField()
    ward_code = models.CharField(max_length=10, blank=True)
    target = models.BooleanField()
    invited_on = models.DateField(null=True)
    tested_on = models.DateField(null=True)
    test = models.CharField(max_length=30, blank=True)
    result = models.CharField(max_length=30, blank=True)
    verdict = models.CharField(max_length=10, blank=True)
    assessed_on = models.DateField(null=True)
    assessment = models.CharField(max_length=8, blank=True)
    findings = ArrayField(models.CharField(max_length=20), null=True)
    finding_on = models.DateField(null=True)
    treated_on = models.DateField(null=True)
    digest = models.BigIntegerField()
    batch_id = models.UUIDField()
    record_no = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["programme", "facility", "person_key", "round"], name="reported_round_once"
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=["", "negative", "positive", "inadequate"])
                & Q(assessment__in=["", "done", "not-done", "unknown"])
                & Q(sex__in=["M", "F"]),
                name="reported_round_words",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.programme} {self.round} #{self.record_no}"
