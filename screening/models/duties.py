"""The failsafe: what is owed to a person after a result, until when, by whom, and how it ended."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models import tracked
from registry.models import AppendOnly, Facility, Uuid7Model
from screening.models.episodes import Episode
from screening.models.results import Result

CLASSIFY = "classify"
DECIDE = "clinician-decides"

# Runs at commit and looks at the rows as they are then: an open duty needs an open episode.
_EPISODE_STILL_OPEN = """
IF EXISTS (SELECT 1 FROM screening_duty d JOIN screening_episode e ON e.id = d.episode_id
            WHERE d.id = NEW.id AND d.closed_at IS NULL AND e.closed_at IS NOT NULL) THEN
    RAISE EXCEPTION 'duty % is open in a closed episode', NEW.id USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""

# Runs at commit: whatever closed it, either the next step is owed by now or the episode has come to its end.
_NEXT_OR_END = """
IF NOT EXISTS (SELECT 1 FROM screening_duty d WHERE d.episode_id = NEW.episode_id AND d.closed_at IS NULL)
   AND EXISTS (SELECT 1 FROM screening_episode e WHERE e.id = NEW.episode_id AND e.closed_at IS NULL) THEN
    RAISE EXCEPTION 'duty % was closed and nothing follows', NEW.id USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


class Level(models.TextChoices):
    """Who has been told that a clock runs late."""

    FACILITY = "facility", "Cơ sở"
    WARD = "ward", "Phường, xã"
    DEPARTMENT = "department", "Sở Y tế"


@tracked
class Duty(Uuid7Model):
    """One step owed to a person, with its clock. It closes once: by a result, or by a documented reason.

    action: one of the version's actions, CLASSIFY (somebody has to read what another facility did) or DECIDE (no row of the
    table speaks). result: what made it owed. level: up to whom it has been escalated. call_again_on: who refuses for now
    is called again then; the clock goes on.
    """

    class Outcome(models.TextChoices):
        DONE = "done", "Đã làm"
        NOT_DONE = "not-done", "Không làm, đã ghi lý do"
        REPLACED = "replaced", "Thay bằng bước gấp hơn"

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="duties")
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="duties")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=30)
    opened_at = models.DateTimeField()
    deadline = models.DateField()
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    level = models.CharField(max_length=10, choices=Level.choices, blank=True, default="", db_default="")
    call_again_on = models.DateField(null=True)
    closed_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    closed_by = models.ForeignKey(Result, on_delete=models.PROTECT, null=True, related_name="answers")

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
            models.UniqueConstraint(fields=["result", "action"], name="duty_once_a_result"),
            models.UniqueConstraint(fields=["episode"], condition=Q(closed_at=None), name="duty_one_open"),
            models.CheckConstraint(
                condition=(Q(closed_at=None) & Q(outcome="") & Q(closed_by=None))
                | (Q(closed_at__isnull=False) & ~Q(outcome="") & Q(closed_by__isnull=False)),
                name="duty_closed_by_result",
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
            pgtrigger.Trigger(
                name="next_or_end",
                when=pgtrigger.After,
                operation=pgtrigger.Update,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__closed_at__isnull=False),
                func=_NEXT_OR_END,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.id}"


class DutyStatus(Uuid7Model, AppendOnly):
    """What happened to a duty; `by` is None for the system. owner: to whom it was given, with ASSIGNED; level: ESCALATED;
    call_on and note: when to call again and what was said, with PUT_OFF.
    """

    class Kind(models.TextChoices):
        OPENED = "opened", "Mở đồng hồ"
        RECOVERED = "recovered", "Mở lại do rà soát phát hiện thiếu"
        ASSIGNED = "assigned", "Giao người giữ"
        ESCALATED = "escalated", "Báo lên cấp trên vì quá hạn"
        INCOMPLETE = "incomplete", "Chưa trọn vẹn, phải làm lại"
        MISSED = "missed", "Bỏ hẹn khám, đã báo cơ sở"
        PUT_OFF = "put-off", "Từ chối lúc này, hẹn gọi lại"
        CLOSED = "closed", "Đóng"

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="statuses")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    level = models.CharField(max_length=10, choices=Level.choices, blank=True, default="", db_default="")
    call_on = models.DateField(null=True)
    note = models.CharField(max_length=500, blank=True, default="", db_default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("duty"), F("at"), name="duty_status_of")]

    def __str__(self) -> str:
        return f"{self.kind} {self.duty_id}"
