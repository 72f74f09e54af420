"""The admin's pages of our own in a real browser, on a desk and on a telephone: axe finds nothing in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from registry.models import CodeSystem
from tests.factories.city import City

SCREENS = [(1440, 900), (390, 844)]


@pytest.mark.parametrize("size", SCREENS, ids=lambda size: str(size[0]))
def test_our_pages_stand_inside_the_admin(
    signed_in: Callable[[Any, str], Any],
    live_server: Any,
    live_city: City,
    page: Any,
    axe: Callable[[Any], None],
    size: Any,
) -> None:
    signed_in(page, "so.y.te")
    faults: list[str] = []
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.set_viewport_size({"width": size[0], "height": size[1]})
    person, codes = live_city.staff["bac.si"].pk, CodeSystem.objects.first()
    for path, button in {
        "": "",
        f"registry/staff/{person}/mat-khau/": "Đặt mật khẩu",
        f"registry/codesystem/{codes.pk}/nap/": "Nạp danh sách",
        "registry/auditseal/kiem-tra/": "Kiểm tra",
    }.items():  # fmt: skip
        page.goto(f"{live_server.url}/quan-tri/{path}", wait_until="networkidle")
        if button:
            assert page.get_by_role("button", name=button, exact=True).is_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        axe(page)
    assert faults == []
