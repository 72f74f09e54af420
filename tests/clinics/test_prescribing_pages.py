"""The prescriber's pages: one audit row each, what is typed and refused stays, a fixed number of statements, the paper."""

from __future__ import annotations

import io
import re
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pypdf import PdfReader

from clinics.commands.signing import cancel_prescription
from clinics.models import Prescription, PrescriptionDraft
from clinics.web.prescribing_forms import mark
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic
from tests.clinics.test_prescribing import AMLODIPINE, AMOXICILLIN, PARACETAMOL, code_of, draft, line, sign, visit_of
from tests.factories.allergies import record_allergy

HTMX = {"HX-Request": "true"}


@pytest.fixture
def doctor(clinic: Clinic) -> Client:
    client = Client()
    client.force_login(clinic.city.staff["bac.si"])
    return client


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def rows_after(start: int) -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("at", "id").values_list("action", "outcome"))[start:]


def posted(*codes: str, version: int = 0, draft_id: Any = "", **more: str) -> dict[str, str]:
    """The form with these medicines, one in the morning for five days."""
    data = {"lines": str(len(codes)), "version": str(version), "draft": str(draft_id or "")}
    for at, code in enumerate(codes):
        data |= {f"l{at}-code": code, f"l{at}-morning": "1", f"l{at}-days": "5"}
    return data | more


def test_a_medicine_is_added_dosed_checked_and_signed(clinic: Clinic, doctor: Client) -> None:
    visit_id = visit_of(clinic)
    url = reverse("clinics:prescribe", args=[visit_id])
    before = AuditEvent.objects.count()
    assert "Đơn chưa có thuốc" in text_of(doctor.get(url))
    assert rows_after(before) == [("read", "ok")]
    added = doctor.post(url, posted(them=PARACETAMOL), headers=HTMX)
    assert rows_after(before + 1) == [("update", "ok")]
    assert added["HX-Retarget"] == "#don"
    assert "Paracetamol 500 mg" in text_of(added)
    kept = PrescriptionDraft.objects.get()
    sent = posted(PARACETAMOL, version=kept.version, draft_id=kept.pk, **{"l0-evening": "0,5"})
    dosed = text_of(doctor.post(url, sent, headers=HTMX))
    assert "8 viên" in dosed
    assert 'id="kt-0" hx-swap-oob="true"' in dosed
    kept.refresh_from_db()
    signed = doctor.post(url, {**sent, "version": str(kept.version), "lam": "ky"})
    made = Prescription.objects.get()
    assert signed["Location"] == reverse("clinics:prescription", args=[made.pk])
    page = text_of(doctor.get(signed["Location"]))
    assert made.code in page
    assert "Uống ngày 2 lần: sáng 1 viên, tối 0,5 viên." in page


def test_a_refused_signature_keeps_what_was_typed_and_leads_to_the_reason(clinic: Clinic, doctor: Client) -> None:
    person = clinic.register()
    record_allergy(clinic.ctx("bac.si"), patient_id=person, substance="Amoxicilin")
    visit_id = visit_of(clinic, person)
    sheet, _ = draft(clinic, visit_id, line(AMOXICILLIN))
    url = reverse("clinics:prescribe", args=[visit_id])
    sent = posted(AMOXICILLIN, version=sheet.version, draft_id=sheet.draft_id, advice="Uống <b>đủ</b> liều", lam="ky")
    before = AuditEvent.objects.count()
    answer = doctor.post(url, sent)
    page = text_of(answer)
    key = "allergy:amoxicillin:amoxicilin"
    assert answer.status_code == 422
    assert rows_after(before) == [("read", "ok")]
    assert f'href="#reason-{mark(key)}"' in page
    assert "Uống &lt;b&gt;đủ&lt;/b&gt; liều" in page
    assert "chưa đối chiếu nguồn" in page
    ok = doctor.post(url, {**sent, "finding": key, f"reason-{mark(key)}": "đã dùng lại không phản ứng"})
    assert ok.status_code == 302
    assert Prescription.objects.get().overrides.get().reason == "đã dùng lại không phản ứng"


