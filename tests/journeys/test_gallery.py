"""The gallery in a real browser: every component is there; accessibility rules find nothing in either width or theme."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.factories.residents import make_resident

COMPONENTS = Path(__file__).parents[2] / "templates" / "components"
GALLERY = Path(__file__).parents[2] / "templates" / "gallery"


@pytest.mark.parametrize(("width", "theme"), [(1440, "light"), (390, "light"), (1440, "dark"), (390, "dark")])
def test_every_component_passes_the_accessibility_rules(
    live_server: Any, signed_in: Callable[..., Any], page: Any, axe: Callable[[Any], None], width: int, theme: str
) -> None:
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=theme)
    signed_in(page, "bac.si").goto(f"{live_server.url}/giao-dien/", wait_until="networkidle")
    assert page.locator("h1").first.inner_text() == "Giao diện mẫu"
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page itself scrolls sideways"
    assert faults == [], "the browser complained (a content security policy breach also shows here)"


def test_the_keyboard_reaches_search_answers_menu_and_dialog(
    live_server: Any, signed_in: Callable[..., Any], page: Any, axe: Callable[[Any], None]
) -> None:
    signed_in(page, "bac.si").goto(f"{live_server.url}/giao-dien/", wait_until="networkidle")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "tim-nhanh"
    page.evaluate("document.activeElement.blur()")
    page.keyboard.type("GD4010120456789")  # a card scanner, with the focus nowhere; its keys come at once
    assert page.input_value("#tim-nhanh") == "GD4010120456789"
    page.click("button.me")
    assert page.locator("#tai-khoan").is_visible()
    axe(page)
    page.keyboard.press("Escape")
    page.click("[data-dialog]")
    assert page.locator("#khan-cap-mau").is_visible()
    axe(page)
    page.keyboard.press("Escape")
    assert not page.locator("#khan-cap-mau").is_visible()


def test_answers_come_while_typing_and_arrows_walk_them(
    live_server: Any, live_city: Any, signed_in: Callable[..., Any], page: Any, axe: Callable[[Any], None]
) -> None:
    patient = make_resident(live_city.here, "Nguyễn Thị Hồng Vân", cccd="001172012345")
    signed_in(page, "bac.si").goto(f"{live_server.url}/giao-dien/", wait_until="networkidle")
    page.keyboard.press("/")
    page.keyboard.type("hong van", delay=20)
    answer = page.locator("#ket-qua-nhanh a").first
    expect(answer).to_contain_text("Nguyễn Thị Hồng Vân")
    axe(page)
    page.keyboard.press("ArrowDown")
    expect(answer).to_be_focused()
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "tim-nhanh"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/ho-so/{patient.pk}/")
    expect(page.locator(".band .name")).to_contain_text("Nguyễn Thị Hồng Vân")
    axe(page)


def test_print_leaves_the_chrome_away(live_server: Any, signed_in: Callable[..., Any], page: Any) -> None:
    signed_in(page, "bac.si").goto(f"{live_server.url}/giao-dien/")
    page.emulate_media(media="print")
    for part in (".topbar", ".nav", ".toasts"):
        assert not page.locator(part).is_visible(), part
    assert page.locator(".band").first.is_visible()
