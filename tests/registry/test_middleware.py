"""What stands before every page: idle sessions, assignments, second factor, headers, and logs that name nobody."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.models import Assignment
from tests.factories.city import City
from tests.factories.residents import make_resident

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]
PAGE = "/giao-dien/"


def directives(answer: Any) -> dict[str, set[str]]:
    parts = [part.split() for part in answer["Content-Security-Policy"].split(";") if part.strip()]
    return {name: set(values) for name, *values in parts}


def test_an_idle_session_ends_and_a_used_one_goes_on(signed_in_as: SignedIn, settings: Any) -> None:
    start = timezone.now()
    with time_machine.travel(start, tick=False) as clock:
        nurse = signed_in_as("y.ta")
        assert nurse.get(PAGE).status_code == 200
        for _ in range(3):
            clock.shift(settings.SESSION_IDLE_SECONDS - 1)
            assert nurse.get(PAGE).status_code == 200
        clock.shift(settings.SESSION_IDLE_SECONDS + 1)
        answer = nurse.get(PAGE)
        assert (answer.status_code, answer["Location"]) == (302, f"{reverse('account_login')}?next={PAGE}")
        assert nurse.get(PAGE).status_code == 302, "the session is gone, not only this request"


def test_one_stands_only_in_ones_own_assignments(signed_in_as: SignedIn, city: City) -> None:
    nurse = signed_in_as("y.ta")
    elsewhere = Assignment.objects.create(
        staff=city.staff["y.ta"], facility=city.elsewhere, role="receptionist", valid_from=date(2024, 1, 1)
    )
    others = city.staff["so.y.te"].assignments.get()
    url = reverse("switch_assignment")

    def stands() -> tuple[str, str]:
        ctx = nurse.get(PAGE).wsgi_request.ctx
        return ctx.facility.code, ctx.role

    assert stands() == ("01T01", "nurse")
    nurse.post(url, {"assignment": elsewhere.pk})
    assert stands() == ("01T02", "receptionist")
    for stranger in (others.pk, "x", "", 10**9):
        nurse.post(url, {"assignment": stranger})
        assert stands() == ("01T02", "receptionist")
    assert nurse.get(url).status_code == 405
    assert nurse.post(url, {"assignment": elsewhere.pk, "next": "https://la.example/"})["Location"] == "/"


def test_what_is_taken_away_is_gone_at_the_next_request(signed_in_as: SignedIn, city: City) -> None:
    officer = signed_in_as("so.y.te")
    assert officer.get("/quan-tri/").status_code == 200
    yesterday = timezone.localdate() - timedelta(days=1)
    city.staff["so.y.te"].assignments.update(valid_to=yesterday)
    assert officer.get("/quan-tri/").status_code == 403

    doctor = signed_in_as("bac.si")
    city.staff["bac.si"].assignments.update(valid_from=timezone.localdate() + timedelta(days=1))
    assert not doctor.get("/tai-khoan/password/change/").wsgi_request.ctx.permissions

    nurse = signed_in_as("y.ta")
    assert nurse.get(PAGE).status_code == 200
    type(city.staff["y.ta"]).objects.filter(username="y.ta").update(is_active=False)
    answer = nurse.get(PAGE)
    assert (answer.status_code, answer["Location"].split("?")[0]) == (302, reverse("account_login"))


def test_an_administrator_without_totp_reaches_only_the_set_up(client: Client, city: City) -> None:
    client.force_login(city.staff["so.y.te"])
    for url in ("/", PAGE, "/quan-tri/registry/staff/"):
        assert client.get(url)["Location"] == reverse("mfa_activate_totp")
    assert client.post(reverse("switch_assignment"), {"assignment": "1"})["Location"] == reverse("mfa_activate_totp")
    client.force_login(city.staff["le.tan"])
    assert client.get(PAGE).status_code == 200, "others may, they need not"


def test_the_second_factor_is_known_once_it_is_set_up(client: Client, city: City) -> None:
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

    TOTP.activate(city.staff["so.y.te"], generate_totp_secret())
    client.force_login(city.staff["so.y.te"])
    assert client.get("/quan-tri/").status_code == 200


ANSWERS = {
    "a page": (PAGE, 200),
    "the login page": ("/tai-khoan/login/", 200),
    "a redirect": ("/", 302),
    "an unknown address": ("/khong-co-trang-nay/", 404),
    "a refusal": ("/quan-tri/", 403),
    "a wrong method": ("/co-so/doi/", 405),
    "health": ("/suc-khoe/", 200),
    "the API without a token": ("/fhir/R4/Patient", 401),
    "the API's description": ("/api/schema/", 200),
    "a static file": ("/static/css/tokens.css", 200),
}


@pytest.mark.parametrize("kind", ANSWERS)
def test_every_kind_of_answer_carries_the_headers(client: Client, city: City, kind: str) -> None:
    path, status = ANSWERS[kind]
    if kind != "the login page":
        client.force_login(city.staff["le.tan"])
    answer = client.get(path)
    assert answer.status_code == status
    policy = directives(answer)
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == {"'none'"}
    assert "'unsafe-eval'" not in policy["script-src"] or path.startswith("/quan-tri/")
    assert "'unsafe-inline'" not in policy["script-src"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert "microphone=()" in answer["Permissions-Policy"]
    assert answer["X-Request-Id"]
    assert "Strict-Transport-Security" not in answer
    if kind != "a static file":
        assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize(
    ("path", "who", "directive", "word"),
    [
        ("/quan-tri/", "so.y.te", "script-src", "'unsafe-eval'"),
        ("/quan-tri/", "so.y.te", "style-src", "'unsafe-inline'"),
        ("/api/tai-lieu/", "le.tan", "script-src", "'unsafe-inline'"),
    ],
)
def test_only_the_admin_and_the_api_page_are_given_more(
    signed_in_as: SignedIn, path: str, who: str, directive: str, word: str
) -> None:
    person = signed_in_as(who)
    assert word in directives(person.get(path))[directive]
    assert word not in directives(person.get(PAGE))[directive]
    assert word not in directives(person.get(f"{path.rstrip('/')}-gia/"))[directive], "a look-alike address is not it"


def test_over_tls_browsers_are_told_to_stay(client: Client, city: City, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client()
    redirected = client.get("/tai-khoan/login/")
    assert (redirected.status_code, redirected["Location"]) == (301, "https://testserver/tai-khoan/login/")
    for path in ("/tai-khoan/login/", "/khong-co/", "/fhir/R4/Patient", "/static/css/tokens.css"):
        told = client.get(path, secure=True)["Strict-Transport-Security"]
        assert told == "max-age=31536000; includeSubDomains; preload"
    assert client.get("/suc-khoe/").status_code == 200, "the proxy asks without TLS"


class Written(logging.Handler):
    """Everything that would be printed, as it would be printed."""

    def __init__(self) -> None:
        super().__init__(level=logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        from structlog.stdlib import ProcessorFormatter

        shown = ProcessorFormatter(processor=lambda _, __, event: json.dumps(event, default=str, ensure_ascii=False))
        self.lines.append(f"{shown.format(record)} {record.args}")


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Written:
    handler, root = Written(), logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


def test_logs_name_nobody(signed_in_as: SignedIn, city: City, written: Written) -> None:
    make_resident(city.here, "Trần Thị Bích Ngọc", date(1990, 5, 17), cccd="001190012345", phone="0912345678")
    logging.getLogger("probe").warning("the handler hears %s", "this")
    clerk = signed_in_as("le.tan")
    for words in ("Trần Thị Bích Ngọc", "tran thi bich ngoc", "001190012345", "0912345678"):
        found = clerk.post(reverse("patient_search"), {"q": words})
        assert found.status_code == 200
        assert "Bích Ngọc" in found.content.decode()
    new = {"name": "Phạm Quỳnh Giao", "birth": "03/02/1988", "sex": "female", "phone": "0987654321"}
    assert clerk.post(reverse("records:register"), new | {"birth": "31/02/1988"}).status_code == 422
    assert clerk.post(reverse("records:register"), new).status_code == 302
    clerk.get("/ho-so/Phạm-Quỳnh-Giao/")
    Client().post("/tai-khoan/login/", {"login": "Trần Thị Bích Ngọc", "password": "001190012345"})
    text = "\n".join(written.lines)
    assert "this" in text
    for said in ("Ngọc", "Ngoc", "ngoc", "Giao", "001190012345", "0912345678", "0987654321", "/1988"):
        assert said not in text, said


def test_a_fault_of_ours_shows_nothing_and_needs_nothing(
    signed_in_as: SignedIn, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where what surrounds every page is what broke."""
    from django.template.engine import Engine

    def broken(_: object) -> None:
        raise ArithmeticError("Trần Thị Bích Ngọc")

    clerk = signed_in_as("le.tan")
    monkeypatch.setattr(Engine.get_default(), "template_context_processors", (broken,))
    clerk.raise_request_exception = False
    answer = clerk.get(PAGE)
    assert answer.status_code == 500
    assert "Hệ thống gặp lỗi" in answer.content.decode()
    assert "Ngọc" not in answer.content.decode()
    assert directives(answer)["default-src"] == {"'none'"}
