"""A signed prescription as it is shown and printed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q
from django.utils import timezone

from clinics.models import Prescription, PrescriptionLine, SafetyOverride
from clinics.queries.prescribing import diagnosed
from clinics.queries.scope import facility_of
from clinics.rules.formulary import KIND_NAMES, Kind
from records.models import RelatedPerson
from records.queries.access import RecordAccess, look_through_door, within_reading_limit
from records.queries.band import Band, get_band
from records.queries.prescribing import Value, get_prescribing_record
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.models import Facility
from registry.rules.dates import Age, age_on


@dataclass(frozen=True, slots=True)
class LineShown:
    """One medicine: as the record's row says it, and how much of it was given out."""

    id: uuid.UUID
    position: int
    name: str
    ingredient: str
    strength: str
    quantity: Decimal
    unit: str
    words: str
    code: str
    days: int
    overrides: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PrescriptionPage:
    """state: "standing", "replaced", "cancelled" or "expired" (no longer given out)."""

    id: uuid.UUID
    visit_id: uuid.UUID
    patient_id: uuid.UUID
    code: str
    kind: Kind
    kind_name: str
    state: str
    ended: str
    end_reason: str
    signed_at: datetime
    signed_by: str
    valid_until: date
    advice: str
    diagnoses: tuple[str, ...]
    lines: tuple[LineShown, ...]
    replaces: str
    band: Band
    age: Age
    weight: Value | None
    guardian: str
    facility: Facility
    checked_with: str
    dispensed: bool


@query(Permission.PRESCRIPTION_READ)
def get_prescription(ctx: Context, prescription_id: uuid.UUID, *, action: str = "read") -> PrescriptionPage:
    """This facility's prescription; NotFound otherwise. One audit row: "read", or "print"."""
    rows = Prescription.objects.select_related(
        "visit__encounter", "signed_by", "facility", "checked_with", "replaces", "end"
    )
    row = rows.filter(pk=prescription_id, facility_id=facility_of(ctx).id).first()
    if row is None:
        raise NotFound("Không tìm thấy đơn thuốc này ở cơ sở của bạn.", "no-such-prescription")
    access = within_reading_limit(look_through_door(ctx, row.visit.encounter.patient_id))
    page = prescription_page(row, access)
    record_audit(ctx, action, patient_id=access.patient_id, target=("Prescription", row.pk), detail=access.audit_detail)
    return page


def prescription_page(row: Prescription, access: RecordAccess) -> PrescriptionPage:
    """The page of a prescription of an opened record, for whoever audits by itself."""
    end = getattr(row, "end", None)
    signed_on = timezone.localdate(row.signed_at)
    return PrescriptionPage(
        id=row.pk, visit_id=row.visit_id, patient_id=access.patient_id, code=row.code, kind=Kind(row.kind),
        kind_name=KIND_NAMES[Kind(row.kind)], state=state_of(row, timezone.localdate(access.ctx.at)),
        ended=end.get_kind_display() if end else "", end_reason=end.reason if end else "",
        signed_at=row.signed_at, signed_by=row.signed_by.full_name, valid_until=row.valid_until, advice=row.advice,
        diagnoses=diagnosed(access, row.visit)[0], lines=lines_of(row), replaces=row.replaces.code if row.replaces else "",
        band=get_band(access), age=age_on(access.person.birth, max(signed_on, access.person.birth.value)),
        weight=get_prescribing_record(access).weight, guardian=guardian_of(access), facility=row.facility,
        checked_with=row.checked_with.name, dispensed=row.dispensings.exists(),
    )  # fmt: skip


def state_of(row: Prescription, today: date) -> str:
    """What became of it."""
    end = getattr(row, "end", None)
    if end is not None:
        return str(end.kind)
    return "standing" if today <= row.valid_until else "expired"


def lines_of(row: Prescription) -> tuple[LineShown, ...]:
    """Its medicines in order, with what was signed over."""
    said: dict[uuid.UUID | None, list[tuple[str, str]]] = {}
    for one in SafetyOverride.objects.filter(prescription=row).order_by("id"):
        said.setdefault(one.line_id, []).append((one.finding, one.reason))
    lines = PrescriptionLine.objects.filter(prescription=row).select_related("medication").order_by("position")
    return tuple(
        LineShown(
            one.pk, one.position, one.medication.name, one.medication.ingredient, one.medication.strength,
            one.medication.quantity or Decimal(0), one.medication.unit, one.medication.dose, one.medication.code, one.days,
            tuple(said.get(one.pk, ())),
        )
        for one in lines
    )  # fmt: skip


def guardian_of(access: RecordAccess) -> str:
    """A parent or guardian of the record, for a child's prescription; empty when none is written."""
    carers = Q(guardian=True) | Q(relationship__in=["MTH", "FTH", "GUARD"])
    rows = RelatedPerson.objects.filter(carers, patient_id=access.patient_id, superseded_by=None, mistaken=False)
    first = rows.order_by("-guardian", "relationship", "id").first()
    return first.name if first else ""
