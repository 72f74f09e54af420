"""Under which source record a facility writes: its own statement of the person, or one it makes when it first meets them.

After a merge a person has several homes (the people whose records they hold). What a facility writes goes under its own
statement at the home that was asked for, else under its own statement at another home, else under a repeat of what is on
file at the home that was asked for. So an unmerge gives each row back to whom its writer knew.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.db import connection
from django.db.models.functions import Coalesce

from records.commands.linking import demographics, facility_of, link_record
from records.models import SourceRecord
from records.queries.statements import written_under
from records.rules.survivorship import project
from registry.kernel import Context

HOME = Coalesce(
    "source_record__link__home_id", "source_record__link__patient_id"
)  # of a row: whom it was written under
ADOPTED = "adopted"  # the channel of a repeat: nobody typed it

_OWN = """
SELECT l.record_id, coalesce(l.home_id, l.patient_id) AS home
FROM records_recordlink l JOIN records_sourcerecord r ON r.id = l.record_id
WHERE l.patient_id = %(patient)s AND r.facility_id = %(facility)s
  AND (NOT %(only)s OR coalesce(l.home_id, l.patient_id) = %(asked)s)
ORDER BY coalesce(l.home_id, l.patient_id) = %(asked)s DESC, r.recorded_at DESC, r.id DESC LIMIT 1
"""


def own_record(ctx: Context, asked: uuid.UUID, known: uuid.UUID, *, only: bool = False) -> uuid.UUID:
    """The record to write under: asked is the number that was named, known whom it stands for, held by the caller.

    only: at the home that was asked for and no other, as corrections of what stands there need.
    """
    found = _own(ctx, asked, known, only=only)
    return found[0] if found else _adopt(ctx, asked, known)


def home_for(ctx: Context, asked: uuid.UUID, known: uuid.UUID) -> uuid.UUID:
    """The home of a new statement of the acting facility: that of its own latest one, else the number that was named."""
    found = _own(ctx, asked, known, only=False)
    return found[1] if found else asked


def home_of(record_id: uuid.UUID) -> uuid.UUID:
    """The person a record was written under, whoever holds it today."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(home_id, patient_id) FROM records_recordlink WHERE record_id = %s", [record_id])
        row = cursor.fetchone()
    if row is None:
        raise LookupError(f"source record {record_id} has no link")
    return uuid.UUID(str(row[0]))


def _own(ctx: Context, asked: uuid.UUID, known: uuid.UUID, *, only: bool) -> tuple[uuid.UUID, uuid.UUID] | None:
    named: dict[str, Any] = {"patient": known, "facility": facility_of(ctx), "asked": asked, "only": only}
    with connection.cursor() as cursor:
        cursor.execute(_OWN, named)
        row: tuple[uuid.UUID, uuid.UUID] | None = cursor.fetchone()
    return row


def _adopt(ctx: Context, asked: uuid.UUID, known: uuid.UUID) -> uuid.UUID:
    """The facility meets somebody whom others registered: it repeats what is on file of them, and proves nothing by it."""
    record = SourceRecord.objects.create(
        **demographics(project(written_under([asked])).golden),
        facility_id=facility_of(ctx),
        channel=ADOPTED,
        content_hash="",
        raw={"confirmed": {"patient": str(asked)}},
        recorded_by_id=ctx.actor.staff_id,
        recorded_at=ctx.at,
    )
    link_record(ctx, record.pk, known, home=asked, reason="tiếp nhận người đã có hồ sơ")
    return record.pk
