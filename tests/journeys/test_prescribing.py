"""A doctor prescribes by keyboard alone: a medicine by typing with its checks, and the last prescription once more."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from clinics.commands.closing import close_visit
from clinics.commands.consultation import record_diagnoses, start_consultation
from clinics.commands.signing import sign_prescription
from clinics.models import Prescription
from tests.clinics.conftest import Clinic, build_clinic
from tests.clinics.test_prescribing import AMLODIPINE, draft, line
from tests.factories.allergies import record_allergy
from tests.journeys.counting import Desk

PRESSES_TO_REPEAT = 6  # the most that a repeated, signed prescription may cost


@pytest.fixture
def clinic(live_city: Any) -> Clinic:
    return build_clinic(live_city)


def consulting(clinic: Clinic, patient_id: Any) -> Any:
    """A visit of today in consultation, with a diagnosis."""
    visit_id = clinic.check_in(patient_id, at=timezone.now()).visit_id
    start_consultation(clinic.ctx("bac.si", timezone.now()), visit_id=visit_id)
    record_diagnoses(clinic.ctx("bac.si", timezone.now()), visit_id=visit_id, main="I10")
    return visit_id


def shot(page: Any, name: str) -> None:
    if os.environ.get("EHR_SHOTS"):
        page.screenshot(path=str(Path(os.environ["EHR_SHOTS"]) / f"{name}.png"), full_page=True)


def test_a_doctor_prescribes_by_keyboard(
    clinic: Clinic, page: Any, live_server: Any, signed_in: Any, axe: Callable[[Any], None], capsys: Any
) -> None:
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda said: faults.append(said.text) if said.type == "error" and "422" not in said.text else None
    )
    person = clinic.register()
    record_allergy(clinic.ctx("bac.si"), patient_id=person, substance="Amoxicilin", reaction="ban đỏ")
    visit_id = consulting(clinic, person)
    signed_in(page, "bac.si")
    page.goto(f"{live_server.url}/kham-benh/{visit_id}/")
    page.keyboard.press("Alt+t")
    page.wait_for_url("**/don-thuoc/")
    axe(page)
    page.locator("#them").press_sequentially("amox 500")
    page.locator("#goi-y-thuoc .option").first.wait_for()
    shot(page, "goi-y")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.locator(".finding.warning").first.wait_for()
    assert page.evaluate("document.activeElement.id") == "id_l0-morning"
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("2")
    page.keyboard.press("Tab")
    page.get_by_text("20 viên").wait_for()
    shot(page, "canh-bao")
    axe(page)
    page.keyboard.press("Control+Enter")
    page.locator("[role=alert] a").first.wait_for()
    assert not Prescription.objects.exists()
    page.locator("[role=alert] a").first.press("Enter")
    assert page.evaluate("document.activeElement.id").startswith("reason-")
    page.keyboard.type("đã dùng lại nhiều lần, không phản ứng")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/don-thuoc/*-*/")
    assert "Amoxicilin 500 mg" in page.locator(".paper").inner_text()
    shot(page, "don")
    axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{live_server.url}/kham-benh/{visit_id}/don-thuoc/")
    shot(page, "don-390")
    axe(page)
    assert faults == []


def test_the_last_prescription_is_repeated_and_signed_in_six_presses(
    clinic: Clinic, page: Any, live_server: Any, signed_in: Any, capsys: Any
) -> None:
    person = clinic.register()
    before = consulting(clinic, person)
    sheet, written = draft(clinic, before, line(AMLODIPINE, 30))
    doctor = clinic.ctx("bac.si", timezone.now())
    sign_prescription(doctor, visit_id=before, draft_id=sheet.draft_id, version=sheet.version, written=written)
    close_visit(doctor, visit_id=before, conclusion="Hẹn khám lại", outcome_code="2")
    visit_id = consulting(clinic, person)
    signed_in(page, "bac.si")
    page.goto(f"{live_server.url}/kham-benh/{visit_id}/")
    desk = Desk(page)
    with desk.task("last prescription repeated and signed") as task:
        for keys, awaited in (("Alt+t", "**/don-thuoc/"), ("Alt+r", None), ("Control+Enter", "**/don-thuoc/*-*/")):
            desk.press(keys)
            if awaited:
                page.wait_for_url(awaited)
            else:
                page.get_by_text("Tiếp tục thuốc đang dùng").wait_for()
    assert Prescription.objects.count() == 2
    with capsys.disabled():
        print(desk.table())
    assert task.keys <= PRESSES_TO_REPEAT
