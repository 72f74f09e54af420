"""COPY for the demonstration city: rows of a model, as the application's role, inside the running transaction."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson
from django.db import connection, models
from psycopg2 import sql

_ESCAPED = {"\\": r"\\", "\t": r"\t", "\n": r"\n", "\r": r"\r"}
_SPECIAL = re.compile(r"[\\\t\n\r]")
_BATCH = 5_000


def _text(value: str) -> str:
    return _SPECIAL.sub(lambda found: _ESCAPED[found.group()], value) if _SPECIAL.search(value) else value


_FORMATS: dict[type, Callable[[Any], str]] = {
    str: _text,
    bool: lambda value: "t" if value else "f",
    int: str,
    Decimal: str,
    date: date.isoformat,
    datetime: datetime.isoformat,
    dict: lambda value: _text(orjson.dumps(value).decode()),
    type(None): lambda _: r"\N",
}


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
            lines.append("\t".join([_FORMATS[type(value)](value) for value in row]))
            written += 1
            if len(lines) == _BATCH:
                cursor.copy_expert(command, io.StringIO("\n".join(lines) + "\n"))
                lines.clear()
        if lines:
            cursor.copy_expert(command, io.StringIO("\n".join(lines) + "\n"))
    return written
