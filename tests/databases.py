"""Real databases for tests: one template per state of the migrations, a copy of it per worker, and the real split of roles.

Tests connect as the application's role, which owns nothing and cannot empty a table: a test that commits gets its database
back by dropping the copy. The next copy was made while the test ran, and only takes its name.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

ROOT = Path(__file__).resolve().parent.parent
WATCHED = (
    "*/migrations/*.py",
    "*/data/**/*",
    "registry/commands/reference*.py",
    "uv.lock",
    "tests/databases.py",
)
LOCK = 0x4E48_4148
ATTEMPTS = 6  # the server waits five seconds at each for late guests to leave


def with_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@dataclass
class TestDatabase:
    """One worker's database, made from the template of the current migrations."""

    __test__ = False
    owner_url: str
    app_url: str
    name: str
    _maker: threading.Thread | None = field(default=None, init=False, repr=False)

    @cached_property
    def template(self) -> str:
        """The name of the template: it changes with anything that shapes the schema or the reference data."""
        digest = hashlib.sha256()
        for pattern in WATCHED:
            for path in sorted(filter(Path.is_file, ROOT.glob(pattern))):
                digest.update(path.relative_to(ROOT).as_posix().encode())
                digest.update(path.read_bytes())
        return f"ehr_template_{digest.hexdigest()[:12]}"

    def create(self) -> None:
        """Make the template when it is missing (one worker does, the others wait), then this worker's copy."""
        with closing(psycopg2.connect(self.owner_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
                self._have_template(cursor)
                self._copy(cursor, self.name)
                cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])

    def prepare(self) -> None:
        """Make the template alone, when it is missing: bin/test does so while it looks through the code."""
        with closing(psycopg2.connect(self.owner_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
                self._have_template(cursor)

    @property
    def spare(self) -> str:
        """The copy that the next test to commit will leave behind for its successor."""
        return f"{self.name}_spare"

    def renew(self) -> None:
        """Throw the copy away, whoever is connected, and put a fresh one in its place."""
        with closing(psycopg2.connect(self.owner_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                self._remove(cursor, self.name)
                if not self._spare_is_made(cursor):
                    self._copy(cursor, self.spare)
                cursor.execute(
                    sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                        sql.Identifier(self.spare), sql.Identifier(self.name)
                    )
                )
        self._maker = threading.Thread(target=self._make_spare, daemon=True)
        self._maker.start()

    def drop(self) -> None:
        """Remove this worker's copies; the template stays for the next run."""
        with closing(psycopg2.connect(self.owner_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                self._spare_is_made(cursor)
                self._remove(cursor, self.spare)
                self._remove(cursor, self.name)

    def _make_spare(self) -> None:
        with closing(psycopg2.connect(self.owner_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                self._copy(cursor, self.spare)

    def _spare_is_made(self, cursor: psycopg2.extensions.cursor) -> bool:
        """Whether a spare stands there, whole; waits for the one that is being made."""
        if self._maker is None:
            return False
        self._maker.join()
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.spare])
        return cursor.fetchone() is not None

    def _end_sessions(self, name: str) -> None:
        """A thread of the live server may still hold a connection: only its own role may end it, the owner may not."""
        with closing(psycopg2.connect(self.app_url)) as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
                " WHERE datname = %s AND usename = current_user AND pid <> pg_backend_pid()",
                [name],
            )

    def _remove(self, cursor: psycopg2.extensions.cursor, name: str) -> None:
        """Let nobody in, see everybody out, then drop: a browser may still be asking while its test ends."""
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if cursor.fetchone() is None:
            return
        cursor.execute(sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS false").format(sql.Identifier(name)))
        for attempt in range(ATTEMPTS):
            self._end_sessions(name)
            try:
                # Without FORCE: the server itself waits and sends the autovacuum away, which no plain role may end.
                cursor.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
            except psycopg2.errors.ObjectInUse:
                if attempt == ATTEMPTS - 1:
                    raise
            else:
                return

    def _copy(self, cursor: psycopg2.extensions.cursor, name: str) -> None:
        self._remove(cursor, name)
        cursor.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                sql.Identifier(name), sql.Identifier(self.template)
            )
        )

    def _forget_the_building(self, building: str) -> None:
        """Each test starts with an empty trail; only the owner, and only by switching the protection off, could do this."""
        with closing(psycopg2.connect(with_database(self.owner_url, building))) as connection, connection:
            connection.cursor().execute(
                "ALTER TABLE registry_auditevent DISABLE TRIGGER USER; DELETE FROM registry_auditevent;"
                " ALTER TABLE registry_auditevent ENABLE TRIGGER USER"
            )

    def _have_template(self, cursor: psycopg2.extensions.cursor) -> None:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.template])
        if cursor.fetchone() is None:
            self._make_template(cursor)

    def _make_template(self, cursor: psycopg2.extensions.cursor) -> None:
        building = f"{self.template}_building"
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(building)))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
        environment = os.environ | {
            "DATABASE_URL": with_database(self.app_url, building),
            "DATABASE_OWNER_URL": with_database(self.owner_url, building),
        }
        for arguments in (["migrate", "--verbosity", "0"], ["load_reference"]):
            done = subprocess.run(
                [sys.executable, str(ROOT / "manage.py"), *arguments],
                env=environment,
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise RuntimeError(f"manage.py {arguments[0]} failed:\n{done.stdout}\n{done.stderr}")
        self._forget_the_building(building)
        cursor.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(building), sql.Identifier(self.template))
        )


if __name__ == "__main__":
    TestDatabase(os.environ["DATABASE_OWNER_URL"], os.environ["DATABASE_URL"], "").prepare()
