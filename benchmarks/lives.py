"""Long lives for the record's bench: people with a given number of entries on their line of time, alike but for the number.

Import after Django is set up on the benchmark's database. Nobody here exists.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models

from records.models import (
    Condition,
    DiagnosticReport,
    Document,
    Encounter,
    Immunization,
    MedicationRequest,
    Observation,
    OtherIssue,
    Procedure,
    RecordLink,
    StoredFile,
)
from records.rules.vitals import VITALS

UNTIL = datetime(2026, 11, 1, 1, tzinfo=UTC)
STEP = timedelta(days=4)
_ILLNESSES = (("I10", "Tăng huyết áp vô căn"), ("E11.9", "Đái tháo đường típ 2"), ("J00", "Viêm mũi họng cấp"))
_TESTS = (("4548-4", "HbA1c", "%"), ("2093-3", "Cholesterol", "mmol/L"), ("2160-0", "Creatinin", "µmol/L"))
# Of twenty entries: eight visits, six results, three medicines, one dose, one procedure, one report.
_MIX = "vrvmvrvprvmvrvirdvmr"
# Beside the line of time: a paper with every twentieth entry, a line of history with every hundredth.
PAPER_EVERY, HISTORY_EVERY = 20, 100
WRITTEN = (
    Encounter, Condition, Observation, DiagnosticReport, Procedure, MedicationRequest, Immunization, StoredFile, Document,
    OtherIssue,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to whom a life is given: their number and what the rows are written under."""

    id: str
    record: uuid.UUID
    facility: int


def people_of(ids: Sequence[str]) -> list[Person]:
    """The first statement of each of these people."""
    links = RecordLink.objects.filter(patient_id__in=ids).select_related("record").order_by("patient_id", "record_id")
    found = {str(link.patient_id): link for link in reversed(links)}
    return [Person(one, found[one].record_id, found[one].record.facility_id) for one in ids]


def give_lives(people: Iterable[Person], entries: int) -> int:
    """Write `entries` entries for each; the number of rows it took."""
    rows = 0
    for person in people:
        made: dict[type[models.Model], list[Any]] = {}
        for row in _life(person, entries):
            made.setdefault(type(row), []).append(row)
        for model in WRITTEN:
            if model in made:
                model._default_manager.bulk_create(made[model], batch_size=2000)
                rows += len(made[model])
    return rows


def _life(person: Person, entries: int) -> Iterator[models.Model]:
    for number in range(entries):
        at = UNTIL - number * STEP
        same = {
            "source_record_id": person.record,
            "patient_id": person.id,
            "facility_id": person.facility,
            "recorded_at": at,
        }
        kind = _MIX[number % len(_MIX)]
        if kind == "v":
            yield from _visit(same, at, number)
        else:
            yield _lone(kind, same, at, number)
        if number % PAPER_EVERY == 0:
            yield from _paper(person, same, at, number)
        if number % HISTORY_EVERY == 0:
            yield OtherIssue(**same, text=f"Nhập viện lần {number}")


def _visit(same: dict[str, Any], at: datetime, number: int) -> Iterator[models.Model]:
    """A visit with its diagnosis, a chronic one three times in four, and vital signs."""
    encounter = Encounter(
        id=uuid.uuid4(), **same, status="finished", care_type="01", started_at=at, ended_at=at + timedelta(minutes=20),
        reason=f"Tái khám lần {number}", conclusion="Giữ phác đồ, hẹn một tháng", practitioner_name="BS. Đo",
    )  # fmt: skip
    yield encounter
    code, name = _ILLNESSES[(number // 3) % len(_ILLNESSES)]
    yield Condition(**same, encounter=encounter, role="main", code=code, display=name, chronic=code != "J00")
    for key, value in (("systolic", 130), ("diastolic", 80), ("weight", 60)):
        vital = VITALS[key]
        yield Observation(
            **same, encounter=encounter, code=vital.code, display=str(vital.display), unit=str(vital.unit),
            value=Decimal(value + number % 9), observed_at=at,
        )  # fmt: skip


def _paper(person: Person, same: dict[str, Any], at: datetime, number: int) -> Iterator[models.Model]:
    """A scanned page as its row: what a list shows of it, without its content."""
    sha256 = hashlib.sha256(f"{person.id}/{number}".encode()).hexdigest()
    file = StoredFile(
        id=uuid.uuid4(), sha256=sha256, size=80_000, media_type="application/pdf", pages=1, scan="not-scanned",
        received_at=at,
    )  # fmt: skip
    yield file
    yield Document(**same, file=file, kind="discharge", title=f"Giấy ra viện {number}", dated_on=at.date())


def _lone(kind: str, same: dict[str, Any], at: datetime, number: int) -> models.Model:
    day = at.date()
    if kind == "r":
        code, name, unit = _TESTS[number % len(_TESTS)]
        value = Decimal(5) + Decimal(number % 30) / 10
        return Observation(**same, code=code, display=name, unit=unit, value=value, observed_at=at)
    if kind == "m":
        ended = None if number < len(_MIX) else day + timedelta(days=30)
        return MedicationRequest(
            **same, name=f"Thuốc số {number}", strength="5 mg", dose="sáng 1 viên", started_on=day, ended_on=ended,
            status="active" if ended is None else "completed",
        )  # fmt: skip
    if kind == "i":
        return Immunization(
            **same, programme="outside", vaccine_code="CUM", vaccine_display="Cúm mùa", dose_number=1, occurred_on=day
        )
    if kind == "p":
        return Procedure(**same, code="20.0073", display="Nội soi", result="Bình thường", performed_at=at)
    return DiagnosticReport(
        **same, category="RAD", display="X-quang ngực thẳng", conclusion="Bình thường", performed_at=at
    )
