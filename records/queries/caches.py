"""Which columns follow a relink, of whatever app: `patient` follows `source_record`, and `<what>_patient` follows
`<what>_record` of the same row. Found in the models, so that nobody keeps a list.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import pghistory.models
from django.apps import apps
from django.db import models

from records.models import Patient, RecordLink, SourceRecord


@dataclass(frozen=True, slots=True)
class Cache:
    """A column that says whom a source record belongs to today, beside the column that names the record."""

    table: str
    patient: str
    record: str


@functools.cache
def patient_caches() -> tuple[Cache, ...]:
    """Every column that follows a relink, in the order of tables: all merges take their rows in the same order."""
    found = [cache for model in apps.get_models() for cache in _caches_of(model)]
    return tuple(sorted(found, key=lambda one: (one.table, one.patient)))


def _caches_of(model: type[models.Model]) -> Iterator[Cache]:
    if issubclass(model, pghistory.models.Event) or model is RecordLink or not model._meta.managed:
        return
    keys = {f.name: f for f in model._meta.concrete_fields if isinstance(f, models.ForeignKey)}
    for name, field in keys.items():
        record = keys.get(record_beside(name))
        if field.related_model is Patient and record is not None and record.related_model is SourceRecord:
            yield Cache(model._meta.db_table, field.column, record.column)


def record_beside(patient: str) -> str:
    """The name of the source record's field that a patient's field follows."""
    return "source_record" if patient == "patient" else patient.removesuffix("_patient") + "_record"
