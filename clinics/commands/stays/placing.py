"""Who lies where: admission from a visit, another bed, another department."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction

from clinics.commands.steps import consulting, move, staff_of
from clinics.models import Bed, Stay, StayPlace, Visit
from clinics.queries.scope import facility_of, visit_here
from clinics.rules.states import VisitState
from clinics.rules.stays import INPATIENT, StayStep
from records.commands.encounters import change_care_type
from records.models import Condition
from registry.kernel import Conflict, Context, NotFound, Permission, Refused, command, record_audit
from registry.models import Department
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line


@command(Permission.STAY_ADMIT)
def admit(ctx: Context, *, visit_id: uuid.UUID, department_id: int, reason: str, bed_id: int | None = None) -> Stay:
    """The doctor keeps the person in bed: the visit goes on as a stay of kind 03 (MA_LOAI_KCB), in a department, and in a
    bed where one is named.

    Raises Refused at "main" (no diagnosis yet), "reason", "department_id" or "bed_id"; Conflict when the bed was taken
    meanwhile or the visit is not with the doctor.
    """
    visit = consulting(ctx, visit_id)
    diagnosed = Condition.objects.filter(
        encounter=visit.encounter, superseded_by=None, role=Condition.Role.MAIN
    ).first()
    told = clean_line(reason)[:300]
    faults = []
    if diagnosed is None:
        faults.append(
            Refused("diagnosis-missing", "Hãy lưu chẩn đoán chính trên phiếu khám trước khi cho nhập viện.", "main")
        )
    if not told:
        faults.append(Refused("admission-reason-missing", "Hãy ghi lý do nhập viện.", "reason"))
    department = _department(ctx, department_id)
    if department is None:
        faults.append(Refused("department-unknown", "Hãy chọn khoa của cơ sở.", "department_id"))
    if faults or diagnosed is None or department is None:
        raise Refused.several(faults)
    bed = _bed(department, bed_id)
    stay = Stay.objects.create(
        visit=visit,
        reason=told,
        diagnosis=f"{diagnosed.code} · {diagnosed.display}"[:400],
        admitted_at=ctx.at,
        admitted_by_id=staff_of(ctx),
    )
    _place(ctx, stay, StayStep.ADMITTED, department, bed)
    change_care_type(ctx, visit.encounter, INPATIENT)
    move(ctx, visit, VisitState.ADMITTED, reason=told)
    record_audit(ctx, "admit", patient_id=visit.encounter.patient_id, target=("Stay", stay.pk))
    return stay


@command(Permission.STAY_CARE)
def move_to_bed(ctx: Context, *, visit_id: uuid.UUID, bed_id: int) -> Stay:
    """Give a bed of the same department, or another. Conflict when it is taken."""
    stay = stay_here(ctx, visit_id)
    department = _of(stay)
    bed = _bed(department, bed_id)
    if bed is None:
        raise Refused("bed-unknown", "Hãy chọn giường của khoa.", "bed_id")
    if stay.bed_id == bed.pk:
        raise Refused("same-bed", "Người bệnh đang nằm giường này.", "bed_id")
    _place(ctx, stay, StayStep.MOVED, department, bed)
    record_audit(ctx, "update", patient_id=stay.visit.encounter.patient_id, target=("Stay", stay.pk))
    return stay


@command(Permission.STAY_ADMIT)
def transfer(ctx: Context, *, visit_id: uuid.UUID, department_id: int, reason: str, bed_id: int | None = None) -> Stay:
    """To another department of the facility; the old bed is free at once. Refused at "department_id", "reason", "bed_id"."""
    stay, told = stay_here(ctx, visit_id), clean_line(reason)[:300]
    department = _department(ctx, department_id)
    faults = []
    if department is None or department.pk == stay.department_id:
        faults.append(Refused("department-unknown", "Hãy chọn một khoa khác của cơ sở.", "department_id"))
    if not told:
        faults.append(Refused("transfer-reason-missing", "Hãy ghi lý do chuyển khoa.", "reason"))
    if faults or department is None:
        raise Refused.several(faults)
    _place(ctx, stay, StayStep.TRANSFERRED, department, _bed(department, bed_id), told)
    record_audit(ctx, "transfer", patient_id=stay.visit.encounter.patient_id, target=("Stay", stay.pk))
    return stay


def stay_here(ctx: Context, visit_id: uuid.UUID) -> Stay:
    """This facility's stay that goes on, its visit locked. NotFound; Conflict stay-ended tells who ended it and when."""
    visit: Visit = visit_here(ctx, visit_id, lock=True)
    stay = Stay.objects.select_related("department", "bed").filter(visit=visit).first()
    if stay is None:
        raise NotFound("Người bệnh này không nằm viện.", "no-stay")
    stay.visit = visit
    if stay.ended_at is not None:
        left = StayPlace.objects.select_related("by").get(stay=stay, kind=StayStep.LEFT)
        raise Conflict("stay-ended", Phrase("{who} đã cho người bệnh ra viện.", who=left.by.full_name))
    return stay


def leave_place(ctx: Context, stay: Stay) -> None:
    """The stay ends and its bed is free."""
    _place(ctx, stay, StayStep.LEFT, None, None)


def _of(stay: Stay) -> Department:
    if stay.department is None:
        raise NotFound
    return stay.department


def _department(ctx: Context, department_id: int) -> Department | None:
    return Department.objects.filter(pk=department_id, facility_id=facility_of(ctx).id).first()


def _bed(department: Department, bed_id: int | None) -> Bed | None:
    """The bed named, of this department and in use; None when none is named."""
    if bed_id is None:
        return None
    bed = Bed.objects.filter(pk=bed_id, department=department, active=True).first()
    if bed is None:
        raise Refused("bed-unknown", "Giường này không thuộc khoa, hoặc không còn dùng.", "bed_id")
    return bed


def _place(
    ctx: Context, stay: Stay, kind: StayStep, department: Department | None, bed: Bed | None, reason: str = ""
) -> None:
    """Write the step; the trigger moves the stay. Who takes a bed a moment later is told that it is taken."""
    try:
        with transaction.atomic():
            StayPlace.objects.create(
                stay=stay, kind=kind, department=department, bed=bed, by_id=staff_of(ctx), at=ctx.at, reason=reason
            )
    except IntegrityError as error:
        if "clinics_stay_bed_id" not in str(error):
            raise
        raise Conflict(
            "bed-taken", Phrase("Giường {bed} vừa có người nằm. Hãy chọn giường khác.", bed=str(bed)), "bed_id"
        ) from error
    stay.refresh_from_db(fields=["department", "bed", "ended_at"])
