"""What a nurse reads at once: growth of a child, BMI, limits that explain themselves; who measured meanwhile."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinics.commands.triage import record_vitals
from clinics.queries.visit_page import get_visit
from clinics.queries.visit_vitals import growth_at
from clinics.rules.coding import Whom
from records.models import BirthHistory, Observation, RecordLink
from records.rules.growth import percentile
from records.rules.growth_tables import Measure
from records.rules.vitals import vitals_asked
from registry.kernel import Conflict, Refused
from registry.rules.dates import age_on
from tests.clinics.conftest import Clinic
from tests.factories.city import NOW

BABY = {"weight": Decimal("4.2"), "height": Decimal(55), "head": Decimal(37)}


def baby(clinic: Clinic, months: int = 4) -> uuid.UUID:
    born = NOW.date() - timedelta(days=round(months * 30.4375))
    return clinic.register("Lê Minh Khôi", f"{born:%d/%m/%Y}", "male")


def test_a_childs_growth_stands_beside_what_was_measured(clinic: Clinic) -> None:
    visit_id = clinic.check_in(baby(clinic)).visit_id
    record_vitals(clinic.ctx("y.ta"), visit_id=visit_id, readings=BABY)
    page = get_visit(clinic.ctx("y.ta"), visit_id)
    assert page.chart is not None
    growth = page.chart.growth
    assert [one.measure for one in growth.judged] == [Measure.WEIGHT, Measure.HEIGHT, Measure.BMI, Measure.HEAD]
    assert str(growth.judged[0].finding.text) == "Nhẹ cân mức độ nặng"  # type: ignore[union-attr]
    assert not growth.corrected


def test_the_age_of_a_preterm_child_is_corrected(clinic: Clinic) -> None:
    known = baby(clinic)
    record = RecordLink.objects.get(patient_id=known).record_id
    BirthHistory.objects.create(
        source_record_id=record, patient_id=known, facility=clinic.city.here, recorded_at=NOW, gestation_weeks=30
    )
    visit_id = clinic.check_in(known).visit_id
    record_vitals(clinic.ctx("y.ta"), visit_id=visit_id, readings=BABY)
    page = get_visit(clinic.ctx("y.ta"), visit_id)
    assert page.chart is not None
    assert (page.chart.growth.corrected, page.chart.growth.weeks) == (True, 30)
    assert page.chart.growth.judged[0].finding is None, "ten weeks too early is no wasting"


def test_grown_ups_have_no_growth_and_what_is_measured_follows_the_age() -> None:
    today = NOW.date()
    infant, adult = age_on(today - timedelta(days=100), today), age_on(today - timedelta(days=20_000), today)
    assert growth_at(Whom("male", adult), BABY, today, None).judged == ()
    assert growth_at(Whom("unknown", infant), BABY, today, None).judged == ()
    assert "head" in vitals_asked(infant)
    assert "waist" not in vitals_asked(infant)
    assert "head" not in vitals_asked(adult)


def test_percentiles_are_the_normal_distributions() -> None:
    assert [round(percentile(z), 1) for z in (-2, 0, 2)] == [2.3, 50.0, 97.7]


def test_growth_is_read_back_while_it_is_typed(clinic: Clinic) -> None:
    client = Client()
    client.force_login(clinic.city.staff["y.ta"])
    whom = Whom("male", age_on(NOW.date() - timedelta(days=122), NOW.date())).as_text
    url = reverse("clinics:growth_typed")
    told = client.get(url, {"ai": whom, "weight": "4,2", "height": "55"}).content.decode()
    assert "Nhẹ cân mức độ nặng" in told
    assert "bách phân vị" in told
    assert "BMI" in told
    corrected = client.get(url, {"ai": whom, "weight": "4,2", "tuan": "30"}).content.decode()
    assert "Tuổi đã hiệu chỉnh theo 30 tuần thai" in corrected
    for wrong in ({"weight": "x"}, {"weight": "4200"}, {"ai": "", "weight": "4,2"}, {"tuan": "x"}):
        assert "bách phân vị" not in client.get(url, {"ai": whom} | wrong).content.decode()


def test_an_unbelievable_head_is_refused_with_its_limits(clinic: Clinic) -> None:
    visit_id = clinic.check_in(baby(clinic)).visit_id
    with pytest.raises(Refused) as refused:
        record_vitals(clinic.ctx("y.ta"), visit_id=visit_id, readings={"head": Decimal(370)})
    assert (refused.value.field, str(refused.value.message)) == ("head", "Vòng đầu phải trong khoảng 20–65 cm.")


def test_the_form_of_a_stale_tab_says_who_measured_what(clinic: Clinic) -> None:
    visit_id = clinic.check_in().visit_id
    record_vitals(clinic.ctx("bac.si"), visit_id=visit_id, readings={"pulse": Decimal(96)}, seen="")
    client = Client()
    client.force_login(clinic.city.staff["y.ta"])
    url = reverse("clinics:vitals", args=[visit_id])
    answer: Any = client.post(url, {"pulse": "80", "seen": ""})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "vừa đo lúc 07:30: Mạch 96" in page
    assert 'value="80"' in page
    again = answer.context["vitals_form"]["seen"].value()
    assert client.post(url, {"pulse": "80", "seen": again}).status_code == 302
    assert Observation.objects.filter(encounter__visit=visit_id).count() == 2


def test_another_hand_is_another_measurement(clinic: Clinic) -> None:
    visit_id = clinic.check_in().visit_id
    record_vitals(clinic.ctx("y.ta"), visit_id=visit_id, readings={"pulse": Decimal(96)}, seen="")
    with pytest.raises(Conflict, match="vitals-measured"):
        record_vitals(clinic.ctx("bac.si"), visit_id=visit_id, readings={"pulse": Decimal(96)}, seen="")
