"""The clinical record: encounters and what was found, named as FHIR R4 names them."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from records.models.identity import Precision
from records.models.provenance import ClinicalRow, clinical_constraints, tracked
from records.rules.history import ALLERGIES, DISEASES
from registry.models import Department


@tracked
class Encounter(ClinicalRow):
    """One episode of care at one facility (FHIR Encounter; MA_LK at the XML edge, as source_key)."""

    class Status(models.TextChoices):
        IN_PROGRESS = "in-progress", "Đang khám"
        FINISHED = "finished", "Đã kết thúc"
        CANCELLED = "cancelled", "Đã huỷ"

    status = models.CharField(max_length=12, choices=Status.choices)
    care_type = models.CharField(max_length=2)  # MA_LOAI_KCB, leading zero kept
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    department_code = models.CharField(max_length=50, blank=True)  # as sent, when the department is not registered
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=1000, blank=True)
    conclusion = models.TextField(blank=True)
    practitioner_name = models.CharField(max_length=255, blank=True)
    outcome_code = models.CharField(max_length=2, blank=True)  # KET_QUA_DTRI
    discharge_code = models.CharField(max_length=2, blank=True)  # MA_LOAI_RV

    class Meta:
        indexes = [models.Index(F("patient"), F("started_at").desc(), F("id").desc(), name="encounter_timeline")]
        constraints = [
            *clinical_constraints("encounter"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="encounter_period"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


@tracked
class Condition(ClinicalRow):
    """A diagnosis or problem (FHIR Condition). code is normalised ICD-10, code_raw as written (dot, †, * kept).

    Of the form's history (role "history", no encounter) code may be empty; category is its box (LOAIBENH 1..15) and
    mistaken says that the row it supersedes was noted by mistake, and nothing else.
    """

    class Role(models.TextChoices):
        MAIN = "main", "Bệnh chính"
        SECONDARY = "secondary", "Bệnh kèm theo"
        HISTORY = "history", "Tiền sử"

    class ClinicalStatus(models.TextChoices):
        ACTIVE = "active", "đang theo dõi"
        RESOLVED = "resolved", "đã khỏi"

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, related_name="conditions")
    role = models.CharField(max_length=9, choices=Role.choices)
    code = models.CharField(max_length=10)
    code_raw = models.CharField(max_length=20, blank=True)
    display = models.CharField(max_length=500)
    clinical_status = models.CharField(max_length=8, choices=ClinicalStatus.choices, default=ClinicalStatus.ACTIVE)
    chronic = models.BooleanField(default=False)
    onset_on = models.DateField(null=True)
    onset_precision = models.CharField(
        max_length=5, choices=Precision.choices, db_default=Precision.DAY, default=Precision.DAY
    )
    category = models.PositiveSmallIntegerField(choices=list(DISEASES.items()), null=True)
    note = models.CharField(max_length=500, blank=True, db_default="")
    mistaken = models.BooleanField(db_default=False, default=False)

    class Meta:
        indexes = [models.Index(F("patient"), F("recorded_at").desc(), name="condition_patient")]
        constraints = [
            *clinical_constraints("condition"),
            models.UniqueConstraint(
                fields=["encounter", "code"],
                condition=Q(superseded_by=None) & Q(encounter__isnull=False),
                name="condition_once_an_encounter",
            ),
            models.UniqueConstraint(
                fields=["encounter"],
                condition=Q(role="main") & Q(superseded_by=None) & Q(encounter__isnull=False),
                name="condition_one_main",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.id}"


@tracked
class AllergyIntolerance(ClinicalRow):
    """An allergy, or the asked-and-none answer (substance empty, none_known true).

    kind: the form's box (records.rules.history.ALLERGIES), empty where it was not said; code: MASO of the sender's list.
    mistaken: the row says that what it supersedes was noted by mistake, and nothing else.
    """

    substance = models.CharField(max_length=200, blank=True)
    reaction = models.CharField(max_length=200, blank=True)
    severe = models.BooleanField(default=False)
    none_known = models.BooleanField(default=False)
    kind = models.CharField(
        max_length=10, choices=[(one.key, one.label) for one in ALLERGIES.values()], blank=True, db_default=""
    )
    code = models.CharField(max_length=40, blank=True, db_default="")
    mistaken = models.BooleanField(db_default=False, default=False)

    class Meta:
        indexes = [models.Index(F("patient"), name="allergy_patient")]
        constraints = [
            *clinical_constraints("allergy"),
            models.CheckConstraint(
                condition=(Q(none_known=True) & Q(substance="")) | (Q(none_known=False) & ~Q(substance="")),
                name="allergy_named_or_none",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


@tracked
class Observation(ClinicalRow):
    """One measurement or result (FHIR Observation). code: our key of docs/glossary.md, or LOINC where it is known.

    report: the laboratory's or imaging's report it belongs to. reference: the normal range as that laboratory prints it;
    interpretation: what it says of the value (HL7 v3 ObservationInterpretation: N, L, H, LL, HH, A), empty when nothing.
    mistaken: the row says that what it supersedes was noted by mistake, and nothing else.
    """

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, related_name="observations")
    report = models.ForeignKey(
        "records.DiagnosticReport", on_delete=models.PROTECT, null=True, related_name="observations"
    )
    code = models.CharField(max_length=40)
    display = models.CharField(max_length=255)
    value = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    value_text = models.CharField(max_length=500, blank=True)
    unit = models.CharField(max_length=50, blank=True)
    reference = models.CharField(max_length=60, blank=True, db_default="")
    interpretation = models.CharField(max_length=2, blank=True, db_default="")
    observed_at = models.DateTimeField()
    mistaken = models.BooleanField(db_default=False, default=False)

    class Meta:
        indexes = [
            models.Index(F("patient"), F("code"), F("observed_at").desc(), name="observation_series"),
            models.Index(F("patient"), F("observed_at").desc(), F("id").desc(), name="observation_timeline"),
        ]
        constraints = [
            *clinical_constraints("observation"),
            models.CheckConstraint(condition=Q(value__isnull=False) | ~Q(value_text=""), name="observation_has_value"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.id}"


@tracked
class Procedure(ClinicalRow):
    """Something that was done (FHIR Procedure), e.g. a colonoscopy, at whichever facility."""

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, related_name="procedures")
    code = models.CharField(max_length=50)
    display = models.CharField(max_length=500)
    result = models.TextField(blank=True)
    performed_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(F("patient"), F("performed_at").desc(), name="procedure_patient")]
        constraints = [*clinical_constraints("procedure")]

    def __str__(self) -> str:
        return f"{self.code} {self.id}"
