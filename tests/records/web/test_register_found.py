"""While a resident is being typed in, the desk sees who is on file already, no more of them than the warning shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from records.models import MatchCandidate, NotSamePerson, Patient
from records.queries.duplicates import SHOWN
from records.web import register as registering
from registry.web import throttle
from tests.factories.city import City
from tests.factories.residents import make_resident
from tests.records.conftest import BARE, VAN, register
from tests.records.web.test_pages import FORM, page, signed_in

FOUND = "records:register_found"


@pytest.mark.parametrize(
    "typed",
    [
        {"name": "nguyen thi hong van", "birth": "12/03/1972"},
        {"name": "Nguyễn Thị Hồng Vân", "birth": "03/12/1972", "phone": "0912 000 345"},
        {"name": "Nguyễn Thị Hồng Vâm", "birth": "12/03/1972", "phone": "0912 000 345"},
        {"name": "Nguyễn Thị Hồng Vân", "birth": "12/03/1972", "cccd": "0011"},
        {"cccd": VAN["cccd"]},
        {"bhyt": VAN["bhyt"], "name": "Ng"},
        {"phone": "0912 000 345"},
        {"phone": "+84912000345", "name": "Vân"},
    ],
)
def test_somebody_on_file_in_another_clinic_is_shown_with_reasons_and_masked(
    city: City, trail: Any, typed: dict[str, str]
) -> None:
    known = register(city, by="le.tan.2")
    trail()
    answer = signed_in(city, "le.tan").post(reverse(FOUND), typed)
    assert answer.status_code == 200
    assert VAN["name"] in page(answer)
    assert "Trùng" in page(answer)
    assert VAN["cccd"] not in page(answer)
    assert f'name="khac" value="{known}"' in page(answer)
    (row,) = trail()
    assert (row.action, row.detail["kind"], row.detail["shown"]) == ("search", "duplicate-typing", [str(known)])
    assert VAN["name"] not in str(row.detail)


@pytest.mark.parametrize(
    "typed",
    [{}, {"name": "Nguyễn Thị Hồng Vân"}, {"birth": "12/03/1972"}, {"cccd": "00117201234"}, {"phone": "091200"},
     {"name": "Nguyễn Thị Hồng Vân", "birth": "31/02/1972"}, {"name": "<script>", "birth": "1972"}],
)  # fmt: skip
def test_too_little_is_no_fault_and_asks_nothing(city: City, trail: Any, typed: dict[str, str]) -> None:
    register(city)
    trail()
    answer = signed_in(city, "le.tan").post(reverse(FOUND), typed)
    assert (answer.status_code, page(answer).strip()) == (200, "")
    assert trail() == []


def test_of_a_house_the_one_of_that_name_comes_first(city: City) -> None:
    for name in ("Trần Văn Bình", VAN["name"], "Trần Thị Mai"):
        make_resident(city.elsewhere, name, phone=VAN["phone"])
    shown = page(signed_in(city, "le.tan").post(reverse(FOUND), {"phone": VAN["phone"], "name": "thi hong van"}))
    assert shown.index(VAN["name"]) < min(shown.index("Trần Văn Bình"), shown.index("Trần Thị Mai"))
    assert "Trùng số điện thoại" in shown


def test_whoever_does_not_fit_on_the_page_is_told_of_and_waits_for_the_department(city: City) -> None:
    for _ in range(SHOWN + 2):
        make_resident(city.elsewhere, VAN["name"])
    browser = signed_in(city, "le.tan")
    alike = FORM | {"cccd": "", "bhyt": ""}
    assert "Còn 2 người nữa" in page(browser.post(reverse(FOUND), alike))
    warned = browser.post(reverse("records:register"), alike)
    assert "Còn 2 người nữa" in page(warned)
    shown = [str(one.band.patient_id) for one, _way in warned.context["suspects"]]
    assert browser.post(reverse("records:register"), alike | {"khac": shown}).status_code == 302
    assert (NotSamePerson.objects.count(), MatchCandidate.objects.count()) == (SHOWN, 2)
    assert set(MatchCandidate.objects.values_list("state", "found_by")) == {("open", "registration")}


def test_a_script_that_tries_people_is_slowed_and_a_typist_is_not(
    city: City, trail: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    register(city)
    monkeypatch.setattr(registering, "LOOKUPS", 3)
    monkeypatch.setattr(throttle, "MINUTE", 86_400)  # no minute ends in the middle of the test
    for one in city.staff.values():
        cache.delete(throttle.counter_of(one.pk, "lookup", timezone.now()))
    browser, typed = signed_in(city, "le.tan"), {"cccd": VAN["cccd"]}
    answers = [page(browser.post(reverse(FOUND), typed)) for _ in range(4)]
    assert all(VAN["name"] in one for one in answers[:3])
    assert VAN["name"] not in answers[3]
    assert "Tra cứu quá nhiều" in answers[3]
    assert VAN["name"] in page(signed_in(city, "y.ta").post(reverse(FOUND), typed)), "each person has their own count"
    assert browser.post(reverse("records:register"), FORM).status_code == 409, "registering still looks for duplicates"


def test_what_was_said_of_somebody_stays_said(city: City) -> None:
    known = register(city)
    browser = signed_in(city, "le.tan")
    typed = {name: BARE[name] for name in ("name", "birth")}
    assert "checked" not in page(browser.post(reverse(FOUND), typed))
    assert "checked" in page(browser.post(reverse(FOUND), typed | {"khac": [str(known), "x"]}))
    alike = FORM | {"cccd": ""}
    assert browser.post(reverse("records:register"), alike | {"khac": str(known)}).status_code == 302
    assert NotSamePerson.objects.count() == 1


def test_the_same_person_cannot_be_said_to_be_another(city: City) -> None:
    register(city)
    shown = page(signed_in(city, "le.tan").post(reverse(FOUND), FORM))
    assert VAN["name"] in shown
    assert 'name="khac"' not in shown


def test_a_number_of_somebody_else_is_told_at_its_field(city: City) -> None:
    known = register(city)
    browser = signed_in(city, "le.tan")
    other = {"name": "Trần Văn Đức", "birth": "02/09/1988", "sex": "male", "cccd": VAN["cccd"]}
    warned = browser.post(reverse("records:register"), other)
    assert warned.status_code == 409
    assert "Số này đang đứng tên người khác" in str(warned.context["form"].errors["cccd"])
    assert browser.post(reverse("records:register"), other | {"khac": str(known)}).status_code == 302
    assert MatchCandidate.objects.get().found_by == "registration"
    assert Patient.objects.count() == 2


def test_choosing_somebody_leads_nowhere_else(city: City) -> None:
    known = register(city)
    typed = {"cccd": VAN["cccd"], "next": "https://evil.example/x"}
    shown = page(signed_in(city, "le.tan").post(reverse(FOUND), typed))
    assert "evil.example" not in shown
    assert reverse("records:record", args=[known]) in shown
    desk = page(signed_in(city, "le.tan").post(reverse(FOUND), typed | {"next": "/tiep-nhan/?ngay=1"}))
    assert f"/tiep-nhan/?ngay=1&amp;nguoi-benh={known}" in desk
    form = page(signed_in(city, "le.tan").get(reverse("records:register") + "?next=//evil.example"))
    assert 'value="//evil.example"' not in form
    assert 'href="//evil.example' not in form


def test_only_who_may_register_looks(city: City) -> None:
    assert signed_in(city, "thu.ngan").post(reverse(FOUND), BARE).status_code == 403
    assert signed_in(city, "le.tan").get(reverse(FOUND)).status_code == 405
