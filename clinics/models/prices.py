"""What things cost, from when to when, and the base salary that small visits are measured by."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from clinics.rules.charges.items import CHARGE_KIND_NAMES, ChargeKind
from records.models.provenance import tracked
from registry.models import AppendOnly, Facility, Period, PeriodQuerySet, Uuid7Model

CHARGE_KINDS = [(kind.value, CHARGE_KIND_NAMES[kind]) for kind in ChargeKind]


@tracked
class PriceList(Uuid7Model, Period):
    """A facility's prices for a period (FHIR ChargeItemDefinition, as a whole). Of two in force the later one counts.

    official False: a starter set that no authority has decided.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=200)
    source = models.CharField(max_length=300)
    official = models.BooleanField(default=False)

    objects = PeriodQuerySet["PriceList"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "valid_from", "name"], name="price_list_once"),
            models.CheckConstraint(condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="price_period"),
        ]

    def __str__(self) -> str:
        return self.name


class ServicePrice(Uuid7Model, AppendOnly):
    """One price of a list; a changed price is another list.

    price: DON_GIA_BV; insured_price: DON_GIA_BH, None where the fund pays nothing; pay_rate: TYLE_TT_BH, percent; group:
    MA_NHOM; ceiling: T_TRANTT of a supply, None for none. Three places, as the insurer's files have them.
    """

    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="prices")
    kind = models.CharField(max_length=8, choices=CHARGE_KINDS)
    code = models.CharField(max_length=255)
    name = models.CharField(max_length=1024)
    unit = models.CharField(max_length=50, blank=True)
    group = models.CharField(max_length=2)
    price = models.DecimalField(max_digits=15, decimal_places=3)
    insured_price = models.DecimalField(max_digits=15, decimal_places=3, null=True)
    pay_rate = models.DecimalField(max_digits=5, decimal_places=2, default=100)
    ceiling = models.DecimalField(max_digits=15, decimal_places=2, null=True)

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["price_list", "kind", "code"], name="price_once_a_list"),
            models.CheckConstraint(condition=Q(price__gte=0), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(insured_price=None) | Q(insured_price__gte=0), name="price_insured_not_negative"
            ),
            models.CheckConstraint(condition=Q(pay_rate__gte=0) & Q(pay_rate__lte=100), name="price_rate_percent"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"


@tracked
class BaseSalary(Uuid7Model, Period):
    """Lương cơ sở, đồng a month, by period: visits below 15 % of it are paid in full. source: the decree."""

    amount = models.DecimalField(max_digits=12, decimal_places=0)
    source = models.CharField(max_length=300)
    confirmed = models.BooleanField(default=False)

    objects = PeriodQuerySet["BaseSalary"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["valid_from"], name="base_salary_once_a_day"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="base_salary_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.valid_from} {self.amount}"
