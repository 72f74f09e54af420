"""The administrative part of an opened record: what holds today of all that was stated, and where each value comes from."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date

from django.utils import timezone

from records.models import PatientIdentifier, RecordLink, StatementDetails
from records.queries.access import Person, RecordAccess, look_through_door
from records.rules.details import Details, DetailsStatement, GoldenDetails, project_details
from registry.kernel import Context, Permission, query, record_audit
from registry.models import AdministrativeUnit, Concept
from registry.rules.text import display_key, fold

# Field of the form -> the code list that a city may have loaded for it; words stand alone where none is.
LISTS: Mapping[str, str] = {
    "occupation": "nghe-nghiep",
    "ethnicity": "dan-toc",
    "nationality": "quoc-tich",
    "religion": "ton-giao",
}
MOST_OPTIONS = 700


@dataclass(frozen=True, slots=True)
class Number:
    """A personal number as last stated: as printed, who issued it, from when to when."""

    kind: str
    value: str
    issuer: str
    valid_from: date | None
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class Administrative:
    """Who somebody is for the form's first part. seen: the newest statement, which an edit must have seen."""

    person: Person
    details: Details
    sources: Mapping[str, DetailsStatement]
    numbers: Mapping[str, Number]
    seen: uuid.UUID | None


@query(Permission.RESIDENT_EDIT)
def open_administrative(ctx: Context, patient_id: uuid.UUID) -> RecordAccess:
    """Open the administrative form. Only administrative readers take what this gives: the desk reads no clinical row.

    Raises NotFound, RecordClosed (403).
    """
    access = look_through_door(ctx, patient_id)
    record_audit(ctx, "read-administrative", patient_id=access.patient_id)
    return access


def get_administrative(access: RecordAccess) -> Administrative:
    """Three statements, whatever there is."""
    golden = details_of(access.patient_id)
    numbers = PatientIdentifier.objects.filter(patient_id=access.patient_id).exclude(state="old").order_by("id")
    told = {
        one.kind: Number(one.kind, one.value, one.issuer, one.valid_from, one.valid_to)
        for one in numbers
        if one.kind != "facility"
    }
    return Administrative(access.person, golden.details, golden.sources, told, newest_statement(access.patient_id))


def details_of(patient_id: uuid.UUID) -> GoldenDetails:
    """What holds today of the details that the person's statements told."""
    rows = StatementDetails.objects.filter(source_record__link__patient_id=patient_id)
    told = [
        DetailsStatement(
            row.source_record.recorded_at,
            row.source_record.facility.short_name,
            Details(**{one.name: getattr(row, one.name) for one in fields(Details)}),
        )
        for row in rows.select_related("source_record__facility")
    ]
    return project_details(told)


def newest_statement(patient_id: uuid.UUID) -> uuid.UUID | None:
    """The statement written last, whatever day it speaks of: keys are time-ordered."""
    newest = RecordLink.objects.filter(patient_id=patient_id).order_by("-record_id")
    return newest.values_list("record_id", flat=True).first()


def list_options(day: date) -> dict[str, list[str]]:
    """What each coded field may be chosen from: the names of the list in force, empty where none is loaded."""
    options: dict[str, list[str]] = {name: [] for name in LISTS}
    fields_of = {system: name for name, system in LISTS.items()}
    rows = Concept.objects.on(day).filter(system__key__in=fields_of).order_by("system", "code")
    for system, display in rows.values_list("system__key", "display")[:MOST_OPTIONS]:
        options[fields_of[system]].append(display)
    return options


def find_code(name: str, words: str, day: date) -> str:
    """The code of what was typed into a coded field, "" when the list knows no such words."""
    found = Concept.objects.on(day).filter(system__key=LISTS[name])
    wanted = display_key(words)
    return next((code for code, said in found.values_list("code", "display") if display_key(said) == wanted), "")


def list_provinces() -> list[str]:
    """Every province there is or was: people were born in provinces that have merged since."""
    units = AdministrativeUnit.objects.filter(level=AdministrativeUnit.Level.PROVINCE)
    return sorted(set(units.values_list("name", flat=True)), key=fold)


def provinces_by_code() -> dict[str, str]:
    """Names of provinces by code; of a code used again the newest name."""
    units = AdministrativeUnit.objects.filter(level=AdministrativeUnit.Level.PROVINCE).order_by("valid_from")
    return dict(units.values_list("code", "name"))


def find_province(words: str) -> str:
    """The code of a province by its name with or without "tỉnh", "thành phố"; "" when there is none."""
    key = fold(words)
    units = AdministrativeUnit.objects.filter(
        level=AdministrativeUnit.Level.PROVINCE, name_key__in=[key, f"tinh {key}", f"thanh pho {key}"]
    )
    return units.order_by("-valid_from").values_list("code", flat=True).first() or ""


def today_of(access: RecordAccess) -> date:
    """The day of the request, in Hanoi."""
    return timezone.localdate(access.ctx.at)
