"""Editing the administrative part: a new statement of this facility, never a change of an old one."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from records.commands.linking import Origin, facility_of, lock_identity
from records.commands.registration import Registered, add_statement_to
from records.models import Patient
from records.queries.access import require_open
from records.queries.administrative import newest_statement
from records.rules.person import StatedPerson
from registry.kernel import Conflict, Context, Permission, command, record_audit


@command(Permission.RESIDENT_EDIT)
def edit_administrative(
    ctx: Context, *, patient_id: uuid.UUID, person: StatedPerson, seen: uuid.UUID | None, raw: Mapping[str, Any]
) -> Registered:
    """State somebody again as the form says; the golden record follows by survivorship.

    seen: the newest statement when the form was opened. Raises RecordClosed, NotFound, and Conflict when somebody stated
    something since: their words would be overwritten unread.
    """
    facility_of(ctx)
    known = require_open(ctx, patient_id)
    lock_identity(person)
    Patient.objects.select_for_update(no_key=True).get(pk=known)
    if newest_statement(known) != seen:
        raise Conflict(
            "statement-newer", "Trong lúc bạn sửa, có người vừa cập nhật hành chính của hồ sơ này. Hãy mở lại rồi sửa."
        )
    added = add_statement_to(ctx, known, person, Origin(channel="form", raw=raw), reason="sửa hành chính")
    record_audit(ctx, "update", patient_id=known, target=("SourceRecord", added.record_id))
    return added
