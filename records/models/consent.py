"""Consent (FHIR Consent): what a resident was asked, purpose by purpose, what they answered, and the proof of it.

Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15 and NĐ 356/2025/NĐ-CP: consent is given per purpose, never assumed from silence,
withdrawn at any time, and whoever relies on it keeps the proof.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from records.models.identity import SourceRecord
from records.models.provenance import tracked
from registry.models import AppendOnly, Facility, Uuid7Model


@tracked
class ConsentPurpose(Uuid7Model):
    """One thing a resident may agree to or not. recipient: whom the answer must name; opens_record: to that facility."""

    class Recipient(models.TextChoices):
        NOBODY = "", _("không nêu ai")
        FACILITY = "facility", _("một cơ sở")
        THIRD_PARTY = "third-party", _("một bên thứ ba")

    key = models.SlugField(_("mã"), max_length=40, unique=True)
    name = models.CharField(_("mục đích"), max_length=200)
    recipient = models.CharField(_("người nhận"), max_length=11, choices=Recipient.choices, blank=True)
    opens_record = models.BooleanField(_("mở hồ sơ cho cơ sở nhận"), default=False)
    position = models.PositiveSmallIntegerField(_("thứ tự"), default=0)
    active = models.BooleanField(_("đang hỏi"), default=True)
    source = models.CharField(_("căn cứ"), max_length=300)

    class Meta:
        verbose_name = _("mục đích đồng ý")
        verbose_name_plural = _("mục đích đồng ý")
        ordering = ["position", "key"]
        constraints = [
            models.CheckConstraint(
                condition=Q(opens_record=False) | Q(recipient="facility"), name="consent_purpose_opens_to_a_facility"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ConsentText(Uuid7Model, AppendOnly):
    """The words a purpose is asked with; another wording is another number, so that an answer keeps what was shown."""

    purpose = models.ForeignKey(
        ConsentPurpose, on_delete=models.PROTECT, related_name="texts", verbose_name=_("mục đích")
    )
    number = models.PositiveSmallIntegerField(_("phiên bản"))
    body = models.TextField(_("nội dung"))
    since = models.DateTimeField(_("dùng từ"), auto_now_add=True)

    class Meta(AppendOnly.Meta):
        verbose_name = _("nội dung đồng ý")
        verbose_name_plural = _("nội dung đồng ý")
        ordering = ["purpose", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["purpose", "number"], name="consent_text_once"),
            models.CheckConstraint(condition=~Q(body=""), name="consent_text_says_something"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose_id} {self.number}"


class Giver(models.TextChoices):
    """Who answered."""

    SELF = "self", _("Chính người bệnh")
    REPRESENTATIVE = "representative", _("Người đại diện")


class Proof(models.TextChoices):
    """How it can be proved."""

    PAPER = "paper", _("Bản giấy có chữ ký")
    WITNESSED = "witnessed", _("Nói trực tiếp, nhân viên chứng kiến")
    VNEID = "vneid", _("Xác nhận trên VNeID")


class Proven(models.Model):
    """Who said it, how it is proved and who wrote it down. proof_note: archive number, witness, or VNeID transaction."""

    given_by = models.CharField(max_length=14, choices=Giver.choices)
    representative = models.CharField(max_length=200, blank=True)
    relationship = models.CharField(max_length=60, blank=True)
    proof = models.CharField(max_length=9, choices=Proof.choices)
    proof_note = models.CharField(max_length=200, blank=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        abstract = True


class Consent(Uuid7Model, AppendOnly, Proven):
    """One answer to one purpose. Written under a source record: the person is whom that record is linked to today."""

    class Decision(models.TextChoices):
        PERMIT = "permit", _("Đồng ý")
        DENY = "deny", _("Không đồng ý")

    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    purpose = models.ForeignKey(ConsentPurpose, on_delete=models.PROTECT, related_name="+")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="+")
    decision = models.CharField(max_length=6, choices=Decision.choices)
    recipient = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    third_party = models.CharField(max_length=200, blank=True)
    child_agreed = models.BooleanField(null=True)
    valid_until = models.DateField(null=True)
    given_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["source_record", "given_at"], name="consent_record")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(given_by="representative") | ~Q(representative=""), name="consent_representative_named"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ConsentWithdrawal(Uuid7Model, AppendOnly, Proven):
    """An answer was taken back, or another answer took its place; what it opened closed in the same transaction."""

    consent = models.OneToOneField(Consent, on_delete=models.PROTECT, related_name="withdrawal")
    reason = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.consent_id)
