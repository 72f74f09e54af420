"""The end of a visit: codes of the day it ends, decisions about what is outstanding, the follow-up booked with it."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import Any

import pytest

from clinics.commands.closing import Closed, Ending, close_visit
from clinics.commands.coding import load_coding_rules, load_own_coding_rules
from clinics.commands.consultation import record_diagnoses
from clinics.commands.schedules import close_day
from clinics.models import Appointment, CodingRule, OrderItem, PrescriptionDraft, Visit
from clinics.queries.visit_page import get_visit
from registry.kernel import Refused
from registry.kernel.refusal import Kind
from registry.models import Concept
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import GLUCOSE, answered, drawn, item_of, order
from tests.clinics.test_appointments import hours
from tests.factories.city import NOW


def close(clinic: Clinic, visit_id: uuid.UUID, at: Any = NOW, **ending: str) -> Closed:
    return close_visit(
        clinic.ctx("bac.si", at), visit_id=visit_id, main="J02.9", conclusion="Về nhà", outcome_code="2",
        ending=Ending(**ending),
    )  # fmt: skip


def refusals(act: Any) -> dict[str | None, str]:
    with pytest.raises(Refused) as refused:
        act()
    return {one.field: one.code for one in refused.value.all}


def test_codes_are_judged_by_the_day_the_visit_ends(clinic: Clinic) -> None:
    visit_id, doctor = clinic.consult(), clinic.ctx("bac.si")
    record_diagnoses(doctor, visit_id=visit_id, main="U97.01", secondary=["I10"])
    Concept.objects.filter(code="U97.01").update(valid_to=NOW.date())
    tomorrow = clinic.ctx("bac.si", NOW + timedelta(days=1))
    said = {"visit_id": visit_id, "conclusion": "Về", "outcome_code": "2"}
    assert refusals(lambda: close_visit(tomorrow, **said)) == {"main": "diagnosis-unknown"}
    assert refusals(lambda: close_visit(tomorrow, main="U97.01", **said)) == {"main": "diagnosis-unknown"}
    close_visit(doctor, **said)


RULES = [
    ({"kind": "age", "first": "U97.02", "last": "U97.02", "to_age": "P10Y"}, "diagnosis-age"),
    ({"kind": "age", "first": "U97", "last": "U97", "from_age": "P70Y"}, "diagnosis-age"),
    ({"kind": "sex", "first": "U97.00", "last": "U97.05", "sex": "male"}, "diagnosis-sex"),
    ({"kind": "not-used", "first": "U97.02", "last": "U97.03"}, "diagnosis-forbidden"),
    ({"kind": "not-main", "first": "U97.02", "last": "U97.02"}, "diagnosis-not-main"),
]


@pytest.mark.parametrize(("rule", "code"), RULES)
def test_a_verified_rule_refuses_at_the_field_and_an_unverified_one_is_flagged(
    clinic: Clinic, rule: dict[str, str], code: str
) -> None:
    row = CodingRule.objects.create(source="Thử", valid_from=date(2026, 1, 1), verified=True, **rule)
    visit_id, doctor = clinic.consult(), clinic.ctx("bac.si")
    assert refusals(lambda: record_diagnoses(doctor, visit_id=visit_id, main="U97.02")) == {"main": code}
    if rule["kind"] != "not-main":
        typed = {"visit_id": visit_id, "main": "J02.9", "secondary": ["U97.02"]}
        assert refusals(lambda: record_diagnoses(doctor, **typed)) == {"secondary": code}
    CodingRule.objects.filter(pk=row.pk).update(verified=False)
    record_diagnoses(doctor, visit_id=visit_id, main="U97.02")
    CodingRule.objects.filter(pk=row.pk).update(verified=True, valid_to=date(2026, 6, 1))
    record_diagnoses(doctor, visit_id=visit_id, main="U97.02")


def test_the_starter_rules_are_unverified_and_what_was_checked_by_hand_stays(clinic: Clinic) -> None:
    system = clinic.ctx("so.y.te")
    CodingRule.objects.all().delete()
    assert load_own_coding_rules(system).added > 10
    assert not CodingRule.objects.filter(verified=True).exists()
    first = CodingRule.objects.first()
    assert first is not None
    CodingRule.objects.filter(pk=first.pk).update(verified=True)
    assert load_own_coding_rules(system).added == 0
    assert CodingRule.objects.get(pk=first.pk).verified
    assert load_coding_rules(system, rows=[]).added == 0


def test_closing_over_something_outstanding_is_a_decision_with_a_reason(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    placed = order(clinic, GLUCOSE, visit_id=visit_id)
    PrescriptionDraft.objects.create(
        visit_id=visit_id, lines=[{"code": "x"}], changed_by=clinic.city.staff["bac.si"], changed_at=NOW
    )
    with pytest.raises(Refused) as refused:
        close(clinic, visit_id)
    told = {one.field: one.message for one in refused.value.all}
    assert set(told) == {"leaving", "leaving_reason"}
    assert "1 chỉ định chưa có kết quả (Định lượng Glucose [Máu])" in told["leaving"]
    assert "đơn 1 thuốc chưa ký" in told["leaving"]
    assert refusals(lambda: close(clinic, visit_id, leaving="keep")) == {"leaving_reason": "leaving-reason-missing"}
    page = get_visit(clinic.ctx("bac.si"), visit_id)
    assert page.chart is not None
    assert page.chart.outstanding.unsigned == 1
    close(clinic, visit_id, leaving="keep", leaving_reason="Lấy kết quả chiều nay")
    assert item_of(placed, GLUCOSE).state == "ordered", "it is still done"
    last = Visit.objects.get(pk=visit_id).statuses.order_by("at", "pk").last()
    assert last is not None
    assert (last.state, last.reason) == ("closed", "Lấy kết quả chiều nay")


def test_what_is_dropped_is_taken_back(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    placed = order(clinic, GLUCOSE, visit_id=visit_id)
    PrescriptionDraft.objects.create(
        visit_id=visit_id, lines=[{"code": "x"}], changed_by=clinic.city.staff["bac.si"], changed_at=NOW
    )
    close(clinic, visit_id, leaving="drop", leaving_reason="Người bệnh không làm")
    assert item_of(placed, GLUCOSE).state == "cancelled"
    assert not PrescriptionDraft.objects.filter(visit_id=visit_id).exists()


def test_with_nothing_outstanding_nobody_is_asked(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    placed = order(clinic, GLUCOSE, visit_id=visit_id)
    drawn(clinic, placed)
    answered(clinic, placed, {"GLU": "5,2"}, GLUCOSE)
    assert OrderItem.objects.get(order__visit=visit_id).state == "verified"
    close(clinic, visit_id, leaving_reason="Không cần")
    assert Visit.objects.get(pk=visit_id).statuses.order_by("at", "pk").last().reason == ""


def test_the_follow_up_takes_the_first_slot_of_the_day_with_the_closing(clinic: Clinic) -> None:
    hours(clinic, room=clinic.second)
    hours(clinic)
    visit_id = clinic.consult()
    closed = close(clinic, visit_id, follow_up="7")
    booked = closed.appointment
    assert booked is not None
    assert (booked.starts_at, booked.room_id) == (NOW.replace(hour=8, minute=0) + timedelta(days=7), clinic.room.pk)
    assert (booked.reason, booked.booked_from) == ("Về nhà", "follow-up")


@pytest.mark.parametrize("days", ["0", "x", "-3", "181", "1,5", "٣"])
def test_days_are_a_number_of_days(clinic: Clinic, days: str) -> None:
    visit_id = clinic.consult()
    assert refusals(lambda: close(clinic, visit_id, follow_up=days)) == {"follow_up": "follow-up-days"}
    assert Visit.objects.get(pk=visit_id).state == "in-consultation"
    assert not Appointment.objects.exists()


def test_a_day_without_a_slot_names_the_nearest(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    with pytest.raises(Refused) as refused:
        close(clinic, visit_id, follow_up="6")
    assert "các ngày gần đó không có khung hẹn" in refused.value.message
    hours(clinic)
    with pytest.raises(Refused) as refused:
        close(clinic, visit_id, follow_up="6")
    assert "Gần nhất: 30/11/2026 (ghi 7)" in refused.value.message
    close_day(clinic.ctx("le.tan"), day=NOW.date() + timedelta(days=7), room_id=None, reason="Nghỉ")
    assert refusals(lambda: close(clinic, visit_id, follow_up="7")) == {"follow_up": "follow-up-full"}


def test_nobody_is_booked_twice_a_day_and_the_visit_stays_open(clinic: Clinic) -> None:
    hours(clinic, capacity=5)
    patient_id = clinic.register()
    first = clinic.consult(patient_id)
    close(clinic, first, follow_up="7")
    second = clinic.consult(patient_id, at=NOW + timedelta(hours=1))
    with pytest.raises(Refused, match="appointment-twice") as refused:
        close(clinic, second, NOW + timedelta(hours=1), follow_up="7")
    assert (refused.value.field, refused.value.kind) == ("follow_up", Kind.CONFLICT)
    assert Visit.objects.get(pk=second).state == "in-consultation"
