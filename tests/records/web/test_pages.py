"""The record's pages through the whole stack: what each shows, refuses, and writes into the trail."""

from __future__ import annotations

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from records.commands.encounters import open_encounter
from records.models import EmergencyAccess, Encounter, NotSamePerson, Patient, SourceRecord
from registry.models import AdministrativeUnit, AuditEvent
from registry.rules.text import fold
from tests.factories.city import City
from tests.records.conftest import VAN, register

CARD = "001172012345||NGUYỄN THỊ HỒNG VÂN|12031972|Nữ|Số 8, Kim Liên, Hà Nội|01012021"
OPENING = {"kind": "unconscious", "reason": "Hôn mê, cần biết tiền sử dị ứng"}
FORM = {"name": VAN["name"], "birth": VAN["birth"], "sex": VAN["sex"], "cccd": VAN["cccd"]}


def signed_in(city: City, username: str) -> Client:
    """A browser of one of the staff, their second factor given."""
    client = Client()
    client.force_login(city.staff[username])
    session = client.session
    session["second_factor"] = True
    session.save()
    return client


def page(answer: Any) -> str:
    """The answer's text."""
    return str(answer.content.decode())


@pytest.fixture
def ward(db: None) -> AdministrativeUnit:
    """The ward that the form names."""
    unit, _ = AdministrativeUnit.objects.get_or_create(
        level="commune", code="00229", valid_from="2025-07-01",
        defaults={"name": "Phường Kim Liên", "name_key": fold("Phường Kim Liên"), "kind": "phường"},
    )  # fmt: skip
    return unit


# ---------- search ----------


def test_search_shows_who_was_found_and_leaves_one_row_without_the_text(city: City, trail: Any) -> None:
    register(city)
    trail()
    answer = signed_in(city, "bac.si").post(reverse("patient_search"), {"q": "nguyen thi hong van"})
    assert answer.status_code == 200
    assert "Nguyễn Thị Hồng Vân" in page(answer)
    assert "Mở tại đây" in page(answer)
    (row,) = trail()
    assert (row.action, row.detail["kind"]) == ("search", "name")


def test_the_list_under_the_box(city: City, trail: Any) -> None:
    known = register(city, by="le.tan.2")
    trail()
    browser = signed_in(city, "le.tan")
    answer = browser.post(reverse("patient_search"), {"q": "hong van 1972"}, headers={"HX-Request": "true"})
    assert "<html" not in page(answer)
    assert "hồng vân" in re.sub(r"<[^>]+>", "", page(answer)).lower()
    assert str(known) not in page(answer), "closed here: nothing of the record opens for the desk"
    assert "chưa mở" in page(answer)
    assert VAN["cccd"] not in page(answer)
    assert len(trail()) == 1
    short = browser.post(reverse("patient_search"), {"q": "v"}, headers={"HX-Request": "true"})
    assert short.status_code == 200
    assert trail() == []


def test_a_scanned_card_leads_straight_to_the_record(city: City) -> None:
    known = register(city)
    answer = signed_in(city, "bac.si").post(reverse("patient_search"), {"q": CARD})
    assert answer["Location"] == reverse("records:record", args=[known])


def test_markup_in_a_search_is_shown_as_text(city: City) -> None:
    answer = signed_in(city, "bac.si").post(reverse("patient_search"), {"q": "<script>alert(1)</script> a"})
    assert "<script>alert" not in page(answer)
    assert "&lt;script&gt;alert(1)" in page(answer)


# ---------- registration ----------


def test_registering_by_form(city: City, ward: AdministrativeUnit, trail: Any) -> None:
    browser = signed_in(city, "y.ta")
    assert browser.get(reverse("records:register")).status_code == 200
    trail()
    answer = browser.post(reverse("records:register"), FORM | {"ward": "kim lien", "phone": "0912 000 345"})
    patient = Patient.objects.get()
    assert answer["Location"] == reverse("records:record", args=[patient.pk])
    assert (patient.ward_code, patient.ward_name, patient.phone) == ("00229", "Phường Kim Liên", "0912000345")
    assert [(row.action, row.patient_id) for row in trail()] == [("create", patient.pk)]


def test_a_card_fills_the_form_and_proves_it_while_nothing_else_is_typed(city: City) -> None:
    browser = signed_in(city, "y.ta")
    filled = browser.post(reverse("records:register"), {"quet": CARD})
    assert filled.status_code == 200
    assert 'value="Nguyễn Thị Hồng Vân"' in page(filled)
    assert 'value="001172012345"' in page(filled)
    assert not Patient.objects.exists()
    browser.post(reverse("records:register"), FORM | {"the": CARD})
    assert SourceRecord.objects.get().channel == "scan"
    other = {"name": "Trần Thị Lan", "birth": "05/06/1980", "sex": "female", "the": CARD}
    browser.post(reverse("records:register"), other)
    assert SourceRecord.objects.order_by("recorded_at").last().channel == "form"  # type: ignore[union-attr]


