"""The pages of papers: upload, preview, and the one address that serves a content."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from records.models import Document
from tests.factories.city import City
from tests.records.conftest import register
from tests.records.papers import CATALOG, JPEG, PAGE, PAGES, dicom, pdf, stream
from tests.records.scanner import EICAR_LIKE, clamd_running
from tests.records.web.test_pages import page, signed_in

SAID = {"kind": "laboratory", "title": "Công thức máu", "dated_on": "20/11/2025"}


@pytest.fixture
def patient(city: City) -> uuid.UUID:
    return register(city)


def sent(content: bytes, name: str = "tep.pdf", claimed: str = "application/pdf", **said: str) -> dict[str, Any]:
    """What the form sends."""
    return SAID | said | {"file": SimpleUploadedFile(name, content, claimed)}


def listed(patient: uuid.UUID) -> str:
    return reverse("records:documents", args=[patient])


def address(patient: uuid.UUID, route: str = "document_file") -> str:
    return reverse(f"records:{route}", args=[patient, Document.objects.get(superseded_by=None).pk])


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_handing_in_and_reading_is_one_row_each(city: City, patient: uuid.UUID, trail: Any) -> None:
    browser = signed_in(city, "y.ta")
    assert "Chưa có giấy tờ nào" in page(browser.get(listed(patient)))
    trail()
    answer = browser.post(listed(patient), sent(pdf()))
    assert answer["Location"] == listed(patient)
    shown = browser.get(listed(patient))
    assert "Công thức máu" in page(shown)
    assert "Chưa quét" in page(shown)
    preview = browser.get(address(patient, "document"))
    assert f'<iframe class="sheet" src="{address(patient)}"' in page(preview)
    assert "frame-src 'self'" in preview["Content-Security-Policy"]
    assert body(browser.get(address(patient))) == pdf()
    assert [row.action for row in trail()] == ["add-document", "read-documents", "read-document-page", "read-document"]


@pytest.mark.parametrize(
    ("content", "kind", "disposition", "policy"),
    [
        (pdf(), "application/pdf", "inline", "default-src 'none'"),
        (JPEG, "image/jpeg", "inline", "sandbox"),
        (dicom(), "application/dicom", "attachment", "sandbox"),
    ],
)
def test_served_by_its_content_with_every_guard(
    city: City, patient: uuid.UUID, content: bytes, kind: str, disposition: str, policy: str
) -> None:
    browser = signed_in(city, "y.ta")
    browser.post(listed(patient), sent(content, "../../../etc/cron.d/x.html", "text/html"))
    answer = browser.get(address(patient))
    assert body(answer) == content
    assert answer["Content-Type"] == kind
    assert answer["Content-Disposition"].startswith(disposition)
    assert "cron" not in answer["Content-Disposition"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert policy in answer["Content-Security-Policy"]
    assert "script-src" not in answer["Content-Security-Policy"]
    assert browser.get(address(patient) + "?tai")["Content-Disposition"].startswith("attachment")


def test_errors_stand_at_their_fields(city: City, patient: uuid.UUID, trail: Any) -> None:
    browser = signed_in(city, "y.ta")
    trail()
    none = browser.post(listed(patient), SAID)
    assert none.status_code == 422
    assert "Hãy chọn tệp cần nộp." in page(none)
    html = browser.post(listed(patient), sent(b"<html><script>alert(1)</script></html>"))
    assert html.status_code == 422
    assert "Chỉ nhận PDF, ảnh JPEG, PNG, WebP và DICOM." in page(html)
    assert 'href="#id_file"' in page(html)
    assert 'value="Công thức máu"' in page(html)
    late = browser.post(listed(patient), sent(pdf(), dated_on="31/02/2026"))
    assert "Ngày phải ghi dạng dd/MM/yyyy" in page(late)
    assert [row.action for row in trail()] == ["read-documents"] * 3
    assert not Document.objects.exists()


def test_too_large_is_said_at_the_field_and_not_kept(city: City, patient: uuid.UUID, settings: Any) -> None:
    settings.UPLOAD_MAX_BYTES = settings.DICOM_MAX_BYTES = settings.DOCUMENT_MAX_BYTES = 1024 * 1024
    answer = signed_in(city, "y.ta").post(listed(patient), sent(pdf() + bytes(2 * 1024 * 1024)))
    assert answer.status_code == 422
    assert "Tệp quá lớn: 3 MB, giới hạn là 1 MB." in page(answer)


def test_an_infected_file_is_one_refused_row_and_shows_nothing(
    city: City, patient: uuid.UUID, trail: Any, settings: Any
) -> None:
    browser = signed_in(city, "y.ta")
    trail()
    with clamd_running() as clamd:
        settings.CLAMD_ADDRESS, settings.DOCUMENT_SCANNER = clamd.address, "records.scanners.clamd.scan"
        answer = browser.post(listed(patient), sent(pdf(CATALOG, PAGES, PAGE, stream(b"", EICAR_LIKE))))
    assert answer.status_code == 422
    assert "có mã độc nên không được nhận" in page(answer)
    assert "Hồng Vân" not in page(answer)
    assert [(row.outcome, row.code, row.patient_id) for row in trail()] == [("refused", "document-infected", patient)]


def test_replacing_and_withdrawing(city: City, patient: uuid.UUID, trail: Any) -> None:
    browser = signed_in(city, "y.ta")
    browser.post(listed(patient), sent(pdf()))
    old = Document.objects.get()
    vague = browser.post(address(patient, "document_replace"), sent(JPEG, reason="mờ"))
    assert vague.status_code == 422
    assert "ít nhất 10 ký tự" in page(vague)
    trail()
    answer = browser.post(address(patient, "document_replace"), sent(JPEG, reason="Bản quét trước bị mờ"))
    new = Document.objects.get(superseded_by=None)
    assert answer["Location"] == reverse("records:document", args=[patient, new.pk])
    assert "Đây là bản cũ, đã được thay" in page(browser.get(reverse("records:document", args=[patient, old.pk])))
    empty = browser.post(address(patient, "document_withdraw"), {})
    assert empty.status_code == 422
    withdrawal = address(patient, "document_withdraw")
    assert browser.post(withdrawal, {"rut-reason": "Giấy tờ của người khác"})["Location"] == listed(patient)
    gone = browser.get(reverse("records:document_file", args=[patient, new.pk]))
    assert gone.status_code == 409
    assert "đã được rút khỏi hồ sơ" in page(gone)
    assert [row.action for row in trail()] == [
        "replace-document", "read-document-page", "read-document-page", "withdraw-document", "read-document",
    ]  # fmt: skip


def test_the_pharmacist_reads_and_hands_in_nothing(city: City, patient: uuid.UUID) -> None:
    browser = signed_in(city, "duoc.si")
    assert "nop-giay-to" not in page(browser.get(listed(patient)))
    assert browser.post(listed(patient), sent(pdf())).status_code == 403
