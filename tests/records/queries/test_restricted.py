"""Restricted information: hidden from whoever lacks the permission and did not write it, by every reader of the record."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from records.commands.encounters import (
    Diagnosis,
    finish_encounter,
    open_encounter,
    record_diagnoses,
    record_procedure,
    record_result,
    record_vitals,
)
from records.commands.history import record_history
from records.models import Encounter, RestrictedCode
from records.queries.access import RecordAccess, open_record
from records.queries.history import get_history
from records.queries.history_rows import rows_of
from records.queries.record import get_problems
from records.queries.results import get_series
from records.queries.timeline import get_timeline
from records.rules.history_facts import FamilyIllness, Risk
from tests.factories.city import NOW, City
from tests.records.conftest import register

SECRET = "Bệnh HIV không xác định"
MARKS = (SECRET, "B24", "Dùng thuốc ARV", "Tải lượng virus", "Tư vấn riêng")


def visit(city: City, patient_id: uuid.UUID, days_ago: int, main: Diagnosis, conclusion: str, by: str) -> Encounter:
    """A visit here with a result, a procedure and vital signs."""
    ctx = city.ctx(by, NOW - timedelta(days=days_ago))
    encounter = open_encounter(ctx, patient_id=patient_id, care_type="01", reason="Tái khám")
    record_vitals(ctx, encounter, {"weight": Decimal(50 + days_ago)})
    record_diagnoses(ctx, encounter, main, [Diagnosis("I10", "Tăng huyết áp", chronic=True)])
    return finish_encounter(ctx, encounter, conclusion, "1")


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    """Somebody with an ordinary visit and one of HIV care, both written by the doctor."""
    known = register(city)
    visit(city, known, 20, Diagnosis("J00", "Viêm mũi họng cấp"), "Cảm lạnh", "bac.si")
    hiv = visit(city, known, 10, Diagnosis("B24", SECRET, chronic=True), "Dùng thuốc ARV", "bac.si")
    ctx = city.ctx("bac.si", NOW - timedelta(days=9))
    more: dict[str, Any] = {"patient_id": known, "encounter": hiv}
    record_result(ctx, code="20447-9", display="Tải lượng virus HIV", value=Decimal(40), **more)
    record_procedure(ctx, code="TV", display="Tư vấn riêng", **more)
    return known


def read(city: City, by: str, patient_id: uuid.UUID) -> tuple[RecordAccess, str]:
    """What the readers of the record give this member of staff."""
    access = open_record(city.ctx(by, NOW), patient_id)
    return access, f"{get_problems(access)} {get_timeline(access)} {get_series(access)}"


def test_a_nurse_sees_the_rest_and_that_something_is_kept_back(city: City, resident: uuid.UUID, trail: Any) -> None:
    trail()
    access, text = read(city, "y.ta", resident)
    assert [mark for mark in MARKS if mark in text] == []
    assert "Viêm mũi họng cấp" in text
    assert "I10" in text
    assert "Decimal('60" in text, "vital signs of the hidden visit stay"
    assert (access.sees_restricted, access.restricted) == (False, 1)
    (row,) = trail()
    assert row.detail == {"restricted": "hidden", "rows": 1}


def test_a_doctor_sees_it_and_the_one_audit_row_says_so(city: City, resident: uuid.UUID, trail: Any) -> None:
    trail()
    colleague = city.ctx("bac.si", NOW)
    access, text = read(city, "bac.si", resident)
    assert SECRET in text
    assert "Dùng thuốc ARV" in text
    assert [(row.action, row.detail) for row in trail()] == [("read", {})], "the doctor wrote it"
    grant_to_the_other_clinic(city, resident)
    other = open_record(city.ctx("bac.si.2", NOW), resident)
    assert other.sees_restricted
    assert [row.detail for row in trail() if row.action == "read"] == [{"restricted": "shown", "rows": 1}]
    assert colleague.facility is not None
    assert access.restricted == 0


def grant_to_the_other_clinic(city: City, patient_id: uuid.UUID) -> None:
    open_encounter(city.ctx("bac.si.2", NOW), patient_id=patient_id, care_type="01", reason="Khám")


def test_who_wrote_it_keeps_seeing_it(city: City) -> None:
    known = register(city)
    visit(city, known, 5, Diagnosis("F32", "Giai đoạn trầm cảm", chronic=True), "Theo dõi", "y.ta")
    assert "Giai đoạn trầm cảm" in read(city, "y.ta", known)[1]
    assert "Giai đoạn trầm cảm" not in read(city, "ky.thuat.vien", known)[1]


def test_the_codes_are_data(city: City, resident: uuid.UUID) -> None:
    RestrictedCode.objects.filter(code="B24").update(active=False)
    access, text = read(city, "y.ta", resident)
    assert SECRET in text
    assert access.restricted == 0
    RestrictedCode.objects.create(
        applies_to="observation", code="20447-9", group="hiv", name="Tải lượng", source="LOINC"
    )
    assert "Tải lượng virus" not in read(city, "y.ta", resident)[1]


@pytest.mark.parametrize("route", ["record", "timeline", "identity", "looks"])
def test_no_page_of_the_record_shows_it(city: City, resident: uuid.UUID, route: str) -> None:
    client = Client()
    client.force_login(city.staff["y.ta"])
    text = client.get(reverse(f"records:{route}", args=[resident])).content.decode()
    assert [mark for mark in MARKS if mark in text] == []


def test_a_relatives_mental_illness_and_drug_use_are_kept_back_from_the_history(city: City) -> None:
    """The boxes of the form that hide a disease of the person hide it of relatives, too; drug use says what F11 says."""
    known = register(city)
    doctor = city.ctx("bac.si", NOW)
    for fact in (
        FamilyIllness("MTH", disease=10, description="mẹ mắc bệnh tâm thần"),
        FamilyIllness("FTH", disease=2, description="bố tăng huyết áp"),
        FamilyIllness("SIB", allergy="food", description="anh dị ứng tôm"),
        Risk("drugs", "quit", detail="đã cai"),
        Risk("tobacco", "now", Decimal(5)),
    ):
        record_history(doctor, patient_id=known, fact=fact)
    for by, seen in (("bac.si", 3), ("y.ta", 2)):
        access = open_record(city.ctx(by, NOW), known)
        told = get_history(access)
        assert len(told.family) == seen
        assert {one.fact.kind for one in told.risks} == ({"tobacco", "drugs"} if seen == 3 else {"tobacco"})
        assert rows_of(access, "family").count() == seen
    RestrictedCode.objects.filter(applies_to="history", code="drugs").update(active=False)
    assert len(get_history(open_record(city.ctx("y.ta", NOW), known)).risks) == 2
