"""The sealed trail: whatever is done behind its back is told, and sealing makes nobody wait and loses nothing."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from io import StringIO
from itertools import pairwise
from typing import Any, ClassVar

import psycopg2
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from registry.commands.seals import find_audit_faults, find_horizon, prepare_audit_months, seal_audit_trail
from registry.kernel import record_audit
from registry.models import AuditEvent, AuditSeal
from tests.databases import with_database
from tests.factories.city import City

pytestmark = pytest.mark.django_db(transaction=True)
Tamper = Callable[[str], None]


@pytest.fixture
def tamper(test_database: Any) -> Tamper:
    """What an administrator of the server could do: act as the owner and switch the protection off first."""

    def run(statement: str) -> None:
        with closing(psycopg2.connect(with_database(test_database.owner_url, test_database.name))) as owner, owner:
            for switch in ("DISABLE", "ENABLE"):
                for table in ("registry_auditevent", "registry_auditseal"):
                    owner.cursor().execute(f"ALTER TABLE {table} {switch} TRIGGER USER")
                if switch == "DISABLE":
                    owner.cursor().execute(statement)

    return run


@contextmanager
def second_connection(test_database: Any) -> Iterator[Any]:
    """Another process of the application."""
    with closing(psycopg2.connect(with_database(test_database.app_url, test_database.name))) as other:
        yield other


def write(city: City, times: int = 1, action: str = "read") -> None:
    for _ in range(times):
        record_audit(city.ctx("bac.si"), action)


def three_seals(city: City) -> None:
    for _ in range(3):
        write(city, 2)
        assert seal_audit_trail() == 2


def faults(last: int | None = None) -> list[tuple[int, str]]:
    return [(fault.seal, fault.what) for fault in find_audit_faults(last=last)]


def insert(cursor: Any, **columns: Any) -> None:
    stated = {
        "action": "read", "outcome": "ok", "actor_kind": "staff", "actor_id": "1", "actor_label": "x", "purpose": "TREAT",
        "channel": "web", "request_id": "019ac000-0000-7000-8000-000000000000",
    } | columns  # fmt: skip
    names, marks = ", ".join(stated), ", ".join(["%s"] * len(stated))
    cursor.execute(f"INSERT INTO registry_auditevent ({names}) VALUES ({marks})", list(stated.values()))


def test_a_whole_trail_is_whole_and_nothing_is_sealed_twice(live_city: City) -> None:
    three_seals(live_city)
    assert seal_audit_trail() == 0
    assert faults() == []
    assert faults(last=1) == []
    seals = list(AuditSeal.objects.order_by("number"))
    assert [(seal.number, seal.row_count) for seal in seals] == [(1, 2), (2, 2), (3, 2)]
    assert all(one.to_xact == two.from_xact for one, two in pairwise(seals))
    assert sum(seal.row_count for seal in seals) == AuditEvent.objects.count()


def test_a_transaction_that_ends_while_the_horizon_is_looked_for_holds_nothing_back() -> None:
    class Cursor:
        answers: ClassVar = [(7, True), (7, True), (12, False), (99, False)]
        asked = 0

        def execute(self, _statement: str) -> None:
            self.asked += 1

        def fetchone(self) -> tuple[int, bool]:
            return self.answers[self.asked - 1]

    assert find_horizon(Cursor()) == 12


TAMPERINGS = {
    "an altered row": (
        "UPDATE registry_auditevent SET actor_label = 'ai.do' WHERE at = (SELECT min(at) FROM registry_auditevent)",
        [(1, "nội dung đã bị sửa")],
    ),
    "a value moved into the next column": (
        "UPDATE registry_auditevent SET role = '', actor_label = actor_label || '|' || role",
        [(1, "nội dung đã bị sửa"), (2, "nội dung đã bị sửa"), (3, "nội dung đã bị sửa")],
    ),
    "a removed row": (
        "DELETE FROM registry_auditevent WHERE id = (SELECT id FROM registry_auditevent ORDER BY at LIMIT 1)",
        [(1, "có 1 dòng, lúc niêm phong là 2")],
    ),
    "a removed seal": (
        "DELETE FROM registry_auditseal WHERE number = 2",
        [(3, "niêm phong số 2 bị mất"), (3, "không nối với niêm phong trước")],
    ),
    "a removed first seal": (
        "DELETE FROM registry_auditseal WHERE number = 1",
        [(2, "niêm phong số 1 bị mất"), (2, "không nối với niêm phong trước")],
    ),
    "a forged signature": (
        "UPDATE registry_auditseal SET signature = encode(sha256('x'), 'base64') WHERE number = 2",
        [(2, "chữ ký không đúng")],
    ),
    "a seal fitted to fewer rows": (
        "UPDATE registry_auditseal SET row_count = 1 WHERE number = 2",
        [(2, "chữ ký không đúng"), (2, "có 2 dòng, lúc niêm phong là 1")],
    ),
}


@pytest.mark.parametrize("kind", TAMPERINGS)
def test_what_was_done_to_the_trail_is_told(live_city: City, tamper: Tamper, kind: str) -> None:
    three_seals(live_city)
    statement, told = TAMPERINGS[kind]
    tamper(statement)
    assert faults() == told


def test_a_row_put_behind_a_seal_is_told(live_city: City, tamper: Tamper) -> None:
    three_seals(live_city)
    with connection.cursor() as cursor:
        insert(cursor, xact=AuditSeal.objects.get(number=1).from_xact + 1)  # the application itself may insert
    assert faults() == [(1, "có 3 dòng, lúc niêm phong là 2")]


def test_the_last_seals_alone_are_checked_against_the_one_before(live_city: City, tamper: Tamper) -> None:
    three_seals(live_city)
    tamper(
        "UPDATE registry_auditevent SET code = 'x' WHERE xact < (SELECT to_xact FROM registry_auditseal WHERE number = 1)"
    )
    assert faults(last=2) == []
    assert faults(last=3) == [(1, "nội dung đã bị sửa")]
    tamper("UPDATE registry_auditseal SET digest = repeat('0', 64) WHERE number = 1")
    assert (2, "không nối với niêm phong trước") in faults(last=2)


def test_the_command_answers_for_a_cron_job(live_city: City, tamper: Tamper) -> None:
    three_seals(live_city)
    out = StringIO()
    call_command("verify_audit", stdout=out)
    assert out.getvalue().strip()
    tamper("DELETE FROM registry_auditseal WHERE number = 2")
    with pytest.raises((CommandError, SystemExit)):
        call_command("verify_audit", stdout=StringIO(), stderr=StringIO())


def test_an_open_transactions_rows_are_sealed_later_not_lost(live_city: City, test_database: Any) -> None:
    with second_connection(test_database) as other:
        insert(other.cursor(), action="slow")
        write(live_city, 2)
        assert seal_audit_trail() == 0, "nothing newer than the oldest open transaction is sealed"
        other.commit()
    assert seal_audit_trail() == 3
    assert faults() == []


def test_work_in_another_database_of_the_server_holds_nothing_up(live_city: City, test_database: Any) -> None:
    with closing(psycopg2.connect(test_database.owner_url)) as other:
        other.cursor().execute("SELECT pg_current_xact_id()")
        write(live_city, 2)
        assert seal_audit_trail() == 2
    assert faults() == []


def test_rows_of_a_rolled_back_transaction_leave_no_gap(live_city: City, test_database: Any) -> None:
    write(live_city)
    with second_connection(test_database) as other:
        insert(other.cursor())
        other.rollback()
    write(live_city)
    assert seal_audit_trail() == 2
    assert faults() == []


def test_writers_do_not_wait_for_a_running_seal(
    live_city: City, test_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seal stands still in the middle of its transaction while another process writes and commits."""
    from registry.commands import seals

    write(live_city, 2)
    written: list[float] = []
    digest_rows = seals.digest_rows

    def slow_digest(start: int, end: int) -> tuple[str, int]:
        with second_connection(test_database) as other:
            cursor = other.cursor()
            cursor.execute("SET lock_timeout = '500ms'; SET statement_timeout = '2s'")
            begun = datetime.now(tz=UTC)
            insert(cursor, action="meanwhile")
            other.commit()
            written.append((datetime.now(tz=UTC) - begun).total_seconds())
        return digest_rows(start, end)

    monkeypatch.setattr(seals, "digest_rows", slow_digest)
    assert seal_audit_trail() == 2, "what came meanwhile is the next seal's"
    monkeypatch.undo()
    assert written
    assert written[0] < 0.5
    assert seal_audit_trail() == 1
    assert faults() == []


def test_two_sealers_seal_each_row_once(live_city: City) -> None:
    write(live_city, 20)
    sealed: list[int] = []

    def seal() -> None:
        sealed.append(seal_audit_trail())
        connection.close()

    threads = [threading.Thread(target=seal) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(sealed) == [0, 0, 0, 20]
    assert faults() == []


def test_another_key_does_not_verify(live_city: City, settings: Any) -> None:
    three_seals(live_city)
    settings.AUDIT_SEAL_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
    assert {what for _, what in faults()} == {"chữ ký không đúng"}


def test_the_coming_months_are_made_once(live_city: City) -> None:
    prepare_audit_months(5)
    assert prepare_audit_months(5) == 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_inherits WHERE inhparent = 'registry_auditevent'::regclass")
        assert cursor.fetchone()[0] >= 6
