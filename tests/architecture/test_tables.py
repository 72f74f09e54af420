"""Promises about every table, found by reflection: a new model is covered without being asked."""

from __future__ import annotations

import pghistory.models
import pytest
from django.apps import apps
from django.db import connection, models

from registry.commands.grants import append_only_tables
from registry.models import AppendOnly

APPS = {"registry", "records", "clinics", "screening", "migration"}
OURS = [m for m in apps.get_models() if m._meta.app_label in APPS]
EVENTS = [m for m in OURS if issubclass(m, pghistory.models.Event)]


def test_rows_that_others_point_at_cannot_be_deleted() -> None:
    """Foreign keys PROTECT; history tables carry plain references on purpose."""
    loose = [
        f"{model.__name__}.{field.name}"
        for model in OURS
        if model not in EVENTS
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete is not models.PROTECT
    ]
    assert loose == []


def test_what_leaves_the_system_has_time_ordered_keys() -> None:
    from registry.models import Uuid7Model

    outside = [m for m in OURS if m._meta.app_label == "records" and m not in EVENTS]
    plain = [m.__name__ for m in outside if not issubclass(m, Uuid7Model) and m.__name__ != "RecordLink"]
    assert plain == []


@pytest.mark.django_db
def test_clinical_tables_keep_their_history_by_triggers() -> None:
    """Every mutable table of records, clinics and screening has update and delete triggers in the database itself."""
    wanted = {
        m._meta.db_table
        for m in OURS
        if m._meta.app_label == "records" and not issubclass(m, AppendOnly) and m not in EVENTS
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, bool_or((t.tgtype & 16) > 0), bool_or((t.tgtype & 8) > 0) FROM pg_trigger t"
            " JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal GROUP BY 1"
        )
        kept = {name for name, on_update, on_delete in cursor.fetchall() if on_update and on_delete}
    assert wanted - kept == set()


@pytest.mark.django_db
def test_the_applications_role_owns_nothing_and_changes_nothing_written_once() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = current_user"
        )
        assert cursor.fetchone() == (0,)
        cursor.execute(
            "SELECT rolsuper, rolcreatedb, rolcreaterole, rolbypassrls FROM pg_roles WHERE rolname = current_user"
        )
        assert cursor.fetchone() == (False, False, False, False)
        tables = append_only_tables()
        assert "registry_auditevent" in tables
        assert len(tables) > 10
        cursor.execute(
            "SELECT t FROM unnest(%s::text[]) t WHERE has_table_privilege(t, 'UPDATE') OR has_table_privilege(t, 'DELETE')"
            " OR has_table_privilege(t, 'TRUNCATE')",
            [tables],
        )
        assert cursor.fetchall() == []
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
            " AND has_table_privilege(oid, 'TRUNCATE')"
        )
        assert cursor.fetchall() == []
