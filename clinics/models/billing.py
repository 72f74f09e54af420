"""Ledgers of a visit's money: the card it is paid with, what was charged, what was received. Nothing here is edited.

The person is the visit's: a relink there moves all of it.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinics.models.prices import CHARGE_KINDS, ServicePrice
from clinics.models.visits import Visit
from clinics.rules.charges.items import PAY_METHOD_NAMES, PayMethod
from registry.models import AppendOnly, Facility, Uuid7Model


class InsuranceCoverage(Uuid7Model, AppendOnly):
    """The card of one visit as the desk saw it (FHIR Coverage); a correction is another row, and the latest counts.

    card: 15 characters or 10 digits; benefit: "1".."5", from the card. object_code: MA_DOITUONG_KCB; basis: why it stands
    (clinics.rules.charges.ways.Basis); note: what the desk adds when it chose another. registered_at: MA_DKBD.
    referred_from, referral_number, referral_diagnosis: the referral paper (MA_NOI_DI, GIAY_CHUYEN_TUYEN, its diagnosis).
    exempt_from: NGAY_MIEN_CCT; area: K1..K3 or "".
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="coverages")
    object_code = models.CharField(max_length=4)
    basis = models.CharField(max_length=10, blank=True)
    note = models.CharField(max_length=300, blank=True)
    card = models.CharField(max_length=15, blank=True)
    benefit = models.CharField(max_length=1, blank=True)
    registered_at = models.CharField(max_length=5, blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    referred_from = models.CharField(max_length=5, blank=True)
    referral_number = models.CharField(max_length=50, blank=True)
    referral_diagnosis = models.CharField(max_length=500, blank=True)
    exempt_from = models.DateField(null=True)
    five_years_on = models.DateField(null=True)
    area = models.CharField(max_length=2, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("visit"), F("at").desc(), F("id").desc(), name="coverage_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(benefit__in=["", "1", "2", "3", "4", "5"]), name="coverage_benefit"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_from=None) | Q(valid_to__gte=F("valid_from")),
                name="coverage_period",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.object_code}"


class Charge(Uuid7Model, AppendOnly):
    """One charged line (FHIR ChargeItem), or the reversal of one. What it costs was copied from the price list of the day.

    price_row None: the list had no price, the line waits for one and nothing can be paid. source_kind, source_id: what it
    is charged for. particulars: clinics.rules.charges.items.Particulars. by_licence: MA_BAC_SI.
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="charges")
    kind = models.CharField(max_length=8, choices=CHARGE_KINDS)
    code = models.CharField(max_length=255)
    name = models.CharField(max_length=1024)
    unit = models.CharField(max_length=50, blank=True)
    group = models.CharField(max_length=2, blank=True)
    quantity = models.DecimalField(max_digits=12, decimal_places=3)
    price = models.DecimalField(max_digits=15, decimal_places=3)
    insured_price = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    pay_rate = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    service_rate = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    ceiling = models.DecimalField(max_digits=15, decimal_places=2, null=True)
    price_row = models.ForeignKey(ServicePrice, on_delete=models.PROTECT, null=True, related_name="+")
    source_kind = models.CharField(max_length=20, blank=True)
    source_id = models.UUIDField(null=True)
    department_code = models.CharField(max_length=50, blank=True)
    by_licence = models.CharField(max_length=40, blank=True)
    ordered_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    result_at = models.DateTimeField(null=True)
    particulars = models.JSONField(default=dict)
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="reversal")
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["visit"], name="charge_of_visit"),
            models.Index(fields=["source_id"], name="charge_source", condition=Q(source_id__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="charge_some"),
            models.CheckConstraint(condition=Q(price__gte=0), name="charge_not_negative"),
            models.CheckConstraint(condition=Q(reverses=None) | ~Q(reason=""), name="charge_reversed_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code} {self.id}"


class ReceiptCounter(models.Model):
    """The last receipt number of a facility in a year. Its row is locked until the payment that took the number commits."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    last = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["facility", "year"], name="receipt_counter_once_a_year")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.year} {self.last}"


class Payment(Uuid7Model, AppendOnly):
    """Money received or given back (FHIR PaymentReconciliation), whole đồng, each with a receipt number of its own.

    amount is negative when money is given back. cancels: the receipt this one takes back. bill: what the receipt prints,
    as it was on that moment.
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="payments")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField()
    number = models.IntegerField()
    amount = models.DecimalField(max_digits=15, decimal_places=0)
    method = models.CharField(max_length=8, choices=[(one.value, PAY_METHOD_NAMES[one]) for one in PayMethod])
    cancels = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="cancelled_by")
    reason = models.CharField(max_length=300, blank=True)
    bill = models.JSONField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["visit"], name="payment_of_visit")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "year", "number"], name="receipt_number_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="payment_some"),
            models.CheckConstraint(condition=Q(amount__gt=0) | ~Q(reason=""), name="payment_back_with_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.year}/{self.number}"
