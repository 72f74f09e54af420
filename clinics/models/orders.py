"""Orders: what a doctor asked for, the specimens drawn for it, every step it went through, and what was entered.

What counts as the result is the record's DiagnosticReport (or Procedure): the rows here lead to it.
"""

from __future__ import annotations

import functools
import operator

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinics.models.services import KINDS, Service
from clinics.models.visits import Visit
from clinics.rules.orders import ORDER_STATE_NAMES, ORDER_STEPS, URGENCY_NAMES, OrderState, Urgency
from records.models import DiagnosticReport, Procedure
from registry.models import AppendOnly, Facility, Room, Uuid7Model

ORDER_STATES = [(state.value, ORDER_STATE_NAMES[state]) for state in OrderState]


class OrderCounter(models.Model):
    """The last order or specimen number of a facility's day; its row is the lock, and a rollback gives the number back."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    last = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["facility", "day"], name="order_counter_once_a_day")]

    def __str__(self) -> str:
        return f"{self.facility_id} {self.day} {self.last}"


class ServiceOrder(Uuid7Model, AppendOnly):
    """What a doctor asked for at one moment of a visit (FHIR RequestGroup). The person is the visit's encounter's."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="orders")
    number = models.CharField(max_length=20)
    urgency = models.CharField(max_length=8, choices=[(one.value, URGENCY_NAMES[one]) for one in Urgency])
    note = models.CharField(max_length=1000, blank=True)
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ordered_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["facility", "number"], name="order_number_once"),
            models.CheckConstraint(condition=Q(urgency__in=list(Urgency)), name="order_urgency_known"),
        ]

    def __str__(self) -> str:
        return self.number


class Specimen(Uuid7Model, AppendOnly):
    """One vessel drawn for an order (FHIR Specimen); its number is the barcode on it, shared with the orders' numbers."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(ServiceOrder, on_delete=models.PROTECT, related_name="specimens")
    number = models.CharField(max_length=20)
    kind = models.CharField(max_length=10)
    taken_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.UniqueConstraint(fields=["facility", "number"], name="specimen_number_once")]

    def __str__(self) -> str:
        return self.number


class OrderItem(Uuid7Model):
    """One ordered service (FHIR ServiceRequest).

    state, state_since, specimen, report and procedure are of the latest OrderItemStatus, written by that table's trigger
    and by nothing else. repeat_reason: why it was ordered again on the same day.
    """

    order = models.ForeignKey(ServiceOrder, on_delete=models.PROTECT, related_name="items")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=KINDS)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, related_name="+")
    repeat_reason = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, choices=ORDER_STATES, blank=True, editable=False)
    state_since = models.DateTimeField(null=True, editable=False)
    specimen = models.ForeignKey(Specimen, on_delete=models.PROTECT, null=True, editable=False, related_name="items")
    report = models.ForeignKey(DiagnosticReport, on_delete=models.PROTECT, null=True, editable=False, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, null=True, editable=False, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["facility", "kind", "state_since"],
                condition=Q(state__in=["ordered", "taken", "in-progress", "resulted"]),
                name="order_item_open",
            )
        ]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["", *OrderState]), name="order_item_state_known"),
            models.UniqueConstraint(fields=["order", "service"], name="service_once_an_order"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ResultEntry(Uuid7Model, AppendOnly):
    """What was entered for an ordered service before it was verified: a ledger, never read as the result.

    values: clinics.rules.results.Value as JSON. entered_by None and message: an analyser's message.
    """

    item = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="entries")
    values = models.JSONField(default=list)
    description = models.TextField(blank=True)
    conclusion = models.TextField(blank=True)
    performed_at = models.DateTimeField()
    entered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    entered_at = models.DateTimeField()
    message = models.ForeignKey("clinics.ResultMessage", on_delete=models.PROTECT, null=True, related_name="entries")

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("item"), F("entered_at").desc(), name="result_entry_latest")]

    def __str__(self) -> str:
        return str(self.id)


def allowed_order_steps() -> Q:
    """Every permitted pair of states as a database condition; the first row of an ordered service comes from nowhere."""
    pairs = [("", OrderState.ORDERED)] + [
        (before, after) for before, steps in ORDER_STEPS.items() for after in sorted(steps)
    ]
    return functools.reduce(operator.or_, (Q(previous=before, state=after) for before, after in pairs))


FOLLOW = """
    UPDATE clinics_orderitem
       SET state = NEW.state, state_since = NEW.at, specimen_id = coalesce(NEW.specimen_id, specimen_id),
           report_id = coalesce(NEW.report_id, report_id), procedure_id = coalesce(NEW.procedure_id, procedure_id)
     WHERE id = NEW.item_id AND state = NEW.previous;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'ordered service % is no longer in state "%"', NEW.item_id, NEW.previous
              USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class OrderItemStatus(Uuid7Model, AppendOnly):
    """A step of an ordered service (FHIR ServiceRequest.status, Provenance). by None: an analyser's message."""

    item = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="statuses")
    previous = models.CharField(max_length=12, blank=True)
    state = models.CharField(max_length=12, choices=ORDER_STATES)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    specimen = models.ForeignKey(Specimen, on_delete=models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey(ResultEntry, on_delete=models.PROTECT, null=True, related_name="+")
    report = models.ForeignKey(DiagnosticReport, on_delete=models.PROTECT, null=True, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("item"), F("at"), name="order_status_order")]
        constraints = [
            models.CheckConstraint(condition=allowed_order_steps(), name="order_step_allowed"),
            models.UniqueConstraint(fields=["item"], condition=Q(previous=""), name="order_item_begins_once"),
            models.CheckConstraint(
                condition=~Q(state=OrderState.CANCELLED) | ~Q(reason=""), name="order_cancelled_with_reason"
            ),
            models.CheckConstraint(
                condition=~Q(state=OrderState.ORDERED) | Q(previous="") | ~Q(reason=""),
                name="specimen_rejected_with_reason",
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(name="follow", operation=pgtrigger.Insert, when=pgtrigger.Before, func=FOLLOW),
        ]

    def __str__(self) -> str:
        return f"{self.item_id} {self.state}"


class CriticalAlert(Uuid7Model, AppendOnly):
    """A result that a doctor must be told of at once (FHIR DetectedIssue, Task); open until somebody acknowledges it."""

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(OrderItem, on_delete=models.PROTECT, related_name="alerts")
    entry = models.ForeignKey(ResultEntry, on_delete=models.PROTECT, related_name="+")
    doctor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    raised_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("facility"), F("raised_at"), name="critical_alert_order")]
        constraints = [models.UniqueConstraint(fields=["entry"], name="critical_alert_once")]

    def __str__(self) -> str:
        return str(self.id)


class CriticalAcknowledgement(Uuid7Model, AppendOnly):
    """Who took note of a critical result when, and what they do about it. Once."""

    alert = models.OneToOneField(CriticalAlert, on_delete=models.PROTECT, related_name="acknowledgement")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    action = models.CharField(max_length=500)

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=~Q(action=""), name="critical_acknowledged_with_action")]

    def __str__(self) -> str:
        return str(self.id)
