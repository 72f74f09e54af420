"""Rows of the history as facts of records.rules.history_facts, whether they come from the ORM or as JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Model, QuerySet

from records.models import (
    AllergyIntolerance,
    BirthHistory,
    Condition,
    Disability,
    FamilyMemberHistory,
    OtherIssue,
    RelatedPerson,
    ReproductiveHistory,
    RiskFactor,
    SurgicalHistory,
)
from records.queries.access import RecordAccess
from records.queries.restricted import visible_rows
from records.rules.history_facts import (
    Allergy,
    Birth,
    DisabilityFact,
    Disease,
    Fact,
    FamilyIllness,
    Issue,
    Relative,
    Reproductive,
    Risk,
    Surgery,
)
from registry.rules.dates import PartialDate

Get = Callable[[str], Any]

# The sections of the history by key: what is noted there and where it is kept.
FACTS: Mapping[str, type[Fact]] = {
    "relatives": Relative,
    "birth": Birth,
    "risks": Risk,
    "allergies": Allergy,
    "diseases": Disease,
    "disabilities": DisabilityFact,
    "surgeries": Surgery,
    "family": FamilyIllness,
    "reproductive": Reproductive,
    "issues": Issue,
}
MODELS: Mapping[str, type[Model]] = {
    "relatives": RelatedPerson,
    "birth": BirthHistory,
    "risks": RiskFactor,
    "allergies": AllergyIntolerance,
    "diseases": Condition,
    "disabilities": Disability,
    "surgeries": SurgicalHistory,
    "family": FamilyMemberHistory,
    "reproductive": ReproductiveHistory,
    "issues": OtherIssue,
}
RESTRICTED = frozenset({"diseases", "family", "risks"})  # sections that may hold restricted information
SECTION_OF: Mapping[type, str] = {kind: section for section, kind in FACTS.items()}


def rows_of(access: RecordAccess, section: str) -> QuerySet[Any]:
    """The person's rows of a section: of allergies without "none known", of conditions only the form's history, and only
    what this reader may see (mental illness, HIV: restricted information).
    """
    rows: QuerySet[Any] = MODELS[section]._default_manager.filter(patient_id=access.patient_id)
    if section == "allergies":
        return rows.filter(none_known=False)
    if section == "diseases":
        rows = rows.filter(role=Condition.Role.HISTORY, encounter=None)
    return visible_rows(access, rows) if section in RESTRICTED else rows


def fact_of(section: str, get: Get) -> Fact:
    """A row as a fact. get: column name -> value, as Django or as JSON gives it."""
    if section == "diseases":
        return _disease(get)
    return FACTS[section](**{one.name: _value(get(one.name)) for one in fields(FACTS[section])})


def columns_of(fact: Fact) -> dict[str, Any]:
    """The columns that hold a fact."""
    if not isinstance(fact, Disease):
        return {one.name: getattr(fact, one.name) for one in fields(fact)}
    return {
        "role": Condition.Role.HISTORY,
        "code": fact.code,
        "code_raw": fact.code,
        "display": fact.name,
        "category": fact.category,
        "clinical_status": fact.status,
        "onset_on": fact.onset.value if fact.onset else None,
        "onset_precision": fact.onset.precision if fact.onset else "day",
        "note": fact.note,
    }


def _disease(get: Get) -> Disease:
    onset = get("onset_on")
    day = date.fromisoformat(onset) if isinstance(onset, str) else onset
    return Disease(
        category=get("category") or 0,
        display=get("display"),
        code=get("code"),
        status=get("clinical_status"),
        onset=PartialDate(day, get("onset_precision")) if day else None,
        note=get("note"),
    )


def _value(value: Any) -> Any:
    """Numbers with one decimal come as floats out of JSON."""
    return Decimal(str(value)) if isinstance(value, float) else value