@pytest.mark.parametrize("text", ["001172012345|x", "hello", "99917201234||NGUYỄN|12031972|Nữ|x|01012021"])
def test_a_card_that_cannot_be_read_is_answered_at_the_box(city: City, text: str) -> None:
    answer = signed_in(city, "y.ta").post(reverse("records:register"), {"quet": text})
    assert answer.status_code == 422
    assert "danger-text" in page(answer)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "<script>alert(1)</script>"}, "name"),
        ({"birth": "31/02/1972"}, "birth"),
        ({"sex": ""}, "sex"),
        ({"cccd": "01172012345"}, "cccd"),
        ({"bhyt": "GD1"}, "bhyt"),
        ({"phone": "12"}, "phone"),
        ({"ward": "Phường Không Có"}, "ward"),
    ],
)
def test_a_fault_is_told_at_its_field_and_what_was_typed_stays(city: City, change: dict[str, str], field: str) -> None:
    answer = signed_in(city, "y.ta").post(reverse("records:register"), FORM | {"address": "Số 8, ngõ 46"} | change)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert 'value="Số 8, ngõ 46"' in page(answer)
    assert "<script>alert" not in page(answer)
    assert not Patient.objects.exists()


def test_the_duplicate_warning_and_its_two_ways_out(city: City, trail: Any) -> None:
    known = register(city, by="le.tan.2")
    browser = signed_in(city, "y.ta")
    alike = FORM | {"cccd": "", "address": "Số 8, ngõ 46"}
    trail()
    warned = browser.post(reverse("records:register"), alike)
    assert warned.status_code == 409
    assert "Trùng ngày sinh" in page(warned)
    assert VAN["cccd"] not in page(warned)
    assert 'value="Số 8, ngõ 46"' in page(warned)
    assert f'name="khac" value="{known}"' in page(warned)
    assert [row.action for row in trail()] == ["search"]
    confirmed = browser.post(reverse("records:register"), alike | {"khac": str(known)})
    assert confirmed.status_code == 302
    assert NotSamePerson.objects.count() == 1
    assert Patient.objects.count() == 2


def test_nobody_confirms_away_the_same_number(city: City) -> None:
    known = register(city)
    answer = signed_in(city, "y.ta").post(reverse("records:register"), FORM | {"khac": str(known)})
    assert answer.status_code == 409
    assert 'name="khac"' not in page(answer)
    assert Patient.objects.count() == 1


def test_back_to_the_desk_that_sent_us_and_nowhere_else(city: City) -> None:
    browser = signed_in(city, "le.tan")
    away = browser.post(reverse("records:register"), FORM | {"next": "https://evil.example/"})
    assert away["Location"] == reverse("records:administrative", args=[Patient.objects.get().pk])
    other = {"name": "Trần Thị Lan", "birth": "05/06/1980", "sex": "female", "next": "/tiep-nhan/"}
    lan = browser.post(reverse("records:register"), other)
    assert lan["Location"] == f"/tiep-nhan/?nguoi-benh={Patient.objects.get(name='Trần Thị Lan').pk}"


# ---------- the record ----------


def test_the_record_and_its_tabs_leave_one_row_each(city: City, trail: Any) -> None:
    known = register(city)
    browser = signed_in(city, "bac.si")
    trail()
    for name, action in (
        ("record", "read"),
        ("timeline", "read-timeline"),
        ("identity", "read-identity"),
        ("looks", "read-access-list"),
    ):
        answer = browser.get(reverse(f"records:{name}", args=[known]))
        assert answer.status_code == 200
        assert "Nguyễn Thị Hồng Vân" in page(answer)
        assert [(row.action, row.patient_id) for row in trail()] == [(action, known)]


def test_imported_rows_tell_where_they_came_from_and_show_markup_as_text(city: City) -> None:
    known = register(city)
    ctx = city.ctx("bac.si.2", timezone.now() - timedelta(days=9))
    typed = open_encounter(ctx, patient_id=known, care_type="01", reason="<script>alert(1)</script>")
    same = {f.attname: getattr(typed, f.attname) for f in Encounter._meta.concrete_fields if f.name != "id"}
    Encounter.objects.create(**same | {"system": "qd3176", "source_key": "LK-48213", "reason": "Đau bụng"})
    answer = signed_in(city, "bac.si").get(reverse("records:record", args=[known]))
    assert "QD3176, LK-48213" in page(answer)
    assert "Dữ liệu cũ" in page(answer)
    assert "<script>alert" not in page(answer)
    assert "&lt;script&gt;alert(1)" in page(answer)


