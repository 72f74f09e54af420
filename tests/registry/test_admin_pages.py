"""The admin's door and pages: open to the Department of Health, closed to everybody else, every refusal one row."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from registry.models import ADMIN_RIGHTS, AuditEvent
from tests.factories.city import City

pytestmark = pytest.mark.django_db

MODELS = sorted(
    (m for m in admin.site._registry if m.__module__.startswith(("registry.", "oauth2_provider."))), key=str
)
SignedIn = Callable[[str], Client]


def address(model: type, action: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


def rows() -> list[tuple[str, str, str]]:
    return list(AuditEvent.objects.order_by("at").values_list("action", "outcome", "target_type"))


def test_only_what_the_house_wants_is_registered() -> None:
    assert {m._meta.model_name for m in admin.site._registry} <= set(ADMIN_RIGHTS)
    assert {m._meta.model_name for m in MODELS} == {
        "administrativeunit", "unitsuccession", "facility", "department", "room", "codesystem", "concept", "staff",
        "assignment", "apiclient", "application", "auditevent", "auditseal", "job",
    }  # fmt: skip


@pytest.mark.parametrize("model", MODELS, ids=lambda m: m.__name__)
def test_every_page_opens_for_the_administrator_and_for_nobody_else(
    city: City, signed_in_as: SignedIn, model: type, samples: dict[str, object]
) -> None:
    officer, clerk = signed_in_as("so.y.te"), signed_in_as("le.tan")
    _, allowed = ADMIN_RIGHTS[model._meta.model_name]
    row = samples[model._meta.model_name]
    pages = [(address(model, "changelist"), True), (address(model, "change", row.pk), True)]
    pages += [(address(model, "add"), "add" in allowed), (address(model, "delete", row.pk), "delete" in allowed)]
    for url, opens in pages:
        assert officer.get(url).status_code == (200 if opens else 403), url
        before = AuditEvent.objects.count()
        assert clerk.get(url).status_code == 403, url
        assert AuditEvent.objects.count() == before + 1, "a refused try is exactly one row"


@pytest.mark.parametrize("path", ["", "jsi18n/", "autocomplete/", "search/?s=kim"])
def test_the_frame_around_the_lists_is_closed_too(city: City, signed_in_as: SignedIn, path: str) -> None:
    assert signed_in_as("le.tan").get(f"/quan-tri/{path}").status_code == 403
    assert rows() == [("refuse", "refused", "")]


def test_the_index_is_in_vietnamese_and_tidy(city: City, signed_in_as: SignedIn) -> None:
    html = signed_in_as("so.y.te").get("/quan-tri/").content.decode()
    for words in ("Cơ sở y tế", "Nhân viên", "Nhật ký truy cập", "Khoá kết nối"):
        assert words in html
    for foreign in ("Axes", "Periodic", "OAuth", "Access tokens", "Groups", "Recent actions", "Authentication"):
        assert foreign not in html


def test_a_clerk_sees_our_refusal_and_not_a_second_login(city: City, signed_in_as: SignedIn) -> None:
    answer = signed_in_as("le.tan").get("/quan-tri/")
    assert answer.status_code == 403
    assert "không có quyền" in answer.content.decode()
    assert "password" not in answer.content.decode().lower()


def test_there_is_one_way_in(client: Client, city: City) -> None:
    page = client.get("/quan-tri/registry/staff/", follow=True)
    assert page.redirect_chain[-1] == ("/tai-khoan/login/?next=/quan-tri/registry/staff/", 302)
    assert client.get("/quan-tri/login/?next=https://la.example/")["Location"] == "/tai-khoan/login/?next=/quan-tri/"
    assert client.post("/quan-tri/login/", {"username": "so.y.te", "password": "x"})["Location"].startswith(
        "/tai-khoan/"
    )


def test_leaving_and_changing_ones_password_go_through_the_house(city: City, signed_in_as: SignedIn) -> None:
    officer = signed_in_as("so.y.te")
    assert officer.get("/quan-tri/password_change/")["Location"] == reverse("account_change_password")
    assert officer.post("/quan-tri/logout/")["Location"] == reverse("account_login")
    assert officer.get("/quan-tri/").status_code == 302


def test_an_administrator_without_a_second_factor_is_sent_to_set_it_up(client: Client, city: City) -> None:
    client.force_login(city.staff["so.y.te"])
    answer = client.get("/quan-tri/")
    assert (answer.status_code, answer["Location"]) == (302, reverse("mfa_activate_totp"))


def test_the_rights_are_those_of_the_role_one_stands_in(city: City, signed_in_as: SignedIn) -> None:
    """Somebody who is also a doctor acts in the admin as administrator or not at all."""
    from tests.factories.city import SINCE

    doctor = city.staff["so.y.te"].assignments.create(facility=city.here, role="doctor", valid_from=SINCE)
    officer = signed_in_as("so.y.te")
    assert officer.get("/quan-tri/").status_code == 200
    officer.post(reverse("switch_assignment"), {"assignment": doctor.pk})
    assert officer.get("/quan-tri/").status_code == 403
