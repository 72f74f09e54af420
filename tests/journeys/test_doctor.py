"""The doctor's six minutes in a real browser: keystrokes of each task counted, two tabs, everything at two widths."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinics.commands.closing import close_visit
from clinics.commands.consultation import record_diagnoses
from clinics.commands.ordering import place_order
from clinics.commands.schedules import add_schedule
from clinics.commands.triage import record_vitals
from clinics.models import Appointment, Visit
from clinics.queries.sheet import get_sheet
from records.rules.examination import Examination
from tests.clinics.conftest import Clinic, build_clinic
from tests.clinics.ordering import GLUCOSE
from tests.clinics.test_consultation import PRESSURE


@pytest.fixture
def clinic(live_city: Any) -> Clinic:
    """Rooms and codes, committed for the browser's server."""
    return build_clinic(live_city)


@pytest.fixture
def keys(page: Any) -> dict[str, int]:
    """Counts key presses in the page; a held modifier is part of its key."""
    counted = {"n": 0}
    page.expose_function("countKey", lambda: counted.__setitem__("n", counted["n"] + 1))
    page.add_init_script(
        "addEventListener('keydown', e => ['Control','Alt','Shift'].includes(e.key) || countKey(), true)"
    )
    return counted


def followed(clinic: Clinic) -> Any:
    """Somebody whose last visit found and concluded things, in consultation again; the room takes bookings."""
    now = timezone.now()
    patient_id = clinic.register()
    before = clinic.consult(patient_id, at=now - timedelta(days=30))
    said = Examination(findings={"cardiovascular": "Tim đều", "respiratory": "Phổi trong"}, advice="Ăn nhạt")
    doctor = clinic.ctx("bac.si", now - timedelta(days=30))
    close_visit(
        doctor, visit_id=before, main="I10", secondary=["E11.9"], conclusion="Hẹn lại", outcome_code="2", examined=said
    )
    for weekday in range(1, 8):
        add_schedule(
            clinic.ctx("le.tan"), room_id=clinic.room.pk, weekday=weekday, begins=time(8), ends=time(11),
            minutes=15, capacity=2,
        )  # fmt: skip
    return clinic.consult(patient_id, at=now)


def test_a_follow_up_is_examined_booked_and_signed_by_keys_alone(
    clinic: Clinic, live_server: Any, signed_in: Callable[..., Any], page: Any, axe: Any, keys: dict[str, int]
) -> None:
    visit_id = followed(clinic)
    signed_in(page, "bac.si").goto(f"{live_server.url}/kham-benh/{visit_id}/")
    page.wait_for_selector("#id_main:focus")
    keys["n"] = 0
    page.keyboard.press("Alt+l")
    page.get_by_text("Đã điền: Bệnh chính, Bệnh kèm theo").wait_for()
    page.wait_for_load_state()
    assert page.input_value("#id_main") == "I10"
    print(f"\nlast diagnoses and examination taken over: {keys['n']} key")
    assert keys["n"] == 1
    axe(page)
    page.locator("#id_conclusion").fill("Huyết áp ổn, tiếp tục thuốc cũ.")
    page.select_option("#id_outcome_code", "2")
    keys["n"] = 0
    page.keyboard.press("Alt+h")
    page.keyboard.type("28")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Hẹn khám lại").wait_for()
    print(f"follow-up booked and visit signed: {keys['n']} keys")
    assert keys["n"] <= 4
    booked = Appointment.objects.get()
    assert timezone.localdate(booked.starts_at) == timezone.localdate() + timedelta(days=28)
    assert Visit.objects.get(pk=visit_id).state == "closed"


def test_a_template_fills_in_one_key_and_offers_its_orders(
    clinic: Clinic, live_server: Any, signed_in: Callable[..., Any], page: Any, keys: dict[str, int]
) -> None:
    visit_id = clinic.consult(at=timezone.now())
    signed_in(page, "bac.si").goto(f"{live_server.url}/kham-benh/{visit_id}/")
    page.wait_for_selector("#id_main:focus")
    page.locator("#id_conclusion").fill("Của tôi")
    name = page.locator("[data-key='Alt+1']").inner_text()
    keys["n"] = 0
    page.keyboard.press("Alt+1")
    page.get_by_text("Giữ nguyên chỗ đã có chữ: Kết luận").wait_for()
    print(f"\ntemplate “{name}”: {keys['n']} key")
    assert keys["n"] == 1
    assert page.input_value("#id_conclusion") == "Của tôi"
    assert get_sheet(Visit.objects.select_related("encounter").get(pk=visit_id)).findings


def test_two_tabs_and_what_is_outstanding(
    clinic: Clinic, live_server: Any, signed_in: Callable[..., Any], page: Any, axe: Any
) -> None:
    """The second doctor reads who wrote what, keeps their own words, and decides what to do about open orders."""
    visit_id, doctor = clinic.consult(at=timezone.now()), clinic.ctx("bac.si", timezone.now())
    signed_in(page, "bac.si").goto(f"{live_server.url}/kham-benh/{visit_id}/")
    said = Examination(course="Sốt ba ngày")
    record_diagnoses(doctor, visit_id=visit_id, main="J03.9", conclusion="Viêm amidan", examined=said)
    place_order(doctor, visit_id=visit_id, codes=[GLUCOSE])
    page.locator("#id_main").fill("J02.9")
    page.locator("#id_conclusion").fill("Viêm họng")
    page.keyboard.press("Control+s")
    page.get_by_text("Hai người cùng sửa").wait_for()
    page.wait_for_load_state()
    assert page.get_by_text("“Viêm amidan”").first.is_visible()
    assert page.input_value("#id_conclusion") == "Viêm họng"
    assert page.input_value("#id_course") == "Sốt ba ngày"
    axe(page)
    page.select_option("#id_outcome_code", "2")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Hãy chọn cách xử trí rồi kết thúc").first.wait_for()
    page.wait_for_load_state()
    axe(page)
    page.locator("input[name=leaving][value=keep]").check()
    page.locator("#id_leaving_reason").fill("Lấy kết quả chiều nay")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã kết thúc lượt khám").wait_for()
    sheet = get_sheet(Visit.objects.select_related("encounter").get(pk=visit_id))
    assert (sheet.main, sheet.conclusion, sheet.course) == ("J02.9", "Viêm họng", "Sốt ba ngày")


@pytest.mark.parametrize("width", [1440, 390])
def test_the_doctors_and_the_nurses_pages_fit(
    clinic: Clinic, live_server: Any, signed_in: Callable[..., Any], page: Any, axe: Any, width: int, tmp_path: Any
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    full = followed(clinic)
    record_vitals(clinic.ctx("y.ta", timezone.now()), visit_id=full, readings=PRESSURE)
    place_order(clinic.ctx("bac.si", timezone.now()), visit_id=full, codes=[GLUCOSE])
    born = timezone.localdate() - timedelta(days=130)
    child = clinic.check_in(clinic.register("Lê Minh Khôi", f"{born:%d/%m/%Y}", "male"), at=timezone.now()).visit_id
    for name, username, address in [
        ("sheet", "bac.si", f"/kham-benh/{full}/"),
        ("templates", "bac.si", "/kham-benh/mau/"),
        ("nurse", "y.ta", f"/kham-benh/{child}/"),
    ]:
        signed_in(page, username).goto(live_server.url + address)
        if name == "nurse":
            page.locator("#id_weight").fill("4,2")
            page.locator("#id_height").fill("55")
            page.keyboard.press("Tab")
            page.get_by_text("bách phân vị").first.wait_for()
        page.screenshot(path=tmp_path / f"{name}-{width}.png", full_page=True)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
