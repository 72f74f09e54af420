"""The clinic's pages: who sees what, what a stranger gets, one audit row each, a fixed number of queries."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from clinics.commands.check_in import CheckedIn
from clinics.commands.closing import close_visit
from clinics.commands.consultation import record_diagnoses, start_consultation
from clinics.commands.triage import record_vitals
from clinics.models import QueueCall, Visit
from registry.models import AuditEvent
from tests.clinics.conftest import Clinic
from tests.clinics.crowd import fill_waiting_rooms
from tests.clinics.test_consultation import PRESSURE, SAID, written

FORM = {"payer": "insurance", "reason": "Ho, sốt", "priority": "none", "care_type": "01"}


@pytest.fixture
def at(clinic: Clinic) -> Callable[[str], Client]:
    """at("bac.si"): a browser in which that person is signed in."""

    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(clinic.city.staff[username])
        return client

    return sign_in


@pytest.fixture
def given(clinic: Clinic) -> CheckedIn:
    """Somebody who was checked in just now."""
    return clinic.check_in(at=timezone.now())


def rows_after(start: int) -> list[tuple[str, str]]:
    return list(AuditEvent.objects.order_by("at", "id").values_list("action", "outcome"))[start:]


def count() -> int:
    return AuditEvent.objects.count()


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_desk_searches_by_post_and_leads_to_the_check_in(clinic: Clinic, at: Any) -> None:
    patient_id = clinic.register()
    before = count()
    response = at("le.tan").post(reverse("clinics:reception"), {"q": "nguyen thi hong van 1972"})
    assert reverse("clinics:arrive", args=[patient_id]) in text_of(response)
    assert rows_after(before) == [("search", "ok")]


def test_a_card_of_one_known_person_goes_straight_to_the_check_in(clinic: Clinic, at: Any) -> None:
    from records.commands.registration import register_resident
    from records.rules.person import state_person

    today = timezone.localdate()
    person = state_person(today=today, name="Lê Thị Mai", birth="12/03/1972", sex="female", cccd="001172012345")
    known = register_resident(clinic.ctx("le.tan"), person=person, channel="form", raw={}).patient_id
    scan = "001172012345|011845672|Lê Thị Mai|12031972|Nữ|Kim Liên, Hà Nội|20052022"
    response = at("le.tan").post(reverse("clinics:reception"), {"q": scan})
    assert (response.status_code, response["Location"]) == (302, reverse("clinics:arrive", args=[known]))
    swapped = at("le.tan").post(
        reverse("clinics:reception"), {"q": scan}, headers={"HX-Request": "true", "HX-Target": "tim-thay"}
    )
    assert swapped["HX-Redirect"] == reverse("clinics:arrive", args=[known])
    clinic.check_in(known, at=timezone.now())
    again = at("le.tan").post(reverse("clinics:reception"), {"q": scan})
    assert "Đang ở phòng khám" in text_of(again)


def test_a_scanned_slip_is_shown_again(clinic: Clinic, at: Any, given: CheckedIn) -> None:
    response = at("le.tan").post(reverse("clinics:reception"), {"q": str(given.ticket_id)})
    assert response["Location"] == reverse("clinics:slip", args=[given.ticket_id])
    assert reverse("clinics:visit", args=[given.visit_id]) in text_of(at("le.tan").get(response["Location"]))


def test_checking_in_leads_to_the_slip_with_number_and_given_name_only(clinic: Clinic, at: Any) -> None:
    patient_id, client = clinic.register(), at("le.tan")
    before = count()
    response = client.post(reverse("clinics:arrive", args=[patient_id]), {**FORM, "room_id": clinic.room.pk})
    assert response.status_code == 302
    assert rows_after(before) == [("create", "ok")]
    slip = text_of(client.get(response["Location"]))
    assert rows_after(before + 1) == [("print", "ok")]
    assert "0001" in slip
    assert ">Vân<" in slip
    assert "Hồng" not in slip
    assert "1972" not in slip
    assert 'class="qr-code"' in slip


def test_the_slip_for_a_roll_printer_is_80_mm_wide_and_holds_number_and_given_name_only(
    clinic: Clinic, at: Any
) -> None:
    clinic.room.name = "Phòng 12 · Khám sức khoẻ phụ nữ mang thai và trẻ sơ sinh ngoài giờ hành chính"
    clinic.room.save()
    given = clinic.check_in(clinic.register("Nguyễn Thị Tường Nghiêng"), at=timezone.now())
    before = count()
    answer = at("le.tan").get(reverse("clinics:slip_paper", args=[given.ticket_id]))
    assert rows_after(before) == [("print", "ok")]
    assert answer["Content-Type"] == "application/pdf"
    read = PdfReader(BytesIO(answer.content))
    assert len(read.pages) == 1
    assert round(float(read.pages[0].mediabox.width) * 25.4 / 72) == 80
    text = re.sub(r"\s+", " ", read.pages[0].extract_text())
    assert "0001" in text
    assert "Nghiêng" in text
    assert "trẻ sơ sinh ngoài giờ" in text
    assert "Tường" not in text
    assert answer["Content-Disposition"] == 'inline; filename="phieu-so.pdf"'


def test_a_refused_check_in_keeps_what_was_typed_and_names_the_fields(clinic: Clinic, at: Any) -> None:
    patient_id = clinic.register()
    before = count()
    sent = {**FORM, "reason": "Đau <b>bụng</b>", "priority": "elderly", "room_id": clinic.room.pk}
    response = at("le.tan").post(reverse("clinics:arrive", args=[patient_id]), sent)
    page = text_of(response)
    assert response.status_code == 422
    assert "chưa đủ 75 tuổi" in page
    assert 'href="#id_priority"' in page
    assert "Đau &lt;b&gt;bụng&lt;/b&gt;" in page
    assert rows_after(before) == [("read", "ok")]
    assert not Visit.objects.exists()


@pytest.mark.parametrize("room", ["", "abc", "99999999", "1e9", "12345678901234567890"])
def test_a_room_that_is_none_is_a_field_error(clinic: Clinic, at: Any, room: str) -> None:
    response = at("le.tan").post(reverse("clinics:arrive", args=[clinic.register()]), {**FORM, "room_id": room})
    assert response.status_code == 422
    assert 'href="#id_room_id"' in text_of(response)


def test_the_nurse_saves_vitals_with_a_comma_and_an_error_stays_at_its_field(at: Any, given: CheckedIn) -> None:
    client, url = at("y.ta"), reverse("clinics:vitals", args=[given.visit_id])
    wrong = client.post(url, {"temperature": "386", "pulse": "nhanh"})
    assert wrong.status_code == 422
    assert 'href="#id_pulse"' in text_of(wrong)
    wrong = client.post(url, {"temperature": "386"})
    assert 'href="#id_temperature"' in text_of(wrong)
    before = count()
    right = client.post(url, {"temperature": "38,6", "systolic": "138", "diastolic": "82"})
    assert right.status_code == 302
    assert rows_after(before) == [("update", "ok")]
    assert Visit.objects.get(pk=given.visit_id).state == "triaged"
    page = text_of(client.get(reverse("clinics:visit", args=[given.visit_id])))
    assert re.search(r"38,6 <span[^>]*>°C</span> ↑", page)


def test_the_doctor_drafts_and_closes(clinic: Clinic, at: Any, given: CheckedIn) -> None:
    client = at("bac.si")
    assert client.post(reverse("clinics:start", args=[given.visit_id])).status_code == 302
    url = reverse("clinics:diagnoses", args=[given.visit_id])
    draft = client.post(url, {"main": "j039", "secondary": "I10; E11.9; ", "conclusion": "Nghỉ ngơi", "nhap": "1"})
    assert draft.status_code == 302
    page = text_of(client.get(reverse("clinics:visit", args=[given.visit_id])))
    assert 'value="E11.9; I10"' in page
    assert "Nghỉ ngơi</textarea>" in page
    refused = client.post(url, {"main": "J02.7", "secondary": "", "conclusion": "", "outcome_code": ""})
    assert refused.status_code == 422
    assert "Có phải J02.9" in text_of(refused)
    assert {"#id_main", "#id_conclusion", "#id_outcome_code"} <= set(re.findall(r'href="(#id_\w+)"', text_of(refused)))
    before = count()
    closed = client.post(
        url, {"main": "J03.9", "secondary": "I10", "conclusion": "Uống nhiều nước", "outcome_code": "2"}
    )
    assert closed.status_code == 302
    assert rows_after(before) == [("close", "ok")]
    assert "Uống nhiều nước" in text_of(client.get(reverse("clinics:visit", args=[given.visit_id])))


def test_codes_are_suggested_by_words_without_diacritics_and_read_back(clinic: Clinic, at: Any) -> None:
    client = at("bac.si")
    found = text_of(client.get(reverse("clinics:suggestions"), {"main": "hong cap"}))
    assert 'data-code="J02.9"' in found
    assert 'data-code="J02.9"' in text_of(client.get(reverse("clinics:suggestions"), {"secondary": "I10; j02"}))
    named = text_of(client.get(reverse("clinics:chosen"), {"main": "J02.9", "secondary": "Q00.1"}))
    assert "Viêm họng cấp" in named
    assert "Không có mã này" in named
    assert at("y.ta").get(reverse("clinics:suggestions"), {"main": "J02"}).status_code == 403


def test_the_desk_sees_no_clinical_content(clinic: Clinic, at: Any, given: CheckedIn) -> None:
    record_vitals(clinic.ctx("y.ta", timezone.now()), visit_id=given.visit_id, readings=PRESSURE)
    page = text_of(at("le.tan").get(reverse("clinics:visit", args=[given.visit_id])))
    assert "In lại phiếu" in page
    assert "138" not in page
    assert "Dị ứng" not in page


def test_calling_shows_on_the_wall_by_number_and_given_name(clinic: Clinic, at: Any, given: CheckedIn) -> None:
    before = count()
    at("le.tan").post(reverse("clinics:call"), {"room": clinic.room.pk})
    assert rows_after(before) == [("call", "ok")]
    assert QueueCall.objects.get().ticket_id == given.ticket_id
    wall = text_of(at("le.tan").get(reverse("clinics:wall", args=[clinic.room.code])))
    assert '<p class="no">0001</p><p class="who" lang="vi">Vân</p>' in wall
    assert "Nguyễn" not in re.sub(r"<header>.*?</header>", "", wall)
    assert rows_after(before + 1) == []
    again = at("le.tan").post(reverse("clinics:call"), {"room": clinic.room.pk}, follow=True)
    assert "không còn ai chờ gọi" in text_of(again)


@pytest.mark.parametrize("next_page", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"])
def test_a_form_leads_nowhere_else(clinic: Clinic, at: Any, given: CheckedIn, next_page: str) -> None:
    response = at("le.tan").post(reverse("clinics:call"), {"room": clinic.room.pk, "next": next_page})
    assert response["Location"] == reverse("clinics:reception")


GET_PAGES = ["visit", "slip", "wall"]
POSTS = ["vitals", "start", "diagnoses", "cancel", "leave", "recall"]


@pytest.mark.parametrize("name", [*GET_PAGES, *POSTS])
def test_another_facilitys_objects_are_not_found_with_one_row(
    clinic: Clinic, at: Any, given: CheckedIn, name: str
) -> None:
    keys = {"slip": given.ticket_id, "wall": clinic.room.code}
    url = reverse(f"clinics:{name}", args=[keys.get(name, given.visit_id)])
    stranger = at("le.tan.2" if name in ("cancel", "leave", "recall", *GET_PAGES) else "bac.si.2")
    sent = {"reason": "x", "pulse": "80", "main": "J02.9", "conclusion": "x", "outcome_code": "1"}
    before = count()
    response = stranger.get(url) if name in GET_PAGES else stranger.post(url, sent)
    assert response.status_code == 404
    assert rows_after(before) == [("refuse", "refused")]


@pytest.mark.parametrize(
    ("username", "url"),
    [("bac.si", "reception"), ("so.y.te", "worklist"), ("di.tru", "worklist"), ("sang.loc", "reception")],
)
def test_who_has_no_business_here_is_refused_with_one_row(clinic: Clinic, at: Any, username: str, url: str) -> None:
    client, before = at(username), count()
    session = client.session
    session["second_factor"] = True
    session.save()
    assert client.get(reverse(f"clinics:{url}")).status_code == 403
    assert rows_after(before) == [("refuse", "refused")]


def test_nobody_is_nobody(at: Any) -> None:
    assert at("le.tan").get(reverse("clinics:arrive", args=[uuid.uuid4()])).status_code == 404
    assert Client().get(reverse("clinics:reception")).status_code == 302


def test_from_registration_straight_on_to_the_check_in(clinic: Clinic, at: Any) -> None:
    patient_id = clinic.register()
    response = at("le.tan").get(reverse("clinics:reception"), {"nguoi-benh": str(patient_id)})
    assert response["Location"] == reverse("clinics:arrive", args=[patient_id])
    assert at("le.tan").get(reverse("clinics:reception"), {"nguoi-benh": "x"})["Location"] == reverse(
        "clinics:reception"
    )


def cost(client: Client, url: str) -> int:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_each_page_costs_the_same_with_one_and_with_200_visits(clinic: Clinic, at: Any, given: CheckedIn) -> None:
    pages = {
        reverse("clinics:reception"): at("le.tan"),
        reverse("clinics:worklist"): at("bac.si"),
        reverse("clinics:wall", args=[clinic.room.code]): at("y.ta"),
        reverse("clinics:arrive", args=[clinic.register("Lê Văn Chờ", "1990", "male")]): at("le.tan"),
    }
    for url, client in pages.items():
        client.get(url)
    alone = {url: cost(client, url) for url, client in pages.items()}
    fill_waiting_rooms(clinic, 199)
    assert Visit.objects.count() == 200
    assert {url: cost(client, url) for url, client in pages.items()} == alone
    assert max(alone.values()) <= 23, alone  # two of them for what screening has due


def test_a_stale_tab_is_told_and_keeps_what_was_typed(clinic: Clinic, at: Any, given: CheckedIn) -> None:
    doctor, client = clinic.ctx("bac.si", timezone.now()), at("bac.si")
    url = reverse("clinics:diagnoses", args=[given.visit_id])
    start_consultation(doctor, visit_id=given.visit_id)
    shown = client.get(reverse("clinics:visit", args=[given.visit_id])).context["sheet_form"]["seen"].value()
    record_diagnoses(doctor, visit_id=given.visit_id, main="J03.9", examined=SAID, conclusion="Viêm amidan")
    typed = {"reason": "Ho, sốt 3 ngày", "main": "J02.9", "conclusion": "Viêm họng", "skin": "Không ban", "nhap": "1"}
    response = client.post(url, {**typed, "seen": shown})
    assert response.status_code == 409
    text = text_of(response)
    who = clinic.city.staff["bac.si"].full_name
    assert f"{who} vừa ghi lúc" in text
    assert "“Viêm amidan”" in text, "what is saved"
    assert "Viêm họng" in text, "what was typed"
    assert written(given.visit_id).main == "J03.9"
    form = response.context["sheet_form"]
    assert form["course"].value() == "Sốt 3 ngày", "what only the other wrote is shown now, not put back to what it was"
    assert form["skin"].value() == "Không ban"
    again = {
        name: form[name].value() or ""
        for name in (*typed, "seen", "course", "advice", "ent", "respiratory")
        if name in form.fields
    }
    assert client.post(url, {**again, "nhap": "1"}).status_code == 302
    assert (written(given.visit_id).main, written(given.visit_id).course) == ("J02.9", "Sốt 3 ngày")
    assert written(given.visit_id).findings == {**SAID.findings, "skin": "Không ban"}


def test_what_was_typed_after_the_end_is_not_lost(clinic: Clinic, at: Any, given: CheckedIn) -> None:
    doctor, client = clinic.ctx("bac.si", timezone.now()), at("bac.si")
    start_consultation(doctor, visit_id=given.visit_id)
    close_visit(doctor, visit_id=given.visit_id, main="J03.9", conclusion="Xong", outcome_code="1")
    response = client.post(
        reverse("clinics:diagnoses", args=[given.visit_id]), {"main": "J02.9", "conclusion": "Dặn thêm", "nhap": "1"}
    )
    assert response.status_code == 409
    text = text_of(response)
    assert f"{clinic.city.staff['bac.si'].full_name} đã kết thúc lượt khám này lúc" in text
    assert "Kết luận và hướng xử trí: Dặn thêm" in text
    assert written(given.visit_id).main == "J03.9"


def test_one_button_writes_normal_for_what_was_left_empty(clinic: Clinic, at: Any, given: CheckedIn) -> None:
    start_consultation(clinic.ctx("bac.si", timezone.now()), visit_id=given.visit_id)
    typed = {"ent": "Họng đỏ", "skin": "", "respiratory": "", "con-lai": "1"}
    url = reverse("clinics:diagnoses", args=[given.visit_id])
    assert at("bac.si").post(url, typed).status_code == 302
    assert written(given.visit_id).findings == {"ent": "Họng đỏ", "skin": "Bình thường", "respiratory": "Bình thường"}


def test_a_visit_page_costs_the_same_whatever_it_holds(clinic: Clinic, at: Any, given: CheckedIn) -> None:
    client, url = at("bac.si"), reverse("clinics:visit", args=[given.visit_id])
    doctor = clinic.ctx("bac.si", timezone.now())
    client.get(url)
    waiting = cost(client, url)
    for _ in range(10):
        record_vitals(clinic.ctx("y.ta", timezone.now()), visit_id=given.visit_id, readings=PRESSURE)
    assert cost(client, url) == waiting
    start_consultation(doctor, visit_id=given.visit_id)
    begun = cost(client, url)
    record_diagnoses(doctor, visit_id=given.visit_id, main="J02.9", secondary=["I10", "E11.9"], examined=SAID)
    assert cost(client, url) == begun
    assert begun - waiting <= 9, "sheet 3, templates, last examination 3, open prescription, bookings"


def test_words_are_found_through_their_index(clinic: Clinic) -> None:
    from clinics.queries.diagnoses import _by_words
    from registry.models import Concept

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = _by_words(Concept.objects.all(), "hong cap").order_by().explain()
    assert "clinics_concept_words" in plan
