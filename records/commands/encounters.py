"""Writing the clinical record: building blocks that other apps' commands call inside their own transaction and audit.

Every row is written under a source record of the acting facility, so that a later merge or unmerge moves it exactly.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from records.commands.copying import new_ids
from records.commands.holding import hold_person, hold_person_of
from records.commands.linking import facility_of, grant_access
from records.commands.own_records import home_of, own_record
from records.models import (
    AccessGrant,
    Condition,
    Encounter,
    Observation,
    Procedure,
)
from records.rules.vitals import check_pressure, check_vital
from registry.kernel import Context, Refused, emit
from registry.rules.invalid import Invalid
from registry.rules.text import clean_line, clean_note


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One diagnosis: normalised ICD-10 code, its Vietnamese display, as written (†, * kept), whether it stays for life."""

    code: str
    display: str
    code_raw: str = ""
    chronic: bool = False
    onset_on: date | None = None


def open_encounter(
    ctx: Context,
    *,
    patient_id: uuid.UUID,
    care_type: str,
    reason: str,
    department_id: int | None = None,
    started_at: datetime | None = None,
    practitioner_name: str = "",
) -> Encounter:
    """Begin an encounter at the acting facility; from now on the record is open to it. care_type: MA_LOAI_KCB, 2 digits."""
    stamp = stamp_for(ctx, patient_id)
    encounter = Encounter.objects.create(
        **stamp,
        status=Encounter.Status.IN_PROGRESS,
        care_type=care_type,
        department_id=department_id,
        started_at=started_at or ctx.at,
        reason=clean_line(reason)[:1000],
        practitioner_name=practitioner_name[:255],
    )
    grant_access(ctx, stamp["source_record_id"], AccessGrant.Basis.ENCOUNTER, subject_id=encounter.pk)
    return encounter


def change_care_type(ctx: Context, encounter: Encounter, care_type: str) -> None:
    """The encounter goes on as another kind (MA_LOAI_KCB), e.g. an examination that becomes a stay. For commands."""
    encounter.care_type = care_type
    encounter.save(update_fields=["care_type"])
    emit(ctx, "encounter.recorded", {"patient_id": str(encounter.patient_id), "encounter_id": str(encounter.pk)})


def record_vitals(
    ctx: Context, encounter: Encounter, readings: Mapping[str, Decimal], *, observed_at: datetime | None = None
) -> list[Observation]:
    """Vital signs by key of records.rules.vitals.VITALS, e.g. {"systolic": Decimal(128)}.

    Raises Refused (all faults at once) at the key of each unbelievable value.
    """
    faults: list[Refused] = []
    vitals = []
    for key, value in readings.items():
        try:
            vitals.append((check_vital(key, value), value))
        except Invalid as problem:
            faults.append(Refused(problem.code, problem.message, problem.field))
    try:
        check_pressure(readings)
    except Invalid as problem:
        faults.append(Refused(problem.code, problem.message, problem.field))
    if faults:
        raise Refused.several(faults)
    stamp = stamp_of(ctx, encounter)
    rows = Observation.objects.bulk_create(
        [
            Observation(
                id=identity,  # bulk_create does not read back what the database gives
                **stamp,
                encounter=encounter,
                code=vital.code,
                display=vital.display,
                value=value,
                unit=vital.unit,
                observed_at=observed_at or ctx.at,
            )
            for identity, (vital, value) in zip(new_ids(len(vitals)), vitals, strict=True)
        ]
    )
    if rows:
        emit(ctx, "vitals.recorded", {"patient_id": str(encounter.patient_id), "encounter_id": str(encounter.pk)})
    return rows


def record_diagnoses(
    ctx: Context, encounter: Encounter, main: Diagnosis, secondary: Sequence[Diagnosis] = ()
) -> list[Condition]:
    """The encounter's diagnoses; those written before are superseded, never edited. Raises Refused for a code said twice."""
    codes = [one.code for one in (main, *secondary)]
    if len(set(codes)) != len(codes):
        raise Refused("diagnosis-twice", "Một mã bệnh được ghi hai lần.", "secondary")
    identity = _new_key()
    Condition.objects.filter(encounter=encounter, superseded_by=None).update(
        superseded_by=identity, superseded_reason="thay bằng chẩn đoán mới của cùng lượt khám"
    )
    stamp = stamp_of(ctx, encounter)
    told = [(main, Condition.Role.MAIN), *((one, Condition.Role.SECONDARY) for one in secondary)]
    rows = [_condition(stamp, encounter, diagnosis, role) for diagnosis, role in told]
    rows[0].pk = identity  # the foreign key of the superseded rows is checked at commit
    return Condition.objects.bulk_create(rows)


