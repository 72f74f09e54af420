"""COPY for the demonstration city: rows of a model, as the application's role, inside the running transaction."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence

import orjson
from django.db import connection, models
from psycopg2 import sql

_ESCAPED = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_SPECIAL = re.compile(r"[\\\t\n\r]")
_BATCH = 5_000


def _field(value: object) -> str:
    if value is None:
        return r"\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    text = orjson.dumps(value).decode() if isinstance(value, dict) else str(value)
    return _SPECIAL.sub(lambda found: _ESCAPED[found.group()], text)


def copy_rows(model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Add rows to the model's table; `columns` are database columns. Constraints and triggers hold as they always do.

    Gives the number of rows.
    """
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(model._meta.db_table), sql.SQL(", ").join(map(sql.Identifier, columns))
    )
    written = 0
    with connection.cursor() as cursor:
        command = statement.as_string(cursor.connection)
        lines: list[str] = []
        for row in rows:
            lines.append("\t".join(map(_field, row)))
            written += 1
            if len(lines) == _BATCH:
                cursor.copy_expert(command, io.StringIO("\n".join(lines) + "\n"))
                lines.clear()
        if lines:
            cursor.copy_expert(command, io.StringIO("\n".join(lines) + "\n"))
    return written
