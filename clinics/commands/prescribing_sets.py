"""Favourites and sets of a doctor: lines kept under a name, and forgotten again."""

from __future__ import annotations

import uuid

from clinics.commands.drafts import writable
from clinics.commands.steps import staff_of
from clinics.models import PrescribingSet
from clinics.queries.prescribing import open_draft
from clinics.queries.scope import facility_of
from registry.kernel import Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.text import clean_line

MOST_SETS = 100


@command(Permission.PRESCRIPTION_SIGN)
def keep_set(ctx: Context, *, visit_id: uuid.UUID, name: str, shared: bool = False) -> PrescribingSet:
    """Keep the lines of the visit's draft under a name, for this doctor or for all of the facility.

    The same name again takes the lines anew. Raises Refused at "name".
    """
    visit, access = writable(ctx, visit_id)
    draft, said = open_draft(visit), clean_line(name)[:120]
    if not said:
        raise Refused("set-unnamed", "Hãy đặt tên cho bộ thuốc.", "name")
    if draft is None or not draft.lines:
        raise Refused("draft-empty", "Đơn chưa có thuốc nào để lưu.", "name")
    own = PrescribingSet.objects.filter(owner_id=staff_of(ctx), facility_id=facility_of(ctx).id)
    if own.count() >= MOST_SETS:
        raise Refused("sets-many", "Đã có 100 bộ thuốc: hãy xoá bớt.", "name")
    kept, _ = PrescribingSet.objects.update_or_create(
        owner_id=staff_of(ctx),
        facility_id=facility_of(ctx).id,
        name=said,
        defaults={"lines": [{**line, "continues": None} for line in draft.lines], "shared": shared},
    )
    record_audit(ctx, "update", patient_id=access.patient_id, target=("PrescribingSet", kept.pk))
    return kept


@command(Permission.PRESCRIPTION_SIGN)
def forget_set(ctx: Context, *, set_id: uuid.UUID) -> None:
    """Remove one of the doctor's own sets. Raises NotFound."""
    gone, _ = PrescribingSet.objects.filter(pk=set_id, owner_id=staff_of(ctx), facility_id=facility_of(ctx).id).delete()
    if not gone:
        raise NotFound("Không tìm thấy bộ thuốc này.", "no-such-set")
    record_audit(ctx, "delete", target=("PrescribingSet", set_id))
