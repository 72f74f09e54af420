"""Every column that names a person either follows a relink or says why it stays."""

from __future__ import annotations

from django.apps import apps
from django.db import models

from records.models import Patient, SourceRecord
from records.queries.caches import patient_caches
from registry.models import AppendOnly
from tests.architecture.test_tables import EVENTS, OURS

# A column here is a fact about a person by number, not a cache of whom a record belongs to. Each has its reason.
STAYS = {
    "Patient.merged_into": "it is the alias itself; merging.py rewrites it",
    "RecordLink.patient": "it is the link itself; relinking.py rewrites it",
    "RecordLink.home": "whom the record was written under; never changes hands",
    "LinkEvent.patient": "ledger of links",
    "LinkEvent.previous": "ledger of links",
    "Merge.keep": "ledger of merges",
    "Merge.other": "ledger of merges",
    "NotSamePerson.first": "decided about that number; asked for every number of a person (decided_apart)",
    "NotSamePerson.second": "decided about that number; asked for every number of a person (decided_apart)",
    "MatchCandidate.first": "a pair of numbers; hidden while one of them is an alias",
    "MatchCandidate.second": "a pair of numbers; hidden while one of them is an alias",
    "EmergencyAccess.patient": "append-only; the door counts accesses to every alias of a person (access.py)",
}


def test_every_patient_follows_its_source_record_or_says_why_not() -> None:
    following = {(cache.table, cache.patient) for cache in patient_caches()}
    named = {
        f"{model.__name__}.{field.name}": (model._meta.db_table, field.column)
        for model in OURS
        if model not in EVENTS
        for field in model._meta.concrete_fields
        if isinstance(field, models.ForeignKey) and field.related_model is Patient
    }
    loose = {name for name, column in named.items() if column not in following}
    assert loose - set(STAYS) == set(), (
        "give these tables a source_record beside patient (or <what>_record beside <what>_patient), so that a merge moves"
        " their rows; or say in STAYS why they keep the number they were written with"
    )
    assert set(STAYS) - loose == set(), "these follow, or are gone"


def test_what_follows_can_be_moved() -> None:
    """Rewritten by UPDATE, whatever is merged: not append-only, found by an index, never unique by its person."""
    by_table = {model._meta.db_table: model for model in OURS}
    assert len(patient_caches()) > 8
    for cache in patient_caches():
        model = by_table[cache.table]
        assert not issubclass(model, AppendOnly), (
            f"{model.__name__}: reach the person through source_record__link instead"
        )
        field = next(f for f in model._meta.concrete_fields if f.column == cache.patient)
        unique = [
            c for c in model._meta.constraints if isinstance(c, models.UniqueConstraint) and field.name in c.fields
        ]
        assert not unique, f"{model.__name__}: two people's rows meet in a merge, so {field.name} cannot be unique"
        assert not field.unique


def test_every_app_with_clinical_rows_is_reached() -> None:
    tables = {cache.table for cache in patient_caches()}
    assert {"records_encounter", "records_patientidentifier", "screening_enrolment"} <= tables
    through_source = [
        m for m in apps.get_models() if any(f.related_model is SourceRecord for f in m._meta.concrete_fields)
    ]
    assert len(through_source) >= len(tables)
