"""The benchmark itself on fifty thousand people: who is found, by which plans, and what its table holds. No timings."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg2
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.database import BenchDatabase
from benchmarks.loading import TABLES, load_people
from benchmarks.population import lines
from benchmarks.search import SEED, TODAY
from records.queries.exchange import Wanted, find_shared_patients, get_shared_patient
from records.queries.patients import find_patients
from registry.kernel import Actor, ActorKind, Channel, Context, FacilityRef, Purpose
from registry.rules.dates import PartialDate
from registry.rules.permissions import Permission
from registry.rules.text import fold
from tests.databases import ROOT, TestDatabase

PEOPLE = 50_000
BIG = set(TABLES)


@pytest.fixture(scope="module")
def loaded(test_database: TestDatabase) -> Iterator[BenchDatabase]:
    database = BenchDatabase(
        os.environ["DATABASE_OWNER_URL"], os.environ["DATABASE_URL"], f"{test_database.name}_bench"
    )
    database.create(test_database.template)
    load_people(database, PEOPLE, SEED, TODAY, lambda _: None)
    yield database
    database.drop()


@pytest.fixture(scope="module")
def asking(loaded: BenchDatabase, django_db_setup: None, django_db_blocker: Any) -> Iterator[Context]:
    """Django on the loaded database, and the context of the hospital that treats a tenth of its people."""
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = loaded.name
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute("SELECT id FROM registry_facility WHERE code = '01B01'")
            facility = cursor.fetchone()[0]
        yield Context(
            actor=Actor(ActorKind.CLIENT, "bench", "bench"),
            facility=FacilityRef(facility, "01B01", "Cơ sở đo 1"),
            at=timezone.now(),
            permissions=frozenset(Permission),
            purpose=Purpose.TREATMENT,
            channel=Channel.API,
        )
        connection.close()
    connection.settings_dict["NAME"] = usual


@pytest.fixture(scope="module")
def people(asking: Context) -> list[tuple[uuid.UUID, str, date, str]]:
    """Thirty people of the asking hospital: key, name, birth date, CCCD."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.id, p.name, p.birth_date, i.value FROM records_patient p"
            " JOIN records_patientidentifier i ON i.patient_id = p.id AND i.kind = 'cccd'"
            " JOIN records_recordlink l ON l.patient_id = p.id"
            " JOIN records_accessgrant g ON g.source_record_id = l.record_id AND g.facility_id = %s"
            " WHERE p.birth_precision = 'day' ORDER BY p.id LIMIT 30",
            [asking.facility.id if asking.facility else None],
        )
        return list(cursor.fetchall())


def scans(plan: dict[str, Any]) -> Iterator[str]:
    """Names of big tables that the plan reads from end to end."""
    if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in BIG:
        yield plan["Relation Name"]
    for part in plan.get("Plans", []):
        yield from scans(part)


def scanned_by(queries: CaptureQueriesContext) -> list[str]:
    found = []
    for query in queries.captured_queries:
        if "records_patient" not in query["sql"]:
            continue
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN (FORMAT JSON) " + query["sql"])
            (answer,) = cursor.fetchone()
        plan = json.loads(answer) if isinstance(answer, str) else answer
        found += [f"{table}: {query['sql']}" for table in scans(plan[0]["Plan"])]
    return found


def test_the_same_seed_gives_the_same_people() -> None:
    assert list(lines(1, 500, TODAY)) == list(lines(1, 500, TODAY))
    assert list(lines(1, 500, TODAY)) != list(lines(2, 500, TODAY))


def test_loading_leaves_the_tables_as_the_application_has_them(
    loaded: BenchDatabase, test_database: TestDatabase
) -> None:
    def shape(url: str) -> list[tuple[str, ...]]:
        with psycopg2.connect(url) as link, link.cursor() as cursor:
            cursor.execute(
                "SELECT indexdef FROM pg_indexes WHERE tablename = ANY(%s) UNION ALL"
                " SELECT conname || pg_get_constraintdef(oid) || convalidated FROM pg_constraint"
                " WHERE conrelid::regclass::text = ANY(%s) ORDER BY 1",
                [list(TABLES), list(TABLES)],
            )
            return list(cursor.fetchall())

    copy = loaded.owner_url.replace(loaded.name, test_database.name)
    assert shape(loaded.owner_url) == shape(copy)
    with psycopg2.connect(loaded.owner_url) as link, link.cursor() as cursor:
        for table in ("records_patient", "records_sourcerecord", "records_recordlink", "records_accessgrant"):
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone() == (PEOPLE,)


def test_a_person_is_found_by_number_and_by_name_and_birth_year_with_and_without_diacritics(
    asking: Context, people: list[tuple[uuid.UUID, str, date, str]]
) -> None:
    for key, name, birth, cccd in people:
        for text in (cccd, f"{name} {birth.year}", f"{fold(name)} {birth.year}", f"{name.upper()} {birth:%d/%m/%Y}"):
            assert key in {hit.patient_id for hit in find_patients(asking, text)}, text
        year = PartialDate(date(birth.year, 1, 1), "year")
        for wanted in (
            Wanted(identifier=cccd, identifier_kind="cccd"),
            Wanted(name=name, birth=year),
            Wanted(name=fold(name), birth=year),
        ):
            assert str(key) in {str(one.id) for one in find_shared_patients(asking, wanted).patients}, wanted


