"""What opens a record, for how long, and what closes it again: one rule for pages, lists and hospitals' systems."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from pathlib import Path

import pytest

from records.commands.encounters import finish_encounter, open_encounter
from records.commands.linking import end_access, grant_access
from records.models import (
    AccessGrant,
    AccessPeriod,
    Patient,
    ProcessingRestriction,
    ProcessingRestrictionEnd,
    RecordLink,
)
from records.queries.access import RecordClosed, RecordRestricted, open_record
from records.queries.patients import find_patients
from records.queries.ties import is_open_by_treatment
from tests.factories.city import NOW, City
from tests.records.conftest import register

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    """Somebody whom only the other clinic knows."""
    return register(city, by="le.tan.2")


def grant(city: City, patient_id: uuid.UUID, basis: str, **more: object) -> uuid.UUID:
    """Open the record to the clinic here on this basis; the subject."""
    record = RecordLink.objects.filter(patient_id=patient_id).values_list("record_id", flat=True)[0]
    subject = uuid.uuid4()
    grant_access(city.ctx("bac.si", NOW), record, AccessGrant.Basis(basis), subject_id=subject, **more)  # type: ignore[arg-type]
    return subject


def is_open(city: City, patient_id: uuid.UUID, days: float) -> bool:
    """Whether the page, the list and the tie agree that it is open here so many days later."""
    ctx = city.ctx("bac.si", NOW + timedelta(days=days))
    tied = is_open_by_treatment(ctx, patient_id)
    name = Patient.objects.get(pk=patient_id).name
    (hit,) = [one for one in find_patients(ctx, name) if one.patient_id == patient_id]
    try:
        open_record(ctx, patient_id)
    except RecordClosed:
        assert not tied
        assert not hit.is_open
        return False
    assert tied
    assert hit.is_open
    return True


@pytest.mark.parametrize(
    ("basis", "days"), [("registration", 365), ("encounter", 365), ("appointment", 30), ("referral", 90)]
)
def test_a_reason_keeps_the_record_open_for_its_period(city: City, resident: uuid.UUID, basis: str, days: int) -> None:
    assert not is_open(city, resident, 0)
    grant(city, resident, basis)
    assert is_open(city, resident, 0)
    assert is_open(city, resident, days - 0.01)
    assert not is_open(city, resident, days + 0.01)


@pytest.mark.parametrize("basis", ["screening", "consent"])
def test_some_reasons_last_until_they_are_ended(city: City, resident: uuid.UUID, basis: str) -> None:
    subject = grant(city, resident, basis)
    assert is_open(city, resident, 4000)
    assert end_access(city.ctx("bac.si", NOW), [subject], reason="rút lại") == 1
    assert end_access(city.ctx("bac.si", NOW), [subject], reason="rút lại") == 0
    assert not is_open(city, resident, 0)


def test_an_end_of_its_own_comes_before_the_period(city: City, resident: uuid.UUID) -> None:
    grant(city, resident, "appointment", ends_at=NOW + timedelta(days=3))
    assert is_open(city, resident, 2)
    assert not is_open(city, resident, 3)


def test_the_period_is_data(city: City, resident: uuid.UUID) -> None:
    grant(city, resident, "encounter")
    AccessPeriod.objects.filter(basis="encounter").update(days=10)
    assert not is_open(city, resident, 11)


def test_the_next_encounter_opens_it_again(city: City, resident: uuid.UUID) -> None:
    first = open_encounter(city.ctx("bac.si", NOW), patient_id=resident, care_type="01", reason="Ho")
    finish_encounter(city.ctx("bac.si", NOW), first, "Khỏi")
    assert not is_open(city, resident, 366)
    open_encounter(city.ctx("bac.si", NOW + timedelta(days=366)), patient_id=resident, care_type="01", reason="Sốt")
    assert is_open(city, resident, 367)


def test_a_restriction_closes_all_but_the_encounter_that_goes_on(city: City, resident: uuid.UUID) -> None:
    encounter = open_encounter(city.ctx("bac.si", NOW), patient_id=resident, care_type="01", reason="Ho")
    bound = ProcessingRestriction.objects.create(
        source_record=encounter.source_record, reason="Người bệnh yêu cầu", since=NOW, by=city.staff["bac.si"]
    )
    assert is_open(city, resident, 0.1)
    finish_encounter(city.ctx("bac.si", NOW), encounter, "Khỏi")
    assert not is_open(city, resident, 0.1)
    with pytest.raises(RecordRestricted) as refused:
        open_record(city.ctx("bac.si", NOW), resident)
    assert refused.value.code == "record-restricted"
    ProcessingRestrictionEnd.objects.create(restriction=bound, at=NOW, by=city.staff["bac.si"], reason="Rút yêu cầu")
    assert is_open(city, resident, 0.1)


def test_a_grant_follows_the_source_record_it_was_written_under(city: City, resident: uuid.UUID) -> None:
    grant(city, resident, "referral")
    other = register(city, by="le.tan.2", name="Trần Văn Khác", cccd="", bhyt="", phone="")
    RecordLink.objects.filter(patient_id=resident).update(patient_id=other)
    assert not is_open_by_treatment(city.ctx("bac.si", NOW), resident)
    assert is_open_by_treatment(city.ctx("bac.si", NOW), other)


def test_nobody_asks_the_grants_but_the_one_rule() -> None:
    """Readers that join grants on their own would forget periods, ends and restrictions."""
    reading = re.compile(r"(?:FROM|JOIN) records_(?:accessgrant|emergencyaccess)\b|AccessGrant\.objects\.filter")
    found = {
        path.relative_to(ROOT).as_posix()
        for app in ("records", "clinics", "screening", "migration")
        for path in (ROOT / app).rglob("*.py")
        if "migrations" not in path.parts and reading.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"records/queries/ties.py", "records/queries/emergencies.py", "records/commands/linking.py"}
