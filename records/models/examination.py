"""What one encounter examined and advised, and the reports of laboratories and imaging."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from records.models.care import Encounter
from records.models.provenance import ClinicalRow, clinical_constraints, tracked


@tracked
class ExaminationFinding(ClinicalRow):
    """What was found in one body system during one encounter (FHIR Observation, category exam).

    One row per system, so that correcting the heart leaves the lungs as they were written. system: a key of
    records.rules.examination.SYSTEMS (QĐ 831 part 4: KHAMDA …).
    """

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="findings")
    body_system = models.CharField(max_length=20)
    normal = models.BooleanField(default=False)
    text = models.CharField(max_length=2000)
    examined_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(F("patient"), F("examined_at").desc(), name="finding_patient")]
        constraints = [
            *clinical_constraints("finding"),
            models.UniqueConstraint(
                fields=["encounter", "body_system"], condition=Q(superseded_by=None), name="finding_once_an_encounter"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="finding_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.body_system} {self.id}"


@tracked
class ClinicalNote(ClinicalRow):
    """A passage of one encounter: course of illness (BENHSU), advice (TUVAN) (FHIR ClinicalImpression, CarePlan.note).

    An addendum is said after the encounter was signed; there may be many, and none replaces what was signed. The other
    kinds come from other systems' files: daily progress (XML5) and what a paper of the visit said (XML7 to XML14).
    """

    class Kind(models.TextChoices):
        COURSE = "course", "Bệnh sử"
        ADVICE = "advice", "Tư vấn"
        ADDENDUM = "addendum", "Bổ sung sau khi ký"
        PROGRESS = "progress", "Diễn biến lâm sàng"
        DISCHARGE = "discharge", "Giấy ra viện"
        SUMMARY = "summary", "Tóm tắt hồ sơ bệnh án"
        BIRTH = "birth", "Giấy chứng sinh"
        LEAVE = "leave", "Giấy nghỉ việc, nghỉ dưỡng thai"
        REFERRAL = "referral", "Giấy chuyển cơ sở khám chữa bệnh"
        FOLLOW_UP = "followup", "Giấy hẹn khám lại"

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="notes")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    text = models.TextField()

    class Meta:
        indexes = [models.Index(F("patient"), F("recorded_at").desc(), name="note_patient")]
        constraints = [
            *clinical_constraints("note"),
            models.UniqueConstraint(
                fields=["encounter", "kind"],
                condition=Q(superseded_by=None, kind__in=("course", "advice")),
                name="note_once_an_encounter",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="note_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


@tracked
class DiagnosticReport(ClinicalRow):
    """One laboratory or imaging service with its result (FHIR DiagnosticReport; XML4, QĐ 831 CANLAMSANG/DICHVU).

    code: service code as sent (MADICHVU), display its name; result: in words (KETQUA, MO_TA); conclusion: what it means.
    Its numbers are observations that point at it. attachment: the paper it was read from (presentedForm).
    """

    class Category(models.TextChoices):
        LABORATORY = "LAB", "Xét nghiệm"  # HL7 v2-0074, as FHIR's DiagnosticReport.category; MANHOM 1
        IMAGING = "RAD", "Chẩn đoán hình ảnh, thăm dò chức năng"  # MANHOM 2

    class Status(models.TextChoices):
        FINAL = "final", "Đã có kết quả"
        ENTERED_IN_ERROR = "entered-in-error", "Ghi nhầm"

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, related_name="reports")
    category = models.CharField(max_length=3, choices=Category.choices)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.FINAL)
    code = models.CharField(max_length=50, blank=True)
    display = models.CharField(max_length=500)
    result = models.TextField(blank=True)
    conclusion = models.TextField(blank=True)
    performed_at = models.DateTimeField()
    performer_name = models.CharField(max_length=255, blank=True)
    attachment = models.ForeignKey("records.Document", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(F("patient"), F("performed_at").desc(), F("id").desc(), name="report_patient")]
        constraints = [
            *clinical_constraints("report"),
            models.CheckConstraint(condition=~Q(display=""), name="report_named"),
        ]

    def __str__(self) -> str:
        return f"{self.category} {self.id}"
