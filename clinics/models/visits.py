"""Visits. What was found and concluded lives in the record's encounter; here is how the person goes through the clinic."""

from __future__ import annotations

import functools
import operator
from typing import TYPE_CHECKING

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from clinics.rules.payers import PAYER_NAMES, Payer
from clinics.rules.priorities import PRIORITY_NAMES, Priority
from clinics.rules.states import STATE_NAMES, TRANSITIONS, VisitState
from records.models import Encounter
from registry.models import AppendOnly, Facility, Room, Uuid7Model

if TYPE_CHECKING:
    from clinics.models.queues import QueueTicket

STATES = [(state.value, STATE_NAMES[state]) for state in VisitState]


class Visit(Uuid7Model):
    """One person's way through one clinic on one day. The person is the encounter's: a relink there moves the visit too.

    state and state_since are the latest VisitStatus, written by that table's trigger and by nothing else. room, ticket,
    place and set_aside are the latest QueueTicket and QueueStep, written by their triggers: the number held now, after
    which number the person stands in line, whether they were passed over until they come back.
    """

    encounter = models.OneToOneField(Encounter, on_delete=models.PROTECT, related_name="visit")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="+")
    visit_date = models.DateField()  # the day in Hanoi: queues and worklists are of a day
    priority = models.CharField(max_length=12, choices=[(p.value, PRIORITY_NAMES[p]) for p in Priority])
    payer = models.CharField(max_length=10, choices=[(p.value, PAYER_NAMES[p]) for p in Payer])
    checked_in_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    checked_in_at = models.DateTimeField()
    state = models.CharField(max_length=16, choices=STATES, blank=True, editable=False)
    state_since = models.DateTimeField(null=True, editable=False)
    # Empty only between the visit's own row and its ticket's, inside one transaction.
    ticket: models.OneToOneField[QueueTicket | None, QueueTicket] = models.OneToOneField(  # type: ignore[misc]
        "clinics.QueueTicket", on_delete=models.PROTECT, null=True, editable=False, related_name="holder"
    )
    place = models.IntegerField(default=0, editable=False)
    set_aside = models.BooleanField(default=False, editable=False)

    class Meta:
        indexes = [models.Index(fields=["facility", "visit_date", "room", "state"], name="visit_worklist")]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["", *VisitState]), name="visit_state_known"),
            models.CheckConstraint(condition=Q(priority__in=list(Priority)), name="visit_priority_known"),
            models.CheckConstraint(condition=Q(payer__in=list(Payer)), name="visit_payer_known"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class VisitReferral(Uuid7Model, AppendOnly):
    """Where an outpatient was sent on to when the visit was closed (FHIR ServiceRequest.category "referral").

    The encounter's discharge_code says on whose wish (MA_LOAI_RV 2 or 5); condition: TINH_TRANG_CT. The diagnosis and the
    treatment are those of the visit itself.
    """

    visit = models.OneToOneField(Visit, on_delete=models.PROTECT, related_name="referral")
    referred_to = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500)
    condition = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="visit_referral_has_reason")]

    def __str__(self) -> str:
        return str(self.visit_id)


def allowed_steps() -> Q:
    """Every permitted pair of states as a database condition; the first row of a visit comes from nowhere."""
    pairs = [("", VisitState.WAITING)] + [
        (before, after) for before, steps in TRANSITIONS.items() for after in sorted(steps)
    ]
    return functools.reduce(operator.or_, (Q(previous=before, state=after) for before, after in pairs))


FOLLOW = """
    UPDATE clinics_visit SET state = NEW.state, state_since = NEW.at WHERE id = NEW.visit_id AND state = NEW.previous;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'visit % is no longer in state "%"', NEW.visit_id, NEW.previous USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class VisitStatus(Uuid7Model, AppendOnly):
    """A step of a visit: from which state to which, by whom, when, why. Two people cannot take the same step."""

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="statuses")
    previous = models.CharField(max_length=16, blank=True)
    state = models.CharField(max_length=16, choices=STATES)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("visit"), F("at"), name="visit_status_order")]
        constraints = [
            models.CheckConstraint(condition=allowed_steps(), name="visit_step_allowed"),
            models.UniqueConstraint(fields=["visit"], condition=Q(previous=""), name="visit_begins_once"),
            models.CheckConstraint(
                condition=~Q(state=VisitState.CANCELLED) | ~Q(reason=""), name="visit_cancelled_with_reason"
            ),
        ]
        triggers = [
            *AppendOnly.Meta.triggers,
            pgtrigger.Trigger(name="follow", operation=pgtrigger.Insert, when=pgtrigger.Before, func=FOLLOW),
        ]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.state}"


class SheetSave(Uuid7Model, AppendOnly):
    """Somebody saved the doctor's sheet: which of its lines changed (keys of clinics.rules.sheet.FIELD_NAMES), never what.

    Who saves an older sheet is told from here who changed the lines that the encounter itself keeps.
    """

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="sheet_saves")
    lines = ArrayField(models.CharField(max_length=20))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("visit"), F("at").desc(), name="sheet_save_visit")]

    def __str__(self) -> str:
        return f"{self.visit_id} {self.at}"
