"""Immunisation: doses given or not given, and the schedules they are judged by."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from records.models.care import Encounter
from records.models.identity import Precision
from records.models.provenance import ClinicalRow, clinical_constraints, tracked
from registry.models import Period, Uuid7Model

SPAN = r"^P(\d+Y)?(\d+M)?(\d+W)?(\d+D)?$"  # ISO 8601 durations by the calendar, e.g. P2M, P1Y6M, P28D


class VaccineProgramme(models.TextChoices):
    """The three tables of QĐ 831 part 3: the children's programme, what is paid for outside it, tetanus of women."""

    NATIONAL = "national", "Tiêm chủng mở rộng"
    OUTSIDE = "outside", "Tiêm chủng ngoài chương trình"
    TETANUS = "tetanus", "Uốn ván phụ nữ"


@tracked
class Immunization(ClinicalRow):
    """One dose given, or not given with its reason (FHIR Immunization). Taken back: superseded by entered-in-error.

    vaccine_code: a concept of the code system "vac-xin"; vaccine_display its name that day; product the trade name.
    occurred_on with its precision: of doses told from a lost booklet often only the month is known. primary_source: False
    when copied from a booklet or told. place: where, when it was not the facility that wrote this down. gestation_weeks:
    completed weeks of pregnancy on that day. next_due_on: the appointment given, which the schedule does not override.
    """

    class Status(models.TextChoices):
        COMPLETED = "completed", "Đã tiêm"
        NOT_DONE = "not-done", "Không tiêm"
        ENTERED_IN_ERROR = "entered-in-error", "Ghi nhầm"

    class NotDone(models.TextChoices):
        CONTRAINDICATED = "contraindicated", "Chống chỉ định"
        POSTPONED = "postponed", "Tạm hoãn"
        REFUSED = "refused", "Gia đình hoặc người tiêm từ chối"
        OUT_OF_STOCK = "out-of-stock", "Hết vắc xin"
        OTHER = "other", "Lý do khác"

    class Reaction(models.TextChoices):
        NOT_RECORDED = "", "Chưa ghi nhận"
        NONE = "none", "Không có phản ứng"
        COMMON = "common", "Phản ứng thông thường"
        SEVERE = "severe", "Tai biến nặng"

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, related_name="immunizations")
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.COMPLETED)
    programme = models.CharField(max_length=8, choices=VaccineProgramme.choices)
    vaccine_code = models.CharField(max_length=50)
    vaccine_display = models.CharField(max_length=255)
    product = models.CharField(max_length=120, blank=True)
    dose_number = models.PositiveSmallIntegerField(null=True)
    occurred_on = models.DateField()
    occurred_precision = models.CharField(max_length=5, choices=Precision.choices, default=Precision.DAY)
    lot_number = models.CharField(max_length=40, blank=True)
    expires_on = models.DateField(null=True)
    site = models.CharField(max_length=60, blank=True)
    place = models.CharField(max_length=255, blank=True)
    performer_name = models.CharField(max_length=255, blank=True)
    primary_source = models.BooleanField(default=True)
    not_done_code = models.CharField(max_length=15, choices=NotDone.choices, blank=True)
    not_done_reason = models.CharField(max_length=300, blank=True)
    reaction_grade = models.CharField(max_length=6, choices=Reaction.choices, blank=True)
    reaction = models.CharField(max_length=500, blank=True)
    next_due_on = models.DateField(null=True)
    gestation_weeks = models.PositiveSmallIntegerField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [models.Index(F("patient"), F("occurred_on").desc(), name="immunization_patient")]
        constraints = [
            *clinical_constraints("immunization"),
            models.CheckConstraint(
                condition=Q(status="not-done", not_done_code__gt="") | (~Q(status="not-done") & Q(not_done_code="")),
                name="immunization_not_done_with_reason",
            ),
            models.CheckConstraint(
                condition=Q(dose_number=None) | Q(dose_number__gt=0), name="immunization_dose_counts"
            ),
            models.CheckConstraint(
                condition=Q(gestation_weeks=None) | Q(gestation_weeks__lte=45), name="immunization_gestation"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vaccine_code} {self.id}"


@tracked
class ImmunizationSchedule(Uuid7Model, Period):
    """One planned dose of one version of a schedule (FHIR PlanDefinition.action).

    It applies to those whose due day lies in its validity. series: what a dose counts towards (a concept of "vac-xin" names
    the series it counts for); ages and intervals are ISO 8601 durations, empty where none is kept: due_age, overdue_age
    (from then it is called late), earliest_age (before it a dose does not count), latest_age (not given from then on),
    minimum_interval (since the series' previous dose). confirmed: somebody checked it against source; shown when False.
    """

    version = models.CharField(max_length=40)
    programme = models.CharField(max_length=8, choices=VaccineProgramme.choices)
    series = models.CharField(max_length=40)
    series_name = models.CharField(max_length=200)
    position = models.PositiveSmallIntegerField()
    dose_number = models.PositiveSmallIntegerField()
    vaccine_code = models.CharField(max_length=50)
    sex = models.CharField(max_length=7, blank=True)
    due_age = models.CharField(max_length=12, blank=True)
    overdue_age = models.CharField(max_length=12, blank=True)
    earliest_age = models.CharField(max_length=12, blank=True)
    latest_age = models.CharField(max_length=12, blank=True)
    minimum_interval = models.CharField(max_length=12, blank=True)
    note = models.CharField(max_length=300, blank=True)
    source = models.CharField(max_length=300)
    confirmed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "series", "dose_number"], name="schedule_dose_once"),
            models.CheckConstraint(condition=Q(dose_number__gt=0), name="schedule_dose_counts"),
            models.CheckConstraint(
                condition=Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="schedule_period"
            ),
            *(
                models.CheckConstraint(
                    condition=Q(**{field: ""}) | Q(**{f"{field}__regex": SPAN}), name=f"schedule_{field}"
                )
                for field in ("due_age", "overdue_age", "earliest_age", "latest_age", "minimum_interval")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version} {self.series} {self.dose_number}"
