"""A kept connection: asked of the socket, and made anew when the server has ended it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg2
import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from hanoi_ehr.database.base import DatabaseWrapper


@pytest.fixture
def kept(transactional_db: None) -> Iterator[DatabaseWrapper]:
    """The test's connection as a request finds it: open from the last one, its health to be checked."""
    link = connections["default"]
    assert isinstance(link, DatabaseWrapper)
    before = link.settings_dict["CONN_HEALTH_CHECKS"], link.settings_dict["CONN_MAX_AGE"]
    link.settings_dict |= {"CONN_HEALTH_CHECKS": True, "CONN_MAX_AGE": 600}
    link.close()
    link.ensure_connection()
    yield link
    link.settings_dict["CONN_HEALTH_CHECKS"], link.settings_dict["CONN_MAX_AGE"] = before
    link.close()


def backend(link: DatabaseWrapper) -> int:
    with link.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def next_request(link: DatabaseWrapper) -> None:
    """What Django does between requests."""
    link.close_if_unusable_or_obsolete()


def test_a_living_connection_is_kept_without_asking_the_server(kept: DatabaseWrapper) -> None:
    first = backend(kept)
    next_request(kept)
    with CaptureQueriesContext(kept) as queries:
        assert backend(kept) == first
    assert len(queries) == 1
    assert kept.is_usable()


def test_a_connection_the_server_ended_is_replaced_before_it_is_used(kept: DatabaseWrapper) -> None:
    first = backend(kept)
    with closing(psycopg2.connect(**kept.get_connection_params())) as other, other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [first])
        assert cursor.fetchone() == (True,)
    next_request(kept)
    assert backend(kept) != first
