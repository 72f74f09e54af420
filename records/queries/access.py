"""The one door to a record: permission, tie to the facility, the person's row and the audit, in as few trips as can be."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from records.rules.access import Door, Ties, decide_door
from registry.kernel import Context, Forbidden, NotFound, Permission, Purpose, query, record_audit
from registry.rules.dates import PartialDate

# The number of a person who was merged into another leads to that other person.
_OPEN = """
SELECT p.id, p.name, p.name_key, p.sort_key, p.birth_date, p.birth_precision, p.sex, p.phone, p.address, p.ward_code,
       p.ward_name, p.deceased_on, p.version, p.changed_at,
       EXISTS (SELECT 1 FROM records_recordlink l JOIN records_accessgrant g ON g.source_record_id = l.record_id
                WHERE l.patient_id = p.id AND g.facility_id = %(facility)s),
       (SELECT max(e.expires_at) FROM records_emergencyaccess e
         WHERE e.patient_id = p.id AND e.facility_id = %(facility)s AND e.staff_id = %(staff)s)
FROM records_patient asked JOIN records_patient p ON p.id = coalesce(asked.merged_into_id, asked.id)
WHERE asked.id = %(patient)s
"""


class RecordClosed(Forbidden):
    """The record is not open to this facility; the page of this refusal offers emergency access and tells nothing else."""

    def __init__(self, patient_id: uuid.UUID) -> None:
        super().__init__(
            "record-closed", "Hồ sơ này chưa mở cho cơ sở của bạn: người bệnh chưa khám hay được chuyển đến đây."
        )
        self.patient_id = patient_id


@dataclass(frozen=True, slots=True)
class Person:
    """The golden record's row."""

    id: uuid.UUID
    name: str
    name_key: str
    sort_key: str
    birth: PartialDate
    sex: str
    phone: str
    address: str
    ward_code: str
    ward_name: str
    deceased_on: date | None
    version: int
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class RecordAccess:
    """Proof that this read is permitted and audited: queries of the record's content take it instead of a number.

    door: by treatment or by emergency; emergency_until: when an emergency access ends.
    """

    ctx: Context
    person: Person
    door: Door
    emergency_until: datetime | None = None

    @property
    def patient_id(self) -> uuid.UUID:
        """The person's number today (not the alias that may have been asked for)."""
        return self.person.id

    @property
    def facility_id(self) -> int | None:
        """The facility that reads."""
        return self.ctx.facility.id if self.ctx.facility else None


@query(Permission.RECORD_READ)
def open_record(
    ctx: Context, patient_id: uuid.UUID, *, action: str = "read", target: tuple[str, object] | None = None
) -> RecordAccess:
    """Open a record for reading: one statement decides and reads the person, one writes the audit row.

    Raises NotFound for nobody, RecordClosed (403) when nothing ties the person to this facility or member of staff.
    """
    access = look_through_door(ctx, patient_id)
    if access.door is Door.EMERGENCY:  # the trail tells these reads apart by their purpose of use
        ctx = ctx.for_purpose(Purpose.EMERGENCY)
    record_audit(ctx, action, patient_id=access.patient_id, target=target)
    return access


def require_open(ctx: Context, patient_id: uuid.UUID) -> uuid.UUID:
    """The person's number today, if the record is open here; for commands, which write their own audit row.

    Raises NotFound, RecordClosed.
    """
    return look_through_door(ctx, patient_id).patient_id


def look_through_door(ctx: Context, patient_id: uuid.UUID) -> RecordAccess:
    """The decision of open_record without its audit row: for operations that write one themselves."""
    staff = ctx.actor.staff_id
    parameters = {"patient": patient_id, "facility": ctx.facility.id if ctx.facility else None, "staff": staff}
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise NotFound("Không tìm thấy hồ sơ này.", "no-such-record")
    *columns, granted, until = row
    door = decide_door(Ties(granted, until), ctx.at)
    if door is Door.CLOSED:
        raise RecordClosed(columns[0])
    return RecordAccess(ctx, _person(columns), door, until if door is Door.EMERGENCY else None)


def _person(columns: list[Any]) -> Person:
    identity, name, name_key, sort_key, born, precision, *rest = columns
    return Person(identity, name, name_key, sort_key, PartialDate(born, precision), *rest)
