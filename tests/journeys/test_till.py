"""The till and the insurance file in a real browser: card, charges, money, receipt, file; by the cashier and the desk."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from clinics.models import ClaimFile, Payment
from tests.clinics.claim_days import make_visit, ready
from tests.clinics.conftest import Clinic, build_clinic

PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}


@pytest.fixture
def clinic(live_city: Any) -> Clinic:
    """Rooms, codes and prices, committed for the browser's server."""
    built = build_clinic(live_city)
    ready(built)
    return built


def looked_at(page: Any, axe: Callable[[Any], None], name: str) -> None:
    """No rule of accessibility broken and nothing wider than the screen, on a desk and on a phone."""
    for size in (DESK, PHONE):
        page.set_viewport_size(size)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        if folder := os.environ.get("EHR_SCREENSHOTS"):
            page.screenshot(path=Path(folder) / f"{name}-{size['width']}.png", full_page=True)
    page.set_viewport_size(DESK)


def a_card_is_judged_while_typed(page: Any, live_server: Any, clinic: Clinic, axe: Callable[[Any], None]) -> None:
    """At check-in: the facility is found by typing, the card's end is told at once."""
    arriving = clinic.register("Trần Thị Thẻ", "05/06/1980", "female")
    page.goto(f"{live_server.url}/tiep-nhan/{arriving}/")
    page.get_by_text("Bảo hiểm y tế", exact=True).click()
    page.fill("#id_card", "GD4010123456789")
    page.fill("#id_valid_to", "31/12/2020")
    page.fill("#id_valid_from", "01/01/2020")
    page.locator("#id_registered_at").press_sequentially("01T")
    page.locator("#goi-y-registered_at [data-code]").first.wait_for()
    looked_at(page, axe, "arrive")
    page.locator("#id_registered_at").fill("01T01")
    page.locator("#id_benefit").focus()
    page.get_by_text("Thẻ đã hết hạn").wait_for()


@pytest.mark.django_db(transaction=True)
def test_a_day_at_the_till(
    page: Any, live_server: Any, signed_in: Callable[..., Any], clinic: Clinic, axe: Callable[[Any], None]
) -> None:
    visit_id = clinic.consult(at=timezone.now())
    ended = make_visit(clinic, Random(3), payer="self-pay", complete=False)

    signed_in(page, "le.tan")
    a_card_is_judged_while_typed(page, live_server, clinic, axe)
    page.goto(f"{live_server.url}/tiep-nhan/the/{visit_id}/")
    page.select_option("#id_object_code", "1.1")
    page.fill("#id_card", "GD4010123456789")
    page.fill("#id_registered_at", "01T01")
    page.fill("#id_valid_from", "01012026")
    page.fill("#id_valid_to", "31/12/2025")
    page.get_by_role("button", name="Ghi thẻ").click()
    page.locator("[role=alert] a").first.wait_for()
    looked_at(page, axe, "coverage")
    page.fill("#id_valid_to", "31/12/2026")
    page.get_by_role("button", name="Ghi thẻ").click()
    page.get_by_text("Đã ghi thẻ BHYT").wait_for()

    signed_in(page, "thu.ngan").goto(f"{live_server.url}/thu-ngan/")
    looked_at(page, axe, "till")
    page.goto(f"{live_server.url}/thu-ngan/{visit_id}/")
    page.get_by_role("button", name="Lấy chỉ định và đơn thuốc").click()
    page.get_by_text("Đã thêm 1 dòng").wait_for()
    for typed in ("noi soi dai", "theo yeu cau"):
        page.locator("#id_code").press_sequentially(typed)
        page.locator("#goi-y-code [data-code]").first.wait_for()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Thêm", exact=True).click()
        page.get_by_text("Đã thêm “").wait_for()
    looked_at(page, axe, "bill")
    page.locator("h1").click()
    page.keyboard.press("F9")
    page.get_by_text("biên lai số 2").wait_for()
    assert Payment.objects.filter(visit_id=visit_id).count() == 1

    page.goto(f"{live_server.url}/ho-so-bao-hiem/{ended.pk}/")
    page.get_by_role("button", name="Lập và kiểm tra").click()
    page.get_by_text("Chưa có MA_DANTOC.").wait_for()
    looked_at(page, axe, "claim")
    page.get_by_role("link", name="XML14").click()
    looked_at(page, axe, "claim-added")
    page.goto(f"{live_server.url}/ho-so-bao-hiem/?tu=23/11/2026&den=23/11/2026")
    looked_at(page, axe, "claims")
    assert ClaimFile.objects.get().errors > 0
