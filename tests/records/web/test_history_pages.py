"""The history's pages: every section's form, what is asked of whom, corrections that stay readable, answers of none."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from records.models import AllergyIntolerance, RelatedPerson, SourceRecord, StatementDetails
from records.queries.access import open_record
from records.queries.history import get_history
from records.web.history_forms import FORMS
from records.web.history_sections import SECTIONS
from tests.factories.city import NOW, City
from tests.records.conftest import BARE, VAN, register
from tests.records.web.test_pages import page, signed_in

pytestmark = pytest.mark.django_db

TYPED: dict[str, dict[str, str]] = {
    "luc-sinh": {"delivery": "caesarean", "preterm": "1", "asphyxia": "0", "weight_g": "2300", "length_cm": "46,5"},
    "nguy-co": {"kind": "tobacco", "state": "now", "amount": "10", "since_year": "1995"},
    "di-ung": {"kind": "medication", "substance": "Penicillin", "reaction": "nổi mề đay", "severe": "on"},
    "benh-tat": {"category": "2", "status": "active", "onset": "2015", "note": "uống thuốc đều"},
    "khuyet-tat": {"kind": "hearing", "description": "tai trái"},
    "phau-thuat": {"description": "Cắt ruột thừa", "year": "1990", "place": "Xanh Pôn"},
    "gia-dinh": {"relationship": "MTH", "disease": "13", "description": "đại tràng", "onset_age": "52"},
    "sinh-san": {"contraception": "thuốc uống", "pregnancies": "2", "births": "2", "living_children": "2"},
    "van-de-khac": {"text": "Sống một mình"},
}


@pytest.fixture
def resident(city: City) -> uuid.UUID:
    """Vân, 54, registered here."""
    return register(city)


@pytest.fixture
def doctor(city: City) -> Client:
    """The doctor here, signed in."""
    return signed_in(city, "bac.si")


def url(name: str, *args: Any) -> str:
    return reverse(f"records:{name}", args=args)


def test_every_section_has_its_words_to_type() -> None:
    assert {section.slug for section in SECTIONS} == set(TYPED)
    assert {section.key for section in SECTIONS} | {"relatives"} == set(FORMS)


@pytest.mark.parametrize("slug", TYPED)
def test_a_section_is_noted_by_its_form_and_read_with_who_said_it(
    city: City, resident: uuid.UUID, doctor: Client, slug: str, trail: Any
) -> None:
    form = doctor.get(url("history_add", resident, slug))
    assert form.status_code == 200
    assert all(f'name="{name}"' in page(form) for name in TYPED[slug])
    trail()
    answer = doctor.post(url("history_add", resident, slug), TYPED[slug])
    assert answer["Location"] == f"{url('history', resident)}#{slug}"
    assert [row.action for row in trail()] == ["record-history"]
    shown = doctor.get(url("history", resident))
    assert [row.action for row in trail()] == ["read-history"]
    typed = [value for name, value in TYPED[slug].items() if name in {"substance", "description", "text", "note"}]
    assert all(value in page(shown) for value in typed)
    assert f"{city.here.short_name} · " in page(shown)


@pytest.mark.parametrize(
    ("slug", "typed", "field"),
    [
        ("di-ung", {"kind": "medication"}, "substance"),
        ("luc-sinh", {"weight_g": "ba cân"}, "weight_g"),
        ("luc-sinh", {"length_cm": "46,55"}, "length_cm"),
        ("benh-tat", {"category": "2", "status": "active", "onset": "31/02/2015"}, "onset"),
        ("benh-tat", {"category": "13", "status": "active"}, "display"),
        ("nguy-co", {"kind": "tobacco", "state": "now", "amount": "900"}, "amount"),
        ("sinh-san", {"births": "1", "vaginal_births": "2"}, "births"),
        ("phau-thuat", {"description": "Mổ", "year": "1890"}, "year"),
    ],
)
def test_a_refusal_stands_at_its_field_and_keeps_what_was_typed(
    resident: uuid.UUID, doctor: Client, slug: str, typed: dict[str, str], field: str, trail: Any
) -> None:
    trail()
    answer = doctor.post(url("history_add", resident, slug), typed)
    assert answer.status_code == 422
    assert f'id="id_{field}_loi"' in page(answer)
    assert all(f'value="{value}"' in page(answer) for name, value in typed.items() if name == field)
    assert len(trail()) == 1


def test_a_correction_shows_what_it_replaced_and_why(city: City, resident: uuid.UUID, doctor: Client) -> None:
    doctor.post(url("history_add", resident, "di-ung"), TYPED["di-ung"])
    line = AllergyIntolerance.objects.get().pk
    form = doctor.get(url("history_correct", resident, "di-ung", line))
    assert 'value="Penicillin"' in page(form)
    assert "Lý do sửa" in page(form)
    right = TYPED["di-ung"] | {"substance": "Amoxicillin"}
    unexplained = doctor.post(url("history_correct", resident, "di-ung", line), right)
    assert (unexplained.status_code, 'id="id_reason_loi"' in page(unexplained)) == (422, True)
    doctor.post(url("history_correct", resident, "di-ung", line), right | {"reason": "nghe nhầm"})
    shown = page(doctor.get(url("history", resident)))
    assert "Các lần sửa (1)" in shown
    assert "sửa vì: nghe nhầm" in shown
    band = page(doctor.get(url("record", resident)))
    assert "Amoxicillin" in band
    assert "Penicillin" not in band


def test_a_line_replaced_meanwhile_keeps_what_the_second_person_typed(resident: uuid.UUID, doctor: Client) -> None:
    doctor.post(url("history_add", resident, "di-ung"), TYPED["di-ung"])
    line = AllergyIntolerance.objects.get().pk
    where = url("history_correct", resident, "di-ung", line)
    doctor.post(where, TYPED["di-ung"] | {"substance": "Amoxicillin", "reason": "nghe nhầm"})
    late = doctor.post(where, TYPED["di-ung"] | {"substance": "Ampicillin", "reason": "đọc đơn cũ"})
    assert late.status_code == 422
    assert "vừa được sửa lúc" in page(late)
    assert 'value="Ampicillin"' in page(late)
    assert doctor.get(where).status_code == 404


def test_a_line_noted_by_mistake_is_struck_through(resident: uuid.UUID, doctor: Client) -> None:
    doctor.post(url("history_add", resident, "di-ung"), TYPED["di-ung"])
    where = url("history_correct", resident, "di-ung", AllergyIntolerance.objects.get().pk)
    assert doctor.post(where, {"nham": "1"}).status_code == 422
    doctor.post(where, {"nham": "1", "nham-reason": "nhầm người"})
    shown = page(doctor.get(url("history", resident)))
    assert "<s>Penicillin</s>" in shown
    assert "1 dòng ghi nhầm đã bỏ" in shown
    assert "Penicillin" not in page(doctor.get(url("record", resident)))


def test_asked_and_none_differs_from_not_asked(resident: uuid.UUID, doctor: Client) -> None:
    assert "Chưa hỏi dị ứng." in page(doctor.get(url("history", resident)))
    doctor.post(url("history_none", resident, "di-ung"))
    shown = page(doctor.get(url("history", resident)))
    assert "Không có dị ứng đã biết" in shown
    assert "Chưa hỏi dị ứng." not in shown
    assert "Hỏi lại hôm nay, vẫn không có" in shown
    doctor.post(url("history_add", resident, "di-ung"), TYPED["di-ung"])
    refused = doctor.post(url("history_none", resident, "di-ung"), follow=True)
    assert "Mục này đang có dòng được ghi" in page(refused)


def test_who_is_asked_what(city: City, resident: uuid.UUID, doctor: Client) -> None:
    man = register(city, said=BARE, name="Trần Văn Hùng", sex="male")
    child = register(city, said=BARE, name="Trần Thị Na", birth="01/02/2022")
    woman_page, man_page = page(doctor.get(url("history", resident))), page(doctor.get(url("history", man)))
    child_page = page(doctor.get(url("history", child)))
    assert 'id="sinh-san"' in woman_page
    assert 'id="sinh-san"' not in man_page
    assert 'id="sinh-san"' not in child_page
    assert doctor.get(url("history_add", man, "sinh-san")).status_code == 404
    assert doctor.post(url("history_add", man, "sinh-san"), TYPED["sinh-san"]).status_code in (404, 422)
    assert child_page.index('id="luc-sinh"') < child_page.index('id="di-ung"')
    assert woman_page.index('id="luc-sinh"') > woman_page.index('id="di-ung"')


def test_who_may_not_write_sees_no_button(city: City, resident: uuid.UUID, doctor: Client) -> None:
    doctor.post(url("history_add", resident, "di-ung"), TYPED["di-ung"])
    shown = page(signed_in(city, "ky.thuat.vien").get(url("history", resident)))
    assert "Penicillin" in shown
    assert "Ghi thêm" not in shown
    assert "Đã hỏi, không có" not in shown
    assert doctor.get(url("history_add", resident, "rang")).status_code == 404


def test_the_page_asks_as_many_questions_whatever_there_is(
    resident: uuid.UUID, doctor: Client, django_assert_max_num_queries: Any
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as empty:
        doctor.get(url("history", resident))
    asked = len(empty)  # now: the next request empties the log
    for slug, typed in TYPED.items():
        doctor.post(url("history_add", resident, slug), typed)
    with django_assert_max_num_queries(asked):
        doctor.get(url("history", resident))


# ---------- administrative ----------

DESK = {
    "name": VAN["name"], "birth": VAN["birth"], "sex": "female", "cccd": VAN["cccd"], "bhyt": VAN["bhyt"],
    "phone": "0912000345", "issued_on": "01/07/2021", "issuer": "Cục CSQLHC", "bhxh": "0120456789",
    "vneid": "001172012345", "landline": "024 3826 0345", "email": "van@example.vn", "birth_province": "Hà Giang",
    "ethnicity": "Kinh", "nationality": "Việt Nam", "religion": "không", "occupation": "giáo viên", "blood_abo": "AB",
    "blood_rh": "+", "hamlet": "Tổ 5", "address": "12 ngõ 3", "permanent_ward": "Xã Bát Tràng",
    "permanent_province": "Thành phố Hà Nội", "permanent_hamlet": "Thôn 2", "permanent_address": "Xóm Chùa",
    "household_number": "H0123", "member_number": "NK01", "head_relationship": "SPS",
}  # fmt: skip


def edit_form(browser: Client, resident: uuid.UUID) -> dict[str, str]:
    """What the form would send back untouched."""
    form = browser.get(url("administrative", resident)).context["form"]
    return {name: str(form[name].value() or "") for name in form.fields}


def test_the_desk_states_the_administrative_part_again(city: City, resident: uuid.UUID, trail: Any) -> None:
    desk = signed_in(city, "le.tan")
    trail()
    sent = edit_form(desk, resident) | DESK
    assert [row.action for row in trail()] == ["read-administrative"]
    answer = desk.post(url("administrative", resident), sent)
    assert answer.status_code == 302, page(answer)
    assert [(row.action, row.target_type) for row in trail()] == [("update", "SourceRecord")]
    details = StatementDetails.objects.get()
    assert (details.birth_province_code, details.permanent_province_code) == ("02", "01")
    assert (details.blood_abo, details.landline, details.head_relationship) == ("AB", "02438260345", "SPS")
    again = edit_form(desk, resident)
    assert {name: again[name] for name in DESK if name != "landline"} == {
        n: v for n, v in DESK.items() if n != "landline"
    }
    shown = page(signed_in(city, "bac.si").get(url("identity", resident)))
    assert all(text in shown for text in ("giáo viên", "AB+", "H0123", "Xóm Chùa", "Vợ, chồng", "VNeID"))
    assert SourceRecord.objects.filter(link__patient=resident).count() == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"birth": "31/02/1972"}, "birth"),
        ({"cccd": "123"}, "cccd"),
        ({"ward": "Phường Không Có"}, "ward"),
        ({"email": "van"}, "email"),
        ({"bhxh": "12"}, "bhxh"),
        ({"issued_on": "2021"}, "issued_on"),
        ({"cccd": "", "cmnd": "", "issued_on": "01/07/2021"}, "issued_on"),
        ({"landline": "123"}, "landline"),
        ({"bhyt_to": "hôm qua"}, "bhyt_to"),
        ({"head_relationship": "BOSS"}, "head_relationship"),
    ],
)
def test_an_administrative_fault_stands_at_its_field(
    city: City, resident: uuid.UUID, change: dict[str, str], field: str
) -> None:
    desk = signed_in(city, "le.tan")
    answer = desk.post(url("administrative", resident), edit_form(desk, resident) | DESK | change)
    assert answer.status_code == 422
    assert f'id="id_{field}_loi"' in page(answer)
    assert not StatementDetails.objects.exists()


def test_two_desks_editing_at_once_are_told(city: City, resident: uuid.UUID) -> None:
    first, second = signed_in(city, "le.tan"), signed_in(city, "y.ta")
    one, other = edit_form(first, resident) | DESK, edit_form(second, resident) | DESK | {"email": "hong@example.vn"}
    assert first.post(url("administrative", resident), one).status_code == 302
    late = second.post(url("administrative", resident), other)
    assert late.status_code == 422
    assert "có người vừa cập nhật hành chính" in page(late)
    assert 'value="hong@example.vn"' in page(late)


def test_relatives_at_the_desk(city: City, resident: uuid.UUID) -> None:
    desk = signed_in(city, "le.tan")
    typed = {"relationship": "MTH", "name": "Lê Thị Na", "phone": "0912 000 999", "guardian": "on"}
    assert desk.get(url("relative_add", resident)).status_code == 200
    assert desk.post(url("relative_add", resident), {"relationship": "MTH"}).status_code == 422
    assert desk.post(url("relative_add", resident), typed).status_code == 302
    line = RelatedPerson.objects.get().pk
    assert "Giám hộ" in page(desk.get(url("administrative", resident)))
    form = desk.get(url("relative_correct", resident, line))
    assert 'value="Lê Thị Na"' in page(form)
    assert desk.post(url("relative_correct", resident, line), typed).status_code == 422
    changed = typed | {"name": "Lê Thị Ná", "reason": "sai dấu"}
    assert desk.post(url("relative_correct", resident, line), changed).status_code == 302
    newer = RelatedPerson.objects.get(superseded_by=None).pk
    assert desk.post(url("relative_correct", resident, newer), {"nham": "1", "nham-reason": "x"}).status_code == 302
    assert get_history(open_record(city.ctx("bac.si", NOW), resident)).relatives == ()
    assert desk.get(url("relative_correct", resident, newer)).status_code == 404


def test_the_desk_reads_nothing_clinical(city: City, resident: uuid.UUID, doctor: Client) -> None:
    doctor.post(url("history_add", resident, "di-ung"), TYPED["di-ung"])
    desk = signed_in(city, "le.tan")
    assert "Penicillin" not in page(desk.get(url("administrative", resident)))
    assert desk.get(url("history", resident)).status_code == 403