def test_given_and_family_name_give_people_of_that_name(
    asking: Context, people: list[tuple[uuid.UUID, str, date, str]]
) -> None:
    for _, name, _, _ in people[:10]:
        family, given = name.split()[0], name.split()[-1]
        for text in (f"{family} {given}", fold(f"{family} {given}"), given, fold(given)):
            found = find_patients(asking, text)
            words = set(fold(text).split())
            assert len(found) > 0, text
            assert all(words <= set(fold(hit.name).split()) for hit in found), text


def slipped(name: str, birth: date) -> list[str]:
    """The name with one slip: at its end, in its first word, in another order, with year and with day."""
    words = fold(name).split()
    turned = " ".join([words[-1][:-1] + "q", *words[:-1]])
    return [
        f"{fold(name)[:-1]}q", f"{fold(name)[:-1]}q {birth.year}", f"x{fold(name)} {birth.year}", f"{turned} {birth.year}",
        f"{turned} {birth:%d/%m/%Y}", f"{words[0]} {words[-1][:-1]}q {birth:%y}",
    ]  # fmt: skip


def short(name: str, birth: date) -> list[str]:
    """Initials, alone and with the year, and some words of one letter."""
    words = fold(name).split()
    letters = "".join(word[0] for word in words)
    return [letters, f"{letters} {birth.year}", f"{letters[0]} {words[-1]} {birth.year}"]


def test_tired_people_find_them_too(asking: Context, people: list[tuple[uuid.UUID, str, date, str]]) -> None:
    for key, name, birth, _ in people[:15]:
        for text in (*slipped(name, birth)[1:5], short(name, birth)[1]):
            found = {hit.patient_id for hit in find_patients(asking, text, limit=50)}
            assert key in found, text


def test_no_search_reads_a_big_table_from_end_to_end(
    asking: Context, people: list[tuple[uuid.UUID, str, date, str]]
) -> None:
    key, name, birth, cccd = people[0]
    family, given = name.split()[0], name.split()[-1]
    year = PartialDate(date(birth.year, 1, 1), "year")
    typed = (
        cccd, name, f"{name} {birth.year}", f"{family} {given}", given, f"{given} {birth.year}", "0912345678",
        *slipped(name, birth), *short(name, birth), "2345", "52345", "612345", f"{given} 2345", f"{fold(given)}x 2345",
        f"{birth:%d/%m/%Y}", f"{given} phuc xa", "BN-0001", "HGD 0001",
    )  # fmt: skip
    wanted = (
        Wanted(identifier=cccd, identifier_kind="cccd"),
        Wanted(name=name, birth=year),
        Wanted(given=given, family=family),
        Wanted(given=given),
        Wanted(phone="0912345678"),
    )
    with CaptureQueriesContext(connection) as queries:
        for text in typed:
            find_patients(asking, text)
        for one in wanted:
            find_shared_patients(asking, one)
        get_shared_patient(asking, key)
    assert len(queries) >= 2 * (len(typed) + len(wanted) + 1)
    scanned = scanned_by(queries)
    assert scanned == [], "\n".join(scanned)


def test_the_plan_check_can_fail(asking: Context) -> None:
    with CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM records_patient WHERE address LIKE '%phố%'")
    assert [one.split(":")[0] for one in scanned_by(queries)] == ["records_patient"]


def test_the_command_measures_every_question_over_http_with_good_and_audited_answers(loaded: BenchDatabase) -> None:
    arguments = ["--database", loaded.name, "--residents", str(PEOPLE), "--keep", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "search", *arguments, "--seconds", "0.05", "--rounds", "1"],
        cwd=ROOT,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "hanoi_ehr.settings"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    by_name = {one["name"]: one for one in result["questions"]}
    assert {
        "constant view",
        "bare audited ORM read",
        "psycopg2: by id",
        "FHIR: read by id",
        "FHIR: by CCCD",
        "FHIR: given + family (no diacritics)",
        "FHIR: full name + birth year (no diacritics)",
        "FHIR: bare given name (no diacritics)",
        "page: record",
        "page: search full name + birth year (no diacritics)",
        "page: search full name with a typo + birth year",
        "page: search initials + birth year",
        "page: search name + 4 last digits of the phone",
    } <= by_name.keys()
    assert all(one["good"] > 0 and one["bad"] == 0 for one in result["questions"])
    assert all(0 < one["p50"] <= one["p95"] <= one["p99"] for one in result["questions"])
    assert by_name["bare audited ORM read"]["ratio"] == 1.0
    assert result["facts"]["residents"] == PEOPLE
    assert result["facts"]["audit_rows"] > 0
