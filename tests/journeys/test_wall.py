"""The wall display in a real browser: it follows the desk by itself, speaks each call once, tells of a lost network."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.clinics.conftest import Clinic, build_clinic

# A machine with a Vietnamese voice; what it is given to say is kept instead of heard.
VOICE = """
  globalThis.heard = [];
  globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
  Object.defineProperty(globalThis, "speechSynthesis", { value: {
    getVoices: () => [{ lang: "en-US" }, { lang: "vi_VN" }],
    speak: (words) => heard.push([words.text, words.lang, words.voice.lang]),
  }});
"""
SPREAD = """() => {
  const box = (selector) => document.querySelector(selector).getBoundingClientRect();
  const [button, notice, footer] = [box("#bat-tieng"), box(".wall > footer p"), box(".wall > footer")];
  const apart = button.left >= notice.right || button.top >= notice.bottom;
  const inside = button.right <= footer.right && button.bottom <= footer.bottom && button.left >= footer.left;
  return apart && inside && document.documentElement.scrollWidth <= innerWidth;
}"""
SOON = 12_000  # ms: the wall asks every 4 s


@pytest.fixture
def clinic(live_city: Any) -> Clinic:
    """Rooms and codes, committed for the browser's server."""
    return build_clinic(live_city)


@pytest.fixture
def desk(browser: Any, browser_context_args: dict[str, Any]) -> Iterator[Any]:
    """Another machine: the reception's page."""
    context = browser.new_context(**browser_context_args)
    yield context.new_page()
    context.close()


def keep(page: Any, name: str) -> None:
    """A picture of the wall, where EHR_SHOTS names a folder."""
    if folder := os.environ.get("EHR_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def call_next(desk: Any, live_server: Any) -> None:
    """The reception presses F9."""
    desk.goto(f"{live_server.url}/tiep-nhan/")
    desk.locator("h1").click()
    desk.keyboard.press("F9")
    desk.get_by_text("Đang gọi số").wait_for()


def shows(page: Any, number: str) -> None:
    page.locator(".calling .no", has_text=number).wait_for(timeout=SOON)


def test_the_wall_follows_speaks_and_survives_a_lost_network(
    clinic: Clinic, page: Any, desk: Any, live_server: Any, signed_in: Callable[..., Any], axe: Callable[[Any], None]
) -> None:
    for name in ("Nguyễn Thị Hồng Vân", "Trần Văn Đức", "Lê Thị Hẹn"):
        clinic.check_in(clinic.register(name, "1970"), at=timezone.now())
    page.add_init_script(VOICE)
    signed_in(page, "thu.ngan").goto(f"{live_server.url}/man-hinh/{clinic.room.code}/")
    signed_in(desk, "le.tan")
    page.get_by_text("Xin chờ đến lượt").wait_for()
    page.get_by_role("button", name="Bật tiếng").click()
    page.get_by_role("button", name="Đang đọc số").wait_for()

    call_next(desk, live_server)
    shows(page, "0001")
    page.wait_for_function("heard.length === 1")
    room = page.locator(".calling .room").inner_text().removeprefix("Vào ")
    assert page.evaluate("heard") == [[f"Mời số 1, vào {room}.", "vi-VN", "vi_VN"]]
    notice = page.locator("#mat-mang")
    assert not notice.is_visible()

    page.context.set_offline(True)
    notice.wait_for(timeout=SOON)
    last = page.locator("header time").inner_text()
    assert re.search(rf"Mất kết nối\. Số đang hiện là lúc {last}, có thể đã cũ", notice.inner_text())
    keep(page, "man-hinh-mat-mang")
    axe(page)
    call_next(desk, live_server)
    page.wait_for_timeout(4500)  # one more try that fails
    assert notice.is_visible()
    shows(page, "0001")
    page.context.set_offline(False)
    shows(page, "0002")
    notice.wait_for(state="hidden")
    page.wait_for_function("heard.length === 2")
    assert page.evaluate("heard[1][0]") == f"Mời số 2, vào {room}."


def test_a_server_in_trouble_or_a_lost_session_leaves_the_last_numbers(
    clinic: Clinic, page: Any, desk: Any, live_server: Any, signed_in: Callable[..., Any]
) -> None:
    clinic.check_in(at=timezone.now())
    signed_in(desk, "le.tan")
    call_next(desk, live_server)
    address = f"{live_server.url}/man-hinh/{clinic.room.code}/"
    signed_in(page, "thu.ngan").goto(address)
    shows(page, "0001")
    notice = page.locator("#mat-mang")
    page.route(address, lambda route: route.fulfill(status=503, body="bận"))
    notice.wait_for(timeout=SOON)
    page.unroute(address)
    notice.wait_for(state="hidden", timeout=SOON)
    page.context.clear_cookies()
    notice.wait_for(timeout=SOON)
    shows(page, "0001")
    signed_in(page, "thu.ngan")
    notice.wait_for(state="hidden", timeout=SOON)


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1440, 900), (1280, 720), (390, 844)])
def test_the_sound_button_covers_nothing(
    clinic: Clinic, page: Any, live_server: Any, signed_in: Callable[..., Any], width: int, height: int
) -> None:
    page.set_viewport_size({"width": width, "height": height})
    signed_in(page, "thu.ngan").goto(f"{live_server.url}/man-hinh/{clinic.room.code}/")
    keep(page, f"man-hinh-{width}")
    assert page.evaluate(SPREAD)
    page.get_by_role("button", name="Bật tiếng").click()
    page.locator("#bat-tieng[aria-pressed=true]").wait_for()
    keep(page, f"man-hinh-{width}-tieng")
    assert page.evaluate(SPREAD)
