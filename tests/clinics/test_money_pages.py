"""The till and the insurance files in a browser's eyes: what is shown, what is refused, one audit row, fixed statements."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from clinics.models import Charge, ClaimExport, ClaimFile, InsuranceCoverage, Payment, Visit
from registry.models import AuditEvent
from registry.rules.qd3176.documents import read_envelope
from tests.clinics.billing import charge, put_card, put_prices
from tests.clinics.claim_days import make_visit, ready
from tests.clinics.conftest import Clinic

CARD_FORM = {
    "object_code": "1.1", "card": "GD4010123456789", "registered_at": "01T01", "valid_from": "01/01/2026",
    "valid_to": "31/12/2026",
}  # fmt: skip


@pytest.fixture
def at(clinic: Clinic) -> Callable[[str], Client]:
    """at("thu.ngan"): a browser in which that person is signed in."""

    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(clinic.city.staff[username])
        return client

    return sign_in


@pytest.fixture
def visit(clinic: Clinic) -> Visit:
    """A visit of today under insurance at a clinic with prices."""
    put_prices(clinic)
    return Visit.objects.get(pk=clinic.check_in(at=timezone.now()).visit_id)


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def rows_of(run: Callable[[], Any]) -> tuple[Any, list[tuple[str, str]]]:
    before = AuditEvent.objects.count()
    answer = run()
    return answer, list(AuditEvent.objects.order_by("at", "id").values_list("action", "outcome"))[before:]


def test_a_visit_is_carded_charged_paid_and_its_receipt_printed(clinic: Clinic, at: Any, visit: Visit) -> None:
    cashier = at("thu.ngan")
    answer, rows = rows_of(lambda: at("le.tan").post(reverse("clinics:coverage", args=[visit.pk]), CARD_FORM))
    assert (answer.status_code, rows) == (302, [("update", "ok")])
    assert InsuranceCoverage.objects.get().benefit == "4"
    for code in ("20.0081.0137", "YC · Khám theo yêu cầu"):
        form = {"code": code, "quantity": "1"}
        assert cashier.post(reverse("clinics:charge", args=[visit.pk]), form).status_code == 302
    page, rows = rows_of(lambda: cashier.get(reverse("clinics:bill", args=[visit.pk])))
    assert rows == [("read", "ok")]
    assert "270.420 đ" in text_of(page)
    paid = cashier.post(reverse("clinics:pay", args=[visit.pk]), {"amount": "270420", "method": "cash"})
    assert paid.status_code == 302
    receipt, rows = rows_of(lambda: cashier.get(reverse("clinics:receipt", args=[Payment.objects.get().pk])))
    assert (receipt["Content-Type"], rows) == ("application/pdf", [("print", "ok")])


def test_what_is_charged_by_hand_is_found_by_typing(clinic: Clinic, at: Any, visit: Visit) -> None:
    address = reverse("clinics:price_suggestions")
    for text in ("noi soi", "20.0081", "dai soi"):
        assert 'data-code="20.0081.0137 · Nội soi đại tràng"' in text_of(at("thu.ngan").get(address, {"code": text}))
    assert "data-code" not in text_of(at("thu.ngan").get(address, {"code": "khong co"}))
    assert "data-code" not in text_of(at("thu.ngan.2").get(address, {"code": "noi soi"}))
    assert "data-code" not in text_of(at("thu.ngan").get(address, {"code": "noi soi", "ngay": "2025-01-01"}))
    assert at("le.tan").get(address, {"code": "noi soi"}).status_code == 403
    assert "<option" not in text_of(at("thu.ngan").get(reverse("clinics:bill", args=[visit.pk]))).split("Cách trả")[0]


def test_the_receipt_says_what_was_paid(clinic: Clinic, at: Any, visit: Visit) -> None:
    from io import BytesIO

    charge(clinic, visit.pk, "02.1899")
    at("thu.ngan").post(reverse("clinics:pay", args=[visit.pk]), {"amount": "45000", "method": "transfer"})
    answer = at("thu.ngan").get(reverse("clinics:receipt", args=[Payment.objects.get().pk]))
    pages = PdfReader(BytesIO(answer.content)).pages
    told = " ".join(pages[0].extract_text().split())
    assert "BIÊN LAI THU TIỀN" in told
    assert "45.000 đ" in told
    assert "Chuyển khoản" in told
    assert (len(pages), round(float(pages[0].mediabox.width))) == (1, 420)  # A5


@pytest.mark.parametrize(
    ("route", "form", "said"),
    [
        ("pay", {"amount": "999999999", "method": "cash"}, "Số tiền phải là số đồng nguyên"),
        ("pay", {"amount": "ba mươi", "method": "cash"}, "Hãy ghi số đồng nguyên"),
        ("charge", {"code": "LA", "quantity": "1"}, "Bảng giá ngày khám không có mục này"),
        ("charge", {"code": "YC", "quantity": "nhiều"}, "Hãy ghi một số"),
        ("refund", {"method": "cash", "reason": "x"}, "Không có tiền thừa"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_written(
    clinic: Clinic, at: Any, visit: Visit, route: str, form: dict[str, str], said: str
) -> None:
    charge(clinic, visit.pk, "02.1899")
    answer = at("thu.ngan").post(reverse(f"clinics:{route}", args=[visit.pk]), form)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert (Payment.objects.count(), Charge.objects.count()) == (0, 1)


def test_a_wrong_card_is_said_at_its_field(clinic: Clinic, at: Any, visit: Visit) -> None:
    form = CARD_FORM | {"valid_to": "22/11/2025", "card": "GD"}
    answer = at("le.tan").post(reverse("clinics:coverage", args=[visit.pk]), form)
    assert answer.status_code == 422
    assert "15 ký tự" in text_of(answer)
    assert "hết hạn sớm hơn" in text_of(answer)


def test_a_line_and_a_receipt_are_taken_back_with_a_reason(clinic: Clinic, at: Any, visit: Visit) -> None:
    cashier = at("thu.ngan")
    line = charge(clinic, visit.pk, "YC")
    cashier.post(reverse("clinics:pay", args=[visit.pk]), {"amount": "200000", "method": "cash"})
    bare = cashier.post(reverse("clinics:reverse_charge", args=[visit.pk, line.pk]), {"reason": ""})
    assert bare.status_code == 422
    cashier.post(reverse("clinics:reverse_charge", args=[visit.pk, line.pk]), {"reason": "Không khám"})
    page = cashier.get(reverse("clinics:bill", args=[visit.pk]))
    assert "Phải trả lại" in text_of(page)
    cashier.post(reverse("clinics:refund", args=[visit.pk]), {"method": "cash", "reason": "Không khám"})
    assert sum(Payment.objects.values_list("amount", flat=True)) == 0


def test_the_till_costs_the_same_whatever_the_day(clinic: Clinic, at: Any, visit: Visit) -> None:
    cashier, url = at("thu.ngan"), reverse("clinics:till")

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            assert cashier.get(url).status_code == 200
        return len(caught)

    charge(clinic, visit.pk, "02.1899")
    statements()
    few = statements()
    for _ in range(6):
        other = clinic.check_in(at=timezone.now()).visit_id
        put_card(clinic, other)
        charge(clinic, other, "02.1899")
    assert statements() == few


def test_a_file_is_prepared_mended_and_downloaded(clinic: Clinic, at: Any) -> None:
    ready(clinic)
    visit = make_visit(clinic, Random(3), payer="self-pay", complete=False)
    cashier, url = at("thu.ngan"), reverse("clinics:claim", args=[visit.pk])
    answer, rows = rows_of(lambda: cashier.post(reverse("clinics:claim_prepare", args=[visit.pk])))
    assert (answer.status_code, rows) == (302, [("prepare-claim", "ok")])
    told = text_of(cashier.get(url))
    assert "Chưa có MA_DANTOC." in told
    assert "Thông tin hành chính bổ sung" in told
    refused = cashier.post(reverse("clinics:claim_send", args=[visit.pk]))
    assert (refused.status_code, ClaimExport.objects.count()) == (422, 0)
    claim = ClaimFile.objects.get()
    content = cashier.get(reverse("clinics:claim_file", args=[claim.pk])).content
    assert read_envelope(content).dossiers == (claim.tables,)


def test_a_day_is_prepared_and_sent_from_the_worklist(clinic: Clinic, at: Any) -> None:
    ready(clinic)
    for seed in range(3):
        make_visit(clinic, Random(seed))
    cashier = at("thu.ngan")
    period = {"first": "23/11/2026", "last": "23/11/2026"}
    address = reverse("clinics:claims") + "?tu=23/11/2026&den=23/11/2026"
    assert "Chưa lập" in text_of(cashier.get(address))
    assert cashier.post(reverse("clinics:claims_prepare"), period).status_code == 302
    assert "Gửi được" in text_of(cashier.get(address))
    assert cashier.post(reverse("clinics:claims_export"), period).status_code == 302
    export = ClaimExport.objects.get()
    content = cashier.get(reverse("clinics:claim_export_file", args=[export.pk])).content
    assert len(read_envelope(content).dossiers) == export.count == 3
    assert cashier.post(reverse("clinics:claims_export"), period).status_code == 422
    wrong = {"first": "23/11/2026", "last": "hôm nay"}
    assert cashier.post(reverse("clinics:claims_prepare"), wrong).status_code == 422


def test_an_appointment_is_typed_on_its_page(clinic: Clinic, at: Any) -> None:
    ready(clinic)
    visit = make_visit(clinic, Random(5))
    cashier = at("thu.ngan")
    url = reverse("clinics:claim_added", args=[visit.pk, "XML14"])
    assert "NGAY_HEN_KL" in text_of(cashier.get(url))
    form = {"SO_GIAYHEN_KL": "1", "NGAY_HEN_KL": "202612070800"}
    assert cashier.post(url, form).status_code == 302
    assert ClaimFile.objects.get().tables["XML14"][0]["NGAY_HEN_KL"] == "202612070800"
    assert cashier.post(reverse("clinics:claim_added", args=[visit.pk, "XML2"]), {}).status_code == 422


def test_what_the_visit_gave_rise_to_is_charged_once(clinic: Clinic, at: Any) -> None:
    put_prices(clinic)
    visit_id = clinic.consult(at=timezone.now())
    for expected in (1, 1):
        assert at("thu.ngan").post(reverse("clinics:gather", args=[visit_id])).status_code == 302
        assert Charge.objects.filter(visit_id=visit_id).count() == expected
    assert Charge.objects.get().price == Decimal(45_000)
