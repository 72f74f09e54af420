"""In the real browser: two records of one person are merged, what was written since is read, and they are parted."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from records.commands.candidates import sweep_duplicates
from records.commands.encounters import open_encounter
from records.models import MatchCandidate, Patient
from tests.factories.city import City
from tests.factories.residents import make_resident


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
