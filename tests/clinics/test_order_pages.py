"""Pages of orders, laboratory, critical results and the catalogue: the flow through them, refusals, counts of queries."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader

from clinics.models import CriticalAlert, FacilityService, OrderItem, OrderSet, ServiceOrder, Specimen, Visit
from records.models import DiagnosticReport, Observation
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import CHEST, GLUCOSE, IONS, drawn, item_of, order

Door = Callable[[str], Client]


@pytest.fixture
def door(clinic: Clinic) -> Door:
    """door("bac.si"): a browser in which that person is signed in."""

    def open_door(username: str) -> Client:
        client = Client()
        client.force_login(clinic.city.staff[username])
        session = client.session
        session["second_factor"] = True
        session.save()
        return client

    return open_door


def today(clinic: Clinic) -> Any:
    """A visit in consultation today, on the clock the pages read."""
    return clinic.consult(at=timezone.now())


def test_from_the_order_to_the_acknowledgement(clinic: Clinic, door: Door) -> None:
    visit_id = today(clinic)
    doctor, nurse, lab = door("bac.si"), door("y.ta"), door("ky.thuat.vien")
    page = doctor.get(f"/kham-benh/{visit_id}/").content.decode()
    assert "Gửi chỉ định" in page
    said = {"services": f"{IONS}; {CHEST};", "urgency": "urgent", "note": "Yếu cơ"}
    assert doctor.post(f"/kham-benh/{visit_id}/chi-dinh/", said).status_code == 302
    placed = ServiceOrder.objects.get()
    work = nurse.get("/can-lam-sang/?buoc=lay-mau").content.decode()
    assert "Điện giải đồ" in work
    assert "Chụp X-quang" not in work
    assert nurse.post(f"/can-lam-sang/phieu/{placed.pk}/lay-mau/").status_code == 302
    label = nurse.get(f"/can-lam-sang/phieu/{placed.pk}/nhan.pdf")
    assert (label.status_code, label["Content-Type"]) == (200, "application/pdf")
    assert lab.post("/can-lam-sang/nhan-mau/", {"number": Specimen.objects.get().number}).status_code == 302
    item = item_of(placed)
    form = lab.get(f"/can-lam-sang/muc/{item.pk}/").content.decode()
    assert "135–145" in form
    wrong = lab.post(f"/can-lam-sang/muc/{item.pk}/", {"a0": "140", "a1": "65"})
    assert wrong.status_code == 422
    assert "Kali không thể là 65 mmol/L" in wrong.content.decode()
    assert lab.post(f"/can-lam-sang/muc/{item.pk}/", {"a0": "140", "a1": "6,7", "a2": ""}).status_code == 302
    mine = doctor.get("/kham-benh/?phong=").content.decode()
    assert "1 kết quả đang chờ bác sĩ, 0 quá hạn báo." in mine
    assert "1/2 kết quả" in mine
    assert "6.7" in (shown := doctor.get(f"/kham-benh/{visit_id}/").content.decode()) or "6,7" in shown
    alert = CriticalAlert.objects.get()
    assert "6,7" in doctor.get("/can-lam-sang/nguy-kich/").content.decode()
    doctor.post(f"/can-lam-sang/nguy-kich/{alert.pk}/", {"action": "Cho calci"})
    done = doctor.get("/can-lam-sang/nguy-kich/").content.decode()
    assert "Cho calci" in done
    assert "Không có kết quả nguy kịch nào" in done


def test_every_step_leaves_one_audit_row(clinic: Clinic, door: Door) -> None:
    visit_id = today(clinic)
    placed = order(clinic, visit_id=visit_id)
    drawn(clinic, placed)
    item = item_of(placed).pk
    asked = [
        ("bac.si", "get", f"/kham-benh/{visit_id}/", {}),
        ("bac.si", "post", f"/kham-benh/{visit_id}/chi-dinh/", {"services": IONS, "urgency": "routine"}),
        ("ky.thuat.vien", "get", "/can-lam-sang/", {}),
        ("ky.thuat.vien", "get", f"/can-lam-sang/phieu/{placed.pk}/", {}),
        ("ky.thuat.vien", "get", f"/can-lam-sang/muc/{item}/", {}),
        ("ky.thuat.vien", "post", f"/can-lam-sang/muc/{item}/", {"a1": "x"}),
        ("ky.thuat.vien", "post", f"/can-lam-sang/muc/{item}/", {"a1": "4,1"}),
        ("bac.si", "get", f"/can-lam-sang/muc/{item}/?sua=1", {}),
        ("bac.si", "post", f"/can-lam-sang/muc/{item}/", {"a1": "4,3", "reason": "Nhầm"}),
        ("bac.si", "get", "/can-lam-sang/nguy-kich/", {}),
    ]
    for username, method, address, data in asked:
        before = AuditEvent.objects.count()
        answer = getattr(door(username), method)(address, data)
        assert answer.status_code < 423, (address, answer.status_code)
        assert AuditEvent.objects.count() == before + 1, (method, address)
    assert Observation.objects.filter(superseded_by=None, code="2823-3").count() == 1


def test_an_order_that_repeats_asks_why_and_keeps_what_was_typed(clinic: Clinic, door: Door) -> None:
    visit_id = today(clinic)
    doctor = door("bac.si")
    said = {"services": IONS, "urgency": "stat", "note": "Theo dõi"}
    doctor.post(f"/kham-benh/{visit_id}/chi-dinh/", said)
    again = doctor.post(f"/kham-benh/{visit_id}/chi-dinh/", said)
    page = again.content.decode()
    assert again.status_code == 422
    assert "Hôm nay đã chỉ định" in page
    assert 'value="Theo dõi"' in page
    assert doctor.post(f"/kham-benh/{visit_id}/chi-dinh/", said | {"repeat_reason": "Sau bù kali"}).status_code == 302
    assert ServiceOrder.objects.count() == 2


def test_services_are_found_without_diacritics_and_read_back(clinic: Clinic, door: Door) -> None:
    doctor = door("bac.si")
    assert GLUCOSE in doctor.get("/kham-benh/dich-vu/", {"services": f"{IONS}; dinh luong gluc"}).content.decode()
    assert CHEST in doctor.get("/kham-benh/dich-vu/", {"services": "xquang nguc"}).content.decode()
    assert "Không có dịch vụ nào khớp" in doctor.get("/kham-benh/dich-vu/", {"services": "zzz"}).content.decode()
    back = doctor.get("/kham-benh/dich-vu/da-chon/", {"services": f"{IONS}; 00.0"}).content.decode()
    assert "Điện giải đồ" in back
    assert "Cơ sở không làm dịch vụ mã này" in back


def test_the_person_waits_and_the_worklist_says_when_results_are_there(clinic: Clinic, door: Door) -> None:
    visit_id = today(clinic)
    placed = order(clinic, visit_id=visit_id)
    doctor = door("bac.si")
    doctor.post(f"/kham-benh/{visit_id}/cho-ket-qua/")
    assert Visit.objects.get(pk=visit_id).state == "awaiting-results"
    assert "Chờ kết quả" in doctor.get("/kham-benh/?phong=&buoc=cho-ket-qua").content.decode()
    drawn(clinic, placed)
    door("ky.thuat.vien").post(f"/can-lam-sang/muc/{item_of(placed).pk}/", {"a0": "140", "a1": "4"})
    assert "Có đủ kết quả" in doctor.get("/kham-benh/?phong=").content.decode()
    assert "Bắt đầu khám" in doctor.get(f"/kham-benh/{visit_id}/").content.decode()
    doctor.post(f"/kham-benh/{visit_id}/bat-dau/")
    assert Visit.objects.get(pk=visit_id).state == "in-consultation"


def test_results_stand_beside_the_last_ones(clinic: Clinic, door: Door) -> None:
    patient_id = clinic.register()
    first = order(clinic, visit_id=clinic.consult(patient_id))
    drawn(clinic, first)
    door("ky.thuat.vien").post(f"/can-lam-sang/muc/{item_of(first).pk}/", {"a0": "138", "a1": "4,9"})
    Visit.objects.filter(encounter__patient_id=patient_id).update(visit_date="2026-01-01")
    second_visit = clinic.consult(patient_id, at=timezone.now())
    second = order(clinic, visit_id=second_visit, repeat_reason="theo dõi")
    drawn(clinic, second)
    door("ky.thuat.vien").post(f"/can-lam-sang/muc/{item_of(second).pk}/", {"a0": "141", "a1": "4,1"})
    page = door("bac.si").get(f"/kham-benh/{second_visit}/").content.decode()
    line = re.search(r"Kali.*?</tr>", page, re.DOTALL)
    assert line is not None
    assert "4,1" in line.group()
    assert "4,9" in line.group()
    assert "nay thấp hơn" in line.group()


def test_labels_print_one_page_a_vessel_with_its_number(clinic: Clinic, door: Door) -> None:
    import io

    placed = order(clinic, IONS, GLUCOSE)
    door("y.ta").post(f"/can-lam-sang/phieu/{placed.pk}/lay-mau/")
    pdf = door("y.ta").get(f"/can-lam-sang/phieu/{placed.pk}/nhan.pdf").content
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    assert len(pages) == 2
    for page, specimen in zip(pages, Specimen.objects.order_by("number"), strict=True):
        assert specimen.number in page
        assert "Nguyễn Thị Hồng Vân" in page


def test_specimens_are_received_and_rejected_on_their_pages(clinic: Clinic, door: Door) -> None:
    placed = order(clinic)
    door("y.ta").post(f"/can-lam-sang/phieu/{placed.pk}/lay-mau/")
    specimen, lab = Specimen.objects.get(), door("ky.thuat.vien")
    for number in ("", "1"):
        assert lab.post("/can-lam-sang/nhan-mau/", {"number": number}, follow=True).status_code == 200
    lab.post("/can-lam-sang/nhan-mau/", {"number": specimen.number})
    assert item_of(placed).state == "in-progress"
    assert specimen.number in lab.get(f"/can-lam-sang/?ma={specimen.number}").content.decode()
    answer = lab.post(f"/can-lam-sang/mau/{specimen.pk}/tu-choi/", {"reason": ""}, follow=True)
    assert "Hãy ghi lý do từ chối mẫu." in answer.content.decode()
    lab.post(f"/can-lam-sang/mau/{specimen.pk}/tu-choi/", {"reason": "Đông"})
    assert item_of(placed).state == "ordered"


def test_a_second_person_signs_on_the_page(clinic: Clinic, door: Door) -> None:
    lab, doctor = door("ky.thuat.vien"), door("bac.si")
    lab.post(f"/can-lam-sang/danh-muc/{IONS}/", {"offered": "on", "second_check": "on", "room_id": clinic.room.pk})
    own = FacilityService.objects.get()
    assert (own.offered, own.second_check, own.room) == (True, True, clinic.room)
    placed = order(clinic)
    drawn(clinic, placed)
    item = item_of(placed).pk
    lab.post(f"/can-lam-sang/muc/{item}/", {"a0": "140"})
    assert "cần người thứ hai duyệt" in lab.get(f"/can-lam-sang/muc/{item}/").content.decode()
    lab.post(f"/can-lam-sang/muc/{item}/duyet/")
    assert not DiagnosticReport.objects.exists()
    doctor.post(f"/can-lam-sang/muc/{item}/tra-lai/", {"reason": "Đo lại"})
    assert OrderItem.objects.get(pk=item).state == "in-progress"
    lab.post(f"/can-lam-sang/muc/{item}/", {"a0": "141"})
    doctor.post(f"/can-lam-sang/muc/{item}/duyet/")
    assert DiagnosticReport.objects.count() == 1
    doctor.post(f"/can-lam-sang/muc/{item}/huy/", {"reason": "x"})
    assert OrderItem.objects.get(pk=item).state == "verified"


def test_sets_and_catalogue_pages(clinic: Clinic, door: Door) -> None:
    doctor = door("bac.si")
    assert doctor.post("/kham-benh/bo-chi-dinh/", {"name": "", "services": ""}).status_code == 422
    doctor.post("/kham-benh/bo-chi-dinh/", {"name": "Mệt mỏi", "services": f"{IONS}; {GLUCOSE}"})
    assert "Mệt mỏi" in doctor.get("/kham-benh/bo-chi-dinh/").content.decode()
    assert f"{IONS}; {GLUCOSE}" in doctor.get(f"/kham-benh/{today(clinic)}/").content.decode()
    doctor.post(f"/kham-benh/bo-chi-dinh/{OrderSet.objects.get().pk}/bo/")
    assert not OrderSet.objects.get().active
    page = doctor.get("/can-lam-sang/danh-muc/?nhom=lab&q=glucose").content.decode()
    assert GLUCOSE in page
    assert IONS not in page
    assert "chưa thẩm định" in page


def test_the_department_loads_a_catalogue(clinic: Clinic, door: Door) -> None:
    city = door("so.y.te")
    file = SimpleUploadedFile("dich-vu.csv", b"code;name;kind;specimen\nX.1;Dich vu moi;lab;\n")
    said = {"file": file, "valid_from": "01/12/2026", "source": "QĐ thử"}
    answer = city.post("/can-lam-sang/danh-muc/nap/", said, follow=True)
    assert "thêm 1, đóng 0" in answer.content.decode()
    bad = SimpleUploadedFile("dich-vu.csv", b"a;b\n")
    answer = city.post("/can-lam-sang/danh-muc/nap/", {"file": bad, "valid_from": "32/01/2026", "source": ""})
    assert answer.status_code == 422


def test_pages_cost_the_same_whatever_they_show(clinic: Clinic, door: Door, django_assert_max_num_queries: Any) -> None:
    visit_id = today(clinic)
    order(clinic, IONS, GLUCOSE, visit_id=visit_id)
    lab, doctor = door("ky.thuat.vien"), door("bac.si")
    counts = []
    for _ in range(2):
        for client, address in (
            (lab, "/can-lam-sang/"),
            (doctor, "/can-lam-sang/nguy-kich/"),
            (doctor, "/kham-benh/?phong="),
        ):
            client.get(address)
            with django_assert_max_num_queries(30) as seen:
                client.get(address)
            counts.append(len(seen))
        for number in range(4):
            other = clinic.consult(clinic.register(f"Lê Văn {'ABCD'[number]}", "01/01/1980", "male"), at=timezone.now())
            placed = order(clinic, IONS, CHEST, visit_id=other)
            drawn(clinic, placed)
            lab.post(f"/can-lam-sang/muc/{item_of(placed).pk}/", {"a1": "7"})
    assert counts[:3] == counts[3:]
