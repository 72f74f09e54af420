"""Recording immunisations: given, not given with a reason, corrected, taken back."""

from __future__ import annotations

import uuid
from typing import Any

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
from records.commands.linking import facility_of
from records.models import Encounter, Immunization, VaccineProgramme
from records.queries.access import RecordAccess
from records.rules.doses import GIVEN, NOT_GIVEN, Dose, Recipient, dose_faults, nearby
from registry.kernel import Conflict, Context, Permission, Refused, command, emit, record_audit
from registry.models import Concept
from registry.rules.dates import PartialDate
from registry.rules.text import clean_line

VACCINES = "vac-xin"


@command(Permission.IMMUNIZATION_RECORD)
def record_dose(
    ctx: Context, *, patient_id: uuid.UUID, dose: Dose, encounter_id: uuid.UUID | None = None
) -> Immunization:
    """Note a dose given, or not given with its reason.

    Raises NotFound, RecordClosed; Refused with every fault at its field of Dose; Conflict(dose-already) for the same
    vaccine on the same day.
    """
    access = open_to_write(ctx, patient_id)
    display = _checked(ctx, access, dose)
    _not_twice(access, dose)
    return _write(ctx, access, dose, display, stamp_new(ctx, access), encounter=_encounter(ctx, access, encounter_id))


@command(Permission.IMMUNIZATION_RECORD)
def correct_dose(ctx: Context, *, patient_id: uuid.UUID, dose_id: uuid.UUID, dose: Dose, reason: str) -> Immunization:
    """Replace what was noted by what is right. Raises as record_dose, NotFound for another's row, Conflict when it has been
    replaced meanwhile, Refused(reason-missing)."""
    access = open_to_write(ctx, patient_id)
    row = current_row(Immunization, access, dose_id)
    why = reason_given(reason)
    display = _checked(ctx, access, dose)
    _not_twice(access, dose, besides=row.pk)
    return _write(
        ctx, access, dose, display, stamp_like(ctx, row), replaces=row, reason=why, encounter=row.encounter_id
    )


@command(Permission.IMMUNIZATION_RECORD)
def withdraw_dose(ctx: Context, *, patient_id: uuid.UUID, dose_id: uuid.UUID, reason: str) -> Immunization:
    """Say that a dose was noted by mistake: it no longer counts and stays readable among the earlier versions."""
    access = open_to_write(ctx, patient_id)
    row = current_row(Immunization, access, dose_id)
    why, identity = reason_given(reason), new_ids(1)[0]
    replace_row(row, identity, why)
    kept = {name: getattr(row, name) for name in _KEPT}
    taken_back = Immunization.objects.create(
        id=identity, **stamp_like(ctx, row), **kept, status=Immunization.Status.ENTERED_IN_ERROR
    )
    return _told(ctx, taken_back, "withdraw-immunization")


_KEPT = (
    "encounter_id", "programme", "vaccine_code", "vaccine_display", "product", "dose_number", "occurred_on",
    "occurred_precision", "lot_number", "place", "primary_source",
)  # fmt: skip


def _checked(ctx: Context, access: RecordAccess, dose: Dose) -> str:
    """The vaccine's name on that day; Refused for everything that cannot be right."""
    person = access.person
    faults = dose_faults(dose, Recipient(person.birth, person.sex, person.deceased_on), today_of(ctx))
    refuse(faults)
    if dose.status not in (GIVEN, NOT_GIVEN):
        raise Refused("status-unknown", "Hãy chọn đã tiêm hoặc không tiêm.", "status")
    if dose.programme not in VaccineProgramme.values:
        raise Refused("programme-unknown", "Hãy chọn chương trình.", "programme")
    concepts = Concept.objects.on(dose.on.value).filter(system__key=VACCINES, code=dose.vaccine)
    display: str | None = concepts.values_list("display", flat=True).first()
    if display is None:
        raise Refused("vaccine-unknown", "Vắc xin này không có trong danh mục.", "vaccine")
    return display


def _not_twice(access: RecordAccess, dose: Dose, besides: uuid.UUID | None = None) -> None:
    standing = Immunization.objects.filter(
        patient_id=access.patient_id, vaccine_code=dose.vaccine, status=dose.status, superseded_by=None
    )
    if besides is not None:
        standing = standing.exclude(pk=besides)
    for on, precision in standing.values_list("occurred_on", "occurred_precision"):
        if nearby(dose.on, PartialDate(on, precision)):  # type: ignore[arg-type]  # constrained by its choices
            raise Conflict("dose-already", "Mũi này đã có trong hồ sơ, cùng vắc xin và cùng ngày.", "vaccine")


def _encounter(ctx: Context, access: RecordAccess, encounter_id: uuid.UUID | None) -> uuid.UUID | None:
    """The encounter of this facility in which it was given, if it is one."""
    if encounter_id is None:
        return None
    own = Encounter.objects.filter(pk=encounter_id, patient_id=access.patient_id, facility_id=facility_of(ctx))
    return own.values_list("pk", flat=True).first()


def _write(
    ctx: Context,
    access: RecordAccess,
    dose: Dose,
    display: str,
    stamp: dict[str, Any],
    *,
    encounter: uuid.UUID | None,
    replaces: Immunization | None = None,
    reason: str = "",
) -> Immunization:
    identity = new_ids(1)[0]
    if replaces is not None:
        replace_row(replaces, identity, reason)
    row = Immunization.objects.create(
        id=identity, **stamp, **_columns(dose), vaccine_display=display[:255], encounter_id=encounter
    )
    return _told(ctx, row, "correct-immunization" if replaces else "record-immunization")


def _columns(dose: Dose) -> dict[str, Any]:
    given = dose.status == GIVEN
    return {
        "status": dose.status,
        "programme": dose.programme,
        "vaccine_code": dose.vaccine,
        "product": clean_line(dose.product)[:120],
        "dose_number": dose.number,
        "occurred_on": dose.on.value,
        "occurred_precision": dose.on.precision,
        "lot_number": clean_line(dose.lot)[:40] if given else "",
        "expires_on": dose.expires_on if given else None,
        "site": clean_line(dose.site)[:60],
        "place": clean_line(dose.place)[:255],
        "performer_name": clean_line(dose.performer)[:255],
        "primary_source": dose.primary_source,
        "not_done_code": "" if given else dose.not_done_code,
        "not_done_reason": "" if given else clean_line(dose.not_done_reason)[:300],
        "reaction_grade": dose.reaction_grade if given else "",
        "reaction": clean_line(dose.reaction)[:500] if given else "",
        "next_due_on": dose.next_due_on,
        "gestation_weeks": dose.gestation_weeks,
        "note": clean_line(dose.note)[:500],
    }


def _told(ctx: Context, row: Immunization, action: str) -> Immunization:
    emit(ctx, "immunization.recorded", {"patient_id": str(row.patient_id), "immunization_id": str(row.pk)})
    record_audit(ctx, action, patient_id=row.patient_id, target=("Immunization", row.pk))
    return row
