"""Signing in through the browser: wrong password, second factor of administrators, way out, other language."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
import time
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import validate_totp_code
from playwright.sync_api import Page, expect

from tests.factories.city import PASSWORD

Axe = Callable[[Any], None]


def one_time_code(secret: str, steps_ago: int = 0) -> str:
    """The six digits an authenticator app shows now, or showed so many steps ago (RFC 6238, SHA-1, 30 s)."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(time.time()) // 30 - steps_ago), hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 10**6:06d}"


def sign_in(page: Page, url: str, username: str, password: str = PASSWORD) -> None:
    page.goto(f"{url}/tai-khoan/login/")
    page.get_by_label("Tên đăng nhập").fill(username)
    page.get_by_label("Mật khẩu").fill(password)
    page.get_by_role("button", name="Tiếp tục").click()


@pytest.mark.parametrize(("steps_ago", "counts"), [(0, True), (1, True), (3, False)])
def test_a_code_counts_while_the_next_one_appears_and_no_longer(steps_ago: int, counts: bool) -> None:
    secret = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
    assert validate_totp_code(secret, one_time_code(secret, steps_ago)) == counts


@pytest.mark.parametrize("width", [1440, 390])
def test_a_wrong_password_is_said_once_and_what_was_typed_stays(
    live_server: Any, live_city: Any, page: Page, axe: Axe, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    sign_in(page, live_server.url, "bac.si", "khong-phai-mat-khau")
    expect(page.get_by_role("alert")).to_contain_text("Tên đăng nhập hoặc mật khẩu không đúng")
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Tên đăng nhập")).to_have_value("bac.si")
    axe(page)


def test_staff_sign_in_switch_language_and_sign_out(live_server: Any, live_city: Any, page: Page) -> None:
    sign_in(page, live_server.url, "bac.si")
    expect(page.get_by_role("navigation", name="Chức năng")).to_be_visible()
    page.goto(f"{live_server.url}/giao-dien/")
    page.get_by_role("button", name="Tài khoản của").click()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Component gallery")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    page.get_by_role("button", name="Account of").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/tai-khoan/login/"))
    page.goto(f"{live_server.url}/giao-dien/")
    expect(page).to_have_url(re.compile("/tai-khoan/login/"))


def test_an_administrator_sets_up_the_second_factor_before_anything_else(
    live_server: Any, live_city: Any, page: Page, axe: Axe
) -> None:
    sign_in(page, live_server.url, "so.y.te")
    page.wait_for_load_state()
    page.goto(f"{live_server.url}/giao-dien/")
    if "reauthenticate" in page.url:
        axe(page)
        page.get_by_label("Mật khẩu").fill(PASSWORD)
        page.get_by_role("button", name="Xác nhận").click()
    expect(page).to_have_url(re.compile("/2fa/totp/activate/"))
    secret = page.get_by_label("Không quét được thì gõ khoá này").input_value()
    axe(page)
    page.get_by_label("Mã 6 số").fill("000000")
    page.get_by_role("button", name="Bật", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Mã không đúng")
    expect(page.get_by_label("Không quét được thì gõ khoá này")).to_have_value(secret)
    page.get_by_label("Mã 6 số").fill(one_time_code(secret))
    page.get_by_role("button", name="Bật", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Mã dự phòng")
    expect(page.locator(".codes li")).to_have_count(10)
    axe(page)
    page.goto(f"{live_server.url}/giao-dien/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Giao diện mẫu")


@pytest.mark.parametrize(
    "address", ["/tai-khoan/2fa/", "/tai-khoan/password/change/", "/tai-khoan/logout/", "/khong-co-trang-nay/"]
)
def test_account_and_error_pages_pass_the_accessibility_rules(
    live_server: Any, signed_in: Callable[..., Any], page: Page, axe: Axe, address: str
) -> None:
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        signed_in(page, "bac.si").goto(live_server.url + address)
        axe(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
