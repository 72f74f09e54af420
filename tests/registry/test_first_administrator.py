"""The first account of a new installation."""

from __future__ import annotations

import pytest
from django.contrib.auth.hashers import identify_hasher
from django.core.management import CommandError, call_command
from django.utils import timezone

from registry.commands.first_administrator import create_administrator
from registry.kernel import Channel, Conflict, NotFound, Refused
from registry.models import AuditEvent, Staff
from registry.queries.contexts import system_context
from tests.factories.city import City

pytestmark = pytest.mark.django_db
GOOD = "mot-mat-khau-du-dai-9"


def make(**changes: str) -> Staff:
    answers = {
        "username": "quan.tri",
        "full_name": "Trần Thị Mẫu",
        "password": GOOD,
        "facility_code": "01T00",
    } | changes
    ctx = system_context(timezone.now(), channel=Channel.COMMAND_LINE)
    return create_administrator(ctx, **answers)


def test_the_account_is_a_city_administrator_with_an_argon2_password(city: City) -> None:
    person = make()
    assert [a.role for a in person.assignments.all()] == ["city-administrator"]
    assert identify_hasher(person.password).algorithm == "argon2"
    assert AuditEvent.objects.filter(action="create", target_type="Staff", target_id=str(person.pk)).count() == 1


@pytest.mark.parametrize(
    ("changes", "kind", "code"),
    [
        ({"facility_code": "99999"}, NotFound, "not-found"),
        ({"username": "Bac.Si"}, Conflict, "username-taken"),
        ({"password": "ngan"}, Refused, "weak-password"),
        ({"password": "password1234"}, Refused, "weak-password"),
    ],
)
def test_it_is_refused_with_a_reason(city: City, changes: dict[str, str], kind: type[Refused], code: str) -> None:
    before = Staff.objects.count()
    with pytest.raises(kind) as refused:
        make(**changes)
    assert refused.value.code == code
    assert Staff.objects.count() == before


def test_the_command_asks_twice_for_the_password(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter([GOOD, GOOD + "x", GOOD, GOOD])
    monkeypatch.setattr("registry.management.commands.create_administrator.getpass", lambda _: next(typed))
    arguments = {"username": "quan.tri", "full_name": "Trần Thị Mẫu", "facility": "01T00"}
    with pytest.raises(CommandError, match="không giống nhau"):
        call_command("create_administrator", **arguments)
    call_command("create_administrator", **arguments)
    assert Staff.objects.filter(username="quan.tri").exists()
