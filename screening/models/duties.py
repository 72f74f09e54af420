"""The failsafe: what is owed to a person with an abnormal result, until when, by whom, and how it ended."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models import Procedure, tracked
from registry.models import AppendOnly, Facility, Uuid7Model
from screening.models.episodes import Episode
from screening.models.kits import TestResult


class Assessment(Uuid7Model, AppendOnly):
    """The colonoscopy after a positive FIT: done, or documented not done. No row at all means: no record.

    complete: reached the caecum with adequate preparation; None where the sender did not say. finding: a code of the
    version's findings, empty until somebody has classified it. procedure: the examination in the person's record.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "Đã nội soi"
        NOT_DONE = "not-done", "Không nội soi"

    class Reason(models.TextChoices):
        REFUSED = "refused", "Người được tầm soát từ chối"
        CONTRAINDICATED = "contraindicated", "Chống chỉ định, sức khoẻ không cho phép"
        UNREACHABLE = "unreachable", "Không liên lạc được sau nhiều lần"
        MOVED = "moved", "Đã chuyển khỏi Hà Nội"
        DECEASED = "deceased", "Đã mất"
        OTHER = "other", "Lý do khác"

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="assessments")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    reason = models.CharField(max_length=15, choices=Reason.choices, blank=True)
    note = models.CharField(max_length=500, blank=True)
    performed_on = models.DateField(null=True)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    complete = models.BooleanField(null=True)
    finding = models.CharField(max_length=30, blank=True)
    next_step = models.CharField(max_length=30, blank=True)
    next_due_on = models.DateField(null=True)
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("episode"), F("at"), name="assessment_of")]
        constraints = [
            models.CheckConstraint(
                condition=(Q(outcome="done") & Q(reason="") & Q(performed_on__isnull=False))
                | (Q(outcome="not-done") & ~Q(reason="") & Q(finding="") & Q(complete=None) & Q(performed_on=None)),
                name="assessment_done_or_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} {self.episode_id}"


# Runs at commit and looks at the rows as they are then: an open duty needs an open episode.
_EPISODE_STILL_OPEN = """
IF EXISTS (SELECT 1 FROM screening_duty d JOIN screening_episode e ON e.id = d.episode_id
            WHERE d.id = NEW.id AND d.closed_at IS NULL AND e.closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'duty % is open in a closed episode', NEW.id USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


@tracked
class Duty(Uuid7Model):
    """One step owed to a person, with its clock. It closes once: by an examination, or by a documented reason."""

    class Step(models.TextChoices):
        COLONOSCOPY = "colonoscopy", "Chưa có nội soi"
        CLASSIFICATION = "classification", "Chưa phân loại kết quả nội soi"

    class Outcome(models.TextChoices):
        DONE = "done", "Đã làm"
        NOT_DONE = "not-done", "Không làm, đã ghi lý do"

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="duties")
    result = models.ForeignKey(TestResult, on_delete=models.PROTECT, related_name="duties")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    step = models.CharField(max_length=14, choices=Step.choices)
    opened_at = models.DateTimeField()
    deadline = models.DateField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    assessment = models.ForeignKey(Assessment, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(F("facility"), F("deadline"), F("id"), condition=Q(closed_at=None), name="duty_clock"),
            models.Index(F("deadline"), F("id"), condition=Q(closed_at=None), name="duty_clock_city"),
            models.Index(
                F("facility"), F("closed_at").desc(), F("id"), condition=Q(closed_at__isnull=False), name="duty_closed"
            ),
            models.Index(F("episode"), name="duty_episode"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["result", "step"], name="duty_once_a_result"),
            models.UniqueConstraint(fields=["episode"], condition=Q(closed_at=None), name="duty_one_open"),
            models.CheckConstraint(
                condition=(Q(closed_at=None) & Q(outcome="") & Q(assessment=None))
                | (Q(closed_at__isnull=False) & ~Q(outcome="") & Q(assessment__isnull=False)),
                name="duty_closed_by_assessment",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="closes_once", operation=pgtrigger.Update, condition=pgtrigger.Q(old__closed_at__isnull=False)
            ),
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="episode_still_open",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__closed_at__isnull=True),
                func=_EPISODE_STILL_OPEN,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.step} {self.id}"


class DutyStatus(Uuid7Model, AppendOnly):
    """What happened to a duty; `by` is None for the system. owner: to whom it was given, with ASSIGNED."""

    class Kind(models.TextChoices):
        OPENED = "opened", "Mở đồng hồ"
        RECOVERED = "recovered", "Mở lại do rà soát phát hiện thiếu"
        ASSIGNED = "assigned", "Giao người giữ"
        INCOMPLETE = "incomplete", "Nội soi chưa trọn vẹn, phải làm lại"
        CLOSED = "closed", "Đóng"

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="statuses")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("duty"), F("at"), name="duty_status_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.duty_id}"
