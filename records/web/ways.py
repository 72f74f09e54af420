"""Where a person who was found leads this reader: to the record, to the administrative part, or nowhere."""

from __future__ import annotations

import uuid

from django.urls import reverse

from registry.kernel import Context, Permission


def way_to(ctx: Context, patient_id: uuid.UUID, *, is_open: bool = True) -> str:
    """Address of the part of the record that the reader's role works with; "" where there is none.

    is_open: whether the record is open to this facility. Who may read records is led to a closed one as well: its page
    offers emergency access.
    """
    if ctx.may(Permission.RECORD_READ):
        return reverse("records:record", args=[patient_id])
    if is_open and ctx.may(Permission.RESIDENT_EDIT):
        return reverse("records:administrative", args=[patient_id])
    return ""
