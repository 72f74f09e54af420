"""A positive FIT stays on the worklist until a colonoscopy closes it, at desks of two facilities."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from screening.models import Duty
from tests.factories.screening import Ward, make_ward


@pytest.fixture
def ward(live_city: Any) -> Ward:
    """The clinic `here` looks after Phường Kim Liên; one resident of it waits to be enrolled."""
    ward = make_ward(live_city)
    ward.at = timezone.now()
    ward.person(name="Lưu Thị Kim Oanh")
    return ward


def _row(page: Any) -> Any:
    return page.get_by_role("row", name="Lưu Thị Kim Oanh")


def test_a_positive_stays_on_the_worklist_until_it_is_closed(
    ward: Ward, live_server: Any, page: Any, signed_in: Callable[[Any, str], Any], axe: Callable[[Any], None]
) -> None:
    signed_in(page, "sang.loc")
    page.goto(f"{live_server.url}/tam-soat/ghi-danh/")
    axe(page)
    page.get_by_role("button", name="Ghi danh Lưu Thị Kim Oanh").click()
    page.get_by_label("Số kit").fill("fit-2026-0001")
    page.get_by_role("button", name="Phát kit").click()
    page.get_by_role("button", name="Nhận mẫu").click()
    page.get_by_label("Kết quả FIT").fill("57,5")
    axe(page)
    page.get_by_role("button", name="Ghi kết quả").click()
    page.get_by_role("heading", name="Chưa có nội soi").wait_for()
    axe(page)

    page.goto(f"{live_server.url}/tam-soat/")
    assert "còn 31 ngày" in _row(page).inner_text()
    assert "Chưa giao" in _row(page).inner_text()
    _row(page).get_by_role("button", name="Nhận ca").click()
    assert "Nhân viên sang.loc" in _row(page).inner_text()
    axe(page)

    _row(page).get_by_role("link", name="Mở ca").click()
    page.get_by_text("Không làm, ghi lý do…").click()
    page.get_by_label("Lý do không làm").select_option("unreachable")
    page.get_by_role("button", name="Đóng ca với lý do này").click()
    page.get_by_role("alert").get_by_text("Hãy ghi rõ").wait_for()
    page.goto(f"{live_server.url}/tam-soat/")
    assert _row(page).count() == 1, "a reason that documents nothing closes nothing"

    _row(page).get_by_role("link", name="Mở ca").click()
    page.get_by_label("Ngày làm").fill(f"{timezone.localdate():%d/%m/%Y}")
    page.get_by_text("Không, phải làm lại").click()
    page.get_by_role("button", name="Ghi kết quả").click()
    page.get_by_text("chưa trọn vẹn").first.wait_for()
    page.goto(f"{live_server.url}/tam-soat/")
    assert _row(page).count() == 1, "an incomplete colonoscopy closes nothing"

    _row(page).get_by_role("link", name="Mở ca").click()
    page.get_by_label("Ngày làm").fill(f"{timezone.localdate():%d/%m/%Y}")
    page.get_by_text("Có", exact=True).click()
    page.get_by_label("Kết luận").select_option("advanced-adenoma")
    page.get_by_role("button", name="Ghi kết quả").click()
    page.get_by_role("heading", name="Không có bước nào đang mở").wait_for()
    page.goto(f"{live_server.url}/tam-soat/")
    assert _row(page).count() == 0
    page.get_by_role("link", name="Đã đóng").click()
    assert "Đã làm" in _row(page).inner_text()
    assert Duty.objects.get().outcome == "done"
