"""The knowledge set of a day, and a person's facts as the checks want them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from clinics.models import SafetySet
from clinics.rules.safety import Allergy, KnowledgeSet, Measured, PersonFacts, Taken, Told
from clinics.rules.safety.reading import read_set
from records.queries.access import RecordAccess
from records.queries.prescribing import IllnessKnown, PrescribingRecord, Value, get_prescribing_record

# ICD-10 of a pregnancy that goes on, and of what ends one. What was written longer ago tells nothing of today.
EXPECTING = ("O1", "O2", "O3", "O4", "Z33", "Z34", "Z35", "Z36")
ENDED = ("O0", "O8", "Z37", "Z38", "Z39")
LASTS = timedelta(days=280)
NURSES = timedelta(days=180)
FERTILE = range(12, 51)


@dataclass(frozen=True, slots=True)
class SetInForce:
    """The set of a day with what pages say of it: knowledge None when none is loaded for the day."""

    id: int | None
    knowledge: KnowledgeSet | None
    rows: int = 0
    unverified: int = 0


def set_on(day: date) -> SetInForce:
    """The newest set loaded whose period holds the day; else the newest of all, which the checks refuse as expired."""
    sets = SafetySet.objects.defer("tables")
    found = sets.filter(valid_from__lte=day, valid_to__gte=day).order_by("-id").first() or sets.order_by("-id").first()
    if found is None:
        return SetInForce(None, None)
    return SetInForce(found.pk, _knowledge(found.pk, found.digest), found.rows, found.unverified)


@lru_cache(maxsize=4)
def _knowledge(set_id: int, digest: str) -> KnowledgeSet | None:
    """Read once a process: a stored set never changes; the digest keeps apart what another database calls the same."""
    knowledge, _ = read_set(SafetySet.objects.get(pk=set_id, digest=digest).tables)
    return knowledge


@dataclass(frozen=True, slots=True)
class Answers:
    """What the doctor asked: "yes", "no", or "" where the record speaks for itself."""

    pregnant: str = ""
    lactating: str = ""


def facts_of(
    access: RecordAccess, today: date, answers: Answers, without: frozenset[uuid.UUID] = frozenset()
) -> PersonFacts:
    """The person's facts from the whole lifelong record; what the doctor asked goes before what is written.

    without: medicines that are not counted as taken (of a prescription that is being replaced).
    """
    known = get_prescribing_record(access)
    birth = access.person.birth
    born = min(birth.last, today)
    facts = PersonFacts(
        born=born,
        today=today,
        sex=access.person.sex,
        weight=_measured(known.weight),
        height=_measured(known.height),
        creatinine=_measured(known.creatinine),
        allergies=tuple(
            Allergy(one.substance, one.reaction, one.severe, one.on, one.facility, one.kind) for one in known.allergies
        ),
        taken=_taken(known, without),
        conditions=tuple(Told(one.code, one.display, one.on, one.lasting) for one in known.illnesses),
        pregnant=_said(answers.pregnant, pregnant(known.illnesses, today)),
        lactating=_said(answers.lactating, nursing(known.illnesses, today)),
    )
    return facts if facts.sex != "male" and facts.years in FERTILE else _not_expecting(facts, answers)


def _not_expecting(facts: PersonFacts, answers: Answers) -> PersonFacts:
    """Men, girls and old women are not asked; what the doctor said all the same stands."""
    return replace(facts, pregnant=_said(answers.pregnant, None) or False, lactating=facts.lactating or False)


def pregnant(illnesses: Sequence[IllnessKnown], today: date) -> bool | None:
    """Whether the newest diagnosis about a pregnancy within 280 days says that it goes on; None: nothing is written."""
    for one in sorted(illnesses, key=lambda row: row.on, reverse=True):
        if one.on < today - LASTS:
            return None
        if one.code.startswith(ENDED):
            return None
        if one.code.startswith(EXPECTING):
            return True
    return None


def nursing(illnesses: Sequence[IllnessKnown], today: date) -> bool | None:
    """Whether a birth or a visit after one is written within 180 days; None: nothing is written."""
    born = any(one.code.startswith(("O80", "O81", "O82", "O83", "O84", "Z37", "Z39")) and one.on >= today - NURSES
               for one in illnesses)  # fmt: skip
    return True if born else None


def _said(answer: str, written: bool | None) -> bool | None:
    return {"yes": True, "no": False}.get(answer, written)


def _measured(one: Value | None) -> Measured | None:
    return Measured(one.value, one.on) if one else None


def _taken(known: PrescribingRecord, without: frozenset[uuid.UUID]) -> tuple[Taken, ...]:
    return tuple(
        Taken(
            row.id,
            row.name if row.strength in row.name else f"{row.name} {row.strength}",
            row.ingredient,
            row.started_on,
            row.ended_on,
            row.facility,
        )
        for row in known.taken
        if row.id not in without
    )
