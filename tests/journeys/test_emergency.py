"""An emergency in the browser: the closed record, three hours, the Department's question, the answer, the verdict."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from records.models import Consent, DataSubjectRequest, EmergencyAccess
from tests.factories.city import City
from tests.records.conftest import register

REASON = "Hôn mê, cần biết tiền sử dị ứng"


def keep(page: Any, name: str) -> None:
    """A picture of the page at both widths, where EHR_SHOTS names a folder."""
    folder = os.environ.get("EHR_SHOTS")
    if folder:
        for width in (1440, 390):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=str(Path(folder) / f"{name}-{width}.png"), full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.django_db(transaction=True)
def test_emergency_access_and_its_review(
    page: Any, live_server: Any, live_city: City, signed_in: Callable[..., Any], axe: Callable[[Any], None]
) -> None:
    known = register(live_city, by="le.tan.2")
    record = f"{live_server.url}/ho-so/{known}/"

    signed_in(page, "bac.si").goto(record)
    assert "Nguyễn Thị Hồng Vân" not in page.content()
    page.get_by_role("button", name="Mở hồ sơ 3 giờ").click()
    page.get_by_text("Hãy chọn tình huống khẩn cấp.").first.wait_for()
    axe(page)
    keep(page, "khan-cap-loi")
    page.get_by_label("Người bệnh không tỉnh táo, không nói được").check()
    page.get_by_label("Lý do mở khẩn cấp").fill(REASON)
    page.get_by_role("button", name="Mở hồ sơ 3 giờ").click()
    page.get_by_text("Nguyễn Thị Hồng Vân").first.wait_for()
    page.goto(f"{record}ai-da-xem/?loc=emergency")
    assert page.get_by_text("Mở khẩn cấp").count() >= 1, "the resident's list shows it"
    axe(page)
    keep(page, "ai-da-xem")

    queue = f"{live_server.url}/ho-so/khan-cap/"
    signed_in(page, "so.y.te").goto(queue)
    page.get_by_text(REASON).wait_for()
    axe(page)
    keep(page, "duyet")
    page.get_by_role("textbox", name="Ghi chú").fill("Gửi bệnh án kèm theo")
    page.get_by_role("button", name="Cần giải trình").click()
    page.get_by_text("Không có lần nào ở đây").wait_for()

    signed_in(page, "y.ta").goto(f"{queue}co-so/")
    page.get_by_text("Gửi bệnh án kèm theo").wait_for()
    axe(page)
    keep(page, "giai-trinh")
    page.get_by_role("textbox", name="Giải trình").fill("Người bệnh hôn mê khi vào viện, bệnh án số 12")
    page.get_by_role("button", name="Gửi giải trình").click()
    page.get_by_text("Đã gửi giải trình").wait_for()

    signed_in(page, "so.y.te").goto(queue)
    page.get_by_text("bệnh án số 12").wait_for()
    page.get_by_role("button", name="Chính đáng", exact=True).click()
    page.get_by_text("Không có lần nào ở đây").wait_for()
    page.goto(f"{queue}?loc=justified")
    page.get_by_text("bệnh án số 12").wait_for()
    keep(page, "da-duyet")


@pytest.mark.django_db
def test_after_three_hours_it_is_closed_again(city: City) -> None:
    from django.test import Client
    from django.urls import reverse

    from records.commands.emergency import open_emergency_access

    known, start = register(city, by="le.tan.2"), timezone.now()
    open_emergency_access(city.ctx("bac.si", start), patient_id=known, reason=REASON)
    client = Client()
    client.force_login(city.staff["bac.si"])
    address = reverse("records:record", args=[known])
    for passed, status in ((timedelta(hours=2, minutes=59), 200), (timedelta(hours=3, seconds=1), 403)):
        with time_machine.travel(start + passed, tick=False):
            session = client.session
            session["seen"] = 10**11
            session.save()
            assert client.get(address).status_code == status
    assert EmergencyAccess.objects.count() == 1


def the_consent_is_stored(city: City, known: uuid.UUID) -> None:
    stored = Consent.objects.select_related("purpose", "recipient", "source_record__link").get()
    assert stored.source_record.link.patient_id == known
    assert (stored.purpose.key, stored.decision, stored.text.purpose) == ("treatment-sharing", "permit", stored.purpose)
    assert (stored.recipient and stored.recipient.code, stored.facility) == ("01T02", city.here)
    assert (stored.given_by, stored.proof, stored.proof_note) == ("self", "paper", "HS-12")
    assert stored.recorded_by == city.staff["le.tan"]


def the_request_is_stored(known: uuid.UUID) -> None:
    asked = DataSubjectRequest.objects.select_related("source_record__link").get()
    assert asked.source_record.link.patient_id == known
    assert (asked.kind, asked.wish) == ("erase", "Xoá toàn bộ hồ sơ của tôi")


@pytest.mark.django_db(transaction=True)
def test_consents_and_requests_by_keyboard_and_phone(
    page: Any, live_server: Any, live_city: City, signed_in: Callable[..., Any], axe: Callable[[Any], None]
) -> None:
    known = register(live_city)
    record = f"{live_server.url}/ho-so/{known}/"
    signed_in(page, "le.tan").goto(f"{record}dong-y/")
    axe(page)
    keep(page, "dong-y-trong")
    page.get_by_role("group", name="Chia sẻ hồ sơ").get_by_text("Đồng ý", exact=True).click()
    page.get_by_label("Mã cơ sở nhận").fill("01T02")
    page.get_by_role("button", name="Ghi câu trả lời").click()
    page.get_by_text("Hãy chọn ai trả lời.").first.wait_for()
    axe(page)
    keep(page, "dong-y-loi")
    form = page.locator("form.panel")
    form.get_by_label("Chính người bệnh").check()
    form.get_by_label("Bản giấy có chữ ký, đã lưu").check()
    form.get_by_label("Số lưu bản giấy").fill("HS-12")
    form.get_by_label("Tôi đã đọc nội dung").check()
    page.get_by_role("button", name="Ghi câu trả lời").click()
    page.get_by_text("Đã ghi 1 câu trả lời.").wait_for()
    the_consent_is_stored(live_city, known)
    axe(page)
    keep(page, "dong-y")
    page.goto(f"{record}dong-y/phieu/")
    keep(page, "phieu-dong-y")

    page.goto(f"{record}yeu-cau/")
    axe(page)
    keep(page, "quyen-trong")
    form = page.locator("form.panel")
    form.get_by_label("Xoá dữ liệu").check()
    form.get_by_label("Người bệnh muốn gì").fill("Xoá toàn bộ hồ sơ của tôi")
    form.get_by_label("Chính người bệnh").check()
    form.get_by_label("Nói trực tiếp, tôi chứng kiến").check()
    form.get_by_label("Tôi đã kiểm tra giấy tờ").check()
    page.get_by_role("button", name="Nhận yêu cầu").click()
    page.get_by_text("Phải phản hồi trong 2 ngày làm việc").wait_for()
    the_request_is_stored(known)
    signed_in(page, "bac.si").goto(f"{live_server.url}/ho-so/yeu-cau/")
    page.get_by_text("Xoá toàn bộ hồ sơ").wait_for()
    axe(page)
    keep(page, "yeu-cau")
    page.get_by_role("link", name="Nguyễn Thị Hồng Vân").click()
    page.get_by_role("button", name="Nhận xử lý").wait_for()
    axe(page)
    keep(page, "mot-yeu-cau")
    signed_in(page, "so.y.te").goto(f"{live_server.url}/ho-so/canh-bao/")
    axe(page)
    keep(page, "canh-bao")
