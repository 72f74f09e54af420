"""Papers of a record: what was uploaded, once by its content, and what it is to one person; forms as they came."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models.identity import SourceRecord
from records.models.provenance import ClinicalRow, clinical_constraints, tracked
from registry.models import AppendOnly, Uuid7Model


@tracked
class StoredFile(Uuid7Model):
    """One content, kept outside the database under its SHA-256 (FHIR Attachment.hash); the same content is kept once.

    media_type was decided by the content. finding: what the virus scanner called it; scanner: which one looked, with its
    version. Only what the scanner says about it ever changes.
    """

    class Scan(models.TextChoices):
        CLEAN = "clean", "Đã quét, sạch"
        NOT_SCANNED = "not-scanned", "Chưa quét: hệ thống chưa có bộ quét mã độc"
        WAITING = "waiting", "Đang chờ quét mã độc"
        INFECTED = "infected", "Có mã độc"

    sha256 = models.CharField(max_length=64, unique=True)
    size = models.BigIntegerField()
    media_type = models.CharField(max_length=30)
    pages = models.IntegerField(null=True)
    width = models.IntegerField(null=True)
    height = models.IntegerField(null=True)
    scan = models.CharField(max_length=11, choices=Scan.choices)
    scanner = models.CharField(max_length=80, blank=True)
    finding = models.CharField(max_length=120, blank=True)
    scanned_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(F("id"), name="stored_file_to_scan", condition=Q(scan__in=["waiting", "not-scanned"])),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="stored_file_hash"),
            models.CheckConstraint(condition=Q(size__gt=0), name="stored_file_not_empty"),
            models.CheckConstraint(
                condition=~Q(scan__in=["clean", "infected"]) | Q(scanned_at__isnull=False),
                name="stored_file_scanned_when",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


@tracked
class Document(ClinicalRow):
    """A paper in somebody's record (FHIR DocumentReference): a file with what it is and when it was made.

    restricted: only who filed it, or may read restricted parts of records, sees that it is there. Withdrawn papers (FHIR
    entered-in-error) stay, with the reason, and are served to nobody.
    """

    class Kind(models.TextChoices):
        LABORATORY = "laboratory", "Kết quả xét nghiệm"
        IMAGING = "imaging", "Chẩn đoán hình ảnh"
        DISCHARGE = "discharge", "Giấy ra viện"
        SUMMARY = "summary", "Tóm tắt bệnh án"
        PRESCRIPTION = "prescription", "Đơn thuốc"
        REFERRAL = "referral", "Giấy chuyển tuyến, hẹn khám"
        CONSENT = "consent", "Giấy đồng ý, cam kết"
        IDENTITY = "identity", "Giấy tờ tuỳ thân"
        OTHER = "other", "Giấy tờ khác"

    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    title = models.CharField(max_length=200)
    dated_on = models.DateField()
    restricted = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [
            models.Index(F("patient"), F("dated_on").desc(), F("id").desc(), name="document_patient"),
        ]
        constraints = [
            *clinical_constraints("document"),
            models.CheckConstraint(condition=~Q(title=""), name="document_has_title"),
            models.CheckConstraint(
                condition=Q(withdrawn_at=None) | ~Q(withdrawn_reason=""), name="document_withdrawn_with_reason"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ReceivedForm(Uuid7Model, AppendOnly):
    """The file of a form (QĐ 831's XML) that made a source record, byte for byte outside the database under its SHA-256.

    encoding: the one its bytes were found to be in (records.rules.qd831.encodings.TAKEN). Whose it is, the link says.
    """

    source_record = models.OneToOneField(SourceRecord, on_delete=models.PROTECT, related_name="received_form")
    sha256 = models.CharField(max_length=64)
    size = models.BigIntegerField()
    encoding = models.CharField(max_length=20)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["sha256"], name="received_form_hash")]
        constraints = [
            models.CheckConstraint(condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="received_form_is_hashed"),
            models.CheckConstraint(condition=Q(size__gt=0), name="received_form_not_empty"),
        ]

    def __str__(self) -> str:
        return str(self.id)
