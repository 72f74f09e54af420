"""Results: what was done to somebody and what it showed, or that it will not be done and why."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from records.models import Observation, Procedure
from registry.models import AppendOnly, Facility, Uuid7Model
from screening.models.episodes import Episode
from screening.models.kits import Kit

# Runs at commit: a positive that nobody would have on a list, and that ended nothing, cannot be stored at all.
_POSITIVE_HAS_DUTY = """
IF NOT EXISTS (SELECT 1 FROM screening_duty d
                WHERE d.episode_id = NEW.episode_id
                  AND (d.result_id = NEW.id OR d.closed_by_id = NEW.id OR d.closed_at IS NULL))
   AND NOT EXISTS (SELECT 1 FROM screening_episode e
                    WHERE e.id = NEW.episode_id AND e.closed_at IS NOT NULL AND NEW.next_step IN ('recall', 'cease')) THEN
    RAISE EXCEPTION 'positive result % has no duty', NEW.id USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


class Reason(models.TextChoices):
    """Why a step is not done."""

    REFUSED = "refused", "Người được tầm soát từ chối"
    CONTRAINDICATED = "contraindicated", "Chống chỉ định, sức khoẻ không cho phép"
    UNREACHABLE = "unreachable", "Không liên lạc được sau nhiều lần"
    MOVED = "moved", "Đã chuyển khỏi Hà Nội"
    DECEASED = "deceased", "Đã mất"
    OTHER = "other", "Lý do khác"


class Result(Uuid7Model, AppendOnly):
    """One test, examination, treatment or decision of an episode: done, or documented not done. No row: no record.

    action and code are those of the episode's version; code is the worst of findings, "" while nobody has classified what
    another facility did. value is judged by cut_off, both in the action's unit. complete: None where nobody said. stage: TNM
    as written. observation, procedure: the same fact in the person's record. next_step, next_due_on, rule: what the engine
    said follows, by when, and by which row of the table; empty where this result settled nothing (another step was owed).
    """

    class Kind(models.TextChoices):
        TEST = "test", "Xét nghiệm"
        EXAMINATION = "examination", "Chẩn đoán"
        TREATMENT = "treatment", "Điều trị"
        DECISION = "decision", "Quyết định của bác sĩ"

    class State(models.TextChoices):
        DONE = "done", "Đã làm"
        NOT_DONE = "not-done", "Không làm, đã ghi lý do"

    class Verdict(models.TextChoices):
        NEGATIVE = "negative", "Âm tính"
        POSITIVE = "positive", "Dương tính"
        INADEQUATE = "inadequate", "Không đạt, cần làm lại"

    class Origin(models.TextChoices):
        FORM = "form", "Nhập tay"
        FILE = "file", "Tệp"
        API = "api", "Máy chủ khác gửi"
        RECORD = "record", "Từ hồ sơ"

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="results")
    action = models.CharField(max_length=30)
    kind = models.CharField(max_length=11, choices=Kind.choices)
    state = models.CharField(max_length=8, choices=State.choices, default=State.DONE, db_default="done")
    reason = models.CharField(max_length=15, choices=Reason.choices, blank=True, default="", db_default="")
    note = models.CharField(max_length=500, blank=True, default="", db_default="")
    performed_on = models.DateField(null=True)
    code = models.CharField(max_length=30, blank=True, default="", db_default="")
    verdict = models.CharField(max_length=10, choices=Verdict.choices, blank=True, default="", db_default="")
    value = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    cut_off = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    complete = models.BooleanField(null=True)
    findings = ArrayField(models.CharField(max_length=30), default=list)
    stage = models.CharField(max_length=30, blank=True, default="", db_default="")
    next_step = models.CharField(max_length=30, blank=True, default="", db_default="")
    next_due_on = models.DateField(null=True)
    rule = models.CharField(max_length=30, blank=True, default="", db_default="")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    kit = models.OneToOneField(Kit, on_delete=models.PROTECT, null=True, related_name="result")
    observation = models.OneToOneField(Observation, on_delete=models.PROTECT, null=True, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, null=True, related_name="+")
    origin = models.CharField(max_length=6, choices=Origin.choices, default=Origin.FORM, db_default="form")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(F("episode"), F("at"), name="result_of"),
            models.Index(F("at"), F("id"), condition=Q(verdict="positive"), name="result_positive"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=(Q(state="done") & Q(reason="") & Q(performed_on__isnull=False))
                | (
                    Q(state="not-done", code="", verdict="", findings=[])
                    & ~Q(reason="")
                    & Q(complete=None, performed_on=None, value=None)
                ),
                name="result_done_or_reason",
            ),
            models.CheckConstraint(
                condition=Q(cut_off=None)
                | (Q(verdict="positive") & Q(value__isnull=False) & Q(value__gte=F("cut_off")))
                | (Q(verdict="negative") & Q(value__isnull=False) & Q(value__gte=0) & Q(value__lt=F("cut_off")))
                | (Q(verdict="inadequate") & Q(value=None)),
                name="result_as_the_cut_off_says",
            ),
            models.CheckConstraint(
                condition=(Q(code="") & Q(verdict="")) | (~Q(code="") & ~Q(verdict="")), name="result_code_and_verdict"
            ),
            models.UniqueConstraint(fields=["procedure"], condition=Q(origin="record"), name="result_once_a_procedure"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(
                name="positive_has_duty",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__verdict="positive"),
                func=_POSITIVE_HAS_DUTY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.state} {self.episode_id}"
