"""Handing in a paper at the desk: a wrong file is told at its field, a right one is in the record and in view."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from tests.records.conftest import register
from tests.records.papers import CATALOG, JPEG, PAGE, PAGES, pdf, stream

pytestmark = pytest.mark.django_db(transaction=True)
CONTENT = b"BT /F1 18 Tf 20 40 Td (Ket qua xet nghiem) Tj ET"
FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
PRINTED = PAGE.replace(b">>", b"/Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>", 1)
PAPER = pdf(CATALOG, PAGES, PRINTED, stream(b"", CONTENT), FONT)


def upload(page: Any, name: str, content: bytes) -> None:
    """Choose a file and send the form."""
    page.get_by_label("Tệp", exact=True).set_input_files(
        {"name": name, "mimeType": "application/pdf", "buffer": content}
    )
    page.get_by_role("button", name="Lưu vào hồ sơ").click()


def test_a_paper_is_handed_in_and_seen(live_city: Any, live_server: Any, signed_in: Any, page: Any, axe: Any) -> None:
    patient = register(live_city)
    signed_in(page, "y.ta").goto(live_server.url + reverse("records:documents", args=[patient]))
    axe(page)
    page.get_by_label("Loại giấy tờ").select_option("laboratory")
    page.get_by_label("Tên giấy tờ").fill("Công thức máu")
    page.get_by_label("Ngày trên giấy tờ").fill("20/11/2025")
    upload(page, "ket-qua.pdf", b"<html><script>alert(1)</script></html>")
    page.get_by_text("Chỉ nhận PDF, ảnh JPEG, PNG, WebP và DICOM.").first.wait_for()
    assert page.get_by_label("Tên giấy tờ").input_value() == "Công thức máu"
    axe(page)

    large = pdf(CATALOG, PAGES, PAGE, stream(b"", bytes(3_000_000)))
    upload(page, "ket-qua.exe", large)
    page.get_by_role("link", name="Công thức máu").wait_for()
    assert page.url.endswith("/giay-to/")

    page.get_by_label("Loại giấy tờ").select_option("imaging")
    page.get_by_label("Tên giấy tờ").fill("X-quang ngực")
    page.get_by_label("Ngày trên giấy tờ").fill("21/11/2025")
    upload(page, "phim.jpg", JPEG)
    page.get_by_role("link", name="X-quang ngực").click()
    picture = page.get_by_role("img", name="X-quang ngực")
    picture.wait_for()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") == 24
    axe(page)

    page.get_by_text("Thay bằng bản khác").click()
    form = page.locator("#nop-giay-to")
    form.get_by_label("Tệp").set_input_files({"name": "a.pdf", "mimeType": "text/html", "buffer": PAPER})
    form.get_by_label("Lý do thay").fill("Nộp nhầm ảnh, đây là bản kết quả")
    with page.expect_response(lambda answer: answer.url.endswith("/tep/")) as shown:
        form.get_by_role("button", name="Thay giấy tờ").click()
    assert (shown.value.status, shown.value.headers["content-type"]) == (200, "application/pdf")
    page.goto(live_server.url + reverse("records:documents", args=[patient]))
    page.get_by_text("Nộp nhầm ảnh, đây là bản kết quả").wait_for()
    axe(page)
