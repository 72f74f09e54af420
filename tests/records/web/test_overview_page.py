"""The first screen, the line of time, results and the printed summary in a browser: what is seen, on which screen."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from records.commands.encounters import (
    Diagnosis,
    finish_encounter,
    open_encounter,
    record_diagnoses,
    record_procedure,
    record_result,
    record_vitals,
)
from records.models import MedicationRequest
from tests.factories.allergies import record_allergy
from tests.factories.city import City
from tests.records.conftest import register

PROBLEMS = (
    Diagnosis("E11.9", "Đái tháo đường típ 2, không biến chứng", chronic=True),
    Diagnosis("I10", "Tăng huyết áp nguyên phát", chronic=True),
    Diagnosis("E78.5", "Rối loạn chuyển hoá lipid", chronic=True),
    Diagnosis("M17.0", "Thoái hoá khớp gối hai bên", chronic=True),
)
MEDICINES = (
    ("Metformin", "500 mg", "sáng 1 · tối 1"),
    ("Losartan", "50 mg", "sáng 1"),
    ("Amlodipin", "5 mg", "sáng 1"),
)


def lived(city: City) -> uuid.UUID:
    """Somebody with four chronic illnesses, seen at two facilities over two years."""
    known = register(city)
    for number, problem in enumerate((*PROBLEMS, *PROBLEMS)):
        ctx = city.ctx("bac.si" if number % 2 else "bac.si.2", timezone.now() - timedelta(days=700 - number * 85))
        encounter = open_encounter(ctx, patient_id=known, care_type="01", reason="Tái khám định kỳ")
        pressure = {"systolic": Decimal(150 - number * 3), "diastolic": Decimal(88 - number), "pulse": Decimal(80)}
        record_vitals(ctx, encounter, pressure | {"weight": Decimal(62) - number})
        record_diagnoses(ctx, encounter, problem)
        for code, name, unit, value in (("4548-4", "HbA1c", "%", 8), ("2093-3", "Cholesterol", "mmol/L", 6)):
            level = Decimal(value) - Decimal(number) / 7
            record_result(
                ctx, patient_id=known, code=code, display=name, unit=unit, value=round(level, 1), encounter=encounter
            )
        finish_encounter(ctx, encounter, "Giữ nguyên phác đồ, hẹn 3 tháng", "1")
    for name, strength, dose in MEDICINES:
        MedicationRequest.objects.create(
            source_record_id=encounter.source_record_id, patient_id=known, facility_id=encounter.facility_id,
            recorded_at=ctx.at, encounter=encounter, name=name, strength=strength, dose=dose, started_on=ctx.at.date(),
        )  # fmt: skip
    record_allergy(ctx, patient_id=known, substance="Penicillin", reaction="phản vệ độ II", severe=True)
    record_procedure(ctx, patient_id=known, code="20.0073", display="Nội soi đại tràng", result="Không có polyp")
    return known


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("name", ["record", "timeline", "results", "summary"])
def test_every_part_is_legible_to_everybody(
    live_city: City, live_server: Any, page: Any, signed_in: Callable[[Any, str], Any], axe: Any, name: str, width: int
) -> None:
    known = lived(live_city)
    signed_in(page, "bac.si").set_viewport_size({"width": width, "height": 900})
    page.goto(live_server.url + reverse(f"records:{name}", args=[known]))
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_one_screen_tells_what_a_doctor_asks_first(
    live_city: City, live_server: Any, page: Any, signed_in: Callable[[Any, str], Any]
) -> None:
    """Who, alerts, problems, medicines, last visits, results, screening due: without scrolling at 1440 by 900."""
    known = lived(live_city)
    page.set_viewport_size({"width": 1440, "height": 900})
    signed_in(page, "bac.si").goto(live_server.url + reverse("records:record", args=[known]))
    for text in (
        "Nguyễn Thị Hồng Vân", "Penicillin (phản vệ độ II), nặng", "Thoái hoá khớp gối hai bên", "Amlodipin 5 mg",
        "HbA1c", "Huyết áp", "Tầm soát đại trực tràng", "Gần đây ở mọi cơ sở",
    ):  # fmt: skip
        place = page.get_by_text(text).first.bounding_box()
        assert place, text
        assert place["y"] + place["height"] <= 900, (text, place)


def test_the_line_of_time_changes_in_place_and_its_words_stay_out_of_the_address(
    live_city: City, live_server: Any, page: Any, signed_in: Callable[[Any, str], Any]
) -> None:
    known = lived(live_city)
    address = live_server.url + reverse("records:timeline", args=[known])
    signed_in(page, "bac.si").goto(address)
    page.get_by_role("link", name="Thủ thuật", exact=True).click()
    page.wait_for_url("**?loai=thu-thuat")
    assert page.locator(".timeline time").count() == 1
    page.go_back()
    page.wait_for_url(address)
    page.get_by_role("link", name="Bỏ lọc").wait_for(state="detached")
    page.get_by_role("searchbox", name="Tìm trong hồ sơ này").fill("thoai hoa khop")
    page.get_by_role("button", name="Lọc", exact=True).click()
    page.get_by_role("link", name="Bỏ lọc").wait_for()
    assert page.locator(".timeline li:not(.year)").count() == 2
    assert page.url == address
