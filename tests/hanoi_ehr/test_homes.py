"""Whoever signs in stands at once where their day begins."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from registry.models import Assignment
from tests.factories.city import City
from tests.records.web.test_pages import signed_in


@pytest.mark.parametrize(
    ("username", "begins"),
    [
        ("le.tan", "clinics:reception"),
        ("y.ta", "clinics:worklist"),
        ("bac.si", "clinics:worklist"),
        ("ky.thuat.vien", "clinics:orders"),
        ("duoc.si", "clinics:pharmacy"),
        ("thu.ngan", "clinics:till"),
        ("sang.loc", "screening:worklist"),
        ("di.tru", "migration:batches"),
        ("so.y.te", "records:emergency_reviews"),
    ],
)
def test_each_role_begins_on_its_own_page(city: City, username: str, begins: str) -> None:
    browser = signed_in(city, username)
    assert browser.get(reverse("home"))["Location"] == reverse(begins)
    assert browser.get(reverse(begins)).status_code == 200


def test_without_an_assignment_nothing_begins(city: City) -> None:
    staff = city.staff["bac.si"]
    browser: Client = signed_in(city, "bac.si")
    Assignment.objects.filter(staff=staff).update(valid_to="2020-01-01")
    answer = browser.get(reverse("home"))
    assert (answer.status_code, "registry/no_assignment.html" in {t.name for t in answer.templates}) == (403, True)
