"""Pages about access through the whole stack: consents, who has looked, emergencies of a facility, alerts."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from records.commands.consents import PurposeAnswer, record_consents
from records.commands.emergency import open_emergency_access, review_emergency_access
from records.models import AccessAlert, Consent, ConsentWithdrawal, EmergencyAccess, EmergencyAnswer, Patient
from tests.factories.city import City
from tests.records.commands.test_consents import SIGNED
from tests.records.conftest import register
from tests.records.web.test_pages import page, signed_in

REASON = "Hôn mê, cần biết tiền sử dị ứng"
PROOF = {"given_by": "self", "proof": "paper", "proof_note": "HS-12", "text_read": "on"}


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    """Vân, known here only."""
    return register(city)


# ---------- consents ----------


def test_nothing_is_ticked_beforehand(city: City, resident: uuid.UUID, trail: Any) -> None:
    browser = signed_in(city, "le.tan")
    trail()
    shown = page(browser.get(reverse("records:consents", args=[resident])))
    assert "checked" not in shown
    assert "Dùng dữ liệu cho nghiên cứu khoa học" in shown
    assert "Chưa có câu trả lời nào có giá trị" in shown
    assert [row.action for row in trail()] == ["read-consents"]


def test_answers_are_kept_and_taken_back(city: City, resident: uuid.UUID, trail: Any) -> None:
    browser, address = signed_in(city, "le.tan"), reverse("records:consents", args=[resident])
    sharing = {"decision_treatment-sharing": "permit", "recipient_treatment-sharing": "01T02"}
    trail()
    answer = browser.post(address, PROOF | sharing | {"decision_research": "deny"})
    assert answer["Location"] == address
    assert [row.action for row in trail()] == ["record-consent"]
    assert set(Consent.objects.values_list("purpose__key", "decision")) == {
        ("treatment-sharing", "permit"), ("research", "deny"),
    }  # fmt: skip
    assert city.elsewhere.short_name in page(browser.get(address))
    back = reverse("records:withdraw_consent", args=[resident])
    consent = Consent.objects.get(decision="permit")
    trail()
    refused = browser.post(back, {"consent_id": consent.pk, "given_by": "self"})
    assert refused.status_code == 422
    assert "Hãy chọn bằng chứng" in page(refused)
    assert [row.action for row in trail()] == ["read-consents"]
    assert browser.post(back, PROOF | {"consent_id": consent.pk, "reason": "Đổi ý"})["Location"] == address
    assert ConsentWithdrawal.objects.get().reason == "Đổi ý"
    assert "Đổi ý" in page(browser.get(address))


def test_an_unticked_proof_is_refused_at_its_field_and_what_was_chosen_stays(city: City, resident: uuid.UUID) -> None:
    browser, address = signed_in(city, "le.tan"), reverse("records:consents", args=[resident])
    answer = browser.post(address, PROOF | {"text_read": "", "decision_research": "permit"})
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == ["text_read"]
    assert page(answer).count("checked") >= 3
    assert not Consent.objects.exists()
    silent = browser.post(address, PROOF)
    assert "Chưa có mục nào được trả lời" in page(silent)
    bad = browser.post(address, PROOF | {"decision_research": "permit", "until_research": "31/02/2027"})
    assert list(bad.context["form"].errors) == ["until_research"]


def test_the_sheet_to_sign(city: City, resident: uuid.UUID) -> None:
    shown = page(signed_in(city, "y.ta").get(reverse("records:consent_sheet", args=[resident])))
    assert "Nguyễn Thị Hồng Vân" in shown
    assert "☑" not in shown
    assert shown.count("☐") == 8


def test_the_desk_sees_the_consents_and_no_other_part(city: City, resident: uuid.UUID) -> None:
    shown = page(signed_in(city, "le.tan").get(reverse("records:consents", args=[resident])))
    assert reverse("records:timeline", args=[resident]) not in shown
    doctor = page(signed_in(city, "bac.si").get(reverse("records:consents", args=[resident])))
    assert reverse("records:timeline", args=[resident]) in doctor


# ---------- who has looked ----------


def test_the_list_is_filtered_paged_and_printed(city: City, resident: uuid.UUID) -> None:
    browser = signed_in(city, "bac.si")
    for _ in range(55):
        browser.get(reverse("records:record", args=[resident]))
    signed_in(city, "bac.si.2").get(reverse("records:record", args=[resident]))
    open_emergency_access(city.ctx("bac.si.2", timezone.now()), patient_id=resident, reason=REASON)
    address = reverse("records:looks", args=[resident])
    first = browser.get(address)
    assert len(first.context["looks"]) == 50
    second = browser.get(address + first.context["next_url"])
    assert 5 < len(second.context["looks"]) < 15
    assert second.context["next_url"] == ""
    refused = browser.get(address + "?loc=refused").context["looks"]
    assert [(one["facility"], one["what"]) for one in refused] == [
        (city.elsewhere.short_name, "Muốn xem nhưng hồ sơ chưa mở cho cơ sở này")
    ]
    assert [one["emergency"] for one in browser.get(address + "?loc=emergency").context["looks"]] == [True]
    elsewhere = browser.get(address + "?co-so=01T02").context["looks"]
    assert {one["facility"] for one in elsewhere} == {city.elsewhere.short_name}
    tomorrow = (timezone.localdate() + timedelta(days=1)).strftime("%d/%m/%Y")
    assert browser.get(f"{address}?tu={tomorrow}").context["looks"] == []
    assert browser.get(f"{address}?tu=31/02/2026&loc=x&truoc=x").status_code == 200
    sheet = page(browser.get(reverse("records:print_looks", args=[resident]) + "?loc=refused"))
    assert "Danh sách truy cập hồ sơ sức khoẻ" in sheet
    assert city.elsewhere.short_name in sheet


def test_what_was_read_under_a_number_that_was_merged_away_is_on_the_list(city: City, resident: uuid.UUID) -> None:
    other = register(city, name="Nguyễn Thị Hồng Vân", cccd="", bhyt="", phone="0912999888")
    browser = signed_in(city, "bac.si")
    browser.get(reverse("records:identity", args=[other]))
    Patient.objects.filter(pk=other).update(merged_into=resident)
    looks = browser.get(reverse("records:looks", args=[resident])).context["looks"]
    assert "Xem phần hành chính" in {str(one["what"]) for one in looks}


# ---------- emergencies of a facility, alerts ----------


def test_a_facility_answers_and_the_department_sees_it(city: City) -> None:
    known = register(city, by="le.tan.2")
    open_emergency_access(city.ctx("bac.si"), patient_id=known, reason=REASON, kind="life")
    access = EmergencyAccess.objects.get()
    review_emergency_access(city.ctx("so.y.te"), access_id=access.pk, verdict="questioned", note="Gửi bệnh án")
    browser, address = signed_in(city, "y.ta"), reverse("records:own_emergencies")
    shown = page(browser.get(address))
    assert "Gửi bệnh án" in shown
    assert "Nguy hiểm tính mạng" in shown
    assert "Nguyễn Thị Hồng Vân" not in shown
    short = browser.post(address, {"access_id": access.pk, "text": "vâng"})
    assert short.status_code == 422
    assert browser.post(address, {"access_id": access.pk, "text": "Người bệnh hôn mê, bệnh án 12"}).status_code == 302
    assert EmergencyAnswer.objects.count() == 1
    office = signed_in(city, "so.y.te")
    queue = page(office.get(reverse("records:emergency_reviews") + "?loc=answered"))
    assert "bệnh án 12" in queue
    stale = office.post(
        reverse("records:emergency_reviews"),
        {"access_id": access.pk, "verdict": "unjustified", "note": "Không trả lời", "seen": ""},
    )
    assert stale.status_code == 422
    assert "Người khác vừa kết luận" in page(stale)
    assert "Không có lần nào ở đây" in page(signed_in(city, "bac.si.2").get(address))
    assert signed_in(city, "le.tan").get(address).status_code == 403


def test_alerts_are_judged_once(city: City) -> None:
    office, address = signed_in(city, "so.y.te"), reverse("records:alerts")
    assert "Không có cảnh báo nào" in page(office.get(address))
    alert = AccessAlert.objects.create(
        kind="reading", key="reading/1", actor_kind="staff", actor_id=str(city.staff["bac.si"].pk),
        actor_label="bac.si", role="doctor", facility=city.here, seen=140, at=timezone.now(),
    )  # fmt: skip
    assert "140" in page(office.get(address))
    assert office.post(address, {"alert_id": alert.pk, "verdict": "normal", "note": ""}).status_code == 422
    assert office.post(address, {"alert_id": alert.pk, "verdict": "normal", "note": "Giao ban"}).status_code == 302
    assert "Giao ban" in page(office.get(address + "?tat-ca=1"))
    assert "Giao ban" not in page(office.get(address))
    assert signed_in(city, "bac.si").get(address).status_code == 403


def test_a_consent_given_here_opens_the_record_there_in_the_browser_too(city: City, resident: uuid.UUID) -> None:
    there, address = signed_in(city, "bac.si.2"), reverse("records:record", args=[resident])
    assert there.get(address).status_code == 403
    answer = PurposeAnswer("treatment-sharing", "permit", recipient="01T02")
    record_consents(city.ctx("le.tan"), patient_id=resident, answers=[answer], statement=SIGNED)
    assert there.get(address).status_code == 200
