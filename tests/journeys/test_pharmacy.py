"""The pharmacist's pages in a real browser: a lot comes in, a prescription is scanned and handed over by keyboard."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clinics.models import StockLot
from tests.clinics.conftest import Clinic, build_clinic
from tests.clinics.test_prescribing import PARACETAMOL, line, sign, visit_of


@pytest.fixture
def clinic(live_city: Any) -> Clinic:
    return build_clinic(live_city)


def shot(page: Any, name: str) -> None:
    if os.environ.get("EHR_SHOTS"):
        page.screenshot(path=str(Path(os.environ["EHR_SHOTS"]) / f"{name}.png"), full_page=True)


def test_a_pharmacist_takes_in_and_hands_over(
    clinic: Clinic, page: Any, live_server: Any, signed_in: Any, axe: Callable[[Any], None]
) -> None:
    (made,) = sign(clinic, visit_of(clinic), line(PARACETAMOL, 10))
    signed_in(page, "duoc.si")
    page.goto(f"{live_server.url}/nha-thuoc/kho/")
    page.locator("#id_code").fill(PARACETAMOL)
    page.locator("#id_lot").fill("L7")
    page.locator("#id_expires_on").fill("31/12/2027")
    page.locator("#id_quantity").fill("100")
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã nhập kho").wait_for()
    axe(page)
    shot(page, "kho")
    page.goto(f"{live_server.url}/nha-thuoc/danh-muc/?q=amox")
    axe(page)
    shot(page, "danh-muc")
    page.goto(f"{live_server.url}/nha-thuoc/")
    axe(page)
    shot(page, "nha-thuoc")
    page.keyboard.type(made.code)  # the field has the focus: a scanner types and ends with Enter
    page.keyboard.press("Enter")
    page.wait_for_url("**/nha-thuoc/don/**")
    axe(page)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã cấp phát thuốc").wait_for()
    assert StockLot.objects.get().on_hand == 90
    axe(page)
    shot(page, "cap-phat")
    page.set_viewport_size({"width": 390, "height": 844})
    axe(page)
    shot(page, "cap-phat-390")
