"""Episodes: one round of screening of one person, from the first kit to a documented end."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models import tracked
from registry.models import AppendOnly, Uuid7Model
from screening.models.enrolments import Enrolment
from screening.models.programmes import ProgrammeVersion

# Runs at commit: whatever wrote the row, an episode cannot be closed over a positive that nobody has answered for.
_NOTHING_LEFT_OPEN = """
IF EXISTS (SELECT 1 FROM screening_duty d WHERE d.episode_id = NEW.id AND d.closed_at IS NULL) THEN
    RAISE EXCEPTION 'episode % cannot be closed: a duty is open', NEW.id USING ERRCODE = 'check_violation';
END IF;
IF EXISTS (SELECT 1 FROM screening_result r WHERE r.episode_id = NEW.id AND r.verdict = 'positive')
   AND NOT EXISTS (SELECT 1 FROM screening_result r WHERE r.episode_id = NEW.id
                    AND (r.state = 'not-done' OR r.next_step IN ('recall', 'cease'))) THEN
    RAISE EXCEPTION 'episode % cannot be closed: a positive has no documented end', NEW.id
        USING ERRCODE = 'check_violation';
END IF;
RETURN NULL;
"""


@tracked
class Episode(Uuid7Model):
    """One round. version: the rules it is judged by from beginning to end.

    group: the risk group of the version it was opened for, "" for everybody else. target: whether the person belonged to the
    round's target population; False for who came by themselves.
    """

    class Ending(models.TextChoices):
        NEGATIVE = "negative", "Âm tính"
        ASSESSED = "assessed", "Đã chẩn đoán, có kết luận"
        TREATED = "treated", "Đã điều trị"
        DECIDED = "decided", "Bác sĩ quyết định kết thúc"
        NOT_ASSESSED = "not-assessed", "Không làm bước tiếp, đã ghi lý do"
        NOT_TESTED = "not-tested", "Không xét nghiệm"

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="episodes")
    round = models.PositiveIntegerField()
    version = models.ForeignKey(ProgrammeVersion, on_delete=models.PROTECT, related_name="+")
    group = models.CharField(max_length=30, blank=True, default="", db_default="")
    target = models.BooleanField(default=True, db_default=True)
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    ending = models.CharField(max_length=12, choices=Ending.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "round"], name="episode_round_once"),
            models.UniqueConstraint(fields=["enrolment"], condition=Q(closed_at=None), name="episode_one_open"),
            models.CheckConstraint(
                condition=(Q(closed_at=None) & Q(ending="")) | (Q(closed_at__isnull=False) & ~Q(ending="")),
                name="episode_closed_with_ending",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None) | Q(closed_at__gte=F("opened_at")), name="episode_period"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="nothing_left_open",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__closed_at__isnull=False),
                func=_NOTHING_LEFT_OPEN,
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


class EpisodeStatus(Uuid7Model, AppendOnly):
    """What happened to an episode, when and by whom (None: the system)."""

    class Step(models.TextChoices):
        OPENED = "opened", "Mở đợt"
        NEGATIVE = "negative", "Xét nghiệm âm tính"
        POSITIVE = "positive", "Xét nghiệm dương tính"
        INADEQUATE = "inadequate", "Xét nghiệm không đạt"
        ASSESSED = "assessed", "Đã chẩn đoán"
        TREATED = "treated", "Đã điều trị"
        DECIDED = "decided", "Bác sĩ đã quyết định"
        NOT_ASSESSED = "not-assessed", "Không làm, đã ghi lý do"
        CLOSED = "closed", "Đóng đợt"

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="statuses")
    step = models.CharField(max_length=12, choices=Step.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("episode"), F("at"), name="episode_status_of")]

    def __str__(self) -> str:
        return f"{self.step} {self.episode_id}"
