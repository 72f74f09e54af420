"""The growth charts as a doctor sees them: whose tab they are, what is drawn, what is said of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from records.commands.encounters import open_encounter, record_result, record_vitals
from records.models import BirthHistory, RecordLink
from tests.factories.city import City
from tests.records.conftest import register


def child(city: City, months: int = 14, sex: str = "male") -> uuid.UUID:
    """A child born that many months ago, registered here."""
    born = timezone.localdate() - timedelta(days=round(months * 30.44))
    return register(
        city, name="Nguyễn Minh Khôi", birth=f"{born:%d/%m/%Y}", sex=sex, cccd="", bhyt="", phone=""
    )  # fmt: skip


def measure(city: City, patient_id: uuid.UUID, days_ago: int, kilos: str, tall: str, by: str = "y.ta") -> None:
    ctx = city.ctx(by, timezone.now() - timedelta(days=days_ago))
    encounter = open_encounter(ctx, patient_id=patient_id, care_type="01", reason="Khám trẻ khoẻ")
    record_vitals(ctx, encounter, {"weight": Decimal(kilos), "height": Decimal(tall)})


def look(city: City, patient_id: uuid.UUID, query: str = "") -> Any:
    client = Client()
    client.force_login(city.staff["bac.si"])
    return client.get(reverse("records:growth", args=[patient_id]) + query)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_charts_show_points_of_every_facility_and_what_they_mean(city: City) -> None:
    known = child(city)
    measure(city, known, 210, "7.6", "68.5")
    measure(city, known, 120, "7.9", "71.0", by="bac.si.2")
    measure(city, known, 20, "7.9", "73.0")
    answer = look(city, known)
    assert answer.status_code == 200
    charts = {chart.key: chart for chart in answer.context["charts"]}
    assert set(charts) == {"weight", "height", "bmi", "head"}
    assert len(charts["weight"].marks) == len(charts["bmi"].rows) == 3
    assert charts["head"].marks == ()
    assert all(len(chart.lines) == 7 for chart in charts.values())
    assert "Không tăng cân từ lần cân trước" in text(answer)
    assert "Nhẹ cân" in text(answer)
    assert "WHO 2006" in text(answer)


def test_birth_weight_head_and_units_of_other_systems_count(city: City) -> None:
    known = child(city, 3)
    ctx = city.ctx("y.ta")
    record = RecordLink.objects.get(patient_id=known).record_id
    BirthHistory.objects.create(
        source_record_id=record, patient_id=known, facility=city.here, recorded_at=timezone.now(),
        preterm=True, weight_g=2400, length_cm=Decimal("47.0"),
    )  # fmt: skip
    record_result(ctx, patient_id=known, code="9843-4", display="Vòng đầu", value=Decimal(38), unit="cm")
    record_result(ctx, patient_id=known, code="29463-7", display="Cân nặng", value=Decimal(5100), unit="g")
    answer = look(city, known)
    charts = {chart.key: chart for chart in answer.context["charts"]}
    assert [row.value for row in charts["weight"].rows] == ["5,1", "2,4"]
    assert [row.value for row in charts["height"].rows] == ["47,0"]
    assert len(charts["head"].marks) == 1
    assert "Sinh non" in text(answer)


def test_the_age_of_a_preterm_child_is_corrected_and_the_page_says_so(city: City) -> None:
    known = child(city, 3)
    record = RecordLink.objects.get(patient_id=known).record_id
    said = {"source_record_id": record, "patient_id": known, "facility": city.here, "recorded_at": timezone.now()}
    measure(city, known, 0, "5.1", "58")
    plain = {chart.key: chart for chart in look(city, known).context["charts"]}["weight"].rows[0]
    BirthHistory.objects.create(**said, gestation_weeks=30)
    answer = look(city, known)
    corrected = {chart.key: chart for chart in answer.context["charts"]}["weight"].rows[0]
    assert "Sinh lúc 30 tuần thai" in text(answer)
    assert float(corrected.z.replace("−", "-").replace(",", ".")) > float(plain.z.replace("−", "-").replace(",", "."))


def test_the_span_follows_the_age_and_can_be_chosen(city: City) -> None:
    known = child(city, 100, "female")
    measure(city, known, 5, "38", "128")
    answer = look(city, known)
    assert [one["current"] for one in answer.context["windows"]] == [False, False, True]
    assert {chart.source for chart in answer.context["charts"]} == {"WHO 2007"}
    assert {chart.key for chart in answer.context["charts"]} == {"weight", "height", "bmi"}
    assert "Béo phì" in text(answer)
    young = look(city, known, "?khoang=5")
    assert {chart.source for chart in young.context["charts"]} == {"WHO 2006"}
    assert look(city, known, "?khoang=x").context["windows"] == answer.context["windows"]


def test_grown_people_have_no_such_tab_and_sex_must_be_known(city: City) -> None:
    tab = reverse("records:growth", args=[register(city)])
    client = Client()
    client.force_login(city.staff["bac.si"])
    assert tab not in text(client.get(tab.replace("tang-truong/", "")))
    unknown = child(city, 5, "unknown")
    answer = look(city, unknown)
    assert answer.context["charts"] == []
    assert "chưa ghi giới tính" in text(answer)


def test_the_charts_cost_the_same_with_one_and_with_two_hundred_measurements(city: City, trail: Any) -> None:
    known = child(city, 200)
    measure(city, known, 1, "50", "160")
    look(city, known)
    with CaptureQueriesContext(connection) as few:
        look(city, known)
    ctx = city.ctx("y.ta")
    for number in range(200):
        at = ctx.at - timedelta(days=number * 10)
        record_result(
            ctx, patient_id=known, code="29463-7", display="Cân nặng", value=Decimal(50), unit="kg", observed_at=at
        )
    trail()
    with CaptureQueriesContext(connection) as many:
        assert look(city, known).status_code == 200
    assert len(many) == len(few)
    assert [row.action for row in trail()] == ["read-growth"]


@pytest.mark.parametrize("width", [1440, 390])
def test_the_charts_are_legible_to_everybody(
    live_city: City, live_server: Any, page: Any, signed_in: Callable[[Any, str], Any], axe: Any, width: int
) -> None:
    known = child(live_city, 20)
    for days, kilos, tall in ((500, "5.6", "58"), (380, "7.9", "68"), (250, "9.0", "75"), (10, "9.2", "82")):
        measure(live_city, known, days, kilos, tall)
    signed_in(page, "bac.si").set_viewport_size({"width": width, "height": 900})
    page.goto(live_server.url + reverse("records:growth", args=[known]))
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("summary").first.click()
    assert page.get_by_role("table").first.is_visible()
