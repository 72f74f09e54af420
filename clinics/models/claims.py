"""Insurance files: every version that was made of a visit's dossier, what was added by hand, and what went out."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinics.models.visits import Visit
from records.models.provenance import tracked
from registry.models import AppendOnly, Facility, Uuid7Model


@tracked
class InsuranceProfile(Uuid7Model):
    """What every file of a facility repeats. head_code: MA_TTDV, the insurer's number of the head of the unit.

    walk_in_code: MA_DOITUONG_KCB of people who come by themselves, after the facility's classification; "" where not stated.
    """

    facility = models.OneToOneField(Facility, on_delete=models.PROTECT, related_name="+")
    head_code = models.CharField(max_length=255, blank=True)
    walk_in_code = models.CharField(max_length=4, blank=True)

    def __str__(self) -> str:
        return f"{self.facility_id}"


class ClaimSupplement(Uuid7Model, AppendOnly):
    """Fields of one table that no other page of the system holds, typed for this visit; the latest row of a table counts."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="claim_supplements")
    table = models.CharField(max_length=5)
    values = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("visit"), F("table"), F("at").desc(), name="claim_supplement_latest")]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.table}"


class ClaimFile(Uuid7Model, AppendOnly):
    """One version of a visit's dossier (FHIR Claim): its tables exactly as written, and what the checker found.

    tables: key to rows, as registry.rules.qd3176 writes them. fingerprint: SHA-256 of the tables, so that a version is
    made only when something changed. findings: clinics.rules.claims.findings.Finding; errors: those that are not doubts.
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="claims")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    ended_on = models.DateField()
    version = models.PositiveSmallIntegerField()
    tables = models.JSONField()
    fingerprint = models.CharField(max_length=64)
    findings = models.JSONField(default=list)
    errors = models.PositiveIntegerField()
    doubts = models.PositiveIntegerField()
    insured_total = models.DecimalField(max_digits=15, decimal_places=2)
    fund_total = models.DecimalField(max_digits=15, decimal_places=2)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["facility", "ended_on"], name="claim_worklist")]
        constraints = [
            models.UniqueConstraint(fields=["visit", "version"], name="claim_version_once"),
            models.CheckConstraint(condition=Q(version__gt=0), name="claim_version_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.version}"


class ClaimExport(Uuid7Model, AppendOnly):
    """A file that left the facility: which days, how many dossiers, SHA-256 of what was handed out."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    first_day = models.DateField()
    last_day = models.DateField()
    count = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("facility"), F("at").desc(), name="claim_export_latest")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.first_day}–{self.last_day}"


class ExportedClaim(AppendOnly):
    """A version that went out with a file. What was sent stays; a correction is a newer version in a later file."""

    export = models.ForeignKey(ClaimExport, on_delete=models.PROTECT, related_name="items")
    claim = models.ForeignKey(ClaimFile, on_delete=models.PROTECT, related_name="exports")

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["export", "claim"], name="exported_claim_once")]

    def __str__(self) -> str:
        return f"{self.export_id} {self.claim_id}"
