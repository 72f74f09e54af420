"""Kits: handed out, returned, rejected, resulted."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models import tracked
from registry.models import AppendOnly, Facility, Uuid7Model
from screening.models.episodes import Episode


class KitState(models.TextChoices):
    """Where a kit is."""

    ISSUED = "issued", "Đã phát"
    RETURNED = "returned", "Đã nhận mẫu"
    REJECTED = "rejected", "Mẫu bị loại"
    RESULTED = "resulted", "Đã có kết quả"


class Rejection(models.TextChoices):
    """Why a kit or its sample could not be used."""

    EXPIRED = "expired", "Quá hạn dùng hoặc để quá lâu"
    NO_SAMPLE = "no-sample", "Không có mẫu hoặc quá ít"
    LEAKED = "leaked", "Ống rò rỉ, hỏng"
    UNLABELLED = "unlabelled", "Nhãn mất hoặc không khớp người"
    LOST = "lost", "Thất lạc, không trả lại"
    OTHER = "other", "Lý do khác"


@tracked
class Kit(Uuid7Model):
    """A FIT kit handed to a person. number: as printed on its barcode, unique in the city."""

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="kits")
    number = models.CharField(max_length=30, unique=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=KitState.choices, default=KitState.ISSUED)
    issued_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True)
    sampled_on = models.DateField(null=True)
    rejection = models.CharField(max_length=10, choices=Rejection.choices, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=r"^[0-9A-Z-]{4,30}$"), name="kit_number_shape"),
            models.UniqueConstraint(
                fields=["episode"], condition=Q(state__in=["issued", "returned"]), name="kit_one_on_its_way"
            ),
            models.CheckConstraint(
                condition=(Q(state="rejected") & ~Q(rejection="")) | (~Q(state="rejected") & Q(rejection="")),
                name="kit_rejected_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["issued", "rejected"]) | Q(returned_at__isnull=False), name="kit_returned_first"
            ),
            models.CheckConstraint(
                condition=Q(returned_at=None) | Q(returned_at__gte=F("issued_at")), name="kit_returned_after_issue"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class KitStatus(Uuid7Model, AppendOnly):
    """One change of a kit's state; `by` is None for the system."""

    kit = models.ForeignKey(Kit, on_delete=models.PROTECT, related_name="statuses")
    state = models.CharField(max_length=8, choices=KitState.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("kit"), F("at"), name="kit_status_of")]

    def __str__(self) -> str:
        return f"{self.state} {self.kit_id}"
