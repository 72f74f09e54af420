"""The line of time: every kind of entry, filters, pages by key, a fixed number of queries whatever the length."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from records.commands.encounters import (
    Diagnosis,
    finish_encounter,
    open_encounter,
    record_diagnoses,
    record_procedure,
    record_result,
    record_vitals,
)
from records.models import DiagnosticReport, Encounter, Immunization, MedicationRequest, Observation
from records.queries.access import RecordAccess, open_record
from records.queries.timeline import Timeline, Wanted, get_filters, get_timeline
from registry.kernel import Refused
from tests.factories.city import NOW, City
from tests.records.conftest import register


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    return register(city)


def access_of(city: City, patient_id: uuid.UUID, by: str = "bac.si") -> RecordAccess:
    return open_record(city.ctx(by, NOW), patient_id)


def visit(city: City, patient_id: uuid.UUID, days_ago: int, by: str = "bac.si", reason: str = "Tái khám") -> Encounter:
    ctx = city.ctx(by, NOW - timedelta(days=days_ago))
    encounter = open_encounter(ctx, patient_id=patient_id, care_type="01", reason=reason)
    record_vitals(ctx, encounter, {"systolic": Decimal(130), "diastolic": Decimal(80)})
    record_diagnoses(ctx, encounter, Diagnosis("I10", "Tăng huyết áp vô căn", chronic=True))
    return finish_encounter(ctx, encounter, "Giữ phác đồ", "1")


def stamp(encounter: Encounter) -> dict[str, Any]:
    return {
        "source_record_id": encounter.source_record_id, "patient_id": encounter.patient_id,
        "facility_id": encounter.facility_id, "recorded_at": encounter.started_at,
    }  # fmt: skip


@pytest.fixture
def long_life(city: City, resident: uuid.UUID) -> RecordAccess:
    """One of everything, over three years and two facilities."""
    ctx = city.ctx("bac.si", NOW - timedelta(days=30))
    here = visit(city, resident, 400, reason="Đau đầu")
    visit(city, resident, 800, by="bac.si.2", reason="Ho khan")
    MedicationRequest.objects.create(
        **stamp(here),
        encounter=here,
        name="Amlodipin",
        strength="5 mg",
        dose="sáng 1 viên",
        started_on=date(2025, 10, 1),
    )
    MedicationRequest.objects.create(**stamp(here), name="Paracetamol", reported=True, started_on=date(2026, 2, 1))
    Immunization.objects.create(
        **stamp(here), programme="outside", vaccine_code="CUM", vaccine_display="Cúm mùa", dose_number=1,
        occurred_on=date(2026, 3, 1),
    )  # fmt: skip
    DiagnosticReport.objects.create(
        **stamp(here), category="RAD", display="X-quang ngực", conclusion="Bình thường", performed_at=NOW
    )
    record_result(ctx, patient_id=resident, code="29771-3", display="FIT", value=Decimal(4), unit="µg/g")
    record_result(ctx, patient_id=resident, code="4548-4", display="HbA1c", value=Decimal(7), unit="%", encounter=here)
    record_procedure(ctx, patient_id=resident, code="20.0073", display="Nội soi đại tràng", result="Không có polyp")
    return access_of(city, resident)


def kinds(found: Timeline) -> list[str]:
    return [entry.kind for entry in found.entries]


def test_one_line_holds_every_kind_and_a_visit_carries_its_own(long_life: RecordAccess) -> None:
    entries = get_timeline(long_life).entries
    assert sorted(entry.kind for entry in entries) == [
        "encounter", "encounter", "immunization", "medication", "observation", "procedure", "report",
    ]  # fmt: skip
    assert [entry.at for entry in entries] == sorted((entry.at for entry in entries), reverse=True)
    (headache,) = [entry for entry in entries if entry.title == "Đau đầu"]
    assert set(headache.carried) == {
        ("observation", "HbA1c", "7 %"),
        ("medication", "Amlodipin 5 mg", "sáng 1 viên"),
    }


@pytest.mark.parametrize(
    ("kind", "titles"),
    [
        ("visit", {"Đau đầu", "Ho khan"}),
        ("diagnosis", {"Tăng huyết áp vô căn"}),
        ("result", {"FIT", "HbA1c", "X-quang ngực"}),
        ("procedure", {"Nội soi đại tràng"}),
        ("medication", {"Amlodipin 5 mg", "Paracetamol"}),
        ("immunisation", {"Cúm mùa"}),
        ("document", set()),
        ("screening", set()),
    ],
)
def test_one_kind_alone_also_inside_visits(long_life: RecordAccess, kind: str, titles: set[str]) -> None:
    assert {entry.title for entry in get_timeline(long_life, wanted=Wanted(kind=kind)).entries} == titles


def test_facility_and_year_narrow(city: City, long_life: RecordAccess) -> None:
    there = get_timeline(long_life, wanted=Wanted(facility_id=city.elsewhere.pk)).entries
    assert [entry.title for entry in there] == ["Ho khan"]
    assert not there[0].here
    for year in (2024, 2025, 2026):
        entries = get_timeline(long_life, wanted=Wanted(year=year)).entries
        assert {entry.at.astimezone(NOW.tzinfo).year for entry in entries} <= {year}
        assert entries
    assert get_timeline(long_life, wanted=Wanted(year=2023)).entries == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("dau dau", {"Đau đầu"}),
        ("ĐAU", {"Đau đầu"}),
        ("tang huyet ap", {"Đau đầu", "Ho khan"}),  # the diagnosis of the visit
        ("I10", {"Đau đầu", "Ho khan"}),
        ("polyp", {"Nội soi đại tràng"}),
        ("100%", set()),
        ("_", {"everything"}),
    ],
)
def test_words_are_found_without_diacritics(long_life: RecordAccess, text: str, found: set[str]) -> None:
    titles = {entry.title for entry in get_timeline(long_life, wanted=Wanted(text=text)).entries}
    if found == {"everything"}:  # nothing but a sign: no words to look for
        assert titles == {entry.title for entry in get_timeline(long_life).entries}
    else:
        assert titles == found


def test_what_can_be_chosen(city: City, long_life: RecordAccess) -> None:
    filters = get_filters(long_life)
    assert {name for _, name in filters.facilities} == {city.here.short_name, city.elsewhere.short_name}
    assert filters.years == (2026, 2025, 2024)
    assert "screening" in filters.kinds


def test_years_of_an_empty_record(city: City, resident: uuid.UUID) -> None:
    access = access_of(city, resident)
    assert get_filters(access).years == ()
    assert get_timeline(access).entries == ()


@pytest.mark.parametrize("wanted", [Wanted(kind="x"), Wanted(year=1), Wanted(year=99999)])
def test_what_nobody_can_ask_for(city: City, resident: uuid.UUID, wanted: Wanted) -> None:
    with pytest.raises(Refused):
        get_timeline(access_of(city, resident), wanted=wanted)


@pytest.mark.parametrize("cursor", ["yesterday", "2026-01-01~x", "~", "9999-99-99T00:00:00~" + str(uuid.UUID(int=1))])
def test_a_broken_cursor_is_refused(city: City, resident: uuid.UUID, cursor: str) -> None:
    with pytest.raises(Refused, match="bad-cursor"):
        get_timeline(access_of(city, resident), before=cursor)


def test_replaced_rows_are_folded_under_what_stands(city: City, resident: uuid.UUID) -> None:
    ctx = city.ctx("bac.si", NOW)
    record_procedure(ctx, patient_id=resident, code="1", display="Nội soi dạ dày", result="Viêm")
    stands = record_procedure(ctx, patient_id=resident, code="1", display="Nội soi dạ dày", result="Loét")
    type(stands).objects.filter(result="Viêm").update(superseded_by=stands, superseded_reason="Đọc lại ảnh")
    (entry,) = get_timeline(access_of(city, resident)).entries
    assert entry.text == "Loét"
    assert [why for _, why in entry.earlier] == ["Đọc lại ảnh"]


# ---------- two thousand entries ----------


def fill(template: Encounter, count: int) -> None:
    """Visits, results, medicines and doses, `count` in all, written as a bulk load writes them."""
    start, same = NOW - timedelta(days=4000), stamp(template)
    quarter = count // 4
    moments = [start + timedelta(days=number) for number in range(quarter)]
    Encounter.objects.bulk_create(
        Encounter(**same, status="finished", care_type="01", reason=f"Lượt {n}", started_at=at)
        for n, at in enumerate(moments)
    )
    Observation.objects.bulk_create(
        Observation(**same, code="4548-4", display="HbA1c", value=Decimal(6), unit="%", observed_at=at)
        for at in moments
    )
    MedicationRequest.objects.bulk_create(
        MedicationRequest(**same, name=f"Thuốc {n}", started_on=at.date()) for n, at in enumerate(moments)
    )
    Immunization.objects.bulk_create(
        Immunization(**same, programme="outside", vaccine_code="CUM", vaccine_display="Cúm mùa", occurred_on=at.date())
        for at in moments
    )


@pytest.fixture
def crowded(city: City, resident: uuid.UUID) -> RecordAccess:
    fill(visit(city, resident, 1), 2000)
    with connection.cursor() as cursor:
        cursor.execute(
            "ANALYZE records_encounter, records_observation, records_medicationrequest, records_immunization"
        )
    return access_of(city, resident)


WANTED = [
    Wanted(), Wanted(kind="visit"), Wanted(kind="result"), Wanted(kind="medication"), Wanted(year=2016),
    Wanted(kind="immunisation", year=2016), Wanted(text="thuoc 77"),
]  # fmt: skip


@pytest.mark.parametrize("wanted", WANTED, ids=str)
def test_pages_by_key_hold_every_entry_once(crowded: RecordAccess, wanted: Wanted) -> None:
    seen: list[uuid.UUID] = []
    moments: list[datetime] = []
    before = ""
    for _ in range(100):
        with CaptureQueriesContext(connection) as asked:
            found = get_timeline(crowded, before=before, wanted=wanted)
        assert len(asked) <= 2
        seen += [entry.id for entry in found.entries]
        moments += [entry.at for entry in found.entries]
        before = found.before
        if not before:
            break
    assert before == ""
    assert len(seen) == len(set(seen)) > 0
    assert moments == sorted(moments, reverse=True)
    if wanted == Wanted():
        assert len(seen) == 2001


def relations(plan: dict[str, Any]) -> Iterator[tuple[str, str, int]]:
    if "Relation Name" in plan:
        yield plan["Node Type"], plan["Relation Name"], plan["Actual Rows"] * plan["Actual Loops"]
    for part in plan.get("Plans", []):
        yield from relations(part)


def test_every_branch_reads_an_index_of_the_person(crowded: RecordAccess) -> None:
    """How much each reads is measured by `bin/bench record`, where the tables have the city's size and statistics."""
    with CaptureQueriesContext(connection) as asked:
        get_timeline(crowded)
    (statement,) = [query["sql"] for query in asked.captured_queries if "records_encounter" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + statement)
        (answer,) = cursor.fetchone() or (None,)
    plan = json.loads(answer) if isinstance(answer, str) else answer
    read = [part for part in relations(plan[0]["Plan"]) if part[1].startswith("records_")]
    assert len(read) > len(WANTED)
    long = {"records_encounter", "records_observation", "records_medicationrequest", "records_immunization"}
    assert {node for node, table, _ in read if table in long} <= {"Index Scan", "Index Only Scan"}
