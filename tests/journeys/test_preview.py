"""A printed form seen in the page before it is printed: opened and left by keyboard, with nothing left behind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from clinics.models import ServiceOrder
from registry.models import AuditEvent
from tests.clinics.conftest import build_clinic
from tests.clinics.ordering import IONS, answered, drawn, order


@pytest.fixture
def placed(live_city: Any) -> ServiceOrder:
    clinic = build_clinic(live_city)
    made = order(clinic, IONS)
    drawn(clinic, made)
    answered(clinic, made, {"K": "7,1"})
    return made


@pytest.mark.parametrize("width", [1440, 390])
def test_a_form_is_previewed_printed_and_left_by_keyboard(
    live_server: Any,
    signed_in: Callable[..., Any],
    page: Any,
    axe: Callable[[Any], None],
    placed: ServiceOrder,
    width: int,
) -> None:
    faults: list[str] = []
    page.on("console", lambda said: faults.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    # Whether this browser brings a viewer is not what is tried here.
    page.add_init_script("Object.defineProperty(navigator, 'pdfViewerEnabled', { get: () => true })")
    signed_in(page, "bac.si").goto(f"{live_server.url}/can-lam-sang/phieu/{placed.pk}/", wait_until="networkidle")
    before = AuditEvent.objects.filter(action="print").count()
    link = page.get_by_role("link", name="In phiếu kết quả")
    link.focus()
    with page.expect_response("**/ket-qua.pdf") as answered_with:
        page.keyboard.press("Enter")
    assert answered_with.value.status == 200
    dialog = page.locator("#xem-truoc")
    assert dialog.locator("h2").inner_text() == "Phiếu kết quả"
    assert dialog.locator("iframe").get_attribute("title") == "Phiếu kết quả"
    assert dialog.get_by_role("link", name="Mở trong thẻ mới").get_attribute("href").endswith("/ket-qua.pdf")
    assert page.evaluate("document.activeElement.matches('[data-preview-print]')"), "the focus is on the print key"
    box = dialog.bounding_box()
    assert box["width"] <= width
    assert dialog.locator("iframe").bounding_box()["height"] > 500
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.wait_for_timeout(300)
    assert AuditEvent.objects.filter(action="print").count() == before + 1, "seen once, recorded once"
    axe(page)
    page.keyboard.press("Escape")
    assert not dialog.is_visible()
    assert page.locator("#xem-truoc iframe").count() == 0
    assert link.evaluate("one => one === document.activeElement"), "the focus returns to the link"
    assert faults == []


def test_without_a_viewer_or_with_a_modifier_it_stays_a_link(
    live_server: Any, signed_in: Callable[..., Any], page: Any, placed: ServiceOrder
) -> None:
    page.add_init_script("Object.defineProperty(navigator, 'pdfViewerEnabled', { get: () => false })")
    signed_in(page, "bac.si").goto(f"{live_server.url}/can-lam-sang/phieu/{placed.pk}/", wait_until="networkidle")
    link = page.get_by_role("link", name="In phiếu kết quả")
    page.evaluate(
        "window.addEventListener('click', event => { window.taken = event.defaultPrevented; event.preventDefault(); })"
    )
    link.click()
    assert page.evaluate("window.taken") is False
    assert not page.locator("#xem-truoc").is_visible()
