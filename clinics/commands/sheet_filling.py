"""Filling the empty lines of the doctor's sheet in one go: from a template, or from the person's last examination."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace

from clinics.commands.coding import judge_codes
from clinics.commands.sheet_writing import Typed, join_typed, write_sheet
from clinics.commands.steps import consulting
from clinics.models import Visit
from clinics.queries.scope import today_of
from clinics.queries.templates import last_examination, template_here, text_of
from clinics.rules.sheet import Filled, Sheet, fill
from records.queries.access import look_through_door
from registry.kernel import Context, NotFound, Permission, Refused, command, record_audit


@dataclass(frozen=True, slots=True)
class Filling:
    """What was filled and what was left, and why codes that were offered could not be taken ("" when they could)."""

    filled: Filled
    codes_refused: str = ""


@command(Permission.DIAGNOSIS_RECORD)
def fill_from_template(ctx: Context, *, visit_id: uuid.UUID, template_id: int, typed: Typed) -> Filling:
    """Keep what was typed and fill what is empty from a template. Never overwrites. Raises as record_diagnoses; NotFound."""
    visit = consulting(ctx, visit_id)
    row = template_here(ctx, template_id)
    if row is None:
        raise NotFound("Không tìm thấy mẫu khám này.", "no-such-template")
    return _fill(ctx, visit, typed, text_of(row).sheet, {"template": row.pk})


@command(Permission.DIAGNOSIS_RECORD)
def fill_from_last(ctx: Context, *, visit_id: uuid.UUID, typed: Typed) -> Filling:
    """Keep what was typed and take the last diagnoses and findings over into what is empty. Never overwrites.

    Raises as record_diagnoses; NotFound(no-last-examination).
    """
    visit = consulting(ctx, visit_id)
    access = look_through_door(ctx, visit.encounter.patient_id)
    last = last_examination(access, visit)
    if last is None:
        raise NotFound("Người bệnh chưa có lần khám nào trước đây.", "no-last-examination")
    return _fill(ctx, visit, typed, last.sheet, access.audit_detail)


def _fill(ctx: Context, visit: Visit, typed: Typed, offered: Sheet, detail: dict[str, object]) -> Filling:
    standing, wanted = join_typed(visit, typed)
    if visit.encounter.patient.sex == "male":
        offered = replace(offered, findings={k: v for k, v in offered.findings.items() if k != "gynaecological"})
    offered, why = _usable(ctx, visit, wanted, offered)
    filled = fill(wanted, offered)
    faults = write_sheet(ctx, visit, standing, filled.sheet, coded=bool(standing.main))
    if faults:
        raise Refused.several(faults)
    target = ("Visit", visit.pk)
    record_audit(ctx, "update", patient_id=visit.encounter.patient_id, target=target, detail=detail)
    return Filling(filled, why)


def _usable(ctx: Context, visit: Visit, wanted: Sheet, offered: Sheet) -> tuple[Sheet, str]:
    """Without codes that may not be written today for this person, and why."""
    if wanted.main or wanted.secondary or not offered.main:
        return (offered if offered.main else replace(offered, secondary=())), ""
    try:
        judge_codes(visit, offered.main, offered.secondary, today_of(ctx))
    except Refused as refusal:
        return replace(offered, main="", secondary=()), refusal.message
    return offered, ""
