"""Two worlds to compare: every row of every table as plain values, with keys renamed by their rank, but for the ledger."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pghistory.models
from django.apps import apps
from django.db import connection, models

from records.models import LinkEvent, Merge, MergeUndone, Patient
from records.queries.caches import patient_caches

APPS = {
    "records",
    "clinics",
    "screening",
    "migration",
}  # no table of registry's knows a person but the audit and the outbox
LEDGER = (LinkEvent, Merge, MergeUndone)
# How often the golden record changed is counted for ever: an ETag never goes back.
COUNTED = {Patient: {"version", "changed_at"}}


def compared() -> list[type[models.Model]]:
    """Every table of ours that is not ledger, audit or history."""
    return [
        m
        for m in apps.get_models()
        if m._meta.app_label in APPS
        and m not in LEDGER
        and not issubclass(m, pghistory.models.Event)
        and m._meta.managed
    ]


def picture() -> dict[str, list[tuple[Any, ...]]]:
    """Table -> rows in a canonical order. Keys of rows become (table, rank): they are drawn anew in each world."""
    names: dict[uuid.UUID, str] = {}
    read: dict[type[models.Model], list[tuple[Any, ...]]] = {}
    for model in compared():
        columns = [f.attname for f in model._meta.concrete_fields if f.name not in COUNTED.get(model, ())]
        read[model] = list(model._default_manager.order_by("pk").values_list(*columns))
        for rank, key in enumerate(model._default_manager.order_by("pk").values_list("pk", flat=True)):
            if isinstance(key, uuid.UUID):
                names.setdefault(key, f"{model.__name__}#{rank}")
    return {
        model.__name__: sorted((tuple(_plain(value, names) for value in row) for row in rows), key=repr)
        for model, rows in read.items()
    }


def _plain(value: Any, names: dict[uuid.UUID, str]) -> Any:
    if isinstance(value, uuid.UUID):
        return names.get(value, value)
    if isinstance(value, dict):
        return tuple((key, _plain(inner, names)) for key, inner in sorted(value.items()))
    if isinstance(value, str) and len(value) == 36:
        try:
            return names.get(uuid.UUID(value), value)
        except ValueError:
            return value
    return value


def lying_caches() -> list[tuple[str, int]]:
    """Tables with rows whose person is not whom their record belongs to: always empty."""
    found = []
    with connection.cursor() as cursor:
        for what, statement in _lies():
            cursor.execute(f"SELECT count(*) FROM {statement}")
            (count,) = cursor.fetchone()
            if count:
                found.append((what, count))
    return found


def _lies() -> Iterator[tuple[str, str]]:
    for cache in patient_caches():
        stale = f't."{cache.patient}" <> l.patient_id'
        joined = f'"{cache.table}" t JOIN records_recordlink l ON l.record_id = t."{cache.record}"'
        yield cache.table, f"{joined} WHERE {stale}"
    link = "records_recordlink l JOIN records_patient p ON"
    yield "linked to an alias", f"{link} p.id = l.patient_id WHERE p.merged_into_id IS NOT NULL"
    yield "lent without a merge", f"{link} p.id = l.home_id WHERE p.merged_into_id IS DISTINCT FROM l.patient_id"
    alias = "records_patient a JOIN records_patient p ON p.id = a.merged_into_id WHERE p.merged_into_id IS NOT NULL"
    yield "alias of an alias", alias
