"""Who may see whose record: access follows treatment; emergencies are reasoned, short and reviewed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from records.models.identity import Patient, SourceRecord
from records.models.provenance import tracked
from registry.models import AppendOnly, Facility, Uuid7Model


class AccessGrant(Uuid7Model, AppendOnly):
    """A facility may see a resident's record because it treats, screens or registered them.

    The grant is written under a source record, as clinical rows are; `patient` there follows the record's link. subject_id:
    what opened it (an encounter, a consent), so that each of them opens it anew. ends_at: where the reason itself names an
    end; otherwise the basis's AccessPeriod counts from granted_at. AccessGrantEnd closes it before that.
    """

    class Basis(models.TextChoices):
        REGISTRATION = "registration", _("đăng ký")
        ENCOUNTER = "encounter", _("lượt khám")
        APPOINTMENT = "appointment", _("lịch hẹn")
        REFERRAL = "referral", _("chuyển tuyến")
        CONSENT = "consent", _("đồng ý")
        SCREENING = "screening", _("chương trình tầm soát")

    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    basis = models.CharField(max_length=12, choices=Basis.choices)
    granted_at = models.DateTimeField()
    subject_id = models.UUIDField(null=True)
    ends_at = models.DateTimeField(null=True)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["subject_id"], name="grant_subject", condition=Q(subject_id__isnull=False))]
        constraints = [
            models.UniqueConstraint(
                fields=["source_record", "facility", "basis", "subject_id"], name="grant_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(ends_at=None) | Q(ends_at__gt=F("granted_at")), name="grant_period"),
        ]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.basis}"


class AccessGrantEnd(Uuid7Model, AppendOnly):
    """A grant was ended before its time, at once: its consent was withdrawn, or what it stood on is over."""

    grant = models.OneToOneField(AccessGrant, on_delete=models.PROTECT, related_name="end")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="grant_end_has_reason")]

    def __str__(self) -> str:
        return str(self.grant_id)


class ProcessingRestriction(Uuid7Model, AppendOnly):
    """The resident asked that their record be processed no further than the law demands (Luật 91/2025/QH15, article 4).

    request_id: the data-subject request it answers. In force until a ProcessingRestrictionEnd.
    """

    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    request_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=500)
    since = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="restriction_has_reason")]

    def __str__(self) -> str:
        return str(self.id)


class ProcessingRestrictionEnd(Uuid7Model, AppendOnly):
    """The resident took the restriction back, or its reason is gone."""

    restriction = models.OneToOneField(ProcessingRestriction, on_delete=models.PROTECT, related_name="end")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="restriction_end_has_reason")]

    def __str__(self) -> str:
        return str(self.restriction_id)


class EmergencyAccess(Uuid7Model, AppendOnly):
    """A record opened without treatment: reason, 3 hours, to be reviewed by the Department of Health."""

    class Kind(models.TextChoices):
        UNCONSCIOUS = "unconscious", _("Người bệnh không tỉnh táo, không nói được")
        LIFE = "life", _("Nguy hiểm tính mạng, phải xử trí ngay")
        HISTORY = "history", _("Cần ngay tiền sử, dị ứng, thuốc đang dùng")
        TRANSFER = "transfer", _("Chuyển viện cấp cứu, giấy tờ chưa đến")
        OTHER = "other", _("Lý do khác")

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    staff = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=11, choices=Kind.choices, default=Kind.OTHER, db_default=Kind.OTHER)
    reason = models.CharField(max_length=500)
    opened_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["patient", "facility", "staff", "expires_at"], name="emergency_open")]
        constraints = [
            models.CheckConstraint(condition=Q(expires_at__gt=F("opened_at")), name="emergency_period"),
            models.CheckConstraint(condition=~Q(reason=""), name="emergency_has_reason"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class EmergencyReview(Uuid7Model, AppendOnly):
    """The Department of Health's judgement of one emergency access; the latest counts."""

    class Verdict(models.TextChoices):
        JUSTIFIED = "justified", _("Chính đáng")
        QUESTIONED = "questioned", _("Cần giải trình")
        UNJUSTIFIED = "unjustified", _("Không chính đáng")

    access = models.ForeignKey(EmergencyAccess, on_delete=models.PROTECT, related_name="reviews")
    verdict = models.CharField(max_length=11, choices=Verdict.choices)
    note = models.CharField(max_length=500, blank=True)
    reviewed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.id)


class EmergencyAnswer(Uuid7Model, AppendOnly):
    """The facility's answer to a questioned emergency access; the Department of Health judges again."""

    access = models.ForeignKey(EmergencyAccess, on_delete=models.PROTECT, related_name="answers")
    text = models.CharField(max_length=1000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="emergency_answer_says_something")]

    def __str__(self) -> str:
        return str(self.id)


@tracked
class AccessAlert(Uuid7Model):
    """Something about access that the Department of Health must look at. key: what it is about, once.

    kind emergency: subject_id is the EmergencyAccess. kind reading: one account opened more residents' records within an
    hour than its role needs; seen counts them and grows while it goes on.
    """

    class Kind(models.TextChoices):
        EMERGENCY = "emergency", _("Mở khẩn cấp")
        READING = "reading", _("Đọc nhiều hồ sơ bất thường")

    kind = models.CharField(max_length=9, choices=Kind.choices)
    key = models.CharField(max_length=120, unique=True)
    subject_id = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=60)
    actor_label = models.CharField(max_length=120)
    role = models.CharField(max_length=30, blank=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    seen = models.PositiveIntegerField(default=1)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-at", "id"], name="access_alert_latest")]

    def __str__(self) -> str:
        return self.key


class AlertReview(Uuid7Model, AppendOnly):
    """What the Department of Health made of an alert, once."""

    class Verdict(models.TextChoices):
        NORMAL = "normal", _("Công việc bình thường")
        MISUSE = "misuse", _("Lạm dụng, đã xử lý")

    alert = models.OneToOneField(AccessAlert, on_delete=models.PROTECT, related_name="review")
    verdict = models.CharField(max_length=6, choices=Verdict.choices)
    note = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.alert_id)
