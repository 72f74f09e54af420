"""The pages of reports: entered from the results tab and an encounter, refused at their fields, corrected, taken back."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from records.commands.encounters import open_encounter
from records.commands.reports import record_report
from records.models import DiagnosticReport, Observation
from records.rules.reports import Measure, Report
from tests.factories.city import City
from tests.records.commands.test_reports import paper
from tests.records.conftest import register
from tests.records.web.test_pages import page, signed_in

DAY = timezone.localdate() - timedelta(days=2)
SENT = {
    "category": "LAB", "display": "Glucose máu lúc đói", "code": "23.0075", "performed_on": f"{DAY:%d/%m/%Y}",
    "performed_time": "7:30", "performer": "KTV Hạnh", "conclusion": "Tăng nhẹ", "lines": "6",
    "display-0": "Glucose", "code-0": "14749-6", "value-0": "6,9", "unit-0": "mmol/L", "reference-0": "3,9–6,4",
    "display-2": "Nitrit niệu", "value-2": "âm tính",
}  # fmt: skip


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    return register(city)


def at(route: str, *args: Any) -> str:
    return reverse(f"records:{route}", args=args)


def queries(browser: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert browser.get(url).status_code == 200
    return len(found)


def test_a_report_is_entered_read_corrected_and_taken_back(city: City, resident: uuid.UUID, trail: Any) -> None:
    browser = signed_in(city, "ky.thuat.vien")
    tab = at("results", resident)
    assert at("report_add", resident) in page(browser.get(tab))
    original = paper(city, resident)
    trail()
    assert "Phiếu giấy" in page(browser.get(at("report_add", resident)))
    assert [row.action for row in trail()] == ["read-report-form"]
    answer = browser.post(at("report_add", resident), SENT | {"document": str(original.pk)})
    assert [row.action for row in trail()] == ["record-report"]
    row = DiagnosticReport.objects.get()
    assert answer["Location"] == at("report", resident, row.pk)
    assert timezone.localtime(row.performed_at).strftime("%d/%m/%Y %H:%M") == f"{DAY:%d/%m/%Y} 07:30"
    told = set(Observation.objects.values_list("code", "value", "value_text", "interpretation"))
    assert told == {("14749-6", Decimal("6.9"), "", "H"), ("nitrit-nieu", None, "âm tính", "")}
    trail()
    shown = page(browser.get(answer["Location"]))
    assert [one.action for one in trail()] == ["read-report"]
    for words in ("6,9 ↑", "âm tính", "Tăng nhẹ", "KTV Hạnh", "Phiếu giấy", "Sửa hoặc bỏ phiếu"):
        assert words in shown
    assert "Glucose máu lúc đói" in page(browser.get(tab))

    form = at("report_correct", resident, row.pk)
    kept = SENT | {"display-1": "Nitrit niệu", "code-1": "nitrit-nieu", "value-1": "âm tính", "kept-0": "1",
                   "kept-1": "1", "display-2": "", "value-2": "", "document": str(original.pk)}  # fmt: skip
    assert 'value="6,9"' in page(browser.get(form))
    assert "Hãy ghi lý do sửa." in page(browser.post(form, kept | {"value-0": "5,9"}))
    emptied = browser.post(form, kept | {"display-1": "", "value-1": "", "reason": "x"})
    assert emptied.status_code == 422
    assert "không bỏ trống được" in page(emptied)
    assert browser.post(form, kept | {"value-0": "5,9", "reason": "Đọc nhầm"}).status_code == 302
    fresh = DiagnosticReport.objects.get(superseded_by=None)
    after = page(browser.get(at("report", resident, row.pk)))
    assert "sửa vì: Đọc nhầm" in after
    assert "5,9" in after

    bare = browser.post(at("report_withdraw", resident, fresh.pk), {"reason": ""})
    assert (bare.status_code, "Hãy ghi lý do sửa." in page(bare)) == (422, True)
    answer = browser.post(at("report_withdraw", resident, fresh.pk), {"reason": "Nhầm người"})
    gone = page(browser.get(answer["Location"]))
    assert "Phiếu này đã được bỏ vì ghi nhầm" in gone
    assert "Nhầm người" in gone
    assert "Sửa hoặc bỏ phiếu" not in gone
    assert "Ghi nhầm, đã bỏ" in page(browser.get(tab))


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"display": ""}, "display", "Hãy ghi tên xét nghiệm"),
        ({"category": ""}, "category", "Hãy chọn xét nghiệm"),
        ({"performed_on": ""}, "performed_on", "Hãy ghi ngày làm"),
        ({"performed_on": "31/02/2026"}, "performed_on", "không có ngày 31"),
        ({"performed_on": f"{timezone.localdate() + timedelta(days=2):%d/%m/%Y}"}, "performed_on", "ở tương lai"),
        ({"performed_time": "25:00"}, "performed_time", "Hãy ghi giờ"),
        ({"value-0": "250.000"}, "value-0", "đọc được hai cách"),
        ({"value-2": ""}, "value-2", "Hãy ghi kết quả của chỉ số này."),
        ({"display-2": ""}, "display-2", "Hãy ghi tên chỉ số."),
        ({"display-2": "Glucose", "code-2": "14749-6"}, "display-2", "Chỉ số này được ghi hai lần."),
        ({"document": "x"}, "document", "Hãy chọn một giấy tờ"),
        ({"document": str(uuid.uuid4())}, "document", "Hãy chọn một giấy tờ"),
        ({f"{column}-{line}": "" for column in ("display", "value", "unit", "reference") for line in (0, 2)}
         | {"conclusion": ""}, "result", "Chưa có kết quả"),
    ],
)  # fmt: skip
def test_refusals_stand_at_their_fields(
    city: City, resident: uuid.UUID, change: dict[str, str], field: str, words: str
) -> None:
    answer = signed_in(city, "bac.si").post(at("report_add", resident), SENT | change)
    assert answer.status_code == 422
    assert any(words in error for error in answer.context["form"].errors[field])
    assert f'href="#id_{field}"' in page(answer)
    assert not DiagnosticReport.objects.exists()


def test_more_lines_keep_what_was_typed_and_write_nothing(city: City, resident: uuid.UUID) -> None:
    browser = signed_in(city, "bac.si")
    shown = page(browser.post(at("report_add", resident), SENT | {"them-dong": "1"}))
    assert 'name="value-11"' in shown
    assert 'value="âm tính"' in shown
    many = page(browser.post(at("report_add", resident), SENT | {"them-dong": "1", "lines": "9999"}))
    assert 'name="value-60"' not in many
    assert not DiagnosticReport.objects.exists()


def test_an_encounter_leads_to_its_reports(city: City, resident: uuid.UUID) -> None:
    encounter = open_encounter(city.ctx("le.tan"), patient_id=resident, care_type="01", reason="Mệt")
    browser = signed_in(city, "bac.si")
    form = f"{at('report_add', resident)}?luot={encounter.pk}"
    assert form in page(browser.get(at("examination", resident, encounter.pk)))
    assert "Lượt khám" in page(browser.get(form))
    assert browser.post(form, SENT).status_code == 302
    row = DiagnosticReport.objects.get()
    assert row.encounter_id == encounter.pk
    assert at("report", resident, row.pk) in page(browser.get(at("examination", resident, encounter.pk)))
    elsewhere = f"{at('report_add', resident)}?luot={uuid.uuid4()}"
    assert (browser.get(elsewhere).status_code, browser.post(elsewhere, SENT).status_code) == (404, 404)


def test_pages_cost_the_same_for_many(city: City, resident: uuid.UUID) -> None:
    ctx, browser = city.ctx("bac.si"), signed_in(city, "bac.si")
    said = Report("LAB", "Công thức máu", ctx.at, measures=(Measure("6690-2", "Bạch cầu", Decimal(8)),))
    row = record_report(ctx, patient_id=resident, report=said)
    tab, one = at("results", resident), at("report", resident, row.pk)
    browser.get(tab)
    few = queries(browser, tab), queries(browser, one)
    for back in range(12):
        record_report(ctx, patient_id=resident, report=replace(said, performed_at=ctx.at - timedelta(days=back)))
    assert (queries(browser, tab), queries(browser, one)) == few


def test_others_read_and_do_not_write(city: City, resident: uuid.UUID) -> None:
    ctx = city.ctx("bac.si")
    row = record_report(
        ctx, patient_id=resident, report=Report("RAD", "X-quang ngực", ctx.at, conclusion="Bình thường")
    )
    nurse = signed_in(city, "y.ta")
    shown = page(nurse.get(at("report", resident, row.pk)))
    assert "Bình thường" in shown
    assert "Sửa hoặc bỏ phiếu" not in shown
    assert nurse.post(at("report_withdraw", resident, row.pk), {"reason": "x"}).status_code == 403
    assert signed_in(city, "bac.si.2").get(at("report", resident, row.pk)).status_code == 403


# ---------- in a browser ----------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("width", [1440, 390])
def test_a_technician_enters_and_corrects_a_report(
    live_city: City, signed_in: Any, axe: Any, live_server: Any, page: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    resident = register(live_city)
    paper(live_city, resident)
    signed_in(page, "ky.thuat.vien").goto(f"{live_server.url}{at('results', resident)}")
    page.get_by_role("link", name="Ghi kết quả cận lâm sàng").click()
    axe(page)
    page.keyboard.type("Glucose máu lúc đói")  # the name has the focus; today and "xét nghiệm" are filled in
    page.get_by_label("Chỉ số, dòng 1").fill("Glucose")
    page.get_by_label("Kết quả, dòng 1").fill("250.000")
    page.get_by_label("Trị số bình thường, dòng 1").fill("3,9–6,4")
    page.get_by_label("Bản gốc").select_option(index=1)
    page.keyboard.press("Control+Enter")
    page.get_by_role("link", name="đọc được hai cách").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("7,2")
    axe(page)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã lưu phiếu kết quả.").wait_for()
    page.get_by_text("7,2 ↑").wait_for()
    page.get_by_role("link", name="Sửa hoặc bỏ phiếu").click()
    page.get_by_label("Kết quả, dòng 1").fill("6,2")
    page.get_by_label("Lý do sửa").fill("Đọc nhầm máy")
    axe(page)
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã lưu bản sửa.").wait_for()
    page.get_by_text("sửa vì: Đọc nhầm máy").click()
    axe(page)
    page.get_by_role("link", name="Kết quả", exact=True).click()
    page.get_by_role("heading", name="Phiếu kết quả").wait_for()
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
