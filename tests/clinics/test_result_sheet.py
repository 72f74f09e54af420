"""The sheet of an order's results: who may print it, what it says, what it leaves out."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from clinics.commands.item_results import correct_result, enter_result
from clinics.commands.specimens import receive_specimen, take_specimens
from clinics.models import ServiceOrder
from clinics.queries.result_sheet import get_result_sheet
from clinics.rules.result_sheet import flag_sign, sheet_title
from clinics.rules.results import Answer
from clinics.web.result_sheet import sheet_of
from registry.kernel import NotFound
from registry.models import AuditEvent
from registry.web.paper import make_pdf
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import CHEST, GLUCOSE, IONS, answered, drawn, item_of, order
from tests.factories.city import NOW


@pytest.mark.parametrize(
    ("flag", "sign"),
    [("", ""), ("N", ""), ("L", "L ↓"), ("H", "H ↑"), ("LL", "LL ↓↓ !"), ("HH", "HH ↑↑ !"), ("A", "*"), ("POS", "POS")],
)
def test_a_flag_is_a_letter_and_never_only_a_colour(flag: str, sign: str) -> None:
    assert flag_sign(flag) == sign


def test_the_title_names_the_kind_when_there_is_only_one() -> None:
    assert sheet_title(["lab", "lab"]) == "Phiếu kết quả xét nghiệm"
    assert sheet_title(["imaging"]) == "Phiếu kết quả chẩn đoán hình ảnh"
    assert sheet_title(["lab", "imaging"]) == "Phiếu kết quả cận lâm sàng"


@pytest.fixture
def placed(clinic: Clinic) -> ServiceOrder:
    """Ions with a critical potassium and an X-ray, both verified; glucose still awaited."""
    patient = clinic.register("Vũ Văn Khác")
    now = order(clinic, IONS, CHEST, GLUCOSE, visit_id=clinic.consult(patient))
    drawn(clinic, now)
    answered(clinic, now, {"NA": "140", "K": "7,1", "CL": "118"})
    said = Answer({}, description="Hai phổi sáng", conclusion="Chưa thấy bất thường")
    enter_result(clinic.ctx("ky.thuat.vien"), item_id=item_of(now, CHEST).pk, answer=said)
    return now


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def printed(clinic: Clinic, placed: ServiceOrder, by: str = "bac.si") -> str:
    sheet = get_result_sheet(clinic.ctx(by), placed.pk)
    return text_of(make_pdf("result_sheet", sheet_of(sheet, printed=NOW), at=NOW))


def test_the_sheet_says_values_ranges_flags_and_who_signed(clinic: Clinic, placed: ServiceOrder) -> None:
    said = printed(clinic, placed)
    for words in (
        "PHIẾU KẾT QUẢ CẬN LÂM SÀNG", "VŨ VĂN KHÁC", placed.number, "7,1", "HH ↑↑ !", "118", "H ↑", "mmol/L",
        "Hai phổi sáng", "Kết luận: Chưa thấy bất thường", "Chưa có kết quả:", "nguy kịch",
    ):  # fmt: skip
        assert words in said, words
    technician = clinic.city.staff["ky.thuat.vien"].full_name
    assert f"{technician} thực hiện" in said
    assert f"{technician} duyệt" in said
    row = AuditEvent.objects.get(action="print")
    assert (row.target_type, row.target_id) == ("ServiceOrder", str(placed.pk))


def test_the_value_before_stands_beside_and_a_later_one_does_not(clinic: Clinic) -> None:
    patient = clinic.register()
    visit_id, orders = clinic.consult(patient), []
    for potassium, hours, why in (("4,2", 0, ""), ("4,9", 1, "Kiểm tra lại")):
        one = order(clinic, IONS, visit_id=visit_id, repeat_reason=why)
        for specimen in take_specimens(clinic.ctx("y.ta", NOW + timedelta(hours=hours)), order_id=one.pk):
            receive_specimen(clinic.ctx("ky.thuat.vien"), number=specimen.number)
        answered(clinic, one, {"K": potassium})
        orders.append(one)
    shown = [get_result_sheet(clinic.ctx("bac.si"), one.pk).items[0].values for one in orders]
    assert [one.before.value if one.before else None for values in shown for one in values] == [None, "4,2"]


def test_a_corrected_result_says_so_and_only_the_new_one_is_printed(clinic: Clinic, placed: ServiceOrder) -> None:
    item = item_of(placed)
    answer = Answer({"NA": "140", "K": "4,4", "CL": "101"})
    correct_result(clinic.ctx("ky.thuat.vien"), item_id=item.pk, answer=answer, reason="Mẫu vỡ hồng cầu")
    said = printed(clinic, placed)
    assert "Kết quả đã sửa. Lý do: Mẫu vỡ hồng cầu" in said
    assert "4,4" in said
    assert "7,1" not in said


def test_no_sheet_without_results_nor_for_another_facility(clinic: Clinic, placed: ServiceOrder) -> None:
    empty = order(clinic, IONS)
    with pytest.raises(NotFound):
        get_result_sheet(clinic.ctx("bac.si"), empty.pk)
    with pytest.raises(NotFound):
        get_result_sheet(clinic.ctx("bac.si.2"), placed.pk)
    assert not AuditEvent.objects.filter(action="print").exists()


def test_the_page_offers_the_sheet_in_a_frame_of_our_own(clinic: Clinic, placed: ServiceOrder) -> None:
    client = Client()
    client.force_login(clinic.city.staff["bac.si"])
    session: Any = client.session
    session["second_factor"] = True
    session.save()
    address = reverse("clinics:result_sheet", args=[placed.pk])
    for page in ("order_page", "item", "visit"):
        about = {"order_page": placed.pk, "item": item_of(placed).pk, "visit": placed.visit_id}[page]
        assert f'href="{address}"' in client.get(reverse(f"clinics:{page}", args=[about])).content.decode(), page
    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer["Content-Security-Policy"]
    assert "no-store" in answer["Cache-Control"]
