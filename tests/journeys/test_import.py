"""A hospital's file, from the operator's desk to the resident's page, through a real worker and a real browser."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings as django_settings

from hanoi_ehr.celery import app
from records.models import Encounter, Patient
from tests.migration import files


@pytest.fixture
def import_worker(settings: Any, live_city: Any) -> Iterator[None]:
    """A Celery worker on the real broker, reading a queue of its own."""
    settings.IMPORT_QUEUE = f"thu-{uuid.uuid4().hex[:10]}"
    with start_worker(app, pool="solo", queues=[django_settings.IMPORT_QUEUE], perform_ping_check=False):
        yield


def test_a_hospital_file_is_imported_and_its_visit_stands_on_the_resident_s_page(
    page: Any,
    live_server: Any,
    signed_in: Callable[[Any, str], Any],
    axe: Callable[[Any], None],
    import_worker: None,
    tmp_path: Path,
) -> None:
    bad = files.visit(files.visit_no(7, HO_TEN="<script>alert(1)</script>"))
    content = files.envelope(
        [files.full_visit(files.xml1()), *(files.visit(files.visit_no(n)) for n in range(1, 6)), bad]
    )
    file = tmp_path / "giamdinh-2024-09.xml"
    file.write_bytes(content)

    signed_in(page, "di.tru")
    page.goto(f"{live_server.url}/di-tru/")
    page.get_by_role("link", name="Nạp tệp", exact=False).first.click()
    page.get_by_label("Loại tệp").select_option("qd3176")
    page.get_by_label("Tệp dữ liệu").set_input_files(file)
    page.get_by_text("Nạp thật").click()
    page.get_by_role("button", name="Nhận tệp").click()
    page.get_by_role("button", name="Bắt đầu nạp").click()

    page.get_by_role("link", name="Biên nhận").wait_for(timeout=30_000)
    lines = page.get_by_role("group", name="Bảng đối soát").locator("tbody tr")
    lines.first.wait_for()
    cells = lines.evaluate_all("rows => rows.map(row => [...row.cells].map(cell => cell.innerText.trim()))")
    told = {name: counts[:6] for name, *counts in cells}
    assert told["Người bệnh"] == ["7", "6", "0", "0", "1", "0"]
    assert told["Lượt khám"] == ["7", "6", "0", "0", "1", "0"]
    assert told["XML2 · thuốc"] == ["2", "2", "0", "0", "0", "0"]
    axe(page)

    page.get_by_role("link", name="Xem cách ly").click()
    page.get_by_text("mã lệnh").first.wait_for()
    axe(page)

    patient = Patient.objects.get(name="Nguyễn Thị Hoà")
    signed_in(page, "bac.si")
    page.goto(f"{live_server.url}/ho-so/{patient.pk}/")
    assert page.get_by_text("Viêm phổi do vi khuẩn").first.is_visible()
    assert page.get_by_text("03/09/2024").first.is_visible()
    page.goto(f"{live_server.url}/ho-so/{patient.pk}/dong-thoi-gian/")
    assert page.get_by_text("Amlodipin 5 mg").first.is_visible()
    assert page.get_by_text("QD3176, LK0001").first.is_visible()
    visit = Encounter.objects.get(patient=patient)
    page.goto(f"{live_server.url}/ho-so/{patient.pk}/luot-kham/{visit.pk}/")
    for told in ("Amoxicilin 500 mg", "Định lượng Glucose [Máu]", "Giấy ra viện", "Hội chẩn khoa Hô hấp", "Tăng nhẹ"):
        assert page.get_by_text(told).first.is_visible(), told
    axe(page)
