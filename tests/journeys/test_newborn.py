"""In the real browser: twins are registered with their mother, each page names the other, and axe finds nothing."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from records.models import Patient
from tests.factories.city import City
from tests.factories.residents import make_resident


def test_twins_are_registered_with_their_mother(
    page: Any, live_server: Any, live_city: City, signed_in: Any, axe: Any
) -> None:
    mother = make_resident(live_city.here, "Nguyễn Thị Hồng Vân", cccd="001172012345", phone="0912000345")
    signed_in(page, "y.ta")
    page.goto(live_server.url + reverse("records:record", args=[mother.pk]))
    page.get_by_role("link", name="Đăng ký trẻ sơ sinh").first.click()
    page.get_by_role("heading", name="Đăng ký trẻ sơ sinh").wait_for()
    axe(page)
    page.set_viewport_size({"width": 390, "height": 844})
    axe(page)
    page.get_by_label("Tuổi thai").fill("36")
    for place, (sex, weight) in enumerate([("female", "2400"), ("male", "2500")], 1):
        page.locator(f"label[for=id_sex_{place}_{0 if sex == 'female' else 1}]").click()
        page.locator(f"[name=weight_g_{place}]").fill(weight)
    page.get_by_role("button", name="Đăng ký trẻ").click()
    page.get_by_text("Con bà NGUYỄN THỊ HỒNG VÂN").first.wait_for()
    axe(page)
    twins = Patient.objects.exclude(pk=mother.pk)
    assert sorted(twins.values_list("sex", flat=True)) == ["female", "male"]
    page.goto(live_server.url + reverse("records:record", args=[twins[0].pk]))
    page.get_by_role("region", name="Mẹ và con").get_by_role("link", name="Nguyễn Thị Hồng Vân", exact=True).click()
    page.wait_for_url("**" + reverse("records:record", args=[mother.pk]))
    assert page.get_by_role("region", name="Mẹ và con").get_by_role("listitem").get_by_role("link").count() == 2
