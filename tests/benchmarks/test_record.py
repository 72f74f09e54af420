"""The record's bench on a small city: the same number of statements for 50 and for 2,000 entries. No timings."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connection

from benchmarks.database import BenchDatabase
from benchmarks.loading import load_people
from benchmarks.record import FEW, MANY, MOST_TIMES, PAGES, compare, faults_of, give, queries_of
from benchmarks.report import Figures
from benchmarks.search import SEED, TODAY
from tests.databases import TestDatabase

PEOPLE, EACH = 2_000, 2


@pytest.fixture
def loaded(test_database: TestDatabase, django_db_setup: None, django_db_blocker: Any) -> Iterator[BenchDatabase]:
    """Django on a database of its own, where a tenth of the people are open to the bench's nurse."""
    database = BenchDatabase(
        os.environ["DATABASE_OWNER_URL"], os.environ["DATABASE_URL"], f"{test_database.name}_record"
    )
    database.create(test_database.template)
    load_people(database, PEOPLE, SEED, TODAY, lambda _: None)
    usual = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = database.name
    with django_db_blocker.unblock():
        yield database
        connection.close()
    connection.settings_dict["NAME"] = usual
    database.drop()


def test_every_page_takes_the_same_statements_for_few_and_for_many_entries(loaded: BenchDatabase) -> None:
    from benchmarks.preparation import prepare

    prepared = prepare(10 * EACH)
    groups = give(prepared.people, EACH)
    assert {size: len(ids) for size, ids in groups.items()} == {FEW: EACH, MANY: EACH}
    counts = {size: queries_of(ids, prepared.web_headers) for size, ids in groups.items()}
    assert counts[FEW] == counts[MANY]
    assert counts[FEW].keys() == {name for name, _path, _text in PAGES}
    assert all(len(found) == 1 and min(found) > 3 for found in counts[FEW].values()), counts


def figures(milliseconds: float) -> list[Figures]:
    """A run in which every page took that long with many entries, and 10 ms with few."""
    return [
        Figures(f"page: {name}, {size:,} entries", 1.0, taken, taken, taken, good=1, bad=0)
        for name, _path, _text in PAGES
        for size, taken in ((FEW, 10.0), (MANY, milliseconds))
    ]


def test_a_page_that_asks_more_or_takes_too_long_makes_the_run_fail() -> None:
    same = {size: {name: {9} for name, _path, _text in PAGES} for size in (FEW, MANY)}
    calm = figures(10.0 * MOST_TIMES)
    assert faults_of(calm, compare(calm, same)) == []
    slow = figures(10.0 * MOST_TIMES + 0.1)
    assert len(faults_of(slow, compare(slow, same))) == len(PAGES)
    more = same | {MANY: same[MANY] | {"timeline": {10}}}
    assert faults_of(calm, compare(calm, more)) == ["timeline: [9] queries, [10] with more entries"]
    bad = [replace(calm[0], bad=1), *calm[1:]]
    assert faults_of(bad, compare(bad, same)) == [f"{bad[0].name}: 1 bad answers"]
