"""Kits and their results."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models import Observation, tracked
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


# Runs at commit: a positive that nobody would have on a list cannot be stored at all.
_POSITIVE_HAS_DUTY = """
IF NOT EXISTS (SELECT 1 FROM screening_duty d WHERE d.result_id = NEW.id) THEN
    RAISE EXCEPTION 'positive result % has no duty', NEW.id USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


class TestResult(Uuid7Model, AppendOnly):
    """The result of one kit: haemoglobin in µg per g of stool, judged by the cut-off of the episode's version.

    value is None only for an inadequate test. observation: the same result in the person's record.
    """

    __test__ = False  # not a test class, whatever its name suggests to pytest

    class Outcome(models.TextChoices):
        NEGATIVE = "negative", "Âm tính"
        POSITIVE = "positive", "Dương tính"
        INADEQUATE = "inadequate", "Không đạt, cần làm lại"

    kit = models.OneToOneField(Kit, on_delete=models.PROTECT, related_name="result")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    value = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    cut_off = models.DecimalField(max_digits=8, decimal_places=2)
    measured_at = models.DateTimeField()
    observation = models.OneToOneField(Observation, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=(Q(outcome="positive") & Q(value__isnull=False) & Q(value__gte=F("cut_off")))
                | (Q(outcome="negative") & Q(value__isnull=False) & Q(value__gte=0) & Q(value__lt=F("cut_off")))
                | (Q(outcome="inadequate") & Q(value=None)),
                name="result_as_the_cut_off_says",
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="positive_has_duty",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__outcome="positive"),
                func=_POSITIVE_HAS_DUTY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.kit_id}"
