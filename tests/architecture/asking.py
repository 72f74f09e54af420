"""Asking every route as every role: who asks, what for, what came back, and the audit rows it left."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, reverse

from registry.models import AuditEvent
from registry.rules.permissions import permissions_of
from tests.architecture.routes import Route, approved, walk
from tests.factories.belongings import Belongings
from tests.factories.city import ROLES, City

ROUTES = approved()
TELLING = {"record", "object"}


class Rolled(Exception):
    """Undo what the request did."""


def ask(client: Client, method: str, url: str, data: dict[str, str] | None = None) -> tuple[Any, list[AuditEvent]]:
    """The answer and the audit rows it left; what the request changed is undone."""
    answer: Any = None
    rows: list[AuditEvent] = []
    try:
        with transaction.atomic():
            last = AuditEvent.objects.order_by("id").values_list("id", flat=True).last()
            answer = getattr(client, method)(url, data or {})
            rows = list(AuditEvent.objects.filter(id__gt=last) if last else AuditEvent.objects.all())
            raise Rolled  # noqa: TRY301 - the only way to undo and still answer
    except Rolled:
        return answer, rows


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
