"""Prescriptions. What was prescribed lives in the record's MedicationRequest rows; here is the paper that groups them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinics.models.formulary import Drug
from clinics.models.safety import SafetySet
from clinics.models.visits import Visit
from clinics.rules.formulary import KIND_NAMES, Kind
from clinics.rules.safety.knowledge import Severity
from records.models import MedicationRequest
from records.models.provenance import tracked
from registry.models import AppendOnly, Facility, Uuid7Model


@tracked
class PrescriptionDraft(Uuid7Model):
    """What is being written for a visit, before anybody signs: no clinical fact yet. One open draft a visit.

    lines: a list of {code, morning, noon, afternoon, evening, days, note, continues}; reasons: key of a finding -> why it
    is overridden; pregnant, lactating: "yes", "no" or "" as the doctor asked. version counts saves: who saves an older one
    is told what changed (the history table keeps each). replaces: the signed prescription this will take the place of, with
    the reason.
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="drafts")
    lines = models.JSONField(default=list)
    reasons = models.JSONField(default=dict)
    advice = models.CharField(max_length=1000, blank=True)
    pregnant = models.CharField(max_length=3, blank=True)
    lactating = models.CharField(max_length=3, blank=True)
    replaces = models.ForeignKey("clinics.Prescription", on_delete=models.PROTECT, null=True, related_name="+")
    replace_reason = models.CharField(max_length=300, blank=True)
    version = models.IntegerField(default=1)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["visit"], condition=Q(signed_at=None), name="draft_one_open_a_visit"),
            models.CheckConstraint(condition=Q(version__gt=0), name="draft_version_counts"),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(replace_reason=""), name="draft_replaces_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class Prescription(Uuid7Model, AppendOnly):
    """A signed prescription of one kind (FHIR RequestGroup of MedicationRequests; TT 26/2025/TT-BYT). Never edited.

    code: the national code, 14 characters; draft: what it was signed from, so that signing twice gives the same one;
    replaces: the one it took the place of; checked_with: the knowledge set; advice: lời dặn.
    """

    code = models.CharField(max_length=14, unique=True)
    kind = models.CharField(max_length=1, choices=[(k.value, KIND_NAMES[k]) for k in Kind])
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="prescriptions")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    draft = models.ForeignKey(PrescriptionDraft, on_delete=models.PROTECT, related_name="prescriptions")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replaced_by")
    checked_with = models.ForeignKey(SafetySet, on_delete=models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField()
    valid_until = models.DateField()
    advice = models.CharField(max_length=1000, blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(F("facility"), F("signed_at").desc(), name="prescription_facility"),
            models.Index(F("visit"), name="prescription_visit"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["draft", "kind"], name="prescription_once_a_draft"),
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9A-Z]{5}[0-9a-z]{7}-[NHCT]$"), name="prescription_code_shape"
            ),
            models.CheckConstraint(condition=Q(code__endswith=F("kind")), name="prescription_code_kind"),
        ]

    def __str__(self) -> str:
        return self.code


class PrescriptionLine(Uuid7Model, AppendOnly):
    """One medicine of a prescription: which row of the record says it, and the pattern that a repeat takes up again."""

    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="lines")
    position = models.PositiveSmallIntegerField()
    medication = models.OneToOneField(MedicationRequest, on_delete=models.PROTECT, related_name="prescription_line")
    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="+")
    morning = models.DecimalField(max_digits=8, decimal_places=3)
    noon = models.DecimalField(max_digits=8, decimal_places=3)
    afternoon = models.DecimalField(max_digits=8, decimal_places=3)
    evening = models.DecimalField(max_digits=8, decimal_places=3)
    days = models.PositiveSmallIntegerField()
    note = models.CharField(max_length=300, blank=True)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["prescription", "position"], name="prescription_line_position"),
            models.CheckConstraint(condition=Q(days__gt=0), name="prescription_line_days"),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.position}"


class SafetyOverride(Uuid7Model, AppendOnly):
    """A finding that was signed over, with the reason (FHIR DetectedIssue.mitigation). message: as it was shown."""

    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="overrides")
    line = models.ForeignKey(PrescriptionLine, on_delete=models.PROTECT, null=True, related_name="overrides")
    finding = models.CharField(max_length=300)
    severity = models.CharField(max_length=6, choices=[(s.value, s.value) for s in Severity])
    message = models.JSONField()
    reason = models.CharField(max_length=500)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="override_with_reason"),
            models.CheckConstraint(condition=~Q(severity="block"), name="override_never_of_a_block"),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.finding}"


class PrescriptionEnd(Uuid7Model, AppendOnly):
    """A prescription was replaced or cancelled: once, with the reason."""

    class Kind(models.TextChoices):
        REPLACED = "replaced", "Đã thay bằng đơn khác"
        CANCELLED = "cancelled", "Đã huỷ"

    prescription = models.OneToOneField(Prescription, on_delete=models.PROTECT, related_name="end")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300)

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="prescription_end_with_reason")]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.kind}"


class PrescribingSet(Uuid7Model):
    """Lines kept for use again at a facility: a doctor's favourite (one line) or set (several)."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=120)
    lines = models.JSONField()
    shared = models.BooleanField(default=False)  # shown to every doctor of the facility
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    used = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["owner", "facility", "name"], name="prescribing_set_name_once"),
            models.CheckConstraint(condition=~Q(name=""), name="prescribing_set_named"),
        ]

    def __str__(self) -> str:
        return self.name
