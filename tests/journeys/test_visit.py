"""A visit in a real browser, from the desk to its end: reception registers and checks in, the nurse measures, the doctor
diagnoses and closes. Reception works by keyboard alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clinics.models import Visit
from records.models import Condition, Encounter, Observation
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic, build_clinic


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


def reception_registers_and_checks_in(page: Any, axe: Callable[[Any], None]) -> None:
    """New person by N, number by Ctrl+Enter, call by F9: no mouse but to leave the search box."""
    page.locator("h1").click()  # the focus leaves the search box: a letter is a shortcut again
    page.keyboard.press("n")
    page.wait_for_url("**/ho-so/dang-ky/**")
    page.locator("#id_name").fill("Nguyễn Thị Hồng Vân")
    page.locator("#id_birth").fill("12/03/1972")
    page.locator("#id_sex_0").press("Space")
    page.locator("#id_name").press("Enter")

    page.wait_for_url("**/tiep-nhan/*-*/**")
    axe(page)
    page.keyboard.type("Ho, sốt, đau họng 3 ngày")  # the reason has the focus
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/tiep-nhan/phieu/**")
    assert page.locator(".slip .no").inner_text() == "0001"
    assert page.locator(".slip .who").inner_text() == "Vân"
    page.keyboard.press("n")
    page.wait_for_url("**/tiep-nhan/")
    assert page.locator(".ticket").count() == 1
    page.locator("h1").click()
    page.keyboard.press("F9")
    page.get_by_text("Đang gọi số 0001").wait_for()


def nurse_measures(page: Any, axe: Callable[[Any], None]) -> None:
    """A slip of the keyboard is refused at its field and what was typed stays; then it is saved."""
    axe(page)
    page.get_by_role("link", name="Đo sinh hiệu Nguyễn Thị Hồng Vân").click()
    page.wait_for_url("**/kham-benh/*-*/")
    page.locator("#id_temperature").fill("386")
    page.locator("#id_pulse").fill("96")
    page.keyboard.press("Control+Enter")
    page.locator("[role=alert] a").first.click()  # the summary leads to the field
    assert page.evaluate("document.activeElement.id") == "id_temperature"
    assert page.input_value("#id_pulse") == "96"
    page.locator("#id_temperature").fill("38,6")
    page.locator("#id_systolic").fill("138")
    page.locator("#id_diastolic").fill("82")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã lưu sinh hiệu").wait_for()


def doctor_diagnoses_and_closes(page: Any, axe: Callable[[Any], None]) -> None:
    """Codes by words without diacritics, a draft, the missing outcome told, closed."""
    page.get_by_role("link", name="Khám Nguyễn Thị Hồng Vân").click()
    page.wait_for_url("**/kham-benh/*-*/")  # loaded, and so are its shortcuts
    page.keyboard.press("Control+Enter")  # begin
    page.wait_for_selector("#id_main:focus")
    page.wait_for_load_state()
    assert "38,6" in page.locator(".facts").first.inner_text()
    page.keyboard.type("amidan cap")
    page.locator("#goi-y-main .option").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#id_main") == "J03.9"
    page.locator("#id_secondary").fill("I10")
    page.locator("#id_conclusion").fill("Nghỉ ngơi, súc họng nước muối.")
    page.locator("#da-chon").get_by_text("Tăng huyết áp vô căn").wait_for()  # the codes are read back
    axe(page)
    page.keyboard.press("Control+s")
    page.get_by_text("Đã lưu nháp phiếu khám").wait_for()
    page.wait_for_load_state()
    assert page.input_value("#id_conclusion") == "Nghỉ ngơi, súc họng nước muối."
    page.keyboard.press("Control+Enter")
    page.locator("[role=alert]").wait_for()  # the outcome is still missing
    page.wait_for_load_state()
    page.select_option("#id_outcome_code", "2")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã kết thúc lượt khám").wait_for()


def test_from_the_desk_to_the_end_of_the_visit(
    clinic: Clinic,
    live_server: Any,
    signed_in: Callable[..., Any],
    page: Any,
    axe: Callable[[Any], None],
    faults: list[str],
) -> None:
    signed_in(page, "le.tan").goto(f"{live_server.url}/tiep-nhan/")
    reception_registers_and_checks_in(page, axe)
    page.goto(f"{live_server.url}/man-hinh/{clinic.room.code}/")
    assert page.locator(".calling .no").inner_text() == "0001"
    assert "Nguyễn" not in page.locator(".wall main").inner_text()
    axe(page)

    signed_in(page, "y.ta").goto(f"{live_server.url}/kham-benh/")
    nurse_measures(page, axe)
    signed_in(page, "bac.si").goto(f"{live_server.url}/kham-benh/")
    doctor_diagnoses_and_closes(page, axe)

    visit = Visit.objects.select_related("encounter").get()
    assert (visit.state, visit.encounter.status) == ("closed", Encounter.Status.FINISHED)
    written = Condition.objects.filter(superseded_by=None).order_by("role").values_list("role", "code")
    assert list(written) == [("main", "J03.9"), ("secondary", "I10")]
    assert Observation.objects.count() == 4
    trail = AuditEvent.objects.filter(patient_id=visit.encounter.patient_id, outcome="ok").exclude(action="read")
    done = list(trail.order_by("at").values_list("action", "actor_label"))
    assert done == [
        ("create", "le.tan"),
        ("create", "le.tan"),
        ("print", "le.tan"),
        ("call", "le.tan"),
        ("update", "y.ta"),
        ("update", "bac.si"),
        ("update", "bac.si"),
        ("close", "bac.si"),
    ]
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
    from django.utils import timezone

    page.set_viewport_size({"width": width, "height": 900})
    given = clinic.check_in(at=timezone.now())
    other = clinic.register("Trần Văn Đức", "1950", "male")
    visit = f"/kham-benh/{given.visit_id}/"
    pages = [
        ("le.tan", "/tiep-nhan/"),
        ("le.tan", f"/tiep-nhan/{other}/"),
        ("le.tan", f"/tiep-nhan/phieu/{given.ticket_id}/"),
        ("le.tan", visit),
        ("y.ta", "/kham-benh/"),
        ("y.ta", visit),
        ("bac.si", visit),
        ("thu.ngan", f"/man-hinh/{clinic.room.code}/"),
    ]
    for username, address in pages:
        signed_in(page, username).goto(live_server.url + address)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, address
    assert faults == []
