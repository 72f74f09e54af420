"""What commands that add to and correct an opened record share: the person locked, faults told, rows replaced.

A correction is written under the same source record as what it corrects, so that a relink moves both together.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any, TypeVar

from django.utils import timezone

from records.commands.encounters import stamp_for
from records.commands.holding import hold_person, hold_person_of
from records.commands.linking import facility_of
from records.models import ClinicalRow
from records.queries.access import RecordAccess, look_through_door
from registry.kernel import Conflict, Context, NotFound, Refused
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line

LONGEST_REASON = 300
R = TypeVar("R", bound=ClinicalRow)


def open_to_write(ctx: Context, patient_id: uuid.UUID) -> RecordAccess:
    """The opened record with the person held alone: what two people write at once is seen by the second, and nobody is
    merged meanwhile.

    Raises NotFound, RecordClosed, Refused without a facility.
    """
    facility_of(ctx)
    return look_through_door(ctx, hold_person(patient_id, to_change=True))


def refuse(faults: Iterable[Invalid]) -> None:
    """Raise all of a rule's faults as one refusal, if there are any."""
    refused = [Refused(one.code, one.message, one.field or None) for one in faults]
    if refused:
        raise Refused.several(refused)


def reason_given(reason: str) -> str:
    """The reason of a correction as it is stored; Refused(reason-missing, reason-long): nothing is cut off in silence."""
    text = clean_line(reason)
    if not text:
        raise Refused("reason-missing", "Hãy ghi lý do sửa.", "reason")
    if len(text) > LONGEST_REASON:
        raise Refused("reason-long", Phrase("Lý do dài quá {limit} ký tự.", limit=LONGEST_REASON), "reason")
    return text


def current_row(model: type[R], access: RecordAccess, row_id: uuid.UUID) -> R:
    """The person's row of this number. Raises NotFound for somebody else's, Conflict for one replaced meanwhile."""
    row: Any = model._default_manager.filter(pk=row_id, patient_id=access.patient_id).first()
    if row is None:
        raise NotFound("Không tìm thấy mục này trong hồ sơ.", "no-such-entry")
    if row.superseded_by_id is not None:
        raise Conflict("already-corrected", "Mục này vừa được người khác sửa. Hãy tải lại trang.")
    found: R = row
    return found


def replace_row(row: R, identity: uuid.UUID, reason: str) -> None:
    """Let the row be superseded by the one of this number; Conflict when somebody was faster."""
    rows = type(row)._default_manager.filter(pk=row.pk, superseded_by=None)
    if not rows.update(superseded_by=identity, superseded_reason=reason):
        raise Conflict("already-corrected", "Mục này vừa được người khác sửa. Hãy tải lại trang.")


def stamp_like(ctx: Context, row: ClinicalRow) -> dict[str, Any]:
    """Provenance columns of a correction: the corrected row's source record, the corrector's facility and name.

    The person is whoever that record belongs to now, held until the transaction ends: the row may have been read before
    a merge that has moved it since.
    """
    return {
        "source_record_id": row.source_record_id,
        "patient_id": hold_person_of(row.source_record_id),
        "facility_id": facility_of(ctx),
        "recorded_by_id": ctx.actor.staff_id,
        "recorded_at": ctx.at,
    }


def stamp_new(ctx: Context, access: RecordAccess) -> dict[str, Any]:
    """Provenance columns of a new row about this person."""
    return stamp_for(ctx, access.patient_id)


def today_of(ctx: Context) -> Any:
    """The day in Hanoi."""
    return timezone.localdate(ctx.at)
