"""Asking every route as every role: who asks, what for, what came back, and the audit rows it left."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.test import Client
from django.urls import URLPattern, reverse

from registry.rules.permissions import permissions_of
from tests.architecture.routes import Route, approved, walk
from tests.factories.belongings import Belongings
from tests.factories.city import ROLES, City

ROUTES = approved()
TELLING = {"record", "object"}


class Rolled(Exception):
    """Undo what the request did."""


class Told(NamedTuple):
    """What an audit row says of a request."""

    action: str
    outcome: str
    code: str


def ask(
    client: Client, method: str, url: str, last: uuid.UUID | None, data: dict[str, str] | None = None
) -> tuple[Any, list[Told]]:
    """The answer and the audit rows it left after the `last` one; what the request changed is undone."""
    answer: Any = None
    rows: list[Told] = []
    try:
        with transaction.atomic():
            answer = getattr(client, method)(url, data or {})
            rows = rows_since(last)
            raise Rolled  # noqa: TRY301 - the only way to undo and still answer
    except Rolled:
        return answer, rows


def last_row() -> uuid.UUID | None:
    """The newest audit row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM registry_auditevent ORDER BY id DESC LIMIT 1")
        return next((one for (one,) in cursor.fetchall()), None)


def rows_since(last: uuid.UUID | None) -> list[Told]:
    """The audit rows after that one, or all; asked after each of ten thousand requests, so without the ORM."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT action, outcome, code FROM registry_auditevent WHERE %(last)s::uuid IS NULL OR id > %(last)s::uuid",
            {"last": last},
        )
        return [Told(*row) for row in cursor.fetchall()]


def staff_clients(city: City) -> Iterator[tuple[str, Client]]:
    for username in ROLES:
        client = Client()
        client.force_login(city.staff[username])
        session = client.session
        session["second_factor"] = True
        session["seen"] = 10**11
        session.save()
        yield username, client


@cache
def patterns() -> dict[str, URLPattern]:
    """Every route by its name."""
    return dict(walk())


def url_of(route: Route, things: Belongings, *, own: bool) -> str:
    parameters = patterns()[route.name].pattern.converters
    wanted = {name: things.value(name, route.name, own=own) for name in parameters}
    return reverse(route.name, kwargs=wanted)


def text_of(answer: Any) -> str:
    return b"".join(answer).decode(errors="ignore") if answer.streaming else answer.content.decode(errors="ignore")


def allowed(need: str, username: str) -> bool:
    if need in {"login", "public"}:
        return True
    return any(p.value in need.split("|") for p in permissions_of(ROLES[username]))
