"""Every route × every role × an own and a stranger's patient × every method, against the approved table.

A new route fails until somebody classifies it. Another facility's object answers 404; a resident whose record is not open
here answers with the emergency page and nothing of the record; every access and every refusal is exactly one audit row;
where the audit cannot be written, nothing is answered.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from registry.models import AuditEvent
from registry.rules.permissions import permissions_of
from tests.architecture.routes import Route, approved, walk
from tests.factories.belongings import OWN_NAME, STRANGERS_NAME, Belongings, build_belongings
from tests.factories.city import ROLES, City

ROUTES = approved()
METHODS = ("get", "post", "put", "patch", "delete")
TELLING = {"record", "object"}
OWNED = {*TELLING, "ledger"}
FORMS = {"clinics:call": ("room",)}  # a POST that means nothing without its field


def by_name(*about: str) -> list[Any]:
    return [pytest.param(route, id=route.name) for route in ROUTES.values() if route.about in about]


def test_every_route_is_classified_and_nothing_else() -> None:
    real = {name for name, _ in walk() if not name.startswith("admin:")}
    listed = {name for name in ROUTES if not name.startswith("admin:")}
    assert real - listed == set(), "classify these routes in tests/golden/access_matrix.tsv"
    assert listed - real == set(), "these routes no longer exist"


@pytest.fixture
def things(city: City) -> Belongings:
    return build_belongings(city)


class Rolled(Exception):
    """Undo what the request did."""


def ask(client: Client, method: str, url: str, data: dict[str, str] | None = None) -> tuple[Any, list[AuditEvent]]:
    """The answer and the audit rows it left; what the request changed is undone."""
    answer: Any = None
    rows: list[AuditEvent] = []
    try:
        with transaction.atomic():
            before = set(AuditEvent.objects.values_list("id", flat=True))
            answer = getattr(client, method)(url, data or {})
            rows = list(AuditEvent.objects.exclude(id__in=before))
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


def url_of(route: Route, things: Belongings, *, own: bool) -> str:
    pattern = dict(walk())[route.name].pattern
    wanted = {name: things.value(name, route.name, own=own) for name in pattern.converters}
    return reverse(route.name, kwargs=wanted)


def text_of(answer: Any) -> str:
    return b"".join(answer).decode(errors="ignore") if answer.streaming else answer.content.decode(errors="ignore")


def allowed(need: str, username: str) -> bool:
    if need in {"login", "public"}:
        return True
    return any(p.value in need.split("|") for p in permissions_of(ROLES[username]))


@pytest.mark.django_db
@pytest.mark.parametrize("route", by_name("nobody", "record", "object", "ledger", "city"))
def test_a_route_answers_each_role_as_approved(route: Route, city: City, things: Belongings) -> None:
    faults = []
    for username, client in staff_clients(city):
        for method in METHODS:
            for own in (True, False) if route.about in OWNED else (True,):
                wanted = FORMS.get(route.name, ()) if method == "post" else ()
                data = {name: things.value(name, route.name, own=own) for name in wanted}
                answer, rows = ask(client, method, url_of(route, things, own=own), data)
                where = f"{username} {method} {'own' if own else 'stranger'}: {answer.status_code}, {len(rows)} rows"
                faults += [
                    f"{where}: {fault}"
                    for fault in judge(route, username, method, answer, rows, own=is_theirs(route, username, own))
                ]
    assert faults == []


def is_theirs(route: Route, username: str, own: bool) -> bool:
    """The Department of Health owns no clinic's object: it reads every one, or none."""
    return route.city == "all" if username == "so.y.te" and route.about in OWNED else own


def judge(route: Route, username: str, method: str, answer: Any, rows: list[AuditEvent], *, own: bool) -> Iterator[str]:
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


def judge_no_method(answer: Any, rows: list[AuditEvent]) -> Iterator[str]:
    if answer.status_code != 405 or rows:
        yield "a method that does not exist must answer 405 and leave no row"


def judge_no_permission(answer: Any, rows: list[AuditEvent]) -> Iterator[str]:
    if answer.status_code != 403:
        yield "without the permission it must answer 403"
    if [r.outcome for r in rows] != ["refused"]:
        yield "and be exactly one refused row"
    if OWN_NAME in text_of(answer) or STRANGERS_NAME in text_of(answer):
        yield "and tell nothing"


def judge_own(route: Route, answer: Any, rows: list[AuditEvent]) -> Iterator[str]:
    status = answer.status_code
    if status >= 500 or status in {401, 403, 404}:
        yield "with the permission, on what is one's own, it must answer"
    if route.about in {*TELLING, "city"} and status not in {409, 422} and [r.outcome for r in rows] != ["ok"]:
        yield f"and leave exactly one row: {told(rows)}"


def judge_strangers(route: Route, answer: Any, rows: list[AuditEvent]) -> Iterator[str]:
    if STRANGERS_NAME in text_of(answer):
        yield "it tells of a stranger's patient"
    if route.about in {"object", "ledger"} and answer.status_code != 404:
        yield "another facility's object must answer 404"
    if route.about == "record" and (answer.status_code != 403 or "record-closed" not in {r.code for r in rows}):
        yield "a closed record must answer with the emergency page"
    if [r.outcome for r in rows] != ["refused"]:
        yield f"and be exactly one refused row: {told(rows)}"


def told(rows: list[AuditEvent]) -> list[tuple[str, str, str]]:
    return [(r.action, r.outcome, r.code) for r in rows]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "route", by_name("nobody", "record", "object", "ledger", "city", "account", "public", "client")
)
def test_nobody_gets_in_without_signing_in(route: Route, city: City, things: Belongings) -> None:
    client = Client()
    for method, need in route.methods.items():
        answer, _ = ask(client, method, url_of(route, things, own=True))
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
def test_the_admin_opens_for_administrators_only(username: str, city: City) -> None:
    client = dict(staff_clients(city))[username]
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


@pytest.mark.django_db(transaction=True)
def test_where_the_audit_cannot_be_written_every_telling_page_is_refused(live_city: City, test_database: Any) -> None:
    from tests.registry.test_operations import without_audit

    things = build_belongings(live_city)
    clients = dict(staff_clients(live_city))
    urls = {
        route.name: (username, url_of(route, things, own=True))
        for route in ROUTES.values()
        if route.about in TELLING and "get" in route.methods
        for username in ROLES
        if allowed(route.methods["get"], username)
    }
    assert urls
    with without_audit(test_database):
        answers = {name: clients[username].get(url) for name, (username, url) in urls.items()}
    told = [name for name, a in answers.items() if a.status_code != 503 or OWN_NAME in text_of(a)]
    assert told == []
