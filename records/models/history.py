"""History and what bears on health: the second part of the personal health record (QĐ 831/QĐ-BYT).

Every row is what one facility noted, under one source record; a correction is a new row that supersedes with a reason.
A row noted for the wrong person or by mistake is superseded by a copy with `mistaken` set: readers leave those out, the
page of earlier versions shows both. Allergies and diseases have the same in records.models.care. The choices of the form
and where their numbers come from: records.rules.history.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db import models
from django.db.models import F, Q

from records.models.identity import Patient, SourceRecord
from records.models.provenance import ClinicalRow, clinical_constraints, tracked
from records.rules.history import (
    ALLERGIES,
    ASKED,
    DELIVERIES,
    DISABILITIES,
    DISEASES,
    RELATIONSHIPS,
    RISK_STATES,
    RISKS,
)


class HistoryRow(ClinicalRow):
    """One answer of the form. mistaken: the row says that what it supersedes was noted by mistake, and nothing else."""

    mistaken = models.BooleanField(db_default=False, default=False)

    class Meta:
        abstract = True


def _labels(choices: Mapping[str, object]) -> list[tuple[str, str]]:
    return [(key, str(getattr(choice, "label", choice))) for key, choice in choices.items()]


@tracked
class RelatedPerson(HistoryRow):
    """A relative or guardian (FHIR RelatedPerson; QUANHE_GIADINH): as stated, with a link when they have a record here.

    relationship: HL7 v3-RoleCode, what they are to the patient (MTH: the mother). related_record: one of their own
    statements, for ever; related_patient: whom that statement is linked to today, a cache that a relink of related_record
    rewrites in the same transaction, as it does `patient` for source_record. Both are given or neither.
    """

    relationship = models.CharField(max_length=10, choices=_labels(RELATIONSHIPS))
    relationship_text = models.CharField(max_length=60, blank=True)  # TEN_QUANHE, when the code says too little
    name = models.CharField(max_length=255)
    national_id = models.CharField(max_length=20, blank=True)  # MADINHDANH, as stated
    phone = models.CharField(max_length=15, blank=True)
    landline = models.CharField(max_length=15, blank=True)
    guardian = models.BooleanField(default=False)
    related_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, null=True, related_name="+")
    related_patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(F("patient"), name="related_person_patient"),
            models.Index(
                F("related_patient"), name="related_person_related", condition=Q(related_patient__isnull=False)
            ),
            models.Index(F("related_record"), name="related_person_record", condition=Q(related_record__isnull=False)),
        ]
        constraints = [
            *clinical_constraints("related_person"),
            models.CheckConstraint(condition=~Q(name=""), name="related_person_named"),
            models.CheckConstraint(
                condition=Q(related_record=None, related_patient=None)
                | Q(related_record__isnull=False, related_patient__isnull=False),
                name="related_person_record_and_patient",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.relationship} {self.id}"


@tracked
class BirthHistory(HistoryRow):
    """How somebody was born (TINHTRANG_LUCSINH). None: not asked. born_time: "23:50"; gestation_weeks: completed weeks;
    birth_order: 1 for the first of twins, None for a child born alone.
    """

    delivery = models.CharField(max_length=9, choices=_labels(DELIVERIES), blank=True)
    preterm = models.BooleanField(null=True)
    asphyxia = models.BooleanField(null=True)
    weight_g = models.PositiveSmallIntegerField(null=True)
    length_cm = models.DecimalField(max_digits=4, decimal_places=1, null=True)
    malformation = models.CharField(max_length=300, blank=True)
    other = models.CharField(max_length=300, blank=True)
    gestation_weeks = models.PositiveSmallIntegerField(null=True)
    birth_order = models.PositiveSmallIntegerField(null=True)
    born_time = models.CharField(max_length=5, blank=True, default="", db_default="")

    class Meta:
        indexes = [models.Index(F("patient"), name="birth_history_patient")]
        constraints = [*clinical_constraints("birth_history")]

    def __str__(self) -> str:
        return str(self.id)


@tracked
class RiskFactor(HistoryRow):
    """One risk factor (YEUTO_SUCKHOE; FHIR Observation, social-history). kind and unit: records.rules.history.RISKS.

    state is empty for what is no habit (exposure, toilet, other), which say it in detail; duration: THOIGIAN_TIEPXUC.
    """

    kind = models.CharField(max_length=10, choices=_labels(RISKS))
    state = models.CharField(max_length=9, choices=_labels(RISK_STATES), blank=True)
    amount = models.DecimalField(max_digits=6, decimal_places=1, null=True)
    since_year = models.PositiveSmallIntegerField(null=True)
    until_year = models.PositiveSmallIntegerField(null=True)
    detail = models.CharField(max_length=300, blank=True)
    duration = models.CharField(max_length=100, blank=True)

    class Meta:
        indexes = [models.Index(F("patient"), name="risk_factor_patient")]
        constraints = [
            *clinical_constraints("risk_factor"),
            models.CheckConstraint(condition=~Q(state="", detail=""), name="risk_factor_says_something"),
            models.CheckConstraint(
                condition=Q(until_year=None) | Q(since_year=None) | Q(until_year__gte=F("since_year")),
                name="risk_factor_years",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@tracked
class Disability(HistoryRow):
    """A disability (KHUYETTAT; FHIR Condition)."""

    kind = models.CharField(max_length=10, choices=_labels(DISABILITIES))
    description = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name_plural = "disabilities"
        indexes = [models.Index(F("patient"), name="disability_patient")]
        constraints = [*clinical_constraints("disability")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@tracked
class SurgicalHistory(HistoryRow):
    """An operation somebody had, as told (TIENSU_PHAUTHUAT; FHIR Procedure). What was done here is a Procedure."""

    description = models.CharField(max_length=300)
    year = models.PositiveSmallIntegerField(null=True)
    place = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [models.Index(F("patient"), name="surgical_history_patient")]
        constraints = [
            *clinical_constraints("surgical_history"),
            models.CheckConstraint(condition=~Q(description=""), name="surgical_history_named"),
        ]

    def __str__(self) -> str:
        return str(self.id)


@tracked
class FamilyMemberHistory(HistoryRow):
    """A disease or an allergy of a blood relative (TIENSU_GIADINH, NGUOIMAC; FHIR FamilyMemberHistory): one of the two."""

    relationship = models.CharField(max_length=10, choices=_labels(RELATIONSHIPS))
    relationship_text = models.CharField(max_length=60, blank=True)
    disease = models.PositiveSmallIntegerField(choices=list(DISEASES.items()), null=True)
    allergy = models.CharField(max_length=10, choices=_labels(ALLERGIES), blank=True)
    description = models.CharField(max_length=300, blank=True)
    onset_age = models.PositiveSmallIntegerField(null=True)

    class Meta:
        indexes = [models.Index(F("patient"), name="family_history_patient")]
        constraints = [
            *clinical_constraints("family_history"),
            models.CheckConstraint(
                condition=Q(disease__isnull=False, allergy="") | (Q(disease=None) & ~Q(allergy="")),
                name="family_history_disease_or_allergy",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.relationship} {self.id}"


@tracked
class ReproductiveHistory(HistoryRow):
    """Reproductive health and family planning (SUCKHOE_SINHSAN, all 13 fields). None: not asked; 0: asked, none."""

    contraception = models.CharField(max_length=200, blank=True)
    last_pregnancy = models.CharField(max_length=100, blank=True)  # KYTHAICUOI: a date or words
    pregnancies = models.PositiveSmallIntegerField(null=True)
    miscarriages = models.PositiveSmallIntegerField(null=True)
    abortions = models.PositiveSmallIntegerField(null=True)
    births = models.PositiveSmallIntegerField(null=True)
    vaginal_births = models.PositiveSmallIntegerField(null=True)
    caesarean_births = models.PositiveSmallIntegerField(null=True)
    difficult_births = models.PositiveSmallIntegerField(null=True)
    term_births = models.PositiveSmallIntegerField(null=True)
    preterm_births = models.PositiveSmallIntegerField(null=True)
    living_children = models.PositiveSmallIntegerField(null=True)
    gynaecological = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(F("patient"), name="reproductive_patient")]
        constraints = [*clinical_constraints("reproductive")]

    def __str__(self) -> str:
        return str(self.id)


@tracked
class OtherIssue(HistoryRow):
    """Anything else about health worth knowing (VANDEKHAC), in words."""

    text = models.CharField(max_length=1000)

    class Meta:
        indexes = [models.Index(F("patient"), name="other_issue_patient")]
        constraints = [
            *clinical_constraints("other_issue"),
            models.CheckConstraint(condition=~Q(text=""), name="other_issue_not_empty"),
        ]

    def __str__(self) -> str:
        return str(self.id)


@tracked
class AskedAndNone(HistoryRow):
    """Somebody asked, and there was none: which is not the same as nobody having asked (FHIR List.emptyReason nilknown).

    It holds for as long as the section has no current row. Allergies carry their own answer (none_known).
    """

    section = models.CharField(max_length=12, choices=_labels(ASKED))

    class Meta:
        indexes = [models.Index(F("patient"), name="asked_none_patient")]
        constraints = [*clinical_constraints("asked_none")]

    def __str__(self) -> str:
        return f"{self.section} {self.id}"
