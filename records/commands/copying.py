"""COPY: the fastest way into a table, for bulk loaders. Columns are the model's own, in its order."""

from __future__ import annotations

import io
import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection

_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def new_ids(count: int) -> list[uuid.UUID]:
    """Time-ordered keys from the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT uuidv7() FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


@cache
def columns_of(table: str) -> tuple[str, ...]:
    """A table's columns in the order its model declares them, which is the order loaders give their values in."""
    model = next(model for model in apps.get_models() if model._meta.db_table == table)
    return tuple(str(field.column) for field in model._meta.concrete_fields)


def copy_rows(table: str, rows: Iterable[Sequence[Any]], columns: Sequence[str] = ()) -> None:
    """Write rows; IntegrityError when one of them is already there. columns: all of the model's unless given."""
    named = ", ".join(f'"{name}"' for name in columns or columns_of(table))
    buffer = io.StringIO("".join("\t".join(map(_text, row)) + "\n" for row in rows))
    with connection.cursor() as cursor, connection.wrap_database_errors:
        cursor.cursor.copy_expert(f'COPY "{table}" ({named}) FROM STDIN', buffer)


def _text(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return str(value)
