"""What sessions leave behind: sign-in, sign-out, second factors, and the help for who lost theirs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from registry.models import AuditEvent
from tests.factories.city import PASSWORD, City

pytestmark = pytest.mark.django_db
SignedIn = Callable[[str], Client]


@pytest.fixture
def officer(signed_in_as: SignedIn) -> Client:
    return signed_in_as("so.y.te")


def actions(city: City, username: str) -> list[str]:
    rows = AuditEvent.objects.filter(target_type="Staff", target_id=str(city.staff[username].pk))
    return list(rows.order_by("at", "id").values_list("action", flat=True))


def test_coming_and_going_are_one_row_each(client: Client, city: City) -> None:
    client.post(reverse("account_login"), {"login": "le.tan", "password": PASSWORD})
    client.post(reverse("account_logout"))
    assert actions(city, "le.tan") == ["sign-in", "sign-out"]


def test_a_second_factor_switched_off_is_known_at_once(client: Client, city: City) -> None:
    person = city.staff["so.y.te"]
    TOTP.activate(person, generate_totp_secret())
    client.post(reverse("account_login"), {"login": "so.y.te", "password": PASSWORD})
    client.force_login(person)
    assert client.get("/quan-tri/").status_code == 200
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    client.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=person, type="totp").exists()
    assert client.get("/quan-tri/")["Location"] == reverse("mfa_activate_totp")
    assert actions(city, "so.y.te")[-1] == "second-factor-off"


def test_who_lost_the_device_gets_help_and_every_session_ends(
    officer: Client, signed_in_as: SignedIn, city: City
) -> None:
    theirs, page = signed_in_as("bac.si"), f"/quan-tri/registry/staff/{city.staff['bac.si'].pk}/hai-lop/"
    refused = officer.post(page)
    assert "chưa bật xác thực hai lớp" in refused.content.decode()
    TOTP.activate(city.staff["bac.si"], generate_totp_secret())
    assert officer.get(page).status_code == 200
    assert Authenticator.objects.filter(user=city.staff["bac.si"]).exists(), "asking changes nothing"
    assert officer.post(page).status_code == 302
    assert not Authenticator.objects.filter(user=city.staff["bac.si"]).exists()
    assert theirs.get("/giao-dien/").status_code == 302, "signed out"
    assert officer.get("/giao-dien/").status_code == 200, "nobody else is"
    assert actions(city, "bac.si") == ["second-factor-reset"]


def test_nobody_takes_their_own_second_factor_away_here(officer: Client, city: City) -> None:
    answer = officer.post(f"/quan-tri/registry/staff/{city.staff['so.y.te'].pk}/hai-lop/")
    assert "của chính mình" in answer.content.decode()
