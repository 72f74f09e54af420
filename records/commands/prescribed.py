"""Ending medicines of the record when their prescription is replaced, cancelled or gone on with: building blocks."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date
from typing import Any

from records.commands.copying import new_ids
from records.commands.corrections import replace_row, stamp_like, today_of
from records.models import MedicationRequest
from registry.kernel import Context

_KEPT = (
    "encounter_id", "reported", "code", "name", "ingredient", "strength", "dose", "route", "quantity", "unit", "indication",
    "long_term", "started_on", "prescriber_name",
)  # fmt: skip


def stop_medicines(ctx: Context, medication_ids: Collection[uuid.UUID], reason: str) -> list[MedicationRequest]:
    """They are not taken any more, from today on. What was stopped or replaced meanwhile stays as it is."""
    return _end(ctx, medication_ids, MedicationRequest.Status.STOPPED, reason, today_of(ctx))


def complete_medicines(
    ctx: Context, patient_id: uuid.UUID, medication_ids: Collection[uuid.UUID], reason: str
) -> list[MedicationRequest]:
    """This person's medicines that a new prescription goes on with: the old rows end the day the new ones begin."""
    own = MedicationRequest.objects.filter(pk__in=medication_ids, patient_id=patient_id).values_list("pk", flat=True)
    return _end(ctx, list(own), MedicationRequest.Status.COMPLETED, reason, today_of(ctx))


def _end(
    ctx: Context, medication_ids: Collection[uuid.UUID], status: MedicationRequest.Status, why: str, last: date
) -> list[MedicationRequest]:
    standing = MedicationRequest.objects.filter(
        pk__in=medication_ids, superseded_by=None, status=MedicationRequest.Status.ACTIVE
    ).order_by("pk")
    return [_one(ctx, row, identity, status, why, last) for row, identity in _numbered(list(standing))]


def _numbered(rows: list[MedicationRequest]) -> list[tuple[MedicationRequest, uuid.UUID]]:
    return list(zip(rows, new_ids(len(rows)), strict=True))


def _one(
    ctx: Context, row: MedicationRequest, identity: uuid.UUID, status: MedicationRequest.Status, why: str, last: date
) -> MedicationRequest:
    replace_row(row, identity, why)
    kept: dict[str, Any] = {name: getattr(row, name) for name in _KEPT}
    planned = row.ended_on or last
    return MedicationRequest.objects.create(
        id=identity, **stamp_like(ctx, row), **kept, status=status, status_reason=why,
        ended_on=max(row.started_on, min(planned, last)),
    )  # fmt: skip