def test_a_slip_of_the_keyboard_is_told_at_its_place(clinic: Clinic, doctor: Client) -> None:
    visit_id = visit_of(clinic)
    url = reverse("clinics:prescribe", args=[visit_id])
    answer = doctor.post(url, posted(PARACETAMOL, **{"l0-morning": "một"}))
    assert answer.status_code == 422
    assert "Hãy ghi một số, ví dụ 0,5." in text_of(answer)
    assert 'value="một"' in text_of(answer)
    assert not PrescriptionDraft.objects.exists()


def test_the_second_tab_sees_the_colleagues_draft_and_what_changed(clinic: Clinic, doctor: Client) -> None:
    visit_id = visit_of(clinic)
    sheet, _ = draft(clinic, visit_id, line(PARACETAMOL))
    url = reverse("clinics:prescribe", args=[visit_id])
    doctor.post(url, posted(PARACETAMOL, version=sheet.version, draft_id=sheet.draft_id, them=AMLODIPINE))
    stale = doctor.post(url, posted(version=sheet.version, draft_id=sheet.draft_id))
    page = text_of(stale)
    assert stale.status_code == 409
    assert "thêm Amlodipin 5 mg" in page
    assert page.count('class="drug"') == 2


def test_repeating_removing_and_going_on(clinic: Clinic, doctor: Client) -> None:
    person = clinic.register()
    from clinics.commands.closing import close_visit

    first = visit_of(clinic, person, diagnosis="I10")
    sign(clinic, first, line(AMLODIPINE, 30))
    close_visit(clinic.ctx("bac.si"), visit_id=first, conclusion="Hẹn", outcome_code="2")
    url = reverse("clinics:prescribe", args=[visit_of(clinic, person, diagnosis="I10")])
    page = text_of(doctor.post(url, posted(them=AMLODIPINE), headers=HTMX))
    kept = PrescriptionDraft.objects.get(signed_at=None)
    goes_on = re.search(r'value="(tiep-tuc:0:[0-9a-f-]+)"', page)
    assert goes_on
    said = {"version": kept.version, "draft_id": kept.pk}
    doctor.post(url, posted(AMLODIPINE, **said, lam=goes_on[1]))
    assert "Tiếp tục thuốc đang dùng" in text_of(doctor.get(url))
    kept.refresh_from_db()
    doctor.post(url, posted(AMLODIPINE, version=kept.version, draft_id=kept.pk, lam="bo:0"))
    kept.refresh_from_db()
    assert kept.lines == []
    doctor.post(url, posted(version=kept.version, draft_id=kept.pk, lam="lap-lai"))
    kept.refresh_from_db()
    assert [one["code"] for one in kept.lines] == [AMLODIPINE]
    assert kept.lines[0]["continues"]


def test_without_a_last_prescription_the_page_says_so(clinic: Clinic, doctor: Client) -> None:
    answer = doctor.post(reverse("clinics:prescribe", args=[visit_of(clinic)]), posted(lam="lap-lai"))
    assert (answer.status_code, "chưa có đơn thuốc nào trước đây" in text_of(answer)) == (422, True)


def test_the_page_costs_the_same_however_many_lines(clinic: Clinic, doctor: Client) -> None:
    visit_id = visit_of(clinic)
    url = reverse("clinics:prescribe", args=[visit_id])
    names = ["Paracetamol 500 mg", "Amlodipin 5 mg", "Loratadin 10 mg", "Omeprazol 20 mg", "Atorvastatin 20 mg"]
    costs = []
    sheet = None
    for count in (1, 5):
        lines = [line(code_of(name)) for name in names[:count]]
        from clinics.commands.drafts import save_draft
        from clinics.rules.drafts import Written

        version = sheet.version if sheet else 0
        sheet = save_draft(clinic.ctx("bac.si"), visit_id=visit_id, version=version, written=Written(tuple(lines)))
        doctor.get(url)
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert doctor.get(url).status_code == 200
        costs.append(len(asked))
    assert costs[0] == costs[1] <= 32


