"""Every route × every role × an own and a stranger's patient × every method, against the approved table.

A new route fails until somebody classifies it. Another facility's object answers 404; a resident whose record is not open
here answers with the emergency page and nothing of the record; every access and every refusal is exactly one audit row.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.architecture.asking import ROUTES, TELLING, Told, allowed, ask, last_row, staff_clients, text_of, url_of
from tests.architecture.routes import Route, walk
from tests.factories.belongings import OWN_NAME, STRANGERS_NAME, Belongings, build_belongings
from tests.factories.city import ROLES, build_city

METHODS = ("get", "post", "put", "patch", "delete")
OWNED = {*TELLING, "ledger"}
FORMS = {  # a POST that means nothing without its field
    "clinics:call": ("room",),
    "clinics:reject": ("reason",),
    "clinics:send_back": ("reason",),
    "clinics:cancel_item": ("reason",),
    "clinics:acknowledge": ("action",),
    "clinics:template_keep": ("ten-mau",),
    "clinics:result_exception": ("note",),
    "clinics:stay_bed": ("bed_id",),
    "clinics:stay_move": ("department_id", "reason"),
    "clinics:stay_given": ("slot", "done"),
}


@dataclass(frozen=True)
class World:
    """The belongings of both clinics, a signed-in browser of each role, and the audit row that making them ended with."""

    things: Belongings
    clients: dict[str, Client]
    last: uuid.UUID | None


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(autouse=True)
def _files_of_this_test(files: Path, settings: Any) -> None:
    """The world's files stay where the world put them."""
    settings.MEDIA_ROOT = files


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, files: Path) -> Iterator[World]:
    """Built once for all routes, because every request is undone; gone again with its transaction."""
    from django.test import override_settings

    with django_db_blocker.unblock(), transaction.atomic():
        with override_settings(MEDIA_ROOT=files):
            city = build_city()
            built = World(build_belongings(city), dict(staff_clients(city)), last_row())
        yield built
        transaction.set_rollback(True)


def by_name(*about: str) -> list[Any]:
    return [pytest.param(route, id=route.name) for route in ROUTES.values() if route.about in about]


def test_every_route_is_classified_and_nothing_else() -> None:
    real = {name for name, _ in walk() if not name.startswith("admin:")}
    listed = {name for name in ROUTES if not name.startswith("admin:")}
    assert real - listed == set(), "classify these routes in tests/golden/access_matrix.tsv"
    assert listed - real == set(), "these routes no longer exist"


@pytest.mark.django_db
@pytest.mark.parametrize("route", by_name("nobody", "record", "object", "ledger", "city"))
def test_a_route_answers_each_role_as_approved(route: Route, world: World) -> None:
    faults, things = [], world.things
    for number, (username, client) in enumerate(world.clients.items()):
        for method in METHODS:
            for own in whose(route, method, number):
                wanted = FORMS.get(route.name, ()) if method == "post" else ()
                data = {name: things.value(name, route.name, own=own) for name in wanted}
                answer, rows = ask(client, method, url_of(route, things, own=own), world.last, data)
                where = f"{username} {method} {'own' if own else 'stranger'}: {answer.status_code}, {len(rows)} rows"
                faults += [
                    f"{where}: {fault}"
                    for fault in judge(route, username, method, answer, rows, own=is_theirs(route, username, own))
                ]
    assert faults == []


def whose(route: Route, method: str, number: int) -> tuple[bool, ...]:
    """One's own and a stranger's; a method that does not exist is asked for them in turn, role by role."""
    if route.about not in OWNED:
        return (True,)
    return (True, False) if method in route.methods else (number % 2 == 0,)


def is_theirs(route: Route, username: str, own: bool) -> bool:
    """The Department of Health owns no clinic's object: it reads every one, or none."""
    return route.city == "all" if username == "so.y.te" and route.about in OWNED else own


def judge(route: Route, username: str, method: str, answer: Any, rows: list[Told], *, own: bool) -> Iterator[str]:
    """What is wrong with one answer."""
    need = route.methods.get(method)
    if need is None:
        yield from judge_no_method(answer, rows)
    elif not allowed(need, username):
        yield from judge_no_permission(answer, rows)
    elif own:
        yield from judge_own(route, answer, rows)
    else:
        yield from judge_strangers(route, answer, rows)


def judge_no_method(answer: Any, rows: list[Told]) -> Iterator[str]:
    if answer.status_code != 405 or rows:
        yield "a method that does not exist must answer 405 and leave no row"


def judge_no_permission(answer: Any, rows: list[Told]) -> Iterator[str]:
    if answer.status_code != 403:
        yield "without the permission it must answer 403"
    if [r.outcome for r in rows] != ["refused"]:
        yield "and be exactly one refused row"
    if OWN_NAME in text_of(answer) or STRANGERS_NAME in text_of(answer):
        yield "and tell nothing"


def judge_own(route: Route, answer: Any, rows: list[Told]) -> Iterator[str]:
    status = answer.status_code
    if status >= 500 or status in {401, 403, 404}:
        yield "with the permission, on what is one's own, it must answer"
    if route.about in {*TELLING, "city"} and status not in {409, 422} and [r.outcome for r in rows] != ["ok"]:
        yield f"and leave exactly one row: {rows}"


def judge_strangers(route: Route, answer: Any, rows: list[Told]) -> Iterator[str]:
    if STRANGERS_NAME in text_of(answer):
        yield "it tells of a stranger's patient"
    if route.about in {"object", "ledger"} and answer.status_code != 404:
        yield "another facility's object must answer 404"
    if route.about == "record" and (answer.status_code != 403 or "record-closed" not in {r.code for r in rows}):
        yield "a closed record must answer with the emergency page"
    if [r.outcome for r in rows] != ["refused"]:
        yield f"and be exactly one refused row: {rows}"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "route", by_name("nobody", "record", "object", "ledger", "city", "account", "public", "client")
)
def test_nobody_gets_in_without_signing_in(route: Route, world: World) -> None:
    client = Client()
    for method, need in route.methods.items():
        answer, _ = ask(client, method, url_of(route, world.things, own=True), world.last)
        if need == "public":
            assert answer.status_code < 500
            assert answer.status_code != 404 or route.name == "fhir:patient"
        elif need == "client":
            assert answer.status_code == 401
        else:
            assert answer.status_code == 302
            assert answer["Location"].startswith("/tai-khoan/login/")
        assert OWN_NAME not in text_of(answer)


@pytest.mark.django_db
@pytest.mark.parametrize("username", sorted(ROLES))
def test_the_admin_opens_for_administrators_only(username: str, world: World) -> None:
    client = world.clients[username]
    for name, pattern in walk():
        if not name.startswith("admin:") or name in {"admin:login", "admin:logout", "admin:jsi18n"}:
            continue
        wanted = dict.fromkeys(pattern.pattern.converters, "1")
        if name == "admin:app_list":
            wanted = {"app_label": "registry"}
        if "object_id" in wanted:
            wanted["object_id"] = str(uuid.uuid4())
        answer = client.get(reverse(name, kwargs=wanted) if pattern.name else "/quan-tri/khong-co/")
        if username == "so.y.te":
            assert answer.status_code < 500, name
        else:
            assert answer.status_code in {302, 403, 404}, (name, answer.status_code)