def finish_encounter(
    ctx: Context,
    encounter: Encounter,
    conclusion: str,
    outcome_code: str = "",
    discharge_code: str = "",
    *,
    ended_at: datetime | None = None,
    practitioner_name: str = "",
) -> Encounter:
    """Close the encounter. outcome_code: KET_QUA_DTRI, discharge_code: MA_LOAI_RV. Raises Refused when it is closed."""
    if encounter.status != Encounter.Status.IN_PROGRESS:
        raise Refused("encounter-closed", "Lượt khám này đã kết thúc.")
    encounter.status = Encounter.Status.FINISHED
    encounter.ended_at = max(ended_at or ctx.at, encounter.started_at)
    encounter.conclusion = clean_note(conclusion)
    encounter.outcome_code, encounter.discharge_code = outcome_code, discharge_code
    if practitioner_name:
        encounter.practitioner_name = practitioner_name[:255]
    encounter.save(
        update_fields=["status", "ended_at", "conclusion", "outcome_code", "discharge_code", "practitioner_name"]
    )
    emit(ctx, "encounter.recorded", {"patient_id": str(encounter.patient_id), "encounter_id": str(encounter.pk)})
    return encounter


def cancel_encounter(ctx: Context, encounter: Encounter) -> Encounter:
    """The person left before being seen; the row stays. Raises Refused when the encounter is closed."""
    if encounter.status != Encounter.Status.IN_PROGRESS:
        raise Refused("encounter-closed", "Lượt khám này đã kết thúc.")
    encounter.status = Encounter.Status.CANCELLED
    encounter.ended_at = max(ctx.at, encounter.started_at)
    encounter.save(update_fields=["status", "ended_at"])
    return encounter


def record_result(
    ctx: Context,
    *,
    patient_id: uuid.UUID,
    code: str,
    display: str,
    value: Decimal | None = None,
    value_text: str = "",
    unit: str = "",
    observed_at: datetime | None = None,
    encounter: Encounter | None = None,
) -> Observation:
    """One laboratory or screening result: a number with its unit, or words. Raises Refused when there is neither."""
    if value is None and not value_text.strip():
        raise Refused("result-empty", "Chưa có kết quả.", "value")
    row = Observation.objects.create(
        **(stamp_of(ctx, encounter) if encounter else stamp_for(ctx, patient_id)),
        encounter=encounter,
        code=code,
        display=display[:255],
        value=value,
        value_text=clean_line(value_text)[:500],
        unit=unit[:50],
        observed_at=observed_at or ctx.at,
    )
    emit(ctx, "observation.recorded", {"patient_id": str(row.patient_id), "observation_id": str(row.pk), "code": code})
    return row


def record_procedure(
    ctx: Context,
    *,
    patient_id: uuid.UUID,
    code: str,
    display: str,
    result: str = "",
    performed_at: datetime | None = None,
    encounter: Encounter | None = None,
) -> Procedure:
    """Something that was done, e.g. a colonoscopy, with what it found."""
    row = Procedure.objects.create(
        **(stamp_of(ctx, encounter) if encounter else stamp_for(ctx, patient_id)),
        encounter=encounter,
        code=code,
        display=display[:500],
        result=clean_note(result),
        performed_at=performed_at or ctx.at,
    )
    emit(ctx, "procedure.recorded", {"patient_id": str(row.patient_id), "procedure_id": str(row.pk), "code": code})
    return row


def stamp_for(ctx: Context, patient_id: uuid.UUID) -> dict[str, Any]:
    """Provenance columns of a new row about this person, under the acting facility's own statement of them.

    Raises NotFound for nobody. A number that was merged away writes to the person it leads to.
    """
    known = hold_person(patient_id)
    return {"source_record_id": own_record(ctx, patient_id, known), "patient_id": known, **_author(ctx)}


def stamp_of(ctx: Context, encounter: Encounter) -> dict[str, Any]:
    """Provenance columns of a new row of this encounter, whoever it belongs to by now."""
    record = encounter.source_record_id
    return {"source_record_id": record, "patient_id": hold_person_of(record), **_author(ctx)}


def stamp_beside(ctx: Context, record_id: uuid.UUID) -> dict[str, Any]:
    """Provenance columns of a row that corrects or replaces one written under this record: it stays with the same person
    when a merge is taken apart, so that nobody loses what the correction replaced.
    """
    known, home = hold_person_of(record_id), home_of(record_id)
    return {"source_record_id": own_record(ctx, home, known, only=True), "patient_id": known, **_author(ctx)}


def _author(ctx: Context) -> dict[str, Any]:
    return {"facility_id": facility_of(ctx), "recorded_by_id": ctx.actor.staff_id, "recorded_at": ctx.at}


def _condition(stamp: dict[str, Any], encounter: Encounter, diagnosis: Diagnosis, role: str) -> Condition:
    return Condition(
        **stamp,
        encounter=encounter,
        role=role,
        code=diagnosis.code,
        code_raw=diagnosis.code_raw,
        display=diagnosis.display[:500],
        chronic=diagnosis.chronic,
        onset_on=diagnosis.onset_on,
    )


def _new_key() -> uuid.UUID:
    """A key made before its row, so that what it supersedes can name it first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT uuidv7()")
        (key,) = cursor.fetchone() or (None,)
    return uuid.UUID(str(key))
