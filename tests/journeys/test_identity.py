"""In the real browser: two records of one person are merged, what was written since is read, and they are parted."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from records.commands.candidates import sweep_duplicates
from records.commands.encounters import open_encounter
from records.commands.registration import add_statement
from records.models import MatchCandidate, NotSamePerson, Patient, RecordLink
from tests.factories.city import City
from tests.factories.residents import make_resident
from tests.records.conftest import BARE, stated


def test_merge_and_unmerge(page: Any, live_server: Any, live_city: City, signed_in: Any, axe: Any) -> None:
    one = make_resident(live_city.here, cccd="001172012345", phone="0912000345")
    two = make_resident(live_city.elsewhere, "Nguyễn Thị Hồng Vân", cccd="001172012345")
    sweep_duplicates(live_city.ctx("so.y.te"))
    pair = MatchCandidate.objects.get()
    signed_in(page, "so.y.te")

    page.goto(live_server.url + reverse("records:review_queue"))
    axe(page)
    page.get_by_role("link", name="Nguyễn Thị Hồng Vân").first.click()
    page.wait_for_url("**" + reverse("records:review_pair", args=[pair.pk]))
    axe(page)
    page.get_by_label("Vì sao").fill("Đã gọi điện, một người có hai mã")
    page.get_by_role("button", name="Cùng một người, gộp").click()
    page.wait_for_url("**" + reverse("records:review_queue"))
    assert Patient.objects.filter(merged_into=None).count() == 1

    kept = Patient.objects.get(merged_into=None)
    open_encounter(live_city.ctx("bac.si.2"), patient_id=kept.pk, care_type="01", reason="Ho")
    page.goto(live_server.url + reverse("records:merges"))
    axe(page)
    page.get_by_role("link", name="Nguyễn Thị Hồng Vân").click()
    page.get_by_role("heading", name="Đã ghi từ khi gộp").wait_for()
    assert page.get_by_text("BVĐK Đống Đa (thử)").first.is_visible()
    axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    axe(page)
    page.get_by_label("Vì sao").fill("Hai chị em, gộp nhầm")
    page.get_by_role("button", name="Tách ra").click()
    page.wait_for_url("**" + reverse("records:merges"))
    assert page.get_by_text("Đã tách", exact=True).is_visible()
    assert set(Patient.objects.filter(merged_into=None).values_list("pk", flat=True)) == {one.pk, two.pk}


def test_one_record_is_given_back(page: Any, live_server: Any, live_city: City, signed_in: Any, axe: Any) -> None:
    """The other clinic stated another woman: the identity tab tells it, the Department gives that statement back."""
    one = make_resident(live_city.here, "Nguyễn Thị Hồng Vân", cccd="001172012345", phone="0912000345")
    visit = open_encounter(live_city.ctx("bac.si.2"), patient_id=one.pk, care_type="01", reason="Ho")
    said = stated(BARE, name="Nguyễn Thị Hồng Vâng", phone="0987654321")
    add_statement(live_city.ctx("le.tan.2"), patient_id=one.pk, person=said, channel="form", raw={})
    record = RecordLink.objects.get(record__phone="0987654321").record_id
    open_encounter(live_city.ctx("bac.si.2"), patient_id=one.pk, care_type="01", reason="Sốt")
    signed_in(page, "bac.si")
    page.goto(live_server.url + reverse("records:identity", args=[one.pk]))
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="Điện thoại", exact=True))
    assert "0987654321" in row.inner_text()
    assert live_city.elsewhere.short_name in row.inner_text()
    row.get_by_text("Giá trị khác (1)").click()
    assert row.get_by_text("0912000345").is_visible()
    axe(page)
    page.context.clear_cookies()

    signed_in(page, "so.y.te")
    page.goto(live_server.url + reverse("records:review_statements", args=[one.pk]))
    axe(page)
    page.locator(f'a[href="{reverse("records:give_back", args=[one.pk, record])}"]').click()
    page.get_by_role("heading", name="Những gì sẽ chuyển đi").wait_for()
    assert page.get_by_role("rowheader", name="Lượt khám").is_visible()
    axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    axe(page)
    page.get_by_label("Vì sao").fill("Hai người cùng tên, đã gọi điện")
    page.get_by_role("button", name="Trả bản khai").click()
    page.wait_for_url("**" + reverse("records:review_statements", args=[one.pk]))
    visit.refresh_from_db()
    assert visit.patient_id == one.pk, "written before that statement, under another"
    assert RecordLink.objects.get(pk=record).patient_id != one.pk
    assert Patient.objects.get(pk=one.pk).phone == "0912000345"


def test_typing_shows_who_is_on_file_and_what_was_said_is_not_asked_again(
    page: Any, live_server: Any, live_city: City, signed_in: Any, axe: Any
) -> None:
    make_resident(live_city.elsewhere, "Nguyễn Thị Hồng Vân", phone="0912000345")
    signed_in(page, "le.tan")
    page.goto(live_server.url + reverse("records:register"))
    page.get_by_label("Họ và tên").press_sequentially("Nguyen Thi Hong Vam", delay=10)
    page.get_by_label("Ngày sinh").press_sequentially("12/03/1972", delay=10)
    page.get_by_label("Điện thoại").press_sequentially("0912000345", delay=10)
    found = page.get_by_role("region", name="Có thể đã có hồ sơ")
    found.get_by_text("Nguyễn Thị Hồng Vân", exact=True).first.wait_for()
    assert page.evaluate("document.activeElement.name") == "phone", "nothing takes the focus from whoever types"
    axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    axe(page)
    found.get_by_label("Không phải người này").check()
    page.locator("label[for=id_sex_0]").click()
    page.wait_for_timeout(700)
    assert found.get_by_label("Không phải người này").is_checked()
    page.get_by_role("button", name="Lập hồ sơ").click()
    page.get_by_text("Đã lập hồ sơ.").wait_for()
    assert NotSamePerson.objects.count() == 1
    page.context.clear_cookies()

    # Whoever was told apart is not asked about again: not by the night's sweep, nor when the statement is made anew.
    sweep_duplicates(live_city.ctx("so.y.te"))
    assert not MatchCandidate.objects.filter(state="open").exists()
    signed_in(page, "so.y.te")
    page.goto(live_server.url + reverse("records:review_queue"))
    assert page.get_by_text("Nguyễn Thị Hồng Vân").count() == 0
