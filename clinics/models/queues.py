"""Queues: one series of numbers per room and day that never doubles or skips, and who was called when."""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from clinics.models.visits import Visit
from clinics.rules.queueing import STEP_NAMES, QueueStepKind
from registry.models import AppendOnly, Room, Uuid7Model


class QueueCounter(models.Model):
    """The last number given in a room on a day. Its row is locked until the check-in that took the number commits."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    last = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "day"], name="counter_once_a_day"),
            models.CheckConstraint(condition=Q(last__gt=0), name="counter_counts"),
        ]

    def __str__(self) -> str:
        return f"{self.room_id} {self.day} {self.last}"


class QueueBlock(Uuid7Model, AppendOnly):
    """Numbers taken out of a room's series to be written on paper while the system is away. first..last, both included."""

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    first = models.IntegerField()
    last = models.IntegerField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["room", "day"], name="queue_block_day")]
        constraints = [
            models.UniqueConstraint(fields=["room", "day", "first"], name="queue_block_once"),
            models.CheckConstraint(condition=Q(first__gt=0) & Q(last__gte=F("first")), name="queue_block_range"),
        ]

    def __str__(self) -> str:
        return f"{self.room_id} {self.day} {self.first}-{self.last}"


class QueueBlockEnd(Uuid7Model, AppendOnly):
    """The paper was taken in: every number of the block is now a ticket or stands here as never handed out."""

    block = models.OneToOneField(QueueBlock, on_delete=models.PROTECT, related_name="end")
    unused = ArrayField(models.IntegerField(), default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        pass

    def __str__(self) -> str:
        return str(self.block_id)


HOLD = """
    UPDATE clinics_visit SET ticket_id = NEW.id, room_id = NEW.room_id, place = NEW.number, set_aside = false
     WHERE id = NEW.visit_id;
    RETURN NEW;
"""
STEP = """
    UPDATE clinics_visit SET place = coalesce(NEW.place, place), set_aside = (NEW.kind = 'skip')
     WHERE ticket_id = NEW.ticket_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ticket % is no longer held', NEW.ticket_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class QueueTicket(Uuid7Model, AppendOnly):
    """The number somebody holds. Its id is what the printed QR code carries: no name, no number of a person.

    A transfer gives another ticket in another room; the visit holds the latest one, the earlier ones stay. block: the
    number was written on paper.
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="tickets")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    number = models.IntegerField()
    issued_at = models.DateTimeField()
    block = models.ForeignKey(QueueBlock, on_delete=models.PROTECT, null=True, related_name="tickets")

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["room", "day", "number"], name="ticket_number_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="ticket_number_counts"),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(name="hold", operation=pgtrigger.Insert, when=pgtrigger.After, func=HOLD),
        ]

    def __str__(self) -> str:
        return f"{self.room_id} {self.day} {self.number}"


class QueueCall(Uuid7Model, AppendOnly):
    """A number was called into its room; calling again is another row, and the wall shows the latest."""

    ticket = models.ForeignKey(QueueTicket, on_delete=models.PROTECT, related_name="calls")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("ticket"), F("at").desc(), name="queue_call_latest")]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.at}"


class QueueStep(Uuid7Model, AppendOnly):
    """What happened to somebody's turn beside being called: passed over, back in line, sent from another room, booked.

    place: the number after which the person stands from now on; None leaves it. came_from: the ticket of a transfer.
    """

    ticket = models.ForeignKey(QueueTicket, on_delete=models.PROTECT, related_name="steps")
    kind = models.CharField(max_length=8, choices=[(k.value, STEP_NAMES[k]) for k in QueueStepKind])
    place = models.IntegerField(null=True)
    came_from = models.ForeignKey(QueueTicket, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("ticket"), F("at").desc(), name="queue_step_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=list(QueueStepKind)), name="queue_step_known"),
            models.CheckConstraint(
                condition=~Q(kind=QueueStepKind.TRANSFER) | Q(came_from__isnull=False), name="queue_transfer_from"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(name="follow", operation=pgtrigger.Insert, when=pgtrigger.After, func=STEP),
        ]

    def __str__(self) -> str:
        return f"{self.ticket_id} {self.kind}"
