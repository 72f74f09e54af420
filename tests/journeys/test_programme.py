"""A whole programme: a week planned, kits handed out, results back; a positive who refuses is called again and closed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from records.models import Observation
from screening.models import Duty, Enrolment, Episode, Invitation
from tests.factories.screening import Ward, make_ward

NAME = "Lưu Thị Kim Oanh"


@pytest.fixture
def ward(live_city: Any) -> Ward:
    """The clinic `here` looks after Phường Kim Liên; three residents whom nobody has enrolled."""
    ward = make_ward(live_city)
    ward.at = timezone.now()
    for name in (NAME, "Phùng Văn Bốn", "Đặng Thị Sáu"):
        ward.person(name=name)
    return ward


def _plan(page: Any, base: str) -> None:
    page.goto(f"{base}/tam-soat/moi/")
    page.get_by_label("Tuần có ngày").fill(f"{timezone.localdate():%d/%m/%Y}")
    page.get_by_label("Chỗ xét nghiệm trong tuần").fill("20")
    page.get_by_role("button", name="Xem trước").click()
    page.get_by_role("heading", name="Số dùng để tính").wait_for()
    page.get_by_role("button", name="Lập đợt mời").click()
    page.get_by_role("heading", name="Đợt mời tuần").wait_for()


def _kit_and_result(page: Any, number: str, value: str) -> None:
    page.get_by_label("Số kit").fill(number)
    page.get_by_role("button", name="Phát kit").click()
    page.get_by_role("button", name="Nhận mẫu").click()
    page.get_by_label("Kết quả FIT").fill(value)
    page.get_by_role("button", name="Ghi kết quả").click()


def _put_off_and_called(page: Any, base: str) -> None:
    """Not now: a day is promised, and on that day the person stands among the calls to make."""
    page.get_by_text("Từ chối lúc này, hẹn gọi lại…").click()
    page.get_by_label("Gọi lại ngày").fill(f"{timezone.localdate() + timedelta(days=10):%d/%m/%Y}")
    page.get_by_role("button", name="Hẹn gọi lại", exact=True).click()
    page.get_by_label("Người bệnh nói gì").fill("đang bận mùa vụ")
    page.get_by_role("button", name="Hẹn gọi lại", exact=True).click()
    page.get_by_text("Đã hẹn ngày gọi lại").wait_for()
    Duty.objects.update(call_again_on=timezone.localdate())
    page.goto(f"{base}/tam-soat/")
    page.get_by_role("link", name="Gọi lại hôm nay").click()
    page.get_by_text(f"hẹn gọi lại {timezone.localdate():%d/%m/%Y}").wait_for()


def _a_year_passes() -> None:
    """What is due next year is due today, and the test is a year old: the people's clocks, not the machine's."""
    Enrolment.objects.filter(next_due_on__isnull=False).update(next_due_on=timezone.localdate())
    Observation.objects.update(observed_at=timezone.now() - timedelta(days=366))


def test_from_the_planned_week_to_the_closed_case(
    ward: Ward, live_server: Any, page: Any, signed_in: Callable[[Any, str], Any], axe: Callable[[Any], None]
) -> None:
    base = live_server.url
    signed_in(page, "sang.loc")
    page.goto(f"{base}/tam-soat/moi/")
    axe(page)
    _plan(page, base)
    axe(page)
    assert page.get_by_role("row").count() == 4
    page.get_by_role("button", name="Đã gửi thư").click()
    page.get_by_text("Đã ghi 3 thư là đã gửi.").wait_for()

    # One answers on the telephone: not this year.
    row = page.get_by_role("row", name="Phùng Văn Bốn")
    row.get_by_text("Ghi trả lời…").click()
    axe(page)
    row.get_by_label("Trả lời").select_option("refused")
    row.get_by_role("button", name="Ghi", exact=True).click()
    page.get_by_text("Đã ghi trả lời.").wait_for()
    assert page.get_by_role("row", name="Phùng Văn Bốn").count() == 0

    # The ward's nurse scans the letter of one who came, and hands out the kit.
    signed_in(page, "y.ta")
    letter = Invitation.objects.get(episode__enrolment__patient__name=NAME)
    page.goto(f"{base}/tam-soat/moi/")
    page.get_by_label("Mã trên thư mời").fill(f"HNTS-{letter.pk.hex.upper()}")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Lời mời", exact=True).wait_for()
    _kit_and_result(page, "fit-2026-0101", "57,5")
    page.get_by_role("heading", name="Chưa có nội soi").wait_for()

    # A positive who refuses for now stays on the list, and is called again on the day that was promised.
    signed_in(page, "sang.loc")
    page.goto(f"{base}/tam-soat/")
    page.get_by_role("link", name=NAME).click()
    _put_off_and_called(page, base)
    axe(page)

    # Who refuses for good is documented, and called again when the next round is due.
    page.get_by_role("link", name=NAME).click()
    page.get_by_text("Không làm, ghi lý do…").click()
    page.get_by_label("Lý do không làm").select_option("refused")
    page.get_by_role("button", name="Đóng ca với lý do này").click()
    page.get_by_role("heading", name="Không có bước nào đang mở").wait_for()
    assert Episode.objects.get(enrolment__patient__name=NAME).ending == "not-assessed"
    _a_year_passes()
    page.goto(f"{base}/tam-soat/moi/lap/?programme=colorectal&laboratory=20&endoscopy=9&week="
              f"{timezone.localdate() + timedelta(days=7):%d/%m/%Y}")  # fmt: skip
    page.get_by_role("button", name="Lập đợt mời").click()
    page.get_by_role("row", name=NAME).get_by_role("link", name=NAME).click()
    _kit_and_result(page, "fit-2026-0102", "61")

    # This time the colonoscopy is done, and says what was found.
    page.get_by_label("Ngày làm").fill(f"{timezone.localdate():%d/%m/%Y}")
    page.get_by_text("Có", exact=True).click()
    page.get_by_label("Kết luận").select_option("normal")
    page.get_by_role("button", name="Ghi kết quả").click()
    page.get_by_role("heading", name="Không có bước nào đang mở").wait_for()
    assert list(Duty.objects.order_by("opened_at").values_list("outcome", flat=True)) == ["not-done", "done"]
    assert list(
        Episode.objects.filter(enrolment__patient__name=NAME).order_by("round").values_list("ending", flat=True)
    ) == ["not-assessed", "assessed"]


@pytest.mark.parametrize("width", [1440, 390])
def test_the_pages_of_calling_fit(
    ward: Ward, live_server: Any, page: Any, signed_in: Callable[[Any, str], Any], width: int
) -> None:
    signed_in(page, "sang.loc")
    page.set_viewport_size({"width": width, "height": 900})
    _plan(page, live_server.url)
    for address in (page.url, f"{live_server.url}/tam-soat/moi/"):
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address
