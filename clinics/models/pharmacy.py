"""The pharmacy of a facility: lots on the shelf, and a ledger of what came and went."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinics.models.prescriptions import Prescription, PrescriptionLine
from registry.models import AppendOnly, Facility, Uuid7Model


class StockLot(Uuid7Model):
    """One lot of a medicine at a facility. on_hand is the sum of its movements, kept by their trigger, never negative."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=255)  # of Drug, whatever its version
    name = models.CharField(max_length=300)
    unit = models.CharField(max_length=50)
    lot = models.CharField(max_length=60)
    expires_on = models.DateField()
    on_hand = models.DecimalField(max_digits=14, decimal_places=3, default=0, editable=False)

    class Meta:
        indexes = [models.Index(fields=["facility", "code", "expires_on"], name="stock_first_expiring")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "code", "lot", "expires_on"], name="stock_lot_once"),
            models.CheckConstraint(condition=Q(on_hand__gte=0), name="stock_never_negative"),
            models.CheckConstraint(condition=~Q(lot=""), name="stock_lot_named"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.lot}"


class Dispensing(Uuid7Model, AppendOnly):
    """One hand-over at the counter. token: the form's own, so that sending it twice gives out once."""

    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="dispensings")
    token = models.UUIDField(unique=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("prescription"), name="dispensing_prescription")]

    def __str__(self) -> str:
        return str(self.id)


COUNT = """
    UPDATE clinics_stocklot SET on_hand = on_hand + NEW.quantity WHERE id = NEW.lot_id;
    RETURN NEW;
"""


class StockMovement(Uuid7Model, AppendOnly):
    """What came to a lot (positive) or left it (negative). A return reverses a hand-over by a row of its own."""

    class Kind(models.TextChoices):
        RECEIPT = "receipt", "Nhập kho"
        DISPENSED = "dispensed", "Cấp phát"
        RETURNED = "returned", "Trả lại"
        DISCARDED = "discarded", "Huỷ, hao hụt"

    lot = models.ForeignKey(StockLot, on_delete=models.PROTECT, related_name="movements")
    kind = models.CharField(max_length=9, choices=Kind.choices)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    dispensing = models.ForeignKey(Dispensing, on_delete=models.PROTECT, null=True, related_name="movements")
    line = models.ForeignKey(PrescriptionLine, on_delete=models.PROTECT, null=True, related_name="movements")
    reverses = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="reversed_by")
    token = models.UUIDField(null=True, unique=True)  # of the form of a receipt or a return
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(F("lot"), F("at").desc(), name="stock_movement_lot"),
            models.Index(F("line"), name="stock_movement_line", condition=Q(line__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="receipt", quantity__gt=0, line=None, reverses=None)
                | Q(kind="discarded", quantity__lt=0, line=None, reverses=None)
                | Q(kind="dispensed", quantity__lt=0, line__isnull=False, dispensing__isnull=False, reverses=None)
                | Q(kind="returned", quantity__gt=0, line__isnull=False, reverses__isnull=False),
                name="stock_movement_shape",
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["returned", "discarded"]) | ~Q(reason=""), name="stock_movement_reason"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(name="count", operation=pgtrigger.Insert, when=pgtrigger.After, func=COUNT),
        ]

    def __str__(self) -> str:
        return f"{self.lot_id} {self.quantity}"
