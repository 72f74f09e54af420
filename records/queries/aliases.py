"""The numbers a person has had: today's, and those of people whose records were all linked to them."""

from __future__ import annotations

import uuid

from records.models import Patient
from records.queries.access import RecordAccess

MOST = 50


def numbers_of(access: RecordAccess) -> tuple[uuid.UUID, ...]:
    """The number of an opened record and those merged into it: the trail names whichever was asked for."""
    merged = Patient.objects.filter(merged_into=access.patient_id).values_list("pk", flat=True)
    return (access.patient_id, *merged[:MOST])
