"""The page that registers newborns, and the pages of mother and child that name each other."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from records.models import Patient
from tests.factories.city import NOW, City
from tests.records.conftest import VAN, register
from tests.records.web.test_pages import page, signed_in

BORN = NOW.strftime("%d/%m/%Y")


@pytest.fixture
def sent() -> dict[str, str]:
    """Twins, of whom nobody has a name."""
    return {"birth": BORN, "phone": VAN["phone"], "sex_1": "male", "sex_2": "male", "weight_g_1": "2400"}


def test_twins_by_the_form_and_both_pages(city: City, trail: Any, sent: dict[str, str]) -> None:
    mother = register(city)
    url, browser = reverse("records:newborn", args=[mother]), signed_in(city, "y.ta")
    shown = page(browser.get(url))
    assert "Con bà NGUYỄN THỊ HỒNG VÂN" in shown
    assert VAN["phone"] in shown
    trail()
    refused = browser.post(url, sent | {"weight_g_1": "24", "ward": "không có"})
    assert refused.status_code == 422
    assert Patient.objects.count() == 1
    answer = browser.post(url, sent)
    first, second = Patient.objects.exclude(pk=mother).order_by("id")
    assert answer.status_code == 302
    child = page(browser.get(reverse("records:record", args=[first.pk])))
    assert f'<a href="{reverse("records:record", args=[mother])}">Nguyễn Thị Hồng Vân</a>' in child
    hers = page(browser.get(reverse("records:record", args=[mother])))
    assert first.name in hers
    assert second.name in hers
    again = browser.post(url, sent)
    assert again.status_code == 409
    assert "Vẫn là trẻ khác" in page(again)


def test_a_strangers_facility_is_refused(city: City, sent: dict[str, str]) -> None:
    mother = register(city, by="le.tan.2")
    url, browser = reverse("records:newborn", args=[mother]), signed_in(city, "y.ta")
    assert browser.get(url).status_code == 403
    assert browser.post(url, sent).status_code == 403
    assert Patient.objects.count() == 1
