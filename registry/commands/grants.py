"""The application's rights in the database: it owns nothing, and what is written once stays as written."""

from __future__ import annotations

import pghistory.models
from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg2 import sql

from registry.models import AppendOnly, AuditEvent


def append_only_tables() -> list[str]:
    """Tables whose rows the application may add and read, never change: audit, history, append-only states."""
    models = [model for model in apps.get_models() if issubclass(model, AppendOnly | pghistory.models.Event)]
    return sorted({model._meta.db_table for model in models if model._meta.managed} | {AuditEvent._meta.db_table})


def grant_application_rights(connection: BaseDatabaseWrapper, role: str) -> None:
    """Grant `role` everyday rights on every table, and only INSERT and SELECT on what is append-only.

    Run by the schema's owner after each migration; TRUNCATE is granted nowhere.
    """
    name = sql.Identifier(role)
    statements = [
        sql.SQL("REVOKE CREATE ON SCHEMA public FROM PUBLIC"),
        sql.SQL("GRANT USAGE ON SCHEMA public TO {0}").format(name),
        sql.SQL("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {0}").format(name),
        sql.SQL("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {0}").format(name),
        sql.SQL("REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {0}").format(name),
    ]
    statements += [
        sql.SQL("REVOKE UPDATE, DELETE, TRUNCATE ON {1} FROM {0}").format(name, sql.Identifier(table))
        for table in append_only_tables()
    ]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        cursor.execute(
            "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'registry_auditevent'::regclass"
        )
        for (partition,) in cursor.fetchall():
            cursor.execute(sql.SQL("REVOKE ALL ON {1} FROM {0}").format(name, sql.Identifier(partition)))
