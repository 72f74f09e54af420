"""A full waiting room, written in bulk: for tests that count queries, not for tests of commands."""

from __future__ import annotations

import uuid
from itertools import cycle

from django.utils import timezone

from clinics.models import QueueTicket, Visit, VisitStatus
from records.models import Encounter, Patient, RecordLink, SourceRecord
from tests.clinics.conftest import Clinic

DEMOGRAPHICS = ("name", "name_key", "given_key", "family_key", "sort_key", "birth_date", "birth_precision", "sex")


def fill_waiting_rooms(clinic: Clinic, count: int) -> None:
    """`count` more people with open visits today, in both rooms; all look like one registered person."""
    now, desk = timezone.now(), clinic.city.staff["le.tan"]
    model = Patient.objects.get(pk=clinic.register("Trần Văn Đông", "1950", "male"))
    said = {name: getattr(model, name) for name in DEMOGRAPHICS}
    here = {"facility": clinic.city.here, "recorded_at": now}
    people = [Patient(id=uuid.uuid4(), created_at=now, changed_at=now, **said) for _ in range(count)]
    records = [SourceRecord(id=uuid.uuid4(), channel="form", content_hash="", **here, **said) for _ in people]
    pairs = list(zip(people, records, strict=True))
    encounters = [
        Encounter(
            id=uuid.uuid4(),
            patient=who,
            source_record=record,
            status="in-progress",
            care_type="01",
            started_at=now,
            **here,
        )
        for who, record in pairs
    ]
    rooms = cycle((clinic.room, clinic.second))
    visits = [
        Visit(
            id=uuid.uuid4(),
            encounter=encounter,
            facility=clinic.city.here,
            room=room,
            visit_date=timezone.localdate(now),
            priority="none",
            payer="insurance",
            checked_in_by=desk,
            checked_in_at=now,
        )
        for encounter, room in zip(encounters, rooms, strict=False)
    ]
    Patient.objects.bulk_create(people)
    SourceRecord.objects.bulk_create(records)
    RecordLink.objects.bulk_create([RecordLink(record=record, patient=who) for who, record in pairs])
    Encounter.objects.bulk_create(encounters)
    Visit.objects.bulk_create(visits)
    VisitStatus.objects.bulk_create([VisitStatus(visit=visit, state="waiting", by=desk, at=now) for visit in visits])
    QueueTicket.objects.bulk_create(
        [
            QueueTicket(visit=visit, room=visit.room, day=visit.visit_date, number=1000 + number, issued_at=now)
            for number, visit in enumerate(visits)
        ]
    )


def bulk_residents(clinic: Clinic, count: int) -> list[uuid.UUID]:
    """People nobody has seen yet, all alike but for their number."""
    now = timezone.now()
    model = Patient.objects.get(pk=clinic.register("Trần Văn Đông", "1950", "male"))
    said = {name: getattr(model, name) for name in DEMOGRAPHICS}
    people = [Patient(id=uuid.uuid4(), created_at=now, changed_at=now, **said) for _ in range(count)]
    Patient.objects.bulk_create(people)
    here = {"facility": clinic.city.here, "recorded_at": now, "channel": "form", "content_hash": ""}
    records = [SourceRecord(id=uuid.uuid4(), **here, **said) for _ in people]
    SourceRecord.objects.bulk_create(records)
    RecordLink.objects.bulk_create(
        [RecordLink(record=record, patient=who) for who, record in zip(people, records, strict=True)]
    )
    return [who.pk for who in people]
