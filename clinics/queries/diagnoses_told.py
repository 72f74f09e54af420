"""A visit's diagnoses as its papers say them."""

from __future__ import annotations

from clinics.models import Visit
from records.models import Condition
from records.queries.access import RecordAccess
from records.queries.restricted import visible_rows


def diagnosis_told(access: RecordAccess, visit: Visit) -> str:
    """The visit's diagnoses as they stand, the main one first; "" while there are none."""
    rows = visible_rows(access, Condition.objects.filter(encounter=visit.encounter_id, superseded_by=None))
    told = sorted(rows[:20], key=lambda one: (one.role != Condition.Role.MAIN, one.code))
    return "; ".join(f"{one.code} · {one.display}" for one in told)
