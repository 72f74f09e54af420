"""Moving source records between people: the link, its event, and every row that keeps the person as a cache.

Which rows follow is one rule: every table of any app with both a `source_record` and a `patient` follows its record. A new
table with a patient therefore either carries its source record too, or says why it stays (tests/architecture).
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Collection, Mapping

import pghistory.models
from django.apps import apps
from django.db import connection, models

from records.models import LinkEvent, Patient, SourceRecord
from registry.kernel import Context

_MOVE_LINKS = """
UPDATE records_recordlink SET home_id = nullif(coalesce(home_id, patient_id), %(to)s), patient_id = %(to)s
WHERE record_id = ANY(%(records)s::uuid[])
"""


@functools.cache
def relinkable_models() -> tuple[type[models.Model], ...]:
    """Tables whose rows follow their source record, by table name."""
    found = [model for model in apps.get_models() if _follows(model)]
    return tuple(sorted(found, key=lambda model: model._meta.db_table))


def move_records(ctx: Context, moved: Mapping[uuid.UUID, uuid.UUID], to: uuid.UUID, *, reason: str) -> None:
    """Give these records, each with the person it belongs to now, to `to`, and everything written under them.

    The caller holds everybody concerned alone, audits, and projects the golden records anew.
    """
    records = sorted(moved)
    if not records:
        return
    keys = [str(one) for one in records]
    with connection.cursor() as cursor:
        cursor.execute(_MOVE_LINKS, {"to": to, "records": keys})
        for model in relinkable_models():
            cursor.execute(_follow(model), {"to": to, "records": keys})
    _tell_events(ctx, moved, records, to, reason)


def _tell_events(
    ctx: Context, moved: Mapping[uuid.UUID, uuid.UUID], records: Collection[uuid.UUID], to: uuid.UUID, reason: str
) -> None:
    LinkEvent.objects.bulk_create(
        LinkEvent(
            record_id=record,
            patient_id=to,
            previous_id=moved[record],
            action=LinkEvent.Action.MOVED,
            by=f"{ctx.actor.kind}:{ctx.actor.label}"[:80],
            reason=reason[:300],
            at=ctx.at,
        )
        for record in records
    )


@functools.cache
def _follow(model: type[models.Model]) -> str:
    table = model._meta.db_table
    return (
        f'UPDATE "{table}" SET patient_id = %(to)s'  # noqa: S608 - a table's name from its model
        " WHERE source_record_id = ANY(%(records)s::uuid[]) AND patient_id <> %(to)s"
    )


def _follows(model: type[models.Model]) -> bool:
    if issubclass(model, pghistory.models.Event) or model._meta.proxy or not model._meta.managed:
        return False
    return _points(model, "source_record", SourceRecord) and _points(model, "patient", Patient)


def _points(model: type[models.Model], name: str, target: type[models.Model]) -> bool:
    field = next((one for one in model._meta.concrete_fields if one.name == name), None)
    return isinstance(field, models.ForeignKey) and field.related_model is target
