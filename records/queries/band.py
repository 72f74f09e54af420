"""The patient band: who this is and what can hurt them, for one record or for a list of people."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils import timezone

from records.queries.access import RecordAccess
from registry.rules.dates import PartialDate, age_on
from registry.rules.phrases import Phrase

SEX_NAMES = {"male": "Nam", "female": "Nữ", "unknown": "Chưa xác định giới tính"}
ID_NAMES = {"cccd": "CCCD", "bhyt": "BHYT"}

_BANDS = """
SELECT p.id, p.name, p.sex, p.birth_date, p.birth_precision, p.ward_name, p.phone, p.deceased_on,
       coalesce((SELECT json_agg(json_build_array(kind, value) ORDER BY state, id DESC)
          FROM records_patientidentifier WHERE patient_id = p.id AND kind IN ('cccd', 'bhyt') AND state <> 'old'), '[]'),
       coalesce((SELECT json_agg(json_build_array(substance, reaction, severe) ORDER BY severe DESC, substance)
          FROM records_allergyintolerance WHERE patient_id = p.id AND superseded_by_id IS NULL
            AND NOT mistaken), '[]')
FROM records_patient p WHERE p.id = ANY(%s::uuid[])
"""


@dataclass(frozen=True, slots=True)
class Band:
    """What templates/components/patient_band.html shows; every text is ready to read.

    allergies_asked: somebody asked and there are none. due, notes and print_url (its summary on
    paper) belong to the page that shows the band.
    """

    patient_id: uuid.UUID
    name: str
    sex: str
    age: str
    birth: str
    ids: tuple[dict[str, str], ...] = ()
    place: str = ""
    phone: str = ""
    url: str = ""
    allergies: tuple[Phrase, ...] = ()
    allergies_asked: bool = False
    deceased: str = ""
    print_url: str = ""
    due: tuple[dict[str, str], ...] = ()
    notes: tuple[dict[str, str], ...] = ()
    birth_date: PartialDate | None = field(default=None, compare=False)


def get_band(access: RecordAccess) -> Band:
    """The band of an opened record."""
    return get_bands([access.patient_id])[access.patient_id]


def get_bands(patient_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, Band]:
    """Bands by number, in one statement however many. For callers that have checked and audited the access themselves."""
    with connection.cursor() as cursor:
        cursor.execute(_BANDS, [[str(one) for one in patient_ids]])
        rows = cursor.fetchall()
    today = timezone.localdate()
    return {row[0]: _band(row, today) for row in rows}


def _band(row: tuple[Any, ...], today: date) -> Band:
    identity, name, sex, born, precision, ward, phone, deceased, numbers, allergies = row
    birth = PartialDate(born, precision)
    named = [_allergy(*one) for one in allergies if one[0]]
    return Band(
        patient_id=identity,
        name=name,
        sex=SEX_NAMES.get(sex, sex),
        age=age_on(birth, max(deceased or today, born)).text,
        birth=birth.display,
        ids=_latest_of_each(numbers),
        place=ward,
        phone=phone,
        url=reverse("records:record", args=[identity]),
        allergies=tuple(named),
        allergies_asked=bool(allergies) and not named,
        deceased=PartialDate(deceased).display if deceased else "",
        birth_date=birth,
    )


def _latest_of_each(numbers: list[list[str]]) -> tuple[dict[str, str], ...]:
    first: dict[str, str] = {}
    for kind, value in numbers:
        first.setdefault(kind, value)
    return tuple({"label": ID_NAMES[kind], "value": first[kind]} for kind in ("cccd", "bhyt") if kind in first)


def _allergy(substance: str, reaction: str, severe: bool) -> Phrase:
    said = f"{substance} ({reaction})" if reaction else substance
    return Phrase("{allergy}, nặng", allergy=said) if severe else Phrase("{allergy}", allergy=said)
