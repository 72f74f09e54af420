"""The sweep's search reads little whatever the planner believes of the tables."""

from __future__ import annotations

import json
import uuid
from contextlib import closing
from datetime import date
from typing import Any

import psycopg2
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from records.commands.candidates import EVER, FIRST
from records.queries.pairs import find_alike
from tests.databases import with_database
from tests.factories.city import City
from tests.factories.residents import make_resident

PEOPLE = 100


def settle(city: City) -> list[uuid.UUID]:
    """A hundred people with two numbers each; the last has the card of the first."""
    people = [
        make_resident(
            city.here,
            name=f"Trần Văn Khác{n}",
            birth=date(1950 + n % 50, 1 + n % 12, 1 + n % 28),
            cccd=f"001172{n % (PEOPLE - 1):06d}",
            bhyt=f"DN4010100{n:06d}",
            phone=f"0912{n:06d}",
        )
        for n in range(PEOPLE)
    ]
    return [one.pk for one in people]


def believe_empty(city: City, database: Any) -> None:
    """What an import that was undone leaves behind: tables that the statistics call empty."""
    with transaction.atomic():
        settle(city)
        transaction.set_rollback(True)
    with closing(psycopg2.connect(with_database(database.owner_url, database.name))) as owner:
        owner.autocommit = True
        owner.cursor().execute("ANALYZE records_patient, records_patientidentifier, records_relatedperson")


def blocks_read(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + statement)
        (answer,) = cursor.fetchone() or (None,)
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("belief", ["nothing", "empty"])
def test_a_chunk_right_after_a_load_is_read_once(city: City, test_database: Any, belief: str) -> None:
    if belief == "empty":
        believe_empty(city, test_database)
    with transaction.atomic():
        people = settle(city)
        with CaptureQueriesContext(connection) as asked:
            chunk = find_alike(FIRST, EVER, PEOPLE)
        statement = next(query["sql"] for query in asked.captured_queries if "WITH chunk" in query["sql"])
        assert (chunk.people, [(one.first, one.second) for one in chunk.alike]) == (PEOPLE, [(people[0], people[-1])])
        assert blocks_read(statement) < 300 * PEOPLE
