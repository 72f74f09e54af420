"""How long the law keeps a person's records: the class and last day of each encounter, by the classes on file."""

from __future__ import annotations

import uuid
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.utils import timezone

from records.models import RetentionClass
from records.rules.retention import Episode, Keeping, KeepingClass, keeping_of, last_day

MOST = 5000

_EPISODES = """
SELECT e.id, coalesce(e.ended_at, e.started_at), e.outcome_code, e.care_type,
       coalesce((SELECT array_agg(c.code) FROM records_condition c
                  WHERE c.encounter_id = e.id AND c.superseded_by_id IS NULL), '{}')
  FROM records_encounter e WHERE e.patient_id = %s AND e.superseded_by_id IS NULL AND e.status <> 'cancelled'
 ORDER BY e.started_at DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A class with how many encounters fall under it and the latest last day; None: for ever."""

    name: str
    encounters: int
    until: date | None


def keeping_classes() -> list[KeepingClass]:
    """The classes on file, as the rule takes them."""
    return [_class(row) for row in RetentionClass.objects.all()]


def keeping_of_encounters(patient_id: uuid.UUID) -> dict[uuid.UUID, Keeping]:
    """Class and last day of each encounter of a person."""
    classes = keeping_classes()
    with connection.cursor() as cursor:
        cursor.execute(_EPISODES, [str(patient_id), MOST])
        rows = cursor.fetchall()
    return {
        identity: keeping_of(Episode(timezone.localdate(at), outcome, care_type, tuple(codes)), classes)
        for identity, at, outcome, care_type, codes in rows
    }


def kept_of(patient_id: uuid.UUID, deceased_on: date | None = None) -> tuple[Kept, ...]:
    """What is kept of a person, by class, the longest first; the lifelong record itself once they have died."""
    found = keeping_of_encounters(patient_id).values()
    counts = Counter(one.name for one in found)
    lines = [
        Kept(name, count, _latest([one.until for one in found if one.name == name])) for name, count in counts.items()
    ]
    if deceased_on:
        lines += [Kept(one.name, 0, last_day(deceased_on, one.years)) for one in keeping_classes() if one.after_death]
    return tuple(sorted(lines, key=lambda line: line.until or date.max, reverse=True))


def keep_until(patient_id: uuid.UUID) -> date | None:
    """The last day any of the person's records must be kept; None when there is none, or for ever."""
    days = [one.until for one in keeping_of_encounters(patient_id).values()]
    return _latest(days) if days else None


def _latest(days: list[date | None]) -> date | None:
    known = [day for day in days if day is not None]
    return max(known) if len(known) == len(days) and known else None


def _class(row: RetentionClass) -> KeepingClass:
    said: dict[str, Any] = row.criteria
    return KeepingClass(
        row.key,
        row.name,
        row.years,
        tuple(said.get("codes", ())),
        frozenset(said.get("outcomes", ())),
        frozenset(said.get("care_types", ())),
        bool(said.get("after_death")),
    )