def test_the_paper_is_one_a5_sheet_with_every_field(clinic: Clinic, doctor: Client) -> None:
    visit_id = visit_of(clinic)
    (made,) = sign(clinic, visit_id, line(PARACETAMOL, evening=Decimal(1)), line(AMLODIPINE), advice="Ăn nhạt")
    before = AuditEvent.objects.count()
    answer = doctor.get(reverse("clinics:prescription_paper", args=[made.pk]))
    assert rows_after(before) == [("print", "ok")]
    assert answer["Content-Disposition"] == f'inline; filename="don-thuoc-{made.code}.pdf"'
    pages = PdfReader(io.BytesIO(answer.content)).pages
    assert len(pages) == 1
    assert [round(float(side) / 72 * 25.4) for side in pages[0].mediabox[2:]] == [148, 210]
    text = re.sub(r"\s+", " ", pages[0].extract_text())
    for said in (
        "ĐƠN THUỐC", made.code, "NGUYỄN THỊ HỒNG VÂN", "12/03/1972 (54 tuổi)", "J02.9 Viêm họng cấp",
        "Paracetamol 500 mg", "10 viên", "sáng 1 viên, tối 1 viên", "05 viên", "Lời dặn: Ăn nhạt", "Đơn có 02 khoản",
        "28/11/2026", "Nhân viên bac.si", "Khám lại xin mang theo đơn này",
    ):  # fmt: skip
        assert said in text, said


def test_a_narcotic_is_counted_in_words(clinic: Clinic, doctor: Client) -> None:
    (made,) = sign(clinic, visit_of(clinic), line(code_of("Morphin 30 mg"), 7, evening=Decimal(1)))
    text = text_of(doctor.get(reverse("clinics:prescription", args=[made.pk])))
    assert "ĐƠN THUỐC “N”" in text
    assert "Mười bốn viên" in text


def test_replacing_and_cancelling_from_the_page(clinic: Clinic, doctor: Client) -> None:
    visit_id = visit_of(clinic)
    (made,) = sign(clinic, visit_id, line(PARACETAMOL))
    url = reverse("clinics:prescription", args=[made.pk])
    assert "Hãy ghi lý do." in text_of(doctor.post(url, {"lam": "huy", "reason": ""}))
    led = doctor.post(url, {"lam": "thay", "reason": "đổi liều"})
    assert led["Location"] == reverse("clinics:prescribe", args=[visit_id])
    assert f"Đơn thay cho {made.code}" in text_of(doctor.get(led["Location"]))
    cancel_prescription(clinic.ctx("bac.si"), prescription_id=made.pk, reason="kê nhầm")
    page = text_of(doctor.get(url))
    assert "ĐÃ HUỶ · kê nhầm" in page
    assert "Viết đơn thay" not in page


@pytest.mark.parametrize(("username", "status"), [("y.ta", 403), ("le.tan", 403), ("bac.si.2", 404), ("duoc.si", 403)])
def test_others_do_not_prescribe(clinic: Clinic, username: str, status: int) -> None:
    visit_id = visit_of(clinic)
    client = Client()
    client.force_login(clinic.city.staff[username])
    assert client.get(reverse("clinics:prescribe", args=[visit_id])).status_code == status
    if username == "duoc.si":
        (made,) = sign(clinic, visit_id, line(PARACETAMOL))
        page = client.get(reverse("clinics:prescription", args=[made.pk]))
        assert (page.status_code, "Viết đơn thay" in text_of(page)) == (200, False)


def test_an_address_of_nothing_is_not_found(doctor: Client) -> None:
    before = AuditEvent.objects.count()
    assert doctor.get(reverse("clinics:prescription", args=[uuid.uuid4()])).status_code == 404
    assert rows_after(before) == [("refuse", "refused")]
