"""What cannot be right, by rule: read from the tables as they stand, so that an exception goes when its cause goes."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.db import connection

from records.queries.restricted import hidden
from registry.kernel import Context, Permission, query, record_audit
from screening.models import SetAside
from screening.queries.scope import facility_of, oversees_city, today_of

PAGE = 100
KIT_DAYS = 28
RESULT_DAYS = 21
DUE_DAYS = 60
UNSENT_DAYS = 14


class Fault(StrEnum):
    """The rules; the value is what stands in the address."""

    BEFORE_SAMPLE = "truoc-mau"
    AFTER_DEATH = "sau-mat"
    WRONG_SEX = "sai-gioi"
    DEAD_INVITED = "da-mat"
    TWICE = "ghi-danh-hai-lan"
    NOT_DUE = "khong-co-hen"
    KIT_OUT = "kit-chua-tra"
    SAMPLE_WAITS = "mau-cho-ket-qua"
    NOT_CALLED = "chua-duoc-moi"
    UNSENT = "chua-gui"
    NOT_TAKEN = "ket-qua-chua-vao"
    TAKEN_BACK = "ket-qua-da-rut"


# Each rule gives enrolment and day; those of _SAID also a reason (SetAside's) and what was written.
_RULES: Mapping[Fault, str] = {
    Fault.BEFORE_SAMPLE: """
        SELECT n.id, r.performed_on FROM mine n JOIN screening_episode e ON e.enrolment_id = n.id
          JOIN screening_result r ON r.episode_id = e.id JOIN screening_kit k ON k.id = r.kit_id
         WHERE r.performed_on < coalesce(k.sampled_on, (k.issued_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)""",
    Fault.AFTER_DEATH: """
        SELECT n.id, r.performed_on FROM mine n JOIN screening_episode e ON e.enrolment_id = n.id
          JOIN screening_result r ON r.episode_id = e.id WHERE r.performed_on > n.deceased_on""",
    Fault.WRONG_SEX: """
        SELECT n.id, n.enrolled_on FROM mine n JOIN screening_programmeversion v
            ON v.programme_id = n.programme_id AND v.state = 'live'
         WHERE n.standing <> 'ceased' AND NOT v.rules->'sexes'->'value' ? n.sex""",
    Fault.DEAD_INVITED: """
        SELECT n.id, n.deceased_on FROM mine n WHERE n.deceased_on IS NOT NULL AND n.standing <> 'ceased'""",
    Fault.TWICE: """
        SELECT n.id, n.enrolled_on FROM mine n WHERE n.standing <> 'ceased' AND EXISTS (
            SELECT 1 FROM screening_enrolment o WHERE o.patient_id = n.patient_id AND o.programme_id = n.programme_id
               AND o.id <> n.id AND o.standing <> 'ceased')""",
    Fault.NOT_DUE: """
        SELECT n.id, n.enrolled_on FROM mine n WHERE n.standing <> 'ceased' AND n.next_due_on IS NULL AND NOT EXISTS (
            SELECT 1 FROM screening_episode e WHERE e.enrolment_id = n.id AND e.closed_at IS NULL)""",
    Fault.NOT_CALLED: """
        SELECT n.id, n.next_due_on FROM mine n WHERE n.standing = 'active' AND n.next_due_on < %(due_before)s
           AND n.deceased_on IS NULL AND NOT EXISTS (
            SELECT 1 FROM screening_episode e WHERE e.enrolment_id = n.id AND e.closed_at IS NULL)""",
    Fault.UNSENT: """
        SELECT n.id, i.changed_on FROM mine n
          JOIN screening_episode e ON e.enrolment_id = n.id AND e.closed_at IS NULL
          JOIN screening_invitation i ON i.episode_id = e.id JOIN screening_invitationbatch b ON b.id = i.batch_id
         WHERE i.state = 'planned' AND greatest(b.week, i.changed_on) < %(unsent_before)s""",
    Fault.KIT_OUT: """
        SELECT n.id, (k.issued_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM mine n
          JOIN screening_episode e ON e.enrolment_id = n.id AND e.closed_at IS NULL
          JOIN screening_kit k ON k.episode_id = e.id WHERE k.state = 'issued' AND k.issued_at < %(kit_before)s""",
    Fault.SAMPLE_WAITS: """
        SELECT n.id, (k.returned_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM mine n
          JOIN screening_episode e ON e.enrolment_id = n.id AND e.closed_at IS NULL
          JOIN screening_kit k ON k.episode_id = e.id WHERE k.state = 'returned' AND k.returned_at < %(sample_before)s""",
}

_SAID: Mapping[Fault, str] = {
    Fault.NOT_TAKEN: f"""
        SELECT DISTINCT ON (n.id, o.id) n.id, (o.observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, s.reason,
               CASE WHEN {hidden("o", "records_observation")} THEN ''
                    ELSE o.display || ': ' || coalesce(trim_scale(o.value)::text || ' ' || o.unit, o.value_text) END
          FROM mine n JOIN screening_setaside s ON s.enrolment_id = n.id
           AND s.reason IN ('word', 'number', 'unit', 'range', 'other-that-day', 'ceased')
          JOIN records_observation o ON o.id = s.observation_id AND o.patient_id = n.patient_id
           AND o.superseded_by_id IS NULL AND NOT o.mistaken
         WHERE NOT EXISTS (SELECT 1 FROM screening_result r WHERE r.observation_id = o.id)
           AND NOT EXISTS (
               SELECT 1 FROM screening_enrolment m JOIN screening_episode e ON e.enrolment_id = m.id
                 JOIN screening_result r ON r.episode_id = e.id
                WHERE m.patient_id = n.patient_id AND m.programme_id = n.programme_id AND r.action = s.action
                  AND r.state = 'done' AND r.at > s.at
                  AND r.performed_on >= (o.observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
         ORDER BY n.id, o.id, s.at DESC""",  # noqa: S608 - constants
    Fault.TAKEN_BACK: """
        SELECT n.id, r.performed_on, '', o.superseded_reason FROM mine n
          JOIN screening_episode e ON e.enrolment_id = n.id
          JOIN screening_duty d ON d.episode_id = e.id AND d.closed_at IS NULL
          JOIN screening_result r ON r.id = d.result_id
          JOIN records_observation o ON o.id = r.observation_id AND o.superseded_by_id IS NOT NULL""",
}

_MINE = """
WITH mine AS (
  SELECT n.id, n.patient_id, n.programme_id, n.facility_id, n.standing, n.next_due_on, p.name, p.sex, p.deceased_on,
         (n.enrolled_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date AS enrolled_on
    FROM screening_enrolment n JOIN records_patient p ON p.id = n.patient_id
   WHERE %(facility)s::bigint IS NULL OR n.facility_id = %(facility)s)
"""
_FOUND = " UNION ALL ".join(
    f"SELECT '{fault.value}' AS fault, x.* FROM ({rule}) AS x(id, day, reason, said)"  # noqa: S608 - constants
    for fault, rule in (
        *((fault, f"SELECT y.*, '', '' FROM ({rule}) y") for fault, rule in _RULES.items()),  # noqa: S608
        *_SAID.items(),
    )
)
_COUNTS = f"{_MINE} SELECT fault, count(*) FROM ({_FOUND}) found GROUP BY 1"  # noqa: S608 - constants
_LINES = f"""{_MINE}
SELECT found.fault, n.id, n.name, g.short_name, f.short_name, found.day, found.reason, found.said
  FROM ({_FOUND}) found
  JOIN mine n ON n.id = found.id JOIN screening_programme g ON g.id = n.programme_id
  JOIN registry_facility f ON f.id = n.facility_id
 WHERE %(fault)s = '' OR found.fault = %(fault)s ORDER BY found.day, n.id LIMIT {PAGE}
"""  # noqa: S608 - constants


@dataclass(frozen=True, slots=True)
class FaultLine:
    """One exception. name, said and enrolment_id are empty for who oversees the city without opening records. on: since
    when; reason, said: why a result of the record was not taken, and what is written there.
    """

    fault: Fault
    enrolment_id: uuid.UUID | None
    name: str
    programme: str
    facility: str
    on: date
    reason: str = ""
    said: str = ""


@dataclass(frozen=True, slots=True)
class Faults:
    """The exceptions with counts by rule; at most PAGE lines, the oldest first."""

    lines: list[FaultLine]
    counts: Mapping[Fault, int]
    asked: Fault | None
    whole_city: bool


@query(Permission.SCREENING_READ)
def find_faults(ctx: Context, *, fault: Fault | None = None) -> Faults:
    """The acting facility's exceptions, or the city's without names: two statements and one audit row."""
    city = oversees_city(ctx)
    named: dict[str, Any] = {
        "facility": None if city else facility_of(ctx).id,
        "fault": fault.value if fault else "",
        "due_before": today_of(ctx) - timedelta(days=DUE_DAYS),
        "unsent_before": today_of(ctx) - timedelta(days=UNSENT_DAYS),
        "kit_before": ctx.at - timedelta(days=KIT_DAYS),
        "sample_before": ctx.at - timedelta(days=RESULT_DAYS),
    }
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, named)
        counts = {Fault(code): count for code, count in cursor.fetchall()}
        cursor.execute(_LINES, named)
        rows = cursor.fetchall()
    lines = [
        FaultLine(
            Fault(code),
            None if city else pk,
            "" if city else name,
            programme,
            facility,
            day,
            str(SetAside.Reason(reason).label) if reason else "",
            "" if city else said,
        )
        for code, pk, name, programme, facility, day, reason, said in rows
    ]
    record_audit(
        ctx, "list", target=("ScreeningFaults", named["fault"]), detail={"rows": len(lines), "named": not city}
    )
    return Faults(lines, counts, fault, city)
