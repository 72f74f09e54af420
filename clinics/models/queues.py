"""Queues: one series of numbers per room and day that never doubles or skips, and who was called when."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinics.models.visits import Visit
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


class QueueTicket(Uuid7Model, AppendOnly):
    """The number somebody holds. Its id is what the printed QR code carries: no name, no number of a person."""

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="ticket")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    number = models.IntegerField()
    issued_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["room", "day", "number"], name="ticket_number_once"),
            models.CheckConstraint(condition=Q(number__gt=0), name="ticket_number_counts"),
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
