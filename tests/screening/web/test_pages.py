"""The pages: what they show, what they refuse, one audit row each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from records.commands.encounters import record_result as write_result
from registry.models import AuditEvent
from screening.commands.enrolment import enrol
from screening.commands.observations import sweep_observations
from screening.models import Duty, Enrolment, Kit, Sample
from tests.factories.screening import Ward, kit_number


@pytest.fixture
def signed(ward: Ward) -> Callable[[str], Client]:
    """signed("y.ta"): a client with that person's session. The ward stands an hour ago, so that pages live after it."""
    ward.at = timezone.now() - timedelta(hours=1)

    def sign(username: str = "sang.loc") -> Client:
        client = Client()
        client.force_login(ward.city.staff[username])
        session = client.session
        session["second_factor"] = True
        session.save()
        return client

    return sign


def _rows(answer: Any) -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(request_id=answer["X-Request-Id"]).values_list("action", "outcome"))


def _page(enrolment: Enrolment) -> str:
    return reverse("screening:enrolment", args=[enrolment.pk])


def test_the_board_shows_the_case_and_its_unowned_state(ward: Ward, signed: Callable[[str], Client]) -> None:
    ward.positive(name="Trần Văn Thịnh")
    answer = signed("sang.loc").get(reverse("screening:worklist"))
    text = answer.content.decode()
    assert answer.status_code == 200
    left = (Duty.objects.get().deadline - timezone.localdate()).days  # 31, or 30 in the hour after midnight
    assert left in (30, 31)
    for shown in ("Trần Văn Thịnh", "FIT 57,5 µg Hb/g", "Chưa có nội soi", "Chưa giao", "Nhận ca", f"còn {left} ngày"):
        assert shown in text, shown
    assert _rows(answer) == [("list", "ok")]


@pytest.mark.parametrize("asked", ["?loc=xyz&nguoi-giu=ai&buoc=1&sau=abc", "?sau=2026-01-01~123", "?loc=da-dong"])
def test_an_address_nobody_wrote_still_opens(signed: Callable[[str], Client], asked: str) -> None:
    assert signed("sang.loc").get(reverse("screening:worklist") + asked).status_code == 200


def test_a_case_is_worked_from_kit_to_colonoscopy(ward: Ward, signed: Callable[[str], Client]) -> None:
    client = signed("sang.loc")
    person = ward.person(name="Lưu Thị Kim Oanh")
    assert "Lưu Thị Kim Oanh" in client.get(reverse("screening:eligible")).content.decode()
    answer = client.post(reverse("screening:enrol", args=[person.pk]))
    enrolment = Enrolment.objects.get(patient=person)
    assert (answer.url, _rows(answer)) == (_page(enrolment), [("enrol", "ok")])
    client.post(f"{_page(enrolment)}phat-kit/", {"kit-number": kit_number()})
    kit = Kit.objects.get()
    client.post(f"{_page(enrolment)}kit/{kit.pk}/nhan-mau/", {"mau-sampled_on": ""})
    answer = client.post(f"{_page(enrolment)}kit/{kit.pk}/ket-qua/", {"kq-value": "57,5"})
    assert (answer.status_code, _rows(answer)) == (302, [("record-result", "ok")])
    page = client.get(_page(enrolment))
    assert _rows(page) == [("read", "ok")]
    for shown in ("Chưa có nội soi", "FIT 57,5 µg Hb/g", "chưa xác minh", "EU 2010"):
        assert shown in page.content.decode(), shown
    client.post(f"{_page(enrolment)}nhan-ca/", {})
    today = f"{timezone.localdate():%d/%m/%Y}"
    answer = client.post(
        f"{_page(enrolment)}noi-soi/", {"ns-performed_on": today, "ns-complete": "co", "ns-finding": "normal"}
    )
    assert (answer.status_code, Duty.objects.get().outcome) == (302, "done")
    assert "Không có bước nào đang mở" in client.get(_page(enrolment)).content.decode()


