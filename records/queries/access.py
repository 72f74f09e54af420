"""The one door to a record: permission, tie to the facility, the person's row and the audit, in as few trips as can be."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from records.queries import restricted_codes, ties
from records.rules.access import NOTHING_READ, Door, Reading, Ties, decide_door, may_open_another
from registry.kernel import Context, Forbidden, NotFound, Permission, Purpose, query, record_audit
from registry.rules.dates import PartialDate
from registry.rules.phrases import Phrase

MOST_RECENT = (
    2000  # audit rows of one account looked at to count its last hour: bounds the cost, and no honest hour has more
)

# The number of a person who was merged into another leads to that other person. The hour is the database's own clock, as
# the trail's rows are.
_OPEN = f"""
SELECT p.id, p.name, p.name_key, p.sort_key, p.birth_date, p.birth_precision, p.sex, p.phone, p.address, p.ward_code,
       p.ward_name, p.deceased_on, p.version, p.changed_at,
       {ties.granted("p.id")},
       {ties.emergency_until("p.id")},
       bound.is,
       bound.is AND {ties.in_care("p.id")},
       (SELECT count(*) FROM records_condition d
         WHERE d.patient_id = p.id AND d.superseded_by_id IS NULL AND d.recorded_by_id IS DISTINCT FROM %(staff)s
           AND {restricted_codes.listed_condition("d")}),
       seen.others, seen.again, limits.stops_at
FROM records_patient asked JOIN records_patient p ON p.id = coalesce(asked.merged_into_id, asked.id)
CROSS JOIN LATERAL (SELECT {ties.restricted("p.id")} AS is) bound
LEFT JOIN records_readinglimit limits ON limits.role = %(role)s
CROSS JOIN LATERAL (
    SELECT count(DISTINCT recent.patient_id) FILTER (WHERE recent.patient_id <> p.id) AS others,
           coalesce(bool_or(recent.patient_id = p.id), false) AS again
      FROM (SELECT e.patient_id FROM registry_auditevent e
             WHERE limits.stops_at IS NOT NULL AND e.actor_id = %(actor)s AND e.actor_kind = %(kind)s
               AND e.outcome = 'ok' AND e.patient_id IS NOT NULL AND e.at > now() - interval '1 hour'
             ORDER BY e.at DESC LIMIT {MOST_RECENT}) recent) seen
WHERE asked.id = %(patient)s
"""  # noqa: S608 - constants


class RecordClosed(Forbidden):
    """The record is not open to this facility; the page of this refusal offers emergency access and tells nothing else."""

    def __init__(self, patient_id: uuid.UUID) -> None:
        super().__init__(
            "record-closed", "Hồ sơ này chưa mở cho cơ sở của bạn: người bệnh chưa khám hay được chuyển đến đây."
        )
        self.patient_id = patient_id


class RecordRestricted(RecordClosed):
    """The resident restricted the processing of their record, and nobody here is treating them now."""

    def __init__(self, patient_id: uuid.UUID) -> None:
        super().__init__(patient_id)
        self.code = "record-restricted"
        self.message = "Người bệnh đã yêu cầu hạn chế xử lý dữ liệu: hồ sơ chỉ mở khi đang khám tại đây hoặc khẩn cấp."


class TooManyRecords(Forbidden):
    """One account opened more residents' records within an hour than its role needs: stopped, and the Department is told."""

    def __init__(self, patient_id: uuid.UUID, limit: int) -> None:
        super().__init__(
            "reading-limit",
            Phrase(
                "Trong một giờ qua bạn đã mở hồ sơ của {limit} người khác nhau, bằng giới hạn của vai trò này.",
                limit=limit,
            ),
        )
        self.patient_id = patient_id
        self.limit = limit


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

    door: by treatment or by emergency; emergency_until: when an emergency access ends. restricted: how many diagnoses of
    the record, not written by the reader, are restricted information; sees_restricted tells whether they are shown.
    """

    ctx: Context
    person: Person
    door: Door
    emergency_until: datetime | None = None
    restricted: int = 0
    reading: Reading = NOTHING_READ

    @property
    def patient_id(self) -> uuid.UUID:
        """The person's number today (not the alias that may have been asked for)."""
        return self.person.id

    @property
    def sees_restricted(self) -> bool:
        """Whether rows of restricted codes are shown to this reader."""
        return self.ctx.may(Permission.RECORD_READ_RESTRICTED)

    @property
    def audit_detail(self) -> dict[str, Any]:
        """What the one audit row of this read must say besides who and whom: restricted rows shown, or kept back."""
        if not self.restricted:
            return {}
        return {"restricted": "shown" if self.sees_restricted else "hidden", "rows": self.restricted}

    @property
    def facility_id(self) -> int | None:
        """The facility that reads."""
        return self.ctx.facility.id if self.ctx.facility else None


@query(Permission.RECORD_READ)
def open_record(
    ctx: Context, patient_id: uuid.UUID, *, action: str = "read", target: tuple[str, object] | None = None
) -> RecordAccess:
    """Open a record for reading: one statement decides and reads the person, one writes the audit row.

    Raises NotFound for nobody, RecordClosed (403) when nothing ties the person to this facility or member of staff,
    TooManyRecords (403) when this account has opened too many within the hour.
    """
    access = within_reading_limit(look_through_door(ctx, patient_id))
    if access.door is Door.EMERGENCY:  # the trail tells these reads apart by their purpose of use
        ctx = ctx.for_purpose(Purpose.EMERGENCY)
    record_audit(ctx, action, patient_id=access.patient_id, target=target, detail=access.audit_detail)
    return access


def within_reading_limit(access: RecordAccess) -> RecordAccess:
    """The same access, or TooManyRecords. An emergency is never stopped: each one is reviewed anyway."""
    if access.door is not Door.EMERGENCY and not may_open_another(access.reading):
        raise TooManyRecords(access.patient_id, access.reading.stops_at or 0)
    return access


def require_open(ctx: Context, patient_id: uuid.UUID) -> uuid.UUID:
    """The person's number today, if the record is open here; for commands, which write their own audit row.

    Raises NotFound, RecordClosed.
    """
    return look_through_door(ctx, patient_id).patient_id


def look_through_door(ctx: Context, patient_id: uuid.UUID) -> RecordAccess:
    """The decision of open_record without its audit row: for operations that write one themselves."""
    parameters = ties.tie_parameters(ctx) | {
        "patient": str(patient_id), "role": ctx.role, "actor": ctx.actor.id, "kind": ctx.actor.kind.value,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, parameters)
        row: tuple[Any, ...] | None = cursor.fetchone()
    if row is None:
        raise NotFound("Không tìm thấy hồ sơ này.", "no-such-record")
    *columns, granted, until, bound, in_care, restricted, others, again, stops_at = row
    door = decide_door(Ties(granted, until, bound, in_care), ctx.at)
    if door is Door.CLOSED:
        raise RecordRestricted(columns[0]) if granted and bound else RecordClosed(columns[0])
    return RecordAccess(
        ctx,
        _person(columns),
        door,
        until if door is Door.EMERGENCY else None,
        restricted,
        Reading(others, again, stops_at),
    )


def _person(columns: list[Any]) -> Person:
    identity, name, name_key, sort_key, born, precision, *rest = columns
    return Person(identity, name, name_key, sort_key, PartialDate(born, precision), *rest)
