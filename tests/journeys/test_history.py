"""A nurse and a doctor note a history, correct it and read what it was; the desk states the administrative part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.urls import reverse

from records.commands.history import record_history, record_none, record_relative
from records.rules.history_facts import (
    Allergy,
    Birth,
    Disease,
    FamilyIllness,
    Relative,
    Reproductive,
    Risk,
    Surgery,
)
from tests.factories.city import NOW
from tests.records.conftest import register

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def told(live_city: Any) -> Any:
    """Vân, with something in every kind of section."""
    resident = register(live_city)
    doctor = live_city.ctx("bac.si", NOW)
    for fact in (
        Allergy("medication", "Cefalexin", "phản vệ độ II", severe=True),
        Disease(2, note="uống Amlodipin 5 mg"),
        Disease(4, status="resolved"),
        Surgery("Mổ sỏi mật", 2011, "Bệnh viện Xanh Pôn"),
        FamilyIllness("MTH", disease=13, description="ung thư đại tràng", onset_age=52),
        Risk("tobacco", "never"),
        Risk("exposure", detail="bụi bông", duration="12 năm"),
        Reproductive("dụng cụ tử cung", "2003", 3, 1, 0, 2, 1, 1, None, 2, 0, 2, ""),
        Birth("vaginal", preterm=False, weight_g=3100),
    ):
        record_history(doctor, patient_id=resident, fact=fact)
    record_none(doctor, patient_id=resident, section="disabilities")
    record_relative(doctor, patient_id=resident, fact=Relative("SPS", "chồng", "Trần Văn Hùng", "", "0912000777"))
    return resident


@pytest.mark.parametrize("width", [1440, 390])
def test_a_history_by_keyboard(
    page: Any, signed_in: Callable[[Any, str], Any], live_server: Any, told: Any, axe: Callable[[Any], None], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    signed_in(page, "bac.si")
    home = live_server.url
    page.goto(f"{home}{reverse('records:history', args=[told])}")
    axe(page)
    page.goto(f"{home}{reverse('records:history_add', args=[told, 'di-ung'])}")
    assert page.evaluate("document.activeElement.name") == "kind"
    page.keyboard.type("Thực")
    page.keyboard.press("Tab")
    page.keyboard.type("Tôm")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/tien-su/#di-ung")
    assert page.get_by_text("Tôm", exact=True).first.is_visible()
    page.get_by_role("link", name="Sửa Tôm").click()
    axe(page)
    page.get_by_label("Dị ứng với").fill("Cua")
    page.get_by_role("button", name="Lưu").click()
    page.get_by_text("Hãy ghi lý do sửa.").first.wait_for()
    axe(page)
    page.get_by_label("Lý do sửa").fill("hỏi lại người bệnh")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/tien-su/#di-ung")
    page.get_by_text("Các lần sửa (1)").click()
    assert page.get_by_text("sửa vì: hỏi lại người bệnh").is_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_administrative_form_at_the_desk(
    page: Any, signed_in: Callable[[Any, str], Any], live_server: Any, told: Any, axe: Callable[[Any], None], width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    signed_in(page, "le.tan")
    home = live_server.url
    page.goto(f"{home}{reverse('records:administrative', args=[told])}")
    axe(page)
    page.get_by_label("Thư điện tử").fill("van")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Địa chỉ thư điện tử có dạng ten@mien.vn.").first.wait_for()
    axe(page)
    page.get_by_label("Thư điện tử").fill("van@example.vn")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã cập nhật hành chính.").wait_for()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
