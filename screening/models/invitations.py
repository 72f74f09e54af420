"""Call and recall: who is invited in which week, by what way, how often they are reminded, and what they answered."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models import tracked
from registry.models import AppendOnly, Facility, Uuid7Model
from screening.models.episodes import Episode
from screening.models.programmes import Programme


class InvitationBatch(Uuid7Model, AppendOnly):
    """The people one facility invites in one week. week: its Monday.

    inputs: what the size was computed from, each with its source: laboratory, endoscopy (places of the week), positivity,
    attendance, taken, due, expected, limit.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="+")
    week = models.DateField()
    inputs = models.JSONField()
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    planned_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("week").desc(), F("id"), name="batch_of_week")]
        constraints = [
            models.UniqueConstraint(fields=["facility", "programme", "week"], name="batch_once_a_week"),
            models.CheckConstraint(condition=Q(week__iso_week_day=1), name="batch_from_a_monday"),
        ]

    def __str__(self) -> str:
        return f"{self.week} {self.id}"


class InvitationState(models.TextChoices):
    """Where an invitation is. An answer that means "not now" ends the round; "will come" waits on."""

    PLANNED = "planned", "Chờ gửi"
    SENT = "sent", "Đã gửi"
    FAILED = "failed", "Chưa đến được"
    RESPONDED = "responded", "Đã trả lời"
    EXPIRED = "expired", "Không trả lời"
    WITHDRAWN = "withdrawn", "Đã rút"


class InvitationChannel(models.TextChoices):
    """By what way."""

    SMS = "sms", "Tin nhắn"
    LETTER = "letter", "Thư"
    WARD_LIST = "ward-list", "Gọi, đến nhà"


class Response(models.TextChoices):
    """What the person said, or did."""

    ACCEPTED = "accepted", "Sẽ đến"
    ATTENDED = "attended", "Đã đến"
    REFUSED = "refused", "Từ chối lần này"
    DEFERRED = "deferred", "Xin hoãn"
    ELSEWHERE = "elsewhere", "Đã làm ở nơi khác"
    CEASED = "ceased", "Không muốn được mời nữa"


@tracked
class Invitation(Uuid7Model):
    """One invitation of one person in one round; number 1 is the first, 2 and on remind.

    changed_on: the day it took its state, from which reminders are counted. sent_on: the day it went out. note: why it
    failed or was withdrawn, or what the person said. day: the one the person named (until when to wait, or when it was
    done elsewhere). attempts: messages tried; each has its own key for the sender.
    """

    episode = models.ForeignKey(Episode, on_delete=models.PROTECT, related_name="invitations")
    batch = models.ForeignKey(InvitationBatch, on_delete=models.PROTECT, related_name="invitations")
    number = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=9, choices=InvitationChannel.choices)
    state = models.CharField(max_length=9, choices=InvitationState.choices, default=InvitationState.PLANNED)
    response = models.CharField(max_length=9, choices=Response.choices, blank=True, default="", db_default="")
    changed_on = models.DateField()
    sent_on = models.DateField(null=True)
    day = models.DateField(null=True)
    note = models.CharField(max_length=300, blank=True, default="", db_default="")
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(F("batch"), F("state"), F("id"), name="invitation_of_batch"),
            models.Index(
                F("changed_on"), F("id"), condition=Q(state__in=["planned", "sent", "failed"]), name="invitation_live"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["episode", "number"], name="invitation_number_once_a_round"),
            models.UniqueConstraint(
                fields=["episode"], condition=Q(state__in=["planned", "sent", "failed"]), name="invitation_one_live"
            ),
            models.CheckConstraint(condition=~Q(state="sent") | Q(sent_on__isnull=False), name="invitation_sent_on"),
            models.CheckConstraint(
                condition=~Q(state__in=["failed", "withdrawn"]) | ~Q(note=""), name="invitation_failed_and_why"
            ),
            models.CheckConstraint(
                condition=(Q(state="responded") & ~Q(response="")) | (~Q(state="responded") & Q(response="")),
                name="invitation_responded_and_how",
            ),
            models.CheckConstraint(
                condition=Q(response__in=["deferred", "elsewhere"], day__isnull=False)
                | (~Q(response__in=["deferred", "elsewhere"]) & Q(day=None)),
                name="invitation_names_a_day",
            ),
        ]
        triggers = [pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.number} {self.state} {self.id}"


class InvitationStatus(Uuid7Model, AppendOnly):
    """One change of an invitation's state; reason: why, where there is a why; `by` is None for the system."""

    invitation = models.ForeignKey(Invitation, on_delete=models.PROTECT, related_name="statuses")
    state = models.CharField(max_length=9, choices=InvitationState.choices)
    response = models.CharField(max_length=9, choices=Response.choices, blank=True, default="", db_default="")
    reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("invitation"), F("at"), name="invitation_status_of")]

    def __str__(self) -> str:
        return f"{self.state} {self.invitation_id}"
