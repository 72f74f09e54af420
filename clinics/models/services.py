"""The service catalogue: what can be ordered, with its analytes and reference ranges, for as long as it means this."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from clinics.rules.orders import KIND_NAMES, ServiceKind
from records.models.provenance import tracked
from registry.models import Facility, Period, PeriodQuerySet, Room

KINDS = [(kind.value, KIND_NAMES[kind]) for kind in ServiceKind]


class Service(Period):
    """One service of the catalogue (FHIR ActivityDefinition). A changed service is a new row; orders keep theirs.

    code: the Ministry's equivalent code. specimen: a key of clinics.rules.orders.SPECIMENS, empty where none is drawn.
    fingerprint: of everything it states, analytes and ranges included. official False: a starter set nobody has checked.
    """

    code = models.CharField(max_length=50)
    name = models.CharField(max_length=500)
    search_key = models.CharField(max_length=600)
    kind = models.CharField(max_length=10, choices=KINDS)
    specimen = models.CharField(max_length=10, blank=True)
    fingerprint = models.CharField(max_length=64)
    source = models.CharField(max_length=300, blank=True)
    official = models.BooleanField(default=False)

    objects = PeriodQuerySet["Service"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "valid_from"], name="service_once_a_day"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="service_period"
            ),
            models.CheckConstraint(condition=Q(kind__in=list(ServiceKind)), name="service_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Analyte(models.Model):
    """One index of a service (FHIR ObservationDefinition). words: the answer is text, best one of `answers`."""

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="analytes")
    position = models.PositiveSmallIntegerField()
    code = models.CharField(max_length=40)
    name = models.CharField(max_length=255)
    unit = models.CharField(max_length=50, blank=True)
    loinc = models.CharField(max_length=20, blank=True)
    words = models.BooleanField(default=False)
    answers = ArrayField(models.CharField(max_length=100), default=list)
    lowest = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    highest = models.DecimalField(max_digits=14, decimal_places=4, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "code"], name="analyte_once_a_service")]

    def __str__(self) -> str:
        return self.code


class ReferenceRange(models.Model):
    """What is normal, and what is critical, for a sex and an age (clinics.rules.reference_ranges.Range)."""

    analyte = models.ForeignKey(Analyte, on_delete=models.PROTECT, related_name="ranges")
    sex = models.CharField(max_length=7, blank=True)
    from_age = models.CharField(max_length=8)
    to_age = models.CharField(max_length=8, blank=True)
    low = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    high = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    critical_low = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    critical_high = models.DecimalField(max_digits=14, decimal_places=4, null=True)
    normal_text = models.CharField(max_length=100, blank=True)
    source = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.analyte_id} {self.sex} {self.from_age}–{self.to_age}"


@tracked
class FacilityService(models.Model):
    """How one facility runs a service: whether it offers it, in which room, whether a second person verifies results.

    A service without a row is offered, in no particular room, without a second check.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    code = models.CharField(max_length=50)
    offered = models.BooleanField(default=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    second_check = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["facility", "code"], name="facility_service_once")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.code}"


@tracked
class OrderSet(models.Model):
    """Services that are ordered together (FHIR PlanDefinition). owner None: everybody's at the facility."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    specialty = models.CharField(max_length=60, blank=True)
    name = models.CharField(max_length=120)
    codes = ArrayField(models.CharField(max_length=50))
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "owner", "name"],
                condition=Q(active=True),
                nulls_distinct=False,
                name="order_set_named_once",
            )
        ]

    def __str__(self) -> str:
        return self.name