def test_who_has_looked_is_told_in_words(city: City) -> None:
    known = register(city)
    signed_in(city, "bac.si.2").get(reverse("records:record", args=[known]))
    answer = signed_in(city, "bac.si").get(reverse("records:looks", args=[known]))
    for word in ("Nhân viên bac.si.2", "hồ sơ chưa mở cho cơ sở này", "Lập hồ sơ", "Bác sĩ", city.elsewhere.short_name):
        assert word in page(answer)


# ---------- closed records ----------


def test_a_closed_record_tells_nothing_and_opens_with_a_reason(city: City, trail: Any) -> None:
    known = register(city, by="le.tan.2")
    browser = signed_in(city, "bac.si")
    address = reverse("records:record", args=[known])
    trail()
    closed = browser.get(address)
    assert closed.status_code == 403
    for secret in (*VAN.values(), "1972", "Vân"):
        assert secret == "female" or secret not in page(closed)
    assert [(row.outcome, row.code) for row in trail()] == [("refused", "record-closed")]
    opening = reverse("records:open_emergency", args=[known])
    vague = browser.post(opening, {"reason": "gấp", "kind": "history"})
    assert vague.status_code == 422
    assert "ít nhất 10 ký tự" in page(vague)
    assert not EmergencyAccess.objects.exists()
    trail()
    assert browser.post(opening, OPENING)["Location"] == address
    assert [row.action for row in trail()] == ["open-emergency"]
    opened = browser.get(address)
    assert "Nguyễn Thị Hồng Vân" in page(opened)
    assert "Truy cập khẩn cấp" in page(opened)


def test_the_desk_is_offered_no_emergency(city: City) -> None:
    known = register(city, by="le.tan.2")
    technician = signed_in(city, "ky.thuat.vien").get(reverse("records:record", args=[known]))
    assert technician.status_code == 403
    assert "Mở khẩn cấp" not in page(technician)
    assert signed_in(city, "le.tan").post(
        reverse("records:open_emergency", args=[known]), OPENING
    ).status_code == 403  # fmt: skip


def test_the_department_of_health_reviews(city: City) -> None:
    known = register(city, by="le.tan.2")
    signed_in(city, "bac.si").post(reverse("records:open_emergency", args=[known]), OPENING)
    office, address = signed_in(city, "so.y.te"), reverse("records:emergency_reviews")
    listed = office.get(address)
    assert "Hôn mê, cần biết tiền sử dị ứng" in page(listed)
    assert "Nguyễn Thị Hồng Vân" not in page(listed)
    access = EmergencyAccess.objects.get()
    refused = office.post(address, {"access_id": access.pk, "verdict": "questioned"}, follow=True)
    assert "cần cơ sở giải trình" in page(refused)
    judged = office.post(address, {"access_id": access.pk, "verdict": "justified"}, follow=True)
    assert "Không có lần nào ở đây" in page(judged)
    assert signed_in(city, "bac.si").get(address).status_code == 403
    assert office.post(address, {"access_id": "x", "verdict": "justified"}).status_code == 422
    assert office.post(address, {"access_id": uuid.uuid4(), "verdict": "justified"}).status_code == 404


def test_a_record_that_nobody_has(city: City, trail: Any) -> None:
    browser = signed_in(city, "bac.si")
    trail()
    assert browser.get(reverse("records:record", args=[uuid.uuid4()])).status_code == 404
    assert [row.outcome for row in trail()] == ["refused"]


def test_no_address_and_no_audit_row_carries_a_name_or_number(city: City) -> None:
    register(city)
    browser = signed_in(city, "bac.si")
    browser.post(reverse("patient_search"), {"q": VAN["name"]})
    browser.post(reverse("patient_search"), {"q": VAN["cccd"]})
    kept = str(list(AuditEvent.objects.values()))
    assert isinstance(AuditEvent.objects.latest("at").at, datetime)
    for secret in (VAN["name"], VAN["cccd"], VAN["phone"], "Hồng"):
        assert secret not in kept


@pytest.mark.parametrize(
    ("username", "part"),
    [("bac.si", "records:record"), ("le.tan", "records:administrative"), ("thu.ngan", "")],
)
def test_who_is_found_leads_to_what_the_role_works_with(city: City, username: str, part: str) -> None:
    patient = register(city)
    browser = signed_in(city, username)
    shown = page(browser.post(reverse("patient_search"), {"q": FORM["name"]}))
    quick = page(browser.post(reverse("patient_search"), {"q": FORM["name"]}, HTTP_HX_REQUEST="true"))
    for html in (shown, quick):
        assert FORM["name"] in re.sub(r"<[^>]+>", "", html)
        assert (f'href="{reverse(part, args=[patient])}"' in html) if part else (str(patient) not in html)
