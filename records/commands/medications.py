"""Medicines of the record: added, stopped with a reason, taken back. Prescriptions write through add_medicines."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db.models import Q

from records.commands.copying import new_ids
from records.commands.corrections import (
    current_row,
    open_to_write,
    reason_given,
    refuse,
    replace_row,
    stamp_like,
    stamp_new,
    today_of,
)
from records.commands.encounters import stamp_of
from records.models import Encounter, MedicationRequest
from records.queries.access import RecordAccess
from records.rules.medication import Medicine, medicine_faults, stop_faults
from registry.kernel import Conflict, Context, Permission, command, emit, record_audit
from registry.rules.text import clean_line

_FACTS = (
    "encounter_id", "reported", "code", "name", "ingredient", "strength", "dose", "route", "quantity", "unit", "indication",
    "long_term", "started_on", "prescriber_name",
)  # fmt: skip


@command(Permission.MEDICATION_RECORD)
def add_medicine(ctx: Context, *, patient_id: uuid.UUID, medicine: Medicine) -> MedicationRequest:
    """Note a medicine somebody takes. Raises NotFound, RecordClosed, Refused with every fault at its field of Medicine,
    Conflict(already-taking) when the same medicine with the same strength is being taken."""
    access = open_to_write(ctx, patient_id)
    medicine = _clean(medicine)
    refuse(medicine_faults(medicine, access.person.birth, today_of(ctx)))
    _not_twice(ctx, access, medicine)
    row = MedicationRequest.objects.create(id=new_ids(1)[0], **stamp_new(ctx, access), **_columns(medicine))
    return _told(ctx, row, "record-medication")


@command(Permission.MEDICATION_RECORD)
def stop_medicine(
    ctx: Context, *, patient_id: uuid.UUID, medication_id: uuid.UUID, reason: str, ended_on: date | None = None
) -> MedicationRequest:
    """Say that it is no longer taken, since when (today unless said) and why. Raises NotFound, Conflict, Refused."""
    access = open_to_write(ctx, patient_id)
    row = current_row(MedicationRequest, access, medication_id)
    if row.status != MedicationRequest.Status.ACTIVE:
        raise Conflict("not-active", "Thuốc này không còn đang dùng.")
    why, last = reason_given(reason), ended_on or today_of(ctx)
    refuse(stop_faults(row.started_on, last, today_of(ctx)))
    return _told(ctx, _end(ctx, row, MedicationRequest.Status.STOPPED, why, last), "stop-medication")


@command(Permission.MEDICATION_RECORD)
def withdraw_medicine(
    ctx: Context, *, patient_id: uuid.UUID, medication_id: uuid.UUID, reason: str
) -> MedicationRequest:
    """Say that it was noted by mistake: it leaves the list and stays readable among the earlier versions."""
    access = open_to_write(ctx, patient_id)
    row = current_row(MedicationRequest, access, medication_id)
    error = MedicationRequest.Status.ENTERED_IN_ERROR
    return _told(ctx, _end(ctx, row, error, reason_given(reason), row.ended_on), "withdraw-medication")


def add_medicines(ctx: Context, encounter: Encounter, medicines: Sequence[Medicine]) -> list[MedicationRequest]:
    """Building block for prescriptions: the medicines of one encounter, which the caller has checked and audits."""
    stamp = stamp_of(ctx, encounter)
    rows = [
        MedicationRequest(id=identity, **stamp, encounter=encounter, **_columns(_clean(one)))
        for identity, one in zip(new_ids(len(medicines)), medicines, strict=True)
    ]
    return MedicationRequest.objects.bulk_create(rows)


def _end(
    ctx: Context, row: MedicationRequest, status: MedicationRequest.Status, why: str, last: date | None
) -> MedicationRequest:
    identity = new_ids(1)[0]
    replace_row(row, identity, why)
    kept = {name: getattr(row, name) for name in _FACTS}
    return MedicationRequest.objects.create(
        id=identity, **stamp_like(ctx, row), **kept, status=status, status_reason=why, ended_on=last
    )


def _not_twice(ctx: Context, access: RecordAccess, medicine: Medicine) -> None:
    active = MedicationRequest.objects.filter(
        Q(ended_on=None) | Q(ended_on__gte=today_of(ctx)),
        patient_id=access.patient_id,
        status=MedicationRequest.Status.ACTIVE,
        superseded_by=None,
        name__iexact=medicine.name,
        strength__iexact=medicine.strength,
    )
    if active.exists():
        raise Conflict("already-taking", "Thuốc này đang có trong danh sách thuốc đang dùng.", "name")


def _clean(one: Medicine) -> Medicine:
    return Medicine(
        name=clean_line(one.name)[:500], started_on=one.started_on, ingredient=clean_line(one.ingredient)[:500],
        strength=clean_line(one.strength)[:200], dose=clean_line(one.dose)[:500], route=clean_line(one.route)[:60],
        quantity=one.quantity, unit=clean_line(one.unit)[:50], indication=clean_line(one.indication)[:300],
        ended_on=one.ended_on, long_term=one.long_term, reported=one.reported,
        prescriber=clean_line(one.prescriber)[:255], code=clean_line(one.code)[:255],
    )  # fmt: skip


def _columns(one: Medicine) -> dict[str, Any]:
    return {
        "reported": one.reported, "code": one.code, "name": one.name, "ingredient": one.ingredient,
        "strength": one.strength, "dose": one.dose, "route": one.route, "quantity": one.quantity, "unit": one.unit,
        "indication": one.indication, "long_term": one.long_term, "started_on": one.started_on,
        "ended_on": one.ended_on, "prescriber_name": one.prescriber,
    }  # fmt: skip


def _told(ctx: Context, row: MedicationRequest, action: str) -> MedicationRequest:
    emit(ctx, "medication.recorded", {"patient_id": str(row.patient_id), "medication_id": str(row.pk)})
    record_audit(ctx, action, patient_id=row.patient_id, target=("MedicationRequest", row.pk))
    return row
