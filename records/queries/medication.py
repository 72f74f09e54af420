"""Medicines of an opened record: what is taken today, what was, with who wrote it. One statement."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from django.utils import timezone

from records.models import MedicationRequest
from records.queries.access import RecordAccess
from records.queries.restricted import reader_parameters, with_encounter_visible

MOST = 200
STATUSES: Mapping[str, str] = dict(MedicationRequest.Status.choices)

# What is taken today comes first, however old; then what ended, newest first.
_MEDICINES = f"""
SELECT m.id, m.status, m.status_reason, m.reported, m.code, m.name, m.ingredient, m.strength, m.dose, m.route, m.quantity,
       m.unit, m.indication, m.long_term, m.started_on, m.ended_on,
       coalesce(nullif(m.prescriber_name, ''), s.full_name, ''), f.short_name, f.id, m.encounter_id, m.recorded_at,
       m.system, m.superseded_by_id, m.superseded_reason
  FROM records_medicationrequest m JOIN registry_facility f ON f.id = m.facility_id
  LEFT JOIN registry_staff s ON s.id = m.recorded_by_id
 WHERE m.patient_id = %(patient)s AND (%(versions)s OR m.superseded_by_id IS NULL)
   AND {with_encounter_visible("m")}
 ORDER BY (m.status = 'active' AND m.superseded_by_id IS NULL AND (m.ended_on IS NULL OR m.ended_on >= %(today)s)) DESC,
          m.started_on DESC, m.id DESC
 LIMIT %(limit)s
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class MedicineRow:
    """One medicine as written; prescriber is who prescribed, else who wrote it down."""

    id: uuid.UUID
    status: str
    status_reason: str
    reported: bool
    code: str
    name: str
    ingredient: str
    strength: str
    dose: str
    route: str
    quantity: Decimal | None
    unit: str
    indication: str
    long_term: bool
    started_on: date
    ended_on: date | None
    prescriber: str
    facility: str
    facility_id: int
    encounter_id: uuid.UUID | None
    recorded_at: datetime
    system: str
    superseded_by: uuid.UUID | None
    superseded_reason: str

    @property
    def stands(self) -> bool:
        """Whether this is what the record says today."""
        return self.superseded_by is None and self.status != MedicationRequest.Status.ENTERED_IN_ERROR


@dataclass(frozen=True, slots=True)
class Medications:
    """current: taken today; past: ended or stopped, newest first; earlier: versions replaced or taken back."""

    current: tuple[MedicineRow, ...]
    past: tuple[MedicineRow, ...]
    earlier: tuple[MedicineRow, ...] = ()


def get_medications(access: RecordAccess, *, versions: bool = False, limit: int = MOST) -> Medications:
    """At most `limit` rows (200); versions: also those that were replaced."""
    today = timezone.localdate(access.ctx.at)
    parameters: dict[str, Any] = {
        "patient": access.patient_id,
        "today": today,
        "versions": versions,
        "limit": max(1, min(limit, MOST)),
        **reader_parameters(access),
    }
    with connection.cursor() as cursor:
        cursor.execute(_MEDICINES, parameters)
        rows = [MedicineRow(*row) for row in cursor.fetchall()]
    standing = [row for row in rows if row.stands]
    current = tuple(row for row in standing if _taken(row, today))
    past = tuple(row for row in standing if not _taken(row, today))
    return Medications(current, past, tuple(row for row in rows if row.superseded_by is not None))


def _taken(row: MedicineRow, today: date) -> bool:
    return row.status == MedicationRequest.Status.ACTIVE and (row.ended_on is None or row.ended_on >= today)
