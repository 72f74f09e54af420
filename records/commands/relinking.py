"""Moving source records between people: the link, its event, and every column that keeps the person as a cache.

Which rows follow is one rule, whatever app they are of: `patient` follows `source_record`, and `<what>_patient` follows
`<what>_record` of the same row. A new table with a patient therefore carries the source record beside it, or says why it
stays (tests/architecture/test_relinking.py).
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping

from django.db import connection

from records.models import LinkEvent
from records.queries.caches import Cache, patient_caches
from registry.kernel import Context

_MOVE_LINKS = """
UPDATE records_recordlink SET home_id = nullif(coalesce(home_id, patient_id), %(to)s), patient_id = %(to)s
WHERE record_id = ANY(%(records)s::uuid[])
"""


_GIVE_LINKS = """
UPDATE records_recordlink SET home_id = nullif(%(home)s, %(to)s), patient_id = %(to)s
WHERE record_id = ANY(%(records)s::uuid[])
"""


def move_records(ctx: Context, moved: Mapping[uuid.UUID, uuid.UUID], to: uuid.UUID, *, reason: str) -> None:
    """Give these records, each with the person it belongs to now, to `to`, and everything written under them.

    The caller holds everybody concerned alone, audits, and projects the golden records anew.
    """
    records = sorted(moved)
    if not records:
        return
    _rewrite(_MOVE_LINKS, records, {"to": to})
    _tell_events(ctx, LinkEvent.Action.MOVED, moved, to, reason)


def give_records(
    ctx: Context, records: Collection[uuid.UUID], *, origin: uuid.UUID, home: uuid.UUID, to: uuid.UUID, reason: str
) -> None:
    """Give these records another home, for good: from now on they belong with `home`, for whom `to` stands today.

    origin: the home they had. The events name the homes, so the ledger tells who gave what to whom whatever is merged. The
    caller does as for move_records.
    """
    _rewrite(_GIVE_LINKS, sorted(records), {"home": home, "to": to})
    _tell_events(ctx, LinkEvent.Action.GIVEN, dict.fromkeys(sorted(records), origin), home, reason)


def _rewrite(links: str, records: Collection[uuid.UUID], named: dict[str, uuid.UUID]) -> None:
    keys = [str(one) for one in records]
    with connection.cursor() as cursor:
        cursor.execute(links, {**named, "records": keys})
        for cache in patient_caches():
            cursor.execute(_follow(cache), {"to": named["to"], "records": keys})


def _tell_events(
    ctx: Context, action: LinkEvent.Action, moved: Mapping[uuid.UUID, uuid.UUID], to: uuid.UUID, reason: str
) -> None:
    LinkEvent.objects.bulk_create(
        LinkEvent(
            record_id=record,
            patient_id=to,
            previous_id=moved[record],
            action=action,
            by=f"{ctx.actor.kind}:{ctx.actor.label}"[:80],
            reason=reason[:300],
            at=ctx.at,
        )
        for record in sorted(moved)
    )


def _follow(cache: Cache) -> str:
    return (
        f'UPDATE "{cache.table}" SET "{cache.patient}" = %(to)s'  # noqa: S608 - names from the models
        f' WHERE "{cache.record}" = ANY(%(records)s::uuid[]) AND "{cache.patient}" <> %(to)s'
    )
