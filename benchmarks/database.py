"""The benchmark's own database, made from the migrations, and loading into it at the speed of COPY."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg2
from psycopg2 import sql

ROOT = Path(__file__).resolve().parent.parent


def with_database(url: str, name: str) -> str:
    """The same server and role, another database."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@dataclass(frozen=True)
class BenchDatabase:
    """A database of this server, owned by the owner's role, used by the application's role."""

    server_url: str
    application_url: str
    name: str = "ehr_bench"

    @classmethod
    def from_environment(cls, name: str = "ehr_bench") -> BenchDatabase:
        """On the servers DATABASE_URL and DATABASE_OWNER_URL name."""
        return cls(os.environ["DATABASE_OWNER_URL"], os.environ["DATABASE_URL"], name)

    @property
    def owner_url(self) -> str:
        """As the schema's owner."""
        return with_database(self.server_url, self.name)

    @property
    def url(self) -> str:
        """As the application."""
        return with_database(self.application_url, self.name)

    def environment(self) -> dict[str, str]:
        """This process's environment, pointed at the benchmark's database."""
        return os.environ | {
            "DATABASE_URL": self.url, "DATABASE_OWNER_URL": self.owner_url, "EHR_DEMO": "0",
            "SECURE_SSL": "0", "DJANGO_DEBUG": "0",
        }  # fmt: skip

    def create(self, template: str = "") -> None:
        """Drop what is there, create, migrate; or copy a database that is migrated."""
        self.drop()
        if template:
            self._on_server("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", template)
            return
        self._on_server("CREATE DATABASE {}")
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--noinput", "--verbosity", "0"],
            cwd=ROOT,
            env=self.environment(),
            check=True,
        )

    def drop(self) -> None:
        """Remove it, whoever is connected."""
        self._on_server("DROP DATABASE IF EXISTS {} WITH (FORCE)")

    def exists(self) -> bool:
        """Whether it is there."""
        with closing(psycopg2.connect(self.server_url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [self.name])
            return cursor.fetchone() is not None

    def _on_server(self, statement: str, *names: str) -> None:
        with closing(psycopg2.connect(self.server_url)) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, (self.name, *names))))


_INDEXES = """
    SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE i.indrelid = %s::regclass AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)
"""
_FOREIGN_KEYS = (
    "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'f'"
)


@contextmanager
def bulk_loading(cursor: Any, tables: Sequence[str]) -> Iterator[None]:
    """Without the tables' indexes and foreign keys inside; the same ones again, checked, and statistics, afterwards.

    Primary keys and unique constraints stay: keys are time-ordered, so they grow at their right end.
    """
    again: list[Any] = []
    for table in tables:
        name = sql.Identifier(table)
        cursor.execute(_FOREIGN_KEYS, [table])
        for key, definition in cursor.fetchall():
            again.append(
                sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} ").format(name, sql.Identifier(key)) + sql.SQL(definition)
            )
            cursor.execute(sql.SQL("ALTER TABLE {} DROP CONSTRAINT {}").format(name, sql.Identifier(key)))
        cursor.execute(_INDEXES, [table])
        for index, definition in cursor.fetchall():
            again.insert(0, sql.SQL(definition))
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(index)))
    yield
    for statement in again:
        cursor.execute(statement)
    for table in tables:
        cursor.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table)))
