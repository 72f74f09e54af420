"""Immunisation, one encounter's examination, and medicines as a browser sees them: what is shown, written and refused."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from records.commands.encounters import finish_encounter, open_encounter
from records.commands.examinations import record_examination
from records.commands.immunisations import record_dose
from records.commands.medications import add_medicine
from records.models import ExaminationFinding, Immunization, MedicationRequest
from records.rules.doses import Dose
from records.rules.examination import Examination
from records.rules.medication import Medicine
from registry.rules.dates import PartialDate
from tests.factories.city import City
from tests.records.conftest import BARE, register
from tests.records.web.test_pages import page, signed_in

TODAY = timezone.localdate()
BORN = TODAY - timedelta(days=190)
DOSE = {
    "status": "completed", "vaccine": "dpt-vgb-hib", "number": "1", "on": f"{TODAY - timedelta(days=20):%d/%m/%Y}",
    "programme": "national", "lot": "A1234", "primary_source": "1",
}  # fmt: skip


@pytest.fixture
def baby(city: City) -> uuid.UUID:
    return register(city, said=BARE | {"name": "Lê Gia Bảo", "birth": f"{BORN:%d/%m/%Y}", "sex": "male"})


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    return register(city)


def queries(browser: Client, url: str) -> int:
    with CaptureQueriesContext(connection) as found:
        assert browser.get(url).status_code == 200
    return len(found)


def test_the_schedule_calls_what_is_due_and_says_what_is_not_confirmed(city: City, baby: uuid.UUID, trail: Any) -> None:
    trail()
    url = reverse("records:immunisation", args=[baby])
    shown = page(signed_in(city, "y.ta").get(url))
    assert [row.action for row in trail()] == ["read-immunisation"]
    for words in ("Quá hạn", "Lịch chưa được xác nhận", "Sởi – rubella mũi 1", "Ghi mũi tiêm", "2 tháng"):
        assert words in shown
    assert (
        "Ghi mũi tiêm" not in page(signed_in(city, "ky.thuat.vien").get(url)).split('id="ghi"')[1].split("</aside>")[1]
    )
    overview = page(signed_in(city, "y.ta").get(reverse("records:record", args=[baby])))
    assert "Tiêm chủng đến hạn" in overview
    assert "mũi 1 quá hạn" in overview


def test_a_dose_is_written_corrected_and_taken_back_through_the_page(city: City, baby: uuid.UUID, trail: Any) -> None:
    browser, url = signed_in(city, "y.ta"), reverse("records:immunisation", args=[baby])
    wrong = browser.post(url, DOSE | {"lot": "", "on": "31/02/2026"})
    assert wrong.status_code == 422
    assert "không có ngày 31" in page(wrong)
    trail()
    assert browser.post(url, DOSE).status_code == 302
    assert [row.action for row in trail()] == ["record-immunization"]
    row = Immunization.objects.get()
    form = page(browser.get(url, {"sua": str(row.pk)}))
    assert "Sửa mũi tiêm" in form
    assert 'value="A1234"' in form
    bare = browser.post(url, DOSE | {"lam": "sua", "dose_id": str(row.pk), "lot": "B2"})
    assert "Hãy ghi lý do sửa." in page(bare)
    assert (
        browser.post(url, DOSE | {"lam": "sua", "dose_id": str(row.pk), "lot": "B2", "reason": "Nhầm"}).status_code
        == 302
    )
    fresh = Immunization.objects.get(superseded_by=None)
    after = page(browser.get(url))
    assert "1 bản ghi trước" in after
    assert "Nhầm" in after
    assert browser.post(url, {"lam": "bo", "dose_id": str(fresh.pk), "reason": "Bé khác"}).status_code == 302
    assert not Immunization.objects.filter(superseded_by=None, status="completed").exists()


def test_the_page_costs_the_same_for_many_doses(city: City, baby: uuid.UUID) -> None:
    browser, url = signed_in(city, "y.ta"), reverse("records:immunisation", args=[baby])
    browser.get(url)
    few = queries(browser, url)
    ctx = city.ctx("y.ta")
    for number, vaccine in enumerate(("bcg", "dpt-vgb-hib", "bopv", "ipv", "cum", "phe-cau", "rotavin")):
        on = PartialDate(BORN + timedelta(days=61 + number))
        record_dose(ctx, patient_id=baby, dose=Dose(vaccine, "national", on, lot="X"))
    assert queries(browser, url) == few


@pytest.fixture
def encounter(city: City, resident: uuid.UUID) -> Any:
    found = open_encounter(city.ctx("le.tan"), patient_id=resident, care_type="01", reason="Đau đầu")
    said = Examination({"cardiovascular": "Tiếng thổi tâm thu 2/6"}, {"systolic": Decimal(152)}, advice="Giảm muối.")
    record_examination(city.ctx("bac.si"), encounter_id=found.pk, said=said)
    return found


def test_an_encounter_shows_what_was_examined_and_the_doctor_adds(
    city: City, resident: uuid.UUID, encounter: Any, trail: Any
) -> None:
    browser, url = signed_in(city, "bac.si"), reverse("records:examination", args=[resident, encounter.pk])
    trail()
    shown = page(browser.get(url))
    assert [row.action for row in trail()] == ["read-examination"]
    for words in ("Tiếng thổi tâm thu 2/6", "152 ↑", "Giảm muối.", "Sửa phiếu khám", "Đau đầu"):
        assert words in shown
    assert f'href="{url}"' in page(browser.get(reverse("records:timeline", args=[resident])))
    form = page(browser.get(url, {"sua": "1"}))
    assert "Lý do sửa" not in form
    sent = {"cardiovascular": "Tiếng thổi tâm thu 2/6", "skin": "", "respiratory": "Ran ẩm", "systolic": "152",
            "temperature": "36,8", "advice": "Giảm muối.", "co": ["cardiovascular", "systolic", "advice"],
            "con-lai": "1"}  # fmt: skip
    assert browser.post(url, sent).status_code == 302
    found = dict(ExaminationFinding.objects.filter(superseded_by=None).values_list("body_system", "text"))
    assert found == {"cardiovascular": "Tiếng thổi tâm thu 2/6", "respiratory": "Ran ẩm", "skin": "Bình thường"}
    assert queries(browser, url) == queries(browser, url)


def test_after_the_end_a_change_asks_why_and_emptying_is_refused(
    city: City, resident: uuid.UUID, encounter: Any
) -> None:
    finish_encounter(city.ctx("bac.si"), encounter, "THA", "3")
    browser, url = signed_in(city, "bac.si"), reverse("records:examination", args=[resident, encounter.pk])
    change = {
        "cardiovascular": "Bình thường",
        "advice": "Giảm muối.",
        "systolic": "152",
        "co": ["cardiovascular", "advice"],
    }
    answer = browser.post(url, change)
    assert answer.status_code == 422
    assert "Hãy ghi lý do sửa." in page(answer)
    assert browser.post(url, change | {"reason": "Nghe lại"}).status_code == 302
    after = page(browser.get(url))
    assert "Tiếng thổi tâm thu 2/6" in after
    assert "sửa vì: Nghe lại" in after
    emptied = browser.post(url, change | {"advice": "", "reason": "x"})
    assert "Không để trống mục đã ghi" in page(emptied)


def test_others_read_the_encounter_and_do_not_write(city: City, resident: uuid.UUID, encounter: Any) -> None:
    url = reverse("records:examination", args=[resident, encounter.pk])
    nurse = signed_in(city, "y.ta")
    assert "Sửa phiếu khám" not in page(nurse.get(url))
    assert nurse.post(url, {}).status_code == 403
    assert signed_in(city, "bac.si.2").get(url).status_code == 403
    other = register(city, name="Người Khác")
    assert signed_in(city, "bac.si").get(reverse("records:examination", args=[other, encounter.pk])).status_code == 404


def test_medicines_are_added_and_stopped_through_the_page(city: City, resident: uuid.UUID, trail: Any) -> None:
    browser, url = signed_in(city, "bac.si"), reverse("records:medication", args=[resident])
    add_medicine(city.ctx("bac.si"), patient_id=resident, medicine=Medicine("Aspirin", date(2026, 1, 5), dose="1 viên"))
    trail()
    assert "Aspirin" in page(browser.get(url))
    assert [row.action for row in trail()] == ["read-medication"]
    assert "Hãy ghi liều" in page(browser.post(url, {"name": "Metformin", "started_on": f"{TODAY:%d/%m/%Y}"}))
    sent = {"name": "Metformin", "dose": "1 viên tối", "started_on": f"{TODAY:%d/%m/%Y}", "long_term": "on"}
    assert browser.post(url, sent).status_code == 302
    row = MedicationRequest.objects.get(name="Metformin")
    assert "Ghi ngừng thuốc" in page(browser.get(url, {"ngung": str(row.pk)}))
    assert "Hãy ghi lý do" in page(browser.post(url, {"lam": "ngung", "medication_id": str(row.pk)}))
    assert browser.post(url, {"lam": "ngung", "medication_id": str(row.pk), "reason": "Đau bụng"}).status_code == 302
    assert "Đau bụng" in page(browser.get(url))
    aspirin = MedicationRequest.objects.get(name="Aspirin")
    assert browser.post(url, {"lam": "bo", "medication_id": str(aspirin.pk), "reason": "Nhầm người"}).status_code == 302
    assert signed_in(city, "y.ta").post(url, sent).status_code == 403


# ---------- in a browser ----------


@pytest.mark.django_db(transaction=True)
def test_a_nurse_notes_the_dose_that_is_due_with_the_keyboard(
    live_city: City, signed_in: Any, axe: Any, live_server: Any, page: Any
) -> None:
    baby = register(live_city, said=BARE | {"name": "Lê Gia Bảo", "birth": f"{BORN:%d/%m/%Y}", "sex": "male"})
    signed_in(page, "y.ta").goto(f"{live_server.url}{reverse('records:immunisation', args=[baby])}")
    axe(page)
    page.get_by_role("link", name="Ghi Bại liệt uống (bOPV) mũi 1").click()
    expect(page.get_by_label("Số lô")).to_be_focused()
    page.keyboard.type("P77")  # the lot has the focus, the vaccine, the dose and today are filled in
    page.keyboard.press("Control+Enter")
    page.get_by_text("Đã ghi mũi tiêm.").wait_for()
    assert page.get_by_role("link", name="Sửa Bại liệt uống (bOPV) mũi 1").is_visible()
    assert Immunization.objects.get().lot_number == "P77"
    axe(page)


def test_long_lists_show_their_beginning_and_the_way_to_the_rest(city: City, resident: uuid.UUID) -> None:
    doctor, browser = city.ctx("bac.si"), signed_in(city, "bac.si")
    ended = TODAY - timedelta(days=30)
    for number in range(18):
        add_medicine(
            doctor, patient_id=resident,
            medicine=Medicine(
                f"Thuốc thử {number:02d}", ended - timedelta(days=number), dose="1 viên", ended_on=ended
            ),
        )  # fmt: skip
        on = PartialDate(TODAY - timedelta(days=40 + number))
        shot = Dose(vaccine="cum", number=number + 1, on=on, programme="outside", lot="A1", primary_source=False)
        record_dose(doctor, patient_id=resident, dose=shot)
    for name, words in (
        ("records:medication", "Thuốc thử 17"),
        ("records:immunisation", f"{TODAY - timedelta(days=57):%d/%m/%Y}"),
    ):
        url = reverse(name, args=[resident])
        shown = page(browser.get(url))
        assert words not in shown
        assert "Xem cả 18 dòng" in shown
        everything = page(browser.get(url + "?tat-ca=1"))
        assert words in everything
        assert "Xem cả" not in everything
