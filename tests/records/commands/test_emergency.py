"""Emergency access: a reason, three hours, one member of staff, and a judgement."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest

from records.commands.emergency import open_emergency_access, review_emergency_access
from records.models import EmergencyAccess, EmergencyReview
from records.queries.access import RecordClosed, open_record
from records.queries.emergencies import find_emergencies
from records.rules.access import Door
from registry.kernel import Forbidden, NotFound, Refused
from tests.factories.city import NOW, City
from tests.records.conftest import register

REASON = "Hôn mê, cần biết tiền sử dị ứng"


@pytest.fixture
def closed(city: City) -> uuid.UUID:
    """Somebody whom only the other clinic knows."""
    return register(city, by="le.tan.2")


def test_it_opens_for_three_hours_to_one_person_only(city: City, closed: uuid.UUID, trail: Any) -> None:
    ctx = city.ctx("bac.si", NOW)
    with pytest.raises(RecordClosed):
        open_record(ctx, closed)
    trail()
    until = open_emergency_access(ctx, patient_id=closed, reason=REASON)
    assert until == NOW + timedelta(hours=3)
    access = open_record(ctx, closed)
    assert (access.door, access.emergency_until) == (Door.EMERGENCY, until)
    assert [(row.action, row.purpose, row.patient_id) for row in trail()] == [
        ("open-emergency", "ETREAT", closed),
        ("read", "ETREAT", closed),
    ]
    with pytest.raises(RecordClosed):
        open_record(city.ctx("y.ta", NOW), closed)
    with pytest.raises(RecordClosed):
        open_record(city.ctx("bac.si", until), closed)


@pytest.mark.parametrize("reason", ["", "cấp cứu", "aaaaaaaaaaaa"])
def test_without_a_reason_it_stays_closed(city: City, closed: uuid.UUID, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=reason)
    assert (refused.value.code, refused.value.field) == ("reason-too-short", "reason")
    assert not EmergencyAccess.objects.exists()


def test_who_may_not_and_whom_nobody_knows(city: City, closed: uuid.UUID) -> None:
    with pytest.raises(Forbidden):
        open_emergency_access(city.ctx("le.tan", NOW), patient_id=closed, reason=REASON)
    with pytest.raises(NotFound):
        open_emergency_access(city.ctx("bac.si", NOW), patient_id=uuid.uuid4(), reason=REASON)


def test_the_department_of_health_judges_and_the_first_judgement_stays(city: City, closed: uuid.UUID) -> None:
    open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=REASON)
    office = city.ctx("so.y.te", NOW + timedelta(days=1))
    (waiting,) = find_emergencies(office)
    assert (waiting.reason, waiting.facility, waiting.verdict) == (REASON, city.here.short_name, None)
    with pytest.raises(Refused) as refused:
        review_emergency_access(office, access_id=waiting.id, verdict="questioned")
    assert refused.value.field == "note"
    review_emergency_access(office, access_id=waiting.id, verdict="questioned", note="Gửi bệnh án kèm theo")
    assert find_emergencies(office) == []
    later = city.ctx("so.y.te", NOW + timedelta(days=2))
    review_emergency_access(later, access_id=waiting.id, verdict="justified")
    assert EmergencyReview.objects.count() == 2
    (judged,) = find_emergencies(later, reviewed=True)
    assert judged.verdict == "justified"


def test_the_judgement_is_the_departments(city: City, closed: uuid.UUID) -> None:
    open_emergency_access(city.ctx("bac.si", NOW), patient_id=closed, reason=REASON)
    access = EmergencyAccess.objects.get()
    with pytest.raises(Forbidden):
        review_emergency_access(city.ctx("bac.si", NOW), access_id=access.pk, verdict="justified")
    office = city.ctx("so.y.te", NOW)
    with pytest.raises(Refused, match="verdict-unknown"):
        review_emergency_access(office, access_id=access.pk, verdict="fine")
    with pytest.raises(NotFound):
        review_emergency_access(office, access_id=uuid.uuid4(), verdict="justified")