def test_a_refused_form_keeps_what_was_typed_and_is_one_read(ward: Ward, signed: Callable[[str], Client]) -> None:
    enrolment = ward.positive()
    answer = signed("sang.loc").post(
        f"{_page(enrolment)}noi-soi/", {"ns-performed_on": "01/01/2020", "ns-complete": "co", "ns-note": "mũi tên <i>x"}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "Ngày làm phải từ" in text
    assert "01/01/2020" in text
    assert "&lt;i&gt;x" in text
    assert _rows(answer) == [("read", "ok")]


@pytest.mark.parametrize(
    ("path", "data", "said"),
    [
        ("khong-lam/", {"kl-reason": "unreachable", "kl-note": ""}, "Hãy ghi rõ"),
        ("khong-lam/", {}, "Lý do không làm"),
        ("phat-kit/", {"kit-number": "FIT-1234"}, "bước tiếp theo là nội soi đại tràng"),
        ("giao-ca/", {"giao-staff_id": "0"}, "không làm việc tại cơ sở"),
        ("giao-ca/", {"giao-staff_id": "x"}, "Người giữ"),
    ],
)
def test_refusals_stand_on_the_page(
    ward: Ward, signed: Callable[[str], Client], path: str, data: dict[str, str], said: str
) -> None:
    enrolment = ward.positive()
    answer = signed("sang.loc").post(f"{_page(enrolment)}{path}", data)
    assert (answer.status_code, said in answer.content.decode()) == (422, True)
    assert Duty.objects.filter(closed_at=None).count() == 1


def test_a_ward_is_enrolled_with_its_counts_told(ward: Ward, signed: Callable[[str], Client]) -> None:
    ward.person(name="Lê Văn An")
    ward.person(name="Lê Văn Bình", sex="unknown")
    client = signed("sang.loc")
    answer = client.post(reverse("screening:enrol_ward"), {"low": "40", "high": "", "limit": "10"}, follow=True)
    assert "Đã ghi danh 1 người; bỏ qua: chưa rõ giới 1." in answer.content.decode()
    wrong = client.post(reverse("screening:enrol_ward"), {"low": "40", "limit": "9000"})
    assert (wrong.status_code, "từ 1 đến 500" in wrong.content.decode()) == (422, True)


def test_strangers_find_nothing(ward: Ward, signed: Callable[[str], Client]) -> None:
    enrolment = ward.positive(name="Trần Văn Thịnh")
    for username, status in (("sang.loc.2", 404), ("so.y.te", 404), ("le.tan", 403)):
        answer = signed(username).get(_page(enrolment))
        assert (answer.status_code, "Thịnh" in answer.content.decode()) == (status, False)
        assert _rows(answer) == [("refuse", "refused")]
    board = signed("so.y.te").get(reverse("screening:worklist"))
    assert board.status_code == 200
    assert "Thịnh" not in board.content.decode()
    assert "PKĐK Kim Liên" in board.content.decode()


def test_an_unknown_enrolment_is_not_found(signed: Callable[[str], Client]) -> None:
    assert signed("sang.loc").get("/tam-soat/019a0000-0000-7000-8000-000000000000/").status_code == 404


def test_the_page_costs_the_same_however_much_happened(
    ward: Ward, signed: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    client = signed("sang.loc")
    enrolment = ward.positive()
    client.get(_page(enrolment))
    with django_assert_max_num_queries(24) as seen:
        client.get(_page(enrolment))
        first = len(seen)
    for _ in range(3):
        client.post(
            f"{_page(enrolment)}noi-soi/",
            {"ns-performed_on": f"{timezone.localdate():%d/%m/%Y}", "ns-complete": "khong"},
        )
    with django_assert_max_num_queries(first):
        client.get(_page(enrolment))


def test_another_programme_is_worked_on_its_own_page(ward: Ward, signed: Callable[[str], Client]) -> None:
    client = signed("sang.loc")
    person = ward.person(name="Lưu Thị Kim Oanh", sex="female")
    first = client.post(reverse("screening:enrol", args=[person.pk]), {"programme": "lung", "group": ""})
    assert first.status_code == 403, "a record that is not open here"
    client.post(reverse("screening:enrol", args=[person.pk]))
    page = client.get(reverse("screening:enrol", args=[person.pk]))
    for shown in ("Tầm soát ung thư cổ tử cung", "Hút từ 30 bao-năm", "Đã ghi danh chương trình này"):
        assert shown in page.content.decode(), shown
    assert _rows(page) == [("read", "ok")]
    refused = client.post(reverse("screening:enrol", args=[person.pk]), {"programme": "lung", "group": ""})
    assert (refused.status_code, "hãy chọn nhóm" in refused.content.decode()) == (422, True)
    client.post(reverse("screening:enrol", args=[person.pk]), {"programme": "cervical", "group": ""})
    enrolment = Enrolment.objects.get(patient=person, programme__code="cervical")
    assert "HPV" in client.get(_page(enrolment)).content.decode()
    wrong = client.post(f"{_page(enrolment)}xet-nghiem/", {"xn-result": "hpv:maybe"})
    assert (wrong.status_code, "không có trong phiên bản" in wrong.content.decode()) == (422, True)
    done = client.post(f"{_page(enrolment)}xet-nghiem/", {"xn-result": "cytology:hsil"})
    assert (done.status_code, _rows(done)) == (302, [("record-result", "ok")])
    assert "Chờ bác sĩ quyết định" in client.get(_page(enrolment)).content.decode()
    said = {"qd-step": "colposcopy", "qd-note": "HSIL", "qd-due_on": ""}
    assert client.post(f"{_page(enrolment)}quyet-dinh/", said).status_code == 302
    page = client.get(_page(enrolment)).content.decode()
    assert "Giai đoạn (TNM)" in page
    assert "Trọn vẹn" not in page
    answer = client.post(
        f"{_page(enrolment)}noi-soi/",
        {"ns-performed_on": f"{timezone.localdate():%d/%m/%Y}", "ns-finding": "cin2", "ns-stage": ""},
    )
    assert answer.status_code == 302
    board = client.get(reverse("screening:worklist") + "?buoc=bac-si").content.decode()
    assert "Lưu Thị Kim Oanh" in board


def test_what_cannot_be_right_is_listed_with_its_rule(ward: Ward, signed: Callable[[str], Client]) -> None:
    client = signed("sang.loc")
    page = reverse("screening:exceptions")
    assert "Không có gì phải xem lại" in client.get(page).content.decode()
    enrolment = ward.enrolled(name="Lê Văn Dần")
    Enrolment.objects.filter(pk=enrolment.pk).update(next_due_on=None)
    answer = client.get(f"{page}?loi=khong-co-hen")
    for shown in ("Lê Văn Dần", "Không có đợt mở, cũng không có hẹn", _page(enrolment)):
        assert shown in answer.content.decode(), shown
    assert _rows(answer) == [("list", "ok")]
    assert "Dần" not in client.get(f"{page}?loi=sai-gioi").content.decode()
    assert "Dần" not in signed("so.y.te").get(page).content.decode()


def test_a_sample_is_taken_held_and_seen_on_the_page(ward: Ward, signed: Callable[[str], Client]) -> None:
    client = signed("sang.loc")
    person = ward.person(name="Lưu Thị Kim Oanh", sex="female", birth=date(1982, 5, 4))
    enrolment = enrol(ward.ctx(), patient_id=person.pk, programme="cervical")
    answer = client.post(f"{_page(enrolment)}mau/", {"lay-mau-action": "hpv", "lay-mau-number": "hpv-0001"})
    assert (answer.status_code, _rows(answer)) == (302, [("take-sample", "ok")])
    again = client.post(f"{_page(enrolment)}mau/", {"lay-mau-action": "hpv"})
    assert (again.status_code, Sample.objects.count()) == (422, 1)
    sample = Sample.objects.get()
    text = client.get(reverse("screening:worklist")).content.decode()
    for shown in ("Chờ kết quả mẫu", "Mẫu lấy ngày", "Lưu Thị Kim Oanh", f"mau/{sample.pk}/nhan/"):
        assert shown in text, shown
    taken = client.post(f"{_page(enrolment)}mau/{sample.pk}/nhan/", {"next": reverse("screening:worklist")})
    assert (taken.url, _rows(taken)) == (reverse("screening:worklist"), [("assign-sample", "ok")])
    given = client.post(f"{_page(enrolment)}mau/{sample.pk}/giao/", {"giao-staff_id": ward.city.staff["y.ta"].pk})
    assert _rows(given) == [("assign-sample", "ok")]
    page = client.get(_page(enrolment)).content.decode()
    for shown in ("HPV-0001", "Người giữ: Nhân viên y.ta", "Mẫu lấy ngày"):
        assert shown in page, shown


def test_a_result_that_could_not_be_taken_says_why(ward: Ward, signed: Callable[[str], Client]) -> None:
    person = ward.person(name="Lưu Thị Kim Oanh", sex="female", birth=date(1982, 5, 4))
    enrol(ward.ctx(), patient_id=person.pk, programme="cervical")
    write_result(ward.ctx("bac.si"), patient_id=person.pk, code="hpv", display="HPV", value_text="dương tính yếu")
    sweep_observations(ward.ctx())
    text = signed("sang.loc").get(reverse("screening:exceptions")).content.decode()
    for shown in (
        "Kết quả trong hồ sơ chưa vào chương trình",
        "Chữ kết quả không có trong phiên bản",
        "dương tính yếu",
    ):
        assert shown in text, shown
