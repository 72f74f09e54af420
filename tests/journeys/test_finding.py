"""Finding somebody at the end of a long day: by keyboard alone, with a slip, from any page."""

from __future__ import annotations

from typing import Any

import pytest

from tests.records.conftest import register

pytestmark = pytest.mark.django_db(transaction=True)


def focused(page: Any) -> str:
    """The text of what has the focus."""
    return str(page.evaluate("document.activeElement.innerText || document.activeElement.value || ''"))


def test_by_a_slip_and_the_keyboard_alone(
    live_city: Any, live_server: Any, signed_in: Any, page: Any, axe: Any
) -> None:
    known = register(live_city)
    register(live_city, name="Nguyễn Văn An", birth="05/06/1958", cccd="", bhyt="", phone="0912004321")
    signed_in(page, "bac.si").goto(f"{live_server.url}/kham-benh/")
    quick = page.locator("#ket-qua-nhanh")

    page.keyboard.press("/")
    quick.get_by_text("Gõ họ tên kèm năm sinh").wait_for()
    page.keyboard.type("nguyne van 72")
    quick.get_by_role("link", name="Nguyễn Thị Hồng Vân").wait_for()
    quick.get_by_text("gần giống").wait_for()
    axe(page)
    page.keyboard.press("ArrowDown")
    assert "Nguyễn Thị Hồng Vân" in focused(page)
    page.keyboard.press("ArrowUp")
    assert focused(page) == "nguyne van 72"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/ho-so/{known}/")

    page.keyboard.press("/")
    quick.get_by_text("Mở gần đây").wait_for()
    assert quick.get_by_role("link").count() == 1
    page.keyboard.press("Escape")
    assert quick.inner_text().strip() == ""
    page.keyboard.type("nva 58")
    quick.get_by_role("link", name="Nguyễn Văn An").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type("an 4321")
    quick.locator("mark", has_text="An").wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Hồ sơ sức khoẻ").wait_for()
    page.get_by_role("link", name="Nguyễn Văn An").wait_for()
    axe(page)


def test_nobody_is_found_and_what_was_typed_is_not_typed_twice(
    live_city: Any, live_server: Any, signed_in: Any, page: Any, axe: Any
) -> None:
    signed_in(page, "le.tan").goto(f"{live_server.url}/tiep-nhan/")
    page.locator("#tim-nhanh").focus()  # the desk's own box has the focus, where / is a letter
    page.keyboard.type("trần thị mai 12/3/58")
    button = page.locator("#ket-qua-nhanh").get_by_role("button", name="Đăng ký mới")
    button.wait_for()
    axe(page)
    page.keyboard.press("Enter")  # Enter searches; only the button registers
    page.get_by_text("Chưa thấy ai khớp").wait_for()
    axe(page)
    page.keyboard.press("Enter")
    page.get_by_text("Chưa thấy ai khớp").wait_for()
    page.get_by_role("button", name="Đăng ký mới").click()
    page.get_by_role("heading", name="Đăng ký").first.wait_for()
    assert page.get_by_label("Họ và tên").input_value() == "Trần Thị Mai"

    page.locator("#tim-nhanh").focus()
    page.keyboard.type("trần thị mai 12/3/58")
    button.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_function("document.querySelector('[name=birth]')?.value === '12/03/1958'")
    assert page.get_by_label("Họ và tên").input_value() == "Trần Thị Mai"
    assert page.get_by_label("Ngày sinh").input_value() == "12/03/1958"
    assert "mai" not in page.url.lower()
