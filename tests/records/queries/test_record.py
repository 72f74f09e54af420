"""Reading an opened record: one statement and one audit row to open, and a fixed number for its content."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from records.commands.encounters import (
    Diagnosis,
    finish_encounter,
    open_encounter,
    record_diagnoses,
    record_result,
    record_vitals,
)
from records.models import Encounter, Patient
from records.queries.access import RecordClosed, open_record
from records.queries.band import get_band, get_bands
from records.queries.record import get_problems
from records.queries.results import get_series
from records.queries.timeline import get_timeline
from registry.kernel import NotFound, Refused
from tests.factories.allergies import record_allergy
from tests.factories.city import NOW, City
from tests.records.conftest import BARE, register


def visit(city: City, patient_id: uuid.UUID, days_ago: int, by: str = "bac.si") -> Encounter:
    """A whole visit at that member's clinic."""
    at = NOW - timedelta(days=days_ago)
    ctx = city.ctx(by, at)
    encounter = open_encounter(ctx, patient_id=patient_id, care_type="01", reason=f"Tái khám {days_ago}")
    record_vitals(ctx, encounter, {"systolic": Decimal(130 + days_ago % 9), "diastolic": Decimal(80)})
    main = Diagnosis("I10", "Tăng huyết áp vô căn", chronic=True)
    record_diagnoses(ctx, encounter, main, [Diagnosis("J00", "Viêm mũi họng cấp")])
    return finish_encounter(ctx, encounter, "Giữ phác đồ", "1")


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    """Vân, registered here."""
    return register(city)


def test_opening_is_two_statements_and_one_audit_row(city: City, resident: uuid.UUID, trail: Any) -> None:
    ctx = city.ctx("bac.si", NOW)
    trail()
    with CaptureQueriesContext(connection) as asked:
        access = open_record(ctx, resident)
    assert len(asked) == 2
    assert (access.patient_id, access.facility_id) == (resident, city.here.pk)
    (row,) = trail()
    assert (row.action, row.patient_id, row.permission) == ("read", resident, "record.read")


def test_closed_unknown_and_merged_numbers(city: City, resident: uuid.UUID, trail: Any) -> None:
    stranger = city.ctx("bac.si.2", NOW)
    trail()
    with pytest.raises(RecordClosed):
        open_record(stranger, resident)
    (row,) = trail()
    assert (row.outcome, row.code, row.patient_id) == ("refused", "record-closed", resident)
    with pytest.raises(NotFound):
        open_record(stranger, uuid.uuid4())
    alias = register(city, said=BARE, birth="01/01/1990")
    Patient.objects.filter(pk=alias).update(merged_into=resident)
    assert open_record(city.ctx("bac.si", NOW), alias).patient_id == resident


def test_the_timeline_joins_facilities_and_pages_by_key(city: City, resident: uuid.UUID) -> None:
    for day in range(1, 31):
        visit(city, resident, day, by="bac.si" if day % 2 else "bac.si.2")
    record_result(
        city.ctx("bac.si", NOW), patient_id=resident, code="29771-3", display="FIT", value=Decimal(4), unit="µg/g"
    )
    access = open_record(city.ctx("bac.si", NOW), resident)
    first = get_timeline(access)
    second = get_timeline(access, before=first.before)
    entries = [*first.entries, *second.entries]
    assert (len(first.entries), len(second.entries), second.before) == (25, 6, "")
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    assert len({entry.id for entry in entries}) == 31
    assert (entries[0].kind, entries[0].text) == ("observation", "4 µg/g")
    assert [entry.here for entry in entries[1:3]] == [True, False]
    assert entries[1].conditions == (("I10", "Tăng huyết áp vô căn", "main"), ("J00", "Viêm mũi họng cấp", "secondary"))
    with pytest.raises(Refused, match="bad-cursor"):
        get_timeline(access, before="yesterday")


def test_problems_are_told_once_and_series_join_facilities(city: City, resident: uuid.UUID) -> None:
    visit(city, resident, 40)
    access = open_record(city.ctx("bac.si", NOW), resident)
    assert all(len(one.numbers) == 1 for one in get_series(access))
    visit(city, resident, 10, by="bac.si.2")
    assert [(one.code, one.facility) for one in get_problems(access)] == [("I10", city.here.short_name)]
    upper, lower = get_series(access)
    assert (upper.label, [value for _, value in upper.numbers]) == ("Huyết áp tâm thu", [134, 131])
    assert lower.high == 89


def test_the_band(city: City, resident: uuid.UUID) -> None:
    ctx = city.ctx("bac.si", NOW)
    access = open_record(ctx, resident)
    unasked = get_band(access)
    assert (unasked.allergies, unasked.allergies_asked) == ((), False)
    record_allergy(ctx, patient_id=resident, substance="")
    assert get_band(access).allergies_asked
    record_allergy(ctx, patient_id=resident, substance="Penicillin", reaction="phản vệ độ II", severe=True)
    band = get_band(access)
    assert band.allergies == ("Penicillin (phản vệ độ II), nặng",)
    assert (band.name, band.sex, band.birth) == ("Nguyễn Thị Hồng Vân", "Nữ", "12/03/1972")
    assert {one["label"]: one["value"] for one in band.ids} == {"CCCD": "001172012345", "BHYT": "GD4010120456789"}
    with CaptureQueriesContext(connection) as asked:
        assert set(get_bands([resident, uuid.uuid4()])) == {resident}
    assert len(asked) == 1


@pytest.mark.parametrize("page", ["record", "timeline", "results", "summary", "identity", "looks"])
def test_a_page_costs_the_same_with_1_and_with_300_encounters(city: City, resident: uuid.UUID, page: str) -> None:
    client = Client()
    client.force_login(city.staff["bac.si"])
    address = reverse(f"records:{page}", args=[resident])
    template = visit(city, resident, 1)
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        assert client.get(address).status_code == 200
    same = {f.attname: getattr(template, f.attname) for f in Encounter._meta.concrete_fields if f.name != "id"}
    Encounter.objects.bulk_create(
        Encounter(**same | {"started_at": NOW - timedelta(days=day, hours=2)}) for day in range(1, 300)
    )
    with CaptureQueriesContext(connection) as many:
        assert client.get(address).status_code == 200
    assert len(many) == len(few)
    own = [one["sql"] for one in many if "records_" in one["sql"] or "registry_auditevent" in one["sql"]]
    assert len(own) <= 9, own
