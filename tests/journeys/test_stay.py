"""A stay in bed, in a real browser: the doctor admits, writes the day's sheet, the nurse gives what it orders; one goes
home, another is referred; each ending prints its papers."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from pypdf import PdfReader

from clinics.models import OrderGiven, Stay
from tests.clinics.conftest import build_clinic
from tests.factories.city import City
from tests.factories.stays import Ward, make_patient_in_consultation, make_stay, make_ward


@pytest.fixture
def ward(live_city: City) -> Ward:
    """Beds, committed for the browser's server."""
    build_clinic(live_city)
    return make_ward(live_city.here)


@pytest.fixture
def faults(page: Any) -> list[str]:
    """What the browser complained of, but for forms that were refused."""
    found: list[str] = []
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on(
        "console",
        lambda said: found.append(said.text) if said.type == "error" and "422" not in said.text else None,
    )
    return found


def text_of(page: Any, paper: str) -> str:
    """What a paper linked from the page says."""
    address = page.get_by_role("link", name=paper).get_attribute("href")
    answer = page.request.get(page.url.split("/noi-tru/")[0] + address)
    assert answer.headers["content-type"] == "application/pdf"
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(answer.body())).pages)


def doctor_admits(page: Any, url: str, visit_id: uuid.UUID, axe: Callable[[Any], None]) -> None:
    """From the visit, by keyboard: department, bed; the reason is the visit's."""
    page.goto(f"{url}/kham-benh/{visit_id}/")
    page.get_by_role("link", name="Nhập viện").click()
    page.wait_for_selector("#id_department_id:focus")
    axe(page)
    page.select_option("#id_department_id", label="Khoa Nội tổng hợp")
    page.select_option("#id_bed_id", index=1)
    assert page.input_value("#id_reason") == "Sốt cao, khó thở"
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã cho nhập viện").wait_for()


def doctor_writes_the_sheet(page: Any, axe: Callable[[Any], None]) -> None:
    """A sheet that says nothing is refused at its field, what was typed stays."""
    page.locator("[name=name-0]").fill("Amoxicilin 500 mg")
    page.locator("[name=how-0]").fill("1 viên")
    page.locator("[name=slots-0][value=morning]").check()
    page.locator("[name=slots-0][value=evening]").check()
    page.locator("#id_care_level_1").check(force=True)
    page.keyboard.press("Control+Enter")
    page.locator("[role=alert] a").first.click()
    assert page.evaluate("document.activeElement.id") == "id_course"
    assert page.input_value("[name=name-0]") == "Amoxicilin 500 mg"
    page.keyboard.type("Sốt 39 °C, ran ẩm đáy phổi phải")
    axe(page)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã lưu tờ điều trị").wait_for()


def nurse_gives(page: Any, url: str, axe: Callable[[Any], None]) -> None:
    """From the ward: one is given, one is not, with the reason."""
    page.goto(f"{url}/noi-tru/")
    axe(page)
    page.get_by_role("link", name="Mở Trịnh Văn Nằm").click()
    axe(page)
    page.get_by_role("button", name="Đã thực hiện Amoxicilin 500 mg Sáng").click()
    page.get_by_text("Đã ghi.").wait_for()
    page.locator("summary", has_text="Không").click()
    page.get_by_label("Vì sao không thực hiện").fill("Người bệnh nôn")
    page.get_by_role("button", name="Ghi", exact=True).click()
    page.get_by_text("Người bệnh nôn").wait_for()


def test_admitted_cared_for_and_sent_home(
    live_city: City,
    ward: Ward,
    live_server: Any,
    signed_in: Callable[..., Any],
    page: Any,
    axe: Callable[[Any], None],
    faults: list[str],
) -> None:
    visit_id = make_patient_in_consultation(live_city)
    doctor_admits(signed_in(page, "bac.si"), live_server.url, visit_id, axe)
    doctor_writes_the_sheet(page, axe)
    nurse_gives(signed_in(page, "y.ta"), live_server.url, axe)
    assert list(OrderGiven.objects.order_by("at").values_list("slot", "done")) == [
        ("morning", True),
        ("evening", False),
    ]

    signed_in(page, "bac.si").goto(f"{live_server.url}/noi-tru/{visit_id}/")
    page.locator("h1, h2").first.click()
    page.keyboard.press("r")
    page.wait_for_selector("#id_outcome:focus")
    axe(page)
    page.select_option("#id_outcome", "1")
    page.select_option("#id_discharge", "1")
    page.locator("#id_treatment").fill("Kháng sinh uống")
    page.locator("#id_condition").fill("Tỉnh, hết sốt")
    page.locator("#id_leave_days").fill("3")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã cho ra viện").wait_for()
    axe(page)
    assert "TRỊNH VĂN NẰM" in text_of(page, "Giấy ra viện").upper()
    assert "Kháng sinh uống" in text_of(page, "Giấy ra viện")
    stay = Stay.objects.get()
    assert stay.ended_at is not None
    assert stay.bed is None
    assert faults == []


def test_referred_to_a_hospital_found_by_its_name(
    live_city: City, ward: Ward, live_server: Any, signed_in: Callable[..., Any], page: Any, faults: list[str]
) -> None:
    stay = make_stay(live_city, ward)
    signed_in(page, "bac.si").goto(f"{live_server.url}/noi-tru/{stay.visit_id}/ra-vien/")
    page.select_option("#id_outcome", "2")
    page.select_option("#id_discharge", "2")
    page.locator("#id_treatment").fill("Kháng sinh tiêm")
    page.locator("#id_condition").fill("Khó thở tăng")
    page.keyboard.press("Control+Enter")
    page.locator("[role=alert]").wait_for()  # where to, and why, are asked for
    page.locator("#id_referred_to").press_sequentially(live_city.elsewhere.code)
    page.locator("#goi-y-referred_to .option").first.click()
    assert page.input_value("#id_referred_to") == live_city.elsewhere.code
    page.locator("#id_referral_reason").fill("Vượt khả năng chuyên môn")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã cho ra viện").wait_for()
    paper = text_of(page, "chuyển")
    assert live_city.elsewhere.name in paper
    assert "Vượt khả năng chuyên môn" in paper
    assert faults == []


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_fit(
    live_city: City, ward: Ward, live_server: Any, signed_in: Callable[..., Any], page: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    stay = make_stay(live_city, ward)
    waiting = make_patient_in_consultation(live_city, name="Ngô Thị Chờ")
    paths = ("/noi-tru/", f"/noi-tru/{stay.visit_id}/", f"/noi-tru/{stay.visit_id}/ra-vien/")
    signed_in(page, "bac.si")
    for path in (*paths, f"/kham-benh/{waiting}/nhap-vien/"):
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
