"""From the order to the acknowledged critical value in a real browser: doctor, nurse, technician, doctor."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from clinics.models import CriticalAcknowledgement, OrderItem, Specimen, Visit
from records.models import Observation
from tests.clinics.conftest import Clinic, build_clinic
from tests.clinics.ordering import CHEST, GLUCOSE, IONS, drawn, order

PICTURES = os.environ.get("EHR_PICTURES", "")


@pytest.fixture
def clinic(live_city: Any) -> Clinic:
    """Rooms and codes, committed for the browser's server."""
    return build_clinic(live_city)


@pytest.fixture
def faults(page: Any) -> list[str]:
    """What the browser complained of: script errors, breaches of the content security policy."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "console",
        lambda said: found.append(said.text) if said.type == "error" and "422" not in said.text else None,
    )
    return found


def picture(page: Any, name: str) -> None:
    """Kept where somebody asked for pictures."""
    if PICTURES:
        page.screenshot(path=str(Path(PICTURES) / f"{name}.png"), full_page=True)


def doctor_orders(page: Any, axe: Callable[[Any], None]) -> None:
    """Alt+C, words without diacritics, a set of codes, sent; then the person goes to the laboratory."""
    page.wait_for_load_state()
    page.keyboard.press("Alt+c")
    page.wait_for_selector("#dv_services:focus")
    page.keyboard.type("dien giai do")
    page.locator("#goi-y-services .option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.type("xquang nguc thang")
    page.locator("#goi-y-services .option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#dv_services") == f"{IONS}; {CHEST}; "
    page.locator("#dich-vu-da-chon").get_by_text("Chụp X-quang ngực thẳng").wait_for()
    page.locator("#dv_note").fill("Yếu cơ, mệt")
    axe(page)
    picture(page, "orders-doctor-types")
    page.get_by_role("button", name="Gửi chỉ định").click()
    page.get_by_text("Đã gửi phiếu chỉ định").wait_for()
    page.get_by_role("button", name="Cho đi làm cận lâm sàng").click()
    page.get_by_text("Người bệnh đi làm cận lâm sàng").wait_for()


def nurse_draws(page: Any, axe: Callable[[Any], None]) -> None:
    axe(page)
    picture(page, "orders-worklist")
    page.get_by_role("link", name="Lấy mẫu Nguyễn Thị Hồng Vân").click()
    page.wait_for_url("**/can-lam-sang/phieu/**")
    page.wait_for_load_state()
    axe(page)
    page.keyboard.press("Control+Enter")
    page.get_by_text("hãy in nhãn").wait_for()
    picture(page, "orders-order")


def technician_answers(page: Any, axe: Callable[[Any], None]) -> None:
    """The vessel is scanned, a slip of the keyboard is refused at its analyte, Enter goes from field to field."""
    page.locator("#quet-ma").fill(Specimen.objects.get().number)
    page.keyboard.press("Enter")
    page.get_by_text("Đã nhận mẫu").wait_for()
    page.get_by_role("link", name="Nhập kết quả Điện giải đồ").click()
    page.wait_for_url("**/can-lam-sang/muc/**")
    page.wait_for_selector("#id_a0:focus")
    page.wait_for_load_state()
    axe(page)
    page.keyboard.type("140")
    page.keyboard.press("Enter")
    page.keyboard.type("67")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Kali không thể là 67 mmol/L").first.wait_for()
    page.wait_for_load_state()
    assert page.input_value("#id_a0") == "140"
    axe(page)
    picture(page, "orders-result-refused")
    page.locator("#id_a1").fill("6,7")
    page.locator("#id_a1").press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_a2"
    page.keyboard.type("100")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã báo bác sĩ").wait_for()


def doctor_takes_note(page: Any, axe: Callable[[Any], None]) -> None:
    page.get_by_text("1 kết quả đang chờ bác sĩ").wait_for()
    axe(page)
    picture(page, "orders-doctor-worklist")
    page.get_by_role("link", name="Xem và xác nhận").click()
    page.wait_for_url("**/nguy-kich/")
    axe(page)
    picture(page, "orders-criticals")
    page.get_by_placeholder("Đã báo ai, xử trí thế nào").fill("Cho calci gluconat, ghi điện tim")
    page.keyboard.press("Enter")
    page.get_by_text("Đã xác nhận kết quả nguy kịch").wait_for()


def test_from_the_order_to_the_acknowledged_critical_value(
    clinic: Clinic,
    live_server: Any,
    signed_in: Callable[..., Any],
    page: Any,
    axe: Callable[[Any], None],
    faults: list[str],
) -> None:
    patient_id = clinic.register()
    visit_id = clinic.consult(patient_id, at=timezone.now())
    visit = f"{live_server.url}/kham-benh/{visit_id}/"
    signed_in(page, "bac.si").goto(visit)
    doctor_orders(page, axe)
    signed_in(page, "y.ta").goto(f"{live_server.url}/can-lam-sang/")
    nurse_draws(page, axe)
    signed_in(page, "ky.thuat.vien").goto(f"{live_server.url}/can-lam-sang/")
    technician_answers(page, axe)
    signed_in(page, "bac.si").goto(f"{live_server.url}/kham-benh/?phong=")
    doctor_takes_note(page, axe)
    page.goto(visit)
    page.get_by_role("button", name="Bắt đầu khám").click()
    page.locator(".orders").get_by_text("6,7").wait_for()
    axe(page)
    picture(page, "orders-visit")

    assert Visit.objects.get().state == "in-consultation"
    states = OrderItem.objects.order_by("service__code").values_list("service__code", "state")
    assert list(states) == [(CHEST, "ordered"), (IONS, "verified")]
    potassium = Observation.objects.get(code="2823-3")
    assert (potassium.patient_id, potassium.interpretation) == (patient_id, "HH")
    assert CriticalAcknowledgement.objects.get().action == "Cho calci gluconat, ghi điện tim"
    assert faults == []


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_fit_and_pass_the_accessibility_rules(
    clinic: Clinic,
    live_server: Any,
    signed_in: Callable[..., Any],
    page: Any,
    axe: Callable[[Any], None],
    faults: list[str],
    width: int,
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    visit_id = clinic.consult(at=timezone.now())
    placed = order(clinic, IONS, GLUCOSE, CHEST, visit_id=visit_id, urgency="stat")
    drawn(clinic, placed)
    item = OrderItem.objects.get(order=placed, service__code=IONS)
    pages = [
        ("bac.si", f"/kham-benh/{visit_id}/"),
        ("bac.si", "/kham-benh/bo-chi-dinh/"),
        ("y.ta", "/can-lam-sang/"),
        ("ky.thuat.vien", f"/can-lam-sang/phieu/{placed.pk}/"),
        ("ky.thuat.vien", f"/can-lam-sang/muc/{item.pk}/"),
        ("ky.thuat.vien", "/can-lam-sang/tep-ket-qua/"),
        ("ky.thuat.vien", "/can-lam-sang/danh-muc/?nhom=lab"),
        ("bac.si", "/can-lam-sang/nguy-kich/"),
        ("so.y.te", "/can-lam-sang/danh-muc/nap/"),
    ]
    for number, (username, address) in enumerate(pages):
        signed_in(page, username).goto(live_server.url + address)
        axe(page)
        picture(page, f"orders-{width}-{number}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert faults == []
