"""Staying in hospital: beds, who lies where, the day's sheet with what was given, and how the stay ended.

A stay is the second half of a visit: orders, prescriptions, charges and the insurance file go on under the same visit, whose
state says "admitted". Everything but the bed itself is append-only.
"""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from clinics.models.visits import Visit
from clinics.rules.stays import CARE_LEVELS, DISCHARGES, SLOT_NAMES, STEP_NAMES, Slot, StayStep
from registry.models import AppendOnly, Department, Facility, Uuid7Model


class Bed(models.Model):
    """A bed of a department (FHIR Location, physicalType bd). A bed out of use stays, for the stays that name it."""

    department = models.ForeignKey(Department, on_delete=models.PROTECT, related_name="beds", verbose_name="khoa")
    code = models.CharField("mã giường", max_length=10)
    room = models.CharField("buồng", max_length=40, blank=True)
    active = models.BooleanField("đang dùng", default=True)

    class Meta:
        verbose_name = "giường bệnh"
        verbose_name_plural = "giường bệnh"
        ordering = ["department", "code"]
        constraints = [models.UniqueConstraint(fields=["department", "code"], name="bed_code_once")]

    def __str__(self) -> str:
        return f"{self.code} · {self.room}" if self.room else self.code


class Stay(Uuid7Model):
    """From admission to leaving (FHIR Encounter of class IMP). reason: LY_DO_VNT; diagnosis: the one on admission.

    department, bed and ended_at are the latest StayPlace, written by that table's trigger and by nothing else; a bed holds
    one stay because the column is unique.
    """

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="stay")
    reason = models.CharField(max_length=300)
    diagnosis = models.CharField(max_length=400)
    admitted_at = models.DateTimeField()
    admitted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    department = models.ForeignKey(
        Department, on_delete=models.PROTECT, null=True, editable=False, related_name="stays"
    )
    bed = models.OneToOneField(Bed, on_delete=models.PROTECT, null=True, editable=False, related_name="stay")
    ended_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        indexes = [models.Index(F("department"), condition=Q(ended_at=None), name="stay_on_ward")]
        constraints = [
            models.CheckConstraint(condition=Q(ended_at=None) | Q(bed=None), name="stay_leaves_its_bed"),
            models.CheckConstraint(condition=~Q(reason=""), name="stay_has_reason"),
        ]

    def __str__(self) -> str:
        return str(self.pk)


FOLLOW = """
    UPDATE clinics_stay SET department_id = coalesce(NEW.department_id, department_id), bed_id = NEW.bed_id,
           ended_at = CASE WHEN NEW.kind = 'left' THEN NEW.at END
     WHERE id = NEW.stay_id AND ended_at IS NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'stay % has ended', NEW.stay_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class StayPlace(Uuid7Model, AppendOnly):
    """A step of a stay: to which department and bed (none: not given one yet, or left), by whom, when, why."""

    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="places")
    kind = models.CharField(max_length=12, choices=[(step.value, STEP_NAMES[step]) for step in StayStep])
    department = models.ForeignKey(Department, on_delete=models.PROTECT, null=True, related_name="+")
    bed = models.ForeignKey(Bed, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("stay"), F("at"), name="stay_place_order")]
        constraints = [
            models.UniqueConstraint(fields=["stay"], condition=Q(kind="admitted"), name="stay_begins_once"),
            models.UniqueConstraint(fields=["stay"], condition=Q(kind="left"), name="stay_ends_once"),
            models.CheckConstraint(condition=Q(kind="left") ^ Q(department__isnull=False), name="stay_place_somewhere"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(name="follow", operation=pgtrigger.Insert, when=pgtrigger.Before, func=FOLLOW),
        ]

    def __str__(self) -> str:
        return f"{self.stay_id} {self.kind}"


class DailySheet(Uuid7Model, AppendOnly):
    """What a doctor wrote of a day (tờ điều trị): the newest of a day stands, the earlier ones stay readable."""

    stay = models.ForeignKey(Stay, on_delete=models.PROTECT, related_name="sheets")
    day = models.DateField()
    course = models.TextField()
    care_level = models.CharField(max_length=1, choices=list(CARE_LEVELS.items()))
    diet = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("stay"), F("day").desc(), F("at").desc(), name="daily_sheet_order")]

    def __str__(self) -> str:
        return f"{self.stay_id} {self.day}"


class DailyOrder(Uuid7Model, AppendOnly):
    """One line of a day's sheet (y lệnh): what to give or do, how, at which times of the day."""

    sheet = models.ForeignKey(DailySheet, on_delete=models.PROTECT, related_name="orders")
    position = models.PositiveSmallIntegerField()
    name = models.CharField(max_length=200)
    how = models.CharField(max_length=200, blank=True)
    slots = ArrayField(models.CharField(max_length=10, choices=[(s.value, SLOT_NAMES[s]) for s in Slot]))

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["sheet", "position"], name="daily_order_position")]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.position}"


class OrderGiven(Uuid7Model, AppendOnly):
    """A nurse did it, or says why not (FHIR MedicationAdministration completed / not-done). Once a time of the day."""

    order = models.ForeignKey(DailyOrder, on_delete=models.PROTECT, related_name="given")
    slot = models.CharField(max_length=10, choices=[(s.value, SLOT_NAMES[s]) for s in Slot])
    done = models.BooleanField()
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["order", "slot"], name="given_once_a_time"),
            models.CheckConstraint(condition=Q(done=True) | ~Q(reason=""), name="not_given_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.order_id} {self.slot}"


class StayEnding(Uuid7Model, AppendOnly):
    """How a stay ended, as its papers say: discharge, referral, leave of work, death.

    treatment: PP_DIEU_TRI; condition: TINH_TRANG_CT at a referral, else the state on leaving; leave_days: SO_NGAY_NGHI.
    """

    stay = models.OneToOneField(Stay, on_delete=models.PROTECT, related_name="ending")
    outcome_code = models.CharField(max_length=1)
    discharge_code = models.CharField(max_length=1, choices=list(DISCHARGES.items()))
    treatment = models.TextField()
    condition = models.TextField()
    advice = models.TextField(blank=True)
    leave_days = models.PositiveSmallIntegerField(default=0)
    referred_to = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    referral_reason = models.CharField(max_length=500, blank=True)
    died_at = models.DateTimeField(null=True)
    cause = models.CharField(max_length=500, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.CheckConstraint(
                condition=~Q(discharge_code__in=["2", "5"]) | Q(referred_to__isnull=False),
                name="referral_goes_somewhere",
            ),
            models.CheckConstraint(
                condition=~Q(outcome_code="5") | Q(died_at__isnull=False), name="death_has_its_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stay_id} {self.discharge_code}"
