"""Call and recall in the browser's words: preview, plan, letters, lists, answers, refusals; one audit row each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from registry.models import AuditEvent, Facility, Job
from screening.models import Invitation, InvitationBatch


@pytest.fixture
def desk(ward: Any) -> Any:
    """desk("y.ta"): a signed-in client. The ward stands an hour ago, with three people whom nobody has enrolled."""
    ward.at = timezone.now() - timedelta(hours=1)
    for _ in range(3):
        ward.person()

    def sign(username: str = "sang.loc") -> Client:
        client = Client()
        client.force_login(ward.city.staff[username])
        session = client.session
        session["second_factor"] = True
        session.save()
        return client

    return sign


def asked(**more: Any) -> dict[str, Any]:
    return {
        "programme": "colorectal",
        "week": f"{timezone.localdate():%d/%m/%Y}",
        "laboratory": 50,
        "endoscopy": 9,
    } | more


def text_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def rows(answer: Any) -> list[tuple[str, str]]:
    return list(AuditEvent.objects.filter(request_id=answer["X-Request-Id"]).values_list("action", "outcome"))


@pytest.fixture
def batch(desk: Any) -> InvitationBatch:
    answer = desk().post(reverse("screening:plan"), asked())
    assert answer.status_code == 302
    return InvitationBatch.objects.get()


def test_a_week_is_previewed_planned_and_listed(desk: Any) -> None:
    client = desk()
    empty = client.get(reverse("screening:batches"))
    assert "Chưa có đợt mời nào" in text_of(empty)
    preview = client.get(reverse("screening:plan"), asked())
    assert "Lập đợt mời 3 người" in text_of(preview)
    assert "Hà Nội 2018–2019" in text_of(preview)
    assert (rows(preview), InvitationBatch.objects.count()) == ([("preview-batch", "ok")], 0)
    planned = client.post(reverse("screening:plan"), asked(), follow=True)
    assert "Đợt mời tuần" in text_of(planned)
    again = client.get(reverse("screening:plan"), asked())
    assert "Tuần này đã có đợt mời" in text_of(again)
    refused = client.post(reverse("screening:plan"), asked())
    assert refused.status_code == 422
    assert "đã có đợt mời" in text_of(refused)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"week": "hôm nay"}, "Ngày phải ghi dạng dd/MM/yyyy."),
        ({"programme": "da-day"}, "da-day"),
        ({"laboratory": ""}, "Trường này"),
        ({"laboratory": -1}, "Số chỗ từ 0 đến"),
    ],
)
def test_a_wrong_plan_is_said_at_its_field(desk: Any, change: dict[str, Any], said: str) -> None:
    answer = desk().post(reverse("screening:plan"), asked(**change))
    assert answer.status_code == 422
    assert said in text_of(answer) or said == "Trường này"


def test_letters_and_lists_leave_the_house_with_one_row_each(desk: Any, batch: InvitationBatch) -> None:
    client = desk()
    letters = client.get(reverse("screening:letters", args=[batch.pk]))
    assert letters.content.startswith(b"%PDF")
    assert rows(letters) == [("export", "ok")]
    Invitation.objects.filter(batch=batch).update(channel="ward-list")
    calls = client.get(reverse("screening:phone_list", args=[batch.pk]))
    assert calls.content.decode("utf-8-sig").count("Nguyễn Thị Hồng Vân") == 3
    assert rows(calls) == [("export", "ok")]


def test_letters_are_marked_and_the_rest_taken_back(desk: Any, batch: InvitationBatch) -> None:
    client = desk()
    marked = client.post(reverse("screening:letters_sent", args=[batch.pk]), follow=True)
    assert "Đã ghi 3 thư là đã gửi." in text_of(marked)
    back = client.post(reverse("screening:withdraw_batch", args=[batch.pk]), follow=True)
    assert "Đã rút 0 lời mời chưa gửi." in text_of(back)


def test_an_answer_is_written_from_the_list_and_refused_at_its_field(desk: Any, batch: InvitationBatch) -> None:
    client, invitation = desk(), Invitation.objects.filter(batch=batch).order_by("pk").first()
    assert invitation is not None
    address = reverse("screening:answer", args=[invitation.pk])
    wrong = client.post(address, {"response": "deferred", "loc": "chua-gui"})
    assert wrong.status_code == 422
    assert "Hãy ghi ngày muốn được mời lại" in text_of(wrong)
    assert client.post(address, {"response": ""}).status_code == 422
    right = client.post(address, {"response": "refused", "note": "Năm sau", "loc": "chua-gui"}, follow=True)
    assert "Đã ghi trả lời." in text_of(right)
    unreached = Invitation.objects.filter(batch=batch, state="planned").first()
    assert unreached is not None
    client.post(reverse("screening:answer", args=[unreached.pk]), {"response": "unreached", "note": "Không nghe máy"})
    listed = client.get(reverse("screening:batch", args=[batch.pk]))
    assert "Không nghe máy" in text_of(listed)
    assert rows(listed) == [("list", "ok")]
    twice = client.post(address, {"response": "refused"})
    assert twice.status_code == 422


def test_the_persons_page_shows_the_invitation_and_takes_the_answer(desk: Any, batch: InvitationBatch) -> None:
    client, invitation = desk(), Invitation.objects.filter(batch=batch).first()
    assert invitation is not None
    page = client.get(reverse("screening:enrolment", args=[invitation.episode.enrolment_id]))
    assert "Lời mời lần 1: chờ gửi" in text_of(page)
    name = [line for line in page.content.decode().split('"') if line == "tl"]
    answer = client.post(
        reverse("screening:answer", args=[invitation.pk]),
        {"tl-response": "accepted", "prefix": "tl", "ve": "nguoi"} if name else {},
        follow=True,
    )
    assert "Sẽ đến" in text_of(answer)


def test_a_scanned_letter_opens_its_person_and_a_wrong_one_says_what_to_do(desk: Any, batch: InvitationBatch) -> None:
    client, invitation = desk(), Invitation.objects.filter(batch=batch).first()
    assert invitation is not None
    found = client.get(reverse("screening:scan"), {"ma": f"hnts-{invitation.pk.hex}"})
    assert found["Location"] == reverse("screening:enrolment", args=[invitation.episode.enrolment_id])
    for code in ("", "12345", f"HNTS-{batch.pk.hex}"):
        wrong = client.get(reverse("screening:scan"), {"ma": code})
        assert wrong.status_code == 422
        assert "tìm người theo tên" in text_of(wrong)


def test_the_department_plans_the_city_and_reads_counts_only(desk: Any, ward: Any, batch: InvitationBatch) -> None:
    client = desk("so.y.te")
    listed = client.get(reverse("screening:batches"))
    assert "Lập cho toàn thành phố" in text_of(listed)
    page = client.get(reverse("screening:batch", args=[batch.pk]))
    assert "Nguyễn Thị Hồng Vân" not in text_of(page)
    none = client.post(reverse("screening:plan_city"), asked())
    assert (none.status_code, "Chưa có trạm y tế nào" in text_of(none)) == (422, True)
    Facility.objects.filter(pk=ward.city.here.pk).update(kind="health-station")
    begun = client.post(reverse("screening:plan_city"), asked(), follow=True)
    assert "Đang lập đợt mời cho toàn thành phố" in text_of(begun)
    assert Job.objects.get(kind="screening-plan").total == 2


def test_strangers_and_nurses_of_elsewhere_see_nothing(desk: Any, batch: InvitationBatch) -> None:
    client = desk("bac.si.2")
    for route in ("batch", "letters", "phone_list"):
        assert client.get(reverse(f"screening:{route}", args=[batch.pk])).status_code == 404
    for route in ("letters_sent", "try_again", "withdraw_batch"):
        assert client.post(reverse(f"screening:{route}", args=[batch.pk])).status_code == 404


def test_a_batch_of_many_takes_the_same_statements(
    desk: Any, ward: Any, batch: InvitationBatch, django_assert_max_num_queries: Any
) -> None:
    client, address = desk(), reverse("screening:batch", args=[batch.pk])
    client.get(address)
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for _ in range(70):
        ward.person()
    more = desk()
    more.post(
        reverse("screening:plan"), asked(week=f"{timezone.localdate() + timedelta(days=7):%d/%m/%Y}", laboratory=900)
    )
    other = InvitationBatch.objects.exclude(pk=batch.pk).get()
    assert other.invitations.count() == 70
    more.get(reverse("screening:batch", args=[other.pk]))
    with CaptureQueriesContext(connection) as many:
        page = more.get(reverse("screening:batch", args=[other.pk]))
    assert len(many) == len(few)
    assert "50 người trên trang này" in text_of(page)
