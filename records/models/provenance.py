"""Where a row comes from, and how it is replaced: what every clinical table shares."""

from __future__ import annotations

from typing import TypeVar

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models.identity import Patient, SourceRecord
from registry.models import Facility, Uuid7Model

M = TypeVar("M", bound=models.Model)


def tracked(model: type[M]) -> type[M]:
    """Keep the row as it was before every UPDATE and DELETE, by a database trigger that bulk and raw SQL cannot escape."""
    return pghistory.track(  # type: ignore[no-any-return]
        pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(), append_only=True
    )(model)


class ClinicalRow(Uuid7Model):
    """A fact about a person as one source record's owner stated it (FHIR Provenance).

    source_record: whom the fact was written under, for ever. patient: the person that record is linked to today, a cache
    that a relink rewrites in the same transaction. system: "ehr" for what was typed here, else the sending system and
    its file format, e.g. "qd3176". source_key: the row's key there; empty for what was typed here. batch_id: the import
    batch, or None.
    """

    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()
    system = models.CharField(max_length=20, default="ehr")
    source_key = models.CharField(max_length=200, blank=True)
    batch_id = models.UUIDField(null=True)
    superseded_by = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="supersedes")
    superseded_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        abstract = True


def clinical_constraints(prefix: str) -> list[models.BaseConstraint]:
    """One row per key of the sending system, and no replacement without a reason."""
    return [
        models.UniqueConstraint(
            fields=["facility", "system", "source_key"], condition=~Q(source_key=""), name=f"{prefix}_source_key_once"
        ),
        models.CheckConstraint(
            condition=Q(superseded_by=None) | ~Q(superseded_reason=""), name=f"{prefix}_superseded_with_reason"
        ),
        models.CheckConstraint(condition=~Q(superseded_by=F("id")), name=f"{prefix}_not_its_own_successor"),
    ]
