"""Orders, specimens, results, critical values: what is written, and every way it is refused."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DatabaseError, connections, transaction

from clinics.commands.consultation import start_consultation
from clinics.commands.criticals import acknowledge_critical
from clinics.commands.item_results import correct_result, enter_result
from clinics.commands.ordering import cancel_item, place_order, wait_for_results
from clinics.commands.specimens import begin_item, receive_specimen, reject_specimen, take_specimens
from clinics.models import (
    CriticalAlert,
    OrderItemStatus,
    ServiceOrder,
    Specimen,
    Visit,
)
from clinics.rules.results import Answer
from records.models import DiagnosticReport, Observation, Procedure
from registry.kernel import Conflict, Context, Forbidden, NotFound, Refused
from registry.models import AuditEvent, OutboxMessage
from tests.clinics.conftest import Clinic
from tests.clinics.ordering import (
    BLOOD,
    CHEST,
    GLUCOSE,
    IONS,
    STITCHES,
    answered,
    drawn,
    item_of,
    order,
    refusals,
    states,
)

STRANGER = "bac.si.2"
NAMES = ("An", "Bình", "Cường", "Dũng", "Hải", "Khôi", "Long", "Minh")


def test_an_order_is_placed_with_numbers_states_and_one_audit_row(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    before = AuditEvent.objects.count()
    placed = order(clinic, IONS, CHEST, IONS, visit_id=visit_id, urgency="urgent", note="  Mệt, yếu cơ ")
    assert placed.number == "2611230001"
    assert (placed.urgency, placed.note) == ("urgent", "Mệt, yếu cơ")
    assert states(placed) == {IONS: "ordered", CHEST: "ordered"}
    assert AuditEvent.objects.count() == before + 1
    second = order(clinic, GLUCOSE, visit_id=visit_id)
    assert second.number == "2611230002"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"codes": []}, [("order-empty", "services")]),
        ({"codes": ["99.9999.9999", IONS]}, [("service-unknown", "services")]),
        (
            {"codes": [IONS], "urgency": "soon", "note": "x" * 1001},
            [("urgency-unknown", "urgency"), ("note-long", "note")],
        ),
        ({"codes": [f"{n}" for n in range(41)]}, [("order-long", "services")]),
    ],
)
def test_an_order_is_refused_at_its_fields(
    clinic: Clinic, said: dict[str, Any], expected: list[tuple[str, str | None]]
) -> None:
    visit_id = clinic.consult()
    assert refusals(lambda: place_order(clinic.ctx("bac.si"), visit_id=visit_id, **said)) == expected
    assert not ServiceOrder.objects.exists()


def test_an_order_needs_a_doctor_and_somebody_with_the_doctor(clinic: Clinic) -> None:
    waiting = clinic.check_in().visit_id
    assert refusals(lambda: order(clinic, visit_id=waiting), Conflict) == [("visit-not-begun", None)]
    assert refusals(lambda: place_order(clinic.ctx("y.ta"), visit_id=waiting, codes=[IONS]), Forbidden) == [
        ("permission-denied", None)
    ]
    other = place_order
    assert refusals(lambda: other(clinic.ctx(STRANGER), visit_id=waiting, codes=[IONS]), NotFound) == [
        ("not-found", None)
    ]


def test_the_same_service_twice_a_day_is_asked(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    first = order(clinic, IONS, visit_id=visit_id)
    with pytest.raises(Refused) as refused:
        order(clinic, IONS, CHEST, visit_id=visit_id)
    assert (refused.value.code, refused.value.field) == ("order-repeated", "repeat_reason")
    assert "Điện giải đồ" in refused.value.message
    again = order(clinic, IONS, CHEST, visit_id=visit_id, repeat_reason="Theo dõi sau bù kali")
    assert item_of(again).repeat_reason == "Theo dõi sau bù kali"
    assert item_of(again, CHEST).repeat_reason == ""
    for placed in (first, again):
        cancel_item(clinic.ctx("bac.si"), item_id=item_of(placed).pk, reason="Nhầm")
    assert states(order(clinic, IONS, visit_id=visit_id)) == {IONS: "ordered"}


def test_an_item_is_cancelled_with_a_reason_until_there_is_a_result(clinic: Clinic) -> None:
    placed = order(clinic, IONS, GLUCOSE)
    doctor, glucose = clinic.ctx("bac.si"), item_of(placed, GLUCOSE).pk
    assert refusals(lambda: cancel_item(doctor, item_id=glucose, reason=" ")) == [("cancel-reason-missing", "reason")]
    cancel_item(doctor, item_id=glucose, reason="Đã làm nơi khác")
    assert refusals(lambda: cancel_item(doctor, item_id=glucose, reason="Lại"), Conflict) == [("order-state", None)]
    drawn(clinic, placed)
    answered(clinic, placed)
    assert refusals(lambda: cancel_item(doctor, item_id=item_of(placed).pk, reason="x"), Conflict) == [
        ("order-state", None)
    ]
    assert refusals(lambda: cancel_item(clinic.ctx(STRANGER), item_id=glucose, reason="x"), NotFound)


def test_the_person_waits_for_results_and_comes_back(clinic: Clinic) -> None:
    visit_id = clinic.consult()
    doctor = clinic.ctx("bac.si")
    assert refusals(lambda: wait_for_results(doctor, visit_id=visit_id)) == [("nothing-awaited", None)]
    placed = order(clinic, IONS, visit_id=visit_id)
    wait_for_results(doctor, visit_id=visit_id)
    assert Visit.objects.get(pk=visit_id).state == "awaiting-results"
    assert refusals(lambda: wait_for_results(doctor, visit_id=visit_id), Conflict) == [("visit-state", None)]
    drawn(clinic, placed)
    start_consultation(doctor, visit_id=visit_id)
    assert Visit.objects.get(pk=visit_id).state == "in-consultation"


def test_one_vessel_a_kind_is_drawn_labelled_and_received(clinic: Clinic) -> None:
    placed = order(clinic, IONS, GLUCOSE, BLOOD, CHEST)
    nurse, technician = clinic.ctx("y.ta"), clinic.ctx("ky.thuat.vien")
    vessels = take_specimens(nurse, order_id=placed.pk)
    assert [(one.kind, one.number) for one in vessels] == [
        ("edta", "2611230002"),
        ("fluoride", "2611230003"),
        ("heparin", "2611230004"),
    ]
    assert states(placed) == {IONS: "taken", GLUCOSE: "taken", BLOOD: "taken", CHEST: "ordered"}
    assert item_of(placed).specimen == vessels[2]
    receive_specimen(technician, number=" 2611230004 ")
    assert states(placed)[IONS] == "in-progress"
    again = lambda: receive_specimen(technician, number="2611230004")  # noqa: E731
    assert refusals(again, Conflict) == [("specimen-received", "number")]
    for number in ("", "123", "2611230001"):
        assert refusals(lambda: receive_specimen(technician, number=number)) == [("specimen-unknown", "number")]  # noqa: B023


def test_a_second_nurse_is_told_who_drew_it(clinic: Clinic) -> None:
    placed = order(clinic)
    take_specimens(clinic.ctx("y.ta"), order_id=placed.pk)
    with pytest.raises(Conflict) as refused:
        take_specimens(clinic.ctx("ky.thuat.vien"), order_id=placed.pk)
    assert clinic.city.staff["y.ta"].full_name in refused.value.message
    assert "07:30" in refused.value.message
    assert refusals(lambda: take_specimens(clinic.ctx("bac.si"), order_id=placed.pk), Forbidden)
    assert refusals(lambda: take_specimens(clinic.ctx("y.ta"), order_id=uuid.uuid4()), NotFound)


def test_a_rejected_specimen_is_drawn_again_under_a_new_number(clinic: Clinic) -> None:
    placed = order(clinic)
    technician = clinic.ctx("ky.thuat.vien")
    drawn(clinic, placed)
    first = Specimen.objects.get()
    assert refusals(lambda: reject_specimen(technician, specimen_id=first.pk, reason="")) == [
        ("reject-reason-missing", "reason")
    ]
    reject_specimen(technician, specimen_id=first.pk, reason="Vỡ hồng cầu")
    assert states(placed) == {IONS: "ordered"}
    assert refusals(lambda: reject_specimen(technician, specimen_id=first.pk, reason="x"), Conflict) == [
        ("specimen-used", None)
    ]
    assert refusals(lambda: answered(clinic, placed), Conflict) == [("specimen-missing", None)]
    drawn(clinic, placed)
    item = item_of(placed)
    assert item.specimen is not None
    assert (item.specimen.number != first.number, item.state) == (True, "in-progress")
    reasons = OrderItemStatus.objects.filter(item=item, state="ordered").exclude(previous="")
    assert list(reasons.values_list("reason", flat=True)) == ["Vỡ hồng cầu"]
    assert refusals(lambda: reject_specimen(technician, specimen_id=uuid.uuid4(), reason="x"), NotFound)


def test_imaging_and_procedures_need_no_specimen(clinic: Clinic) -> None:
    placed = order(clinic, CHEST, STITCHES)
    doctor, technician = clinic.ctx("bac.si"), clinic.ctx("ky.thuat.vien")
    assert refusals(lambda: take_specimens(clinic.ctx("y.ta"), order_id=placed.pk), Conflict) == [
        ("specimen-taken", None)
    ]
    chest, stitches = item_of(placed, CHEST).pk, item_of(placed, STITCHES).pk
    begin_item(technician, item_id=chest)
    assert refusals(lambda: begin_item(technician, item_id=chest), Conflict) == [("order-begun", None)]
    enter_result(doctor, item_id=chest, answer=Answer({}, "Phổi sáng", "Bình thường"))
    report = DiagnosticReport.objects.get()
    assert (report.category, report.result, report.conclusion) == ("RAD", "Phổi sáng", "Bình thường")
    enter_result(doctor, item_id=stitches, answer=Answer({}, "Cắt 5 mũi chỉ"))
    assert Procedure.objects.get().result == "Cắt 5 mũi chỉ"
    correct_result(doctor, item_id=stitches, answer=Answer({}, "Cắt 6 mũi chỉ"), reason="Đếm nhầm")
    assert Procedure.objects.get(superseded_by=None).result == "Cắt 6 mũi chỉ"
    lab = order(clinic, IONS)
    assert refusals(lambda: begin_item(technician, item_id=item_of(lab).pk)) == [("specimen-needed", None)]


def test_a_newborn_is_judged_by_days_of_age(clinic: Clinic) -> None:
    baby = clinic.register("Trần Bảo An", "20/11/2026", "male")
    placed = order(clinic, visit_id=clinic.consult(baby))
    drawn(clinic, placed)
    answered(clinic, placed, {"K": "5,5"})
    told = Observation.objects.get(code="2823-3")
    assert (told.reference, told.interpretation) == ("3,7–5,9", "N")


def test_the_database_itself_refuses_impossible_steps(clinic: Clinic) -> None:
    placed = order(clinic)
    item, ctx = item_of(placed), clinic.ctx("bac.si")
    said = {"item": item, "by_id": ctx.actor.staff_id, "at": ctx.at}
    for wrong in (
        {"previous": "ordered", "state": "verified"},
        {"previous": "taken", "state": "in-progress"},
        {"previous": "ordered", "state": "cancelled"},
        {"previous": "", "state": "ordered"},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            OrderItemStatus.objects.create(**said, **wrong)
    assert item_of(placed).state == "ordered"


def at_once(works: list[Callable[[], object]]) -> list[object]:
    """Each in a thread of its own, begun together; what each gave or raised."""
    gate, told = threading.Barrier(len(works)), [None] * len(works)

    def run(at: int) -> None:
        gate.wait()
        try:
            told[at] = works[at]()  # type: ignore[call-overload]
        except Exception as error:  # noqa: BLE001 - told to the test
            told[at] = error  # type: ignore[call-overload]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(told)


@pytest.mark.django_db(transaction=True)
def test_two_technicians_and_one_specimen(live_clinic: Clinic) -> None:
    clinic = live_clinic
    placed = order(clinic)
    ctxs: list[Context] = [clinic.ctx("y.ta"), clinic.ctx("ky.thuat.vien")]
    told = at_once([lambda ctx=ctx: take_specimens(ctx, order_id=placed.pk) for ctx in ctxs])  # type: ignore[misc]
    assert sorted(type(one).__name__ for one in told) == ["Conflict", "list"]
    number = Specimen.objects.get().number
    technician = clinic.ctx("ky.thuat.vien")
    told = at_once([lambda: receive_specimen(technician, number=number)] * 2)
    assert sorted(type(one).__name__ for one in told) == ["Conflict", "Specimen"]
    item = item_of(placed).pk
    told = at_once([lambda: enter_result(technician, item_id=item, answer=Answer({"K": "7"}))] * 2)
    assert sorted(type(one).__name__ for one in told) == ["Conflict", "Entered"]
    assert DiagnosticReport.objects.count() == 1
    alert, doctor = CriticalAlert.objects.get(), clinic.ctx("bac.si")
    told = at_once([lambda: acknowledge_critical(doctor, alert_id=alert.pk, action="Xử trí")] * 2)
    assert sorted(type(one).__name__ for one in told) == ["Conflict", "CriticalAcknowledgement"]


@pytest.mark.django_db(transaction=True)
def test_numbers_never_double_under_many_desks(live_clinic: Clinic) -> None:
    clinic = live_clinic
    visits = [clinic.consult(clinic.register(f"Lê Văn {n}", "01/01/1980", "male")) for n in NAMES]
    told = at_once([lambda v=visit: order(clinic, IONS, visit_id=v) for visit in visits])  # type: ignore[misc]
    numbers = sorted(one.number for one in told)  # type: ignore[attr-defined]
    assert numbers == [f"26112300{n:02d}" for n in range(1, 9)]


def test_charging_hears_of_orders(clinic: Clinic, settings: Any) -> None:
    settings.RECORD_LISTENERS = {**settings.RECORD_LISTENERS, "order.placed": [], "order.cancelled": []}
    placed = order(clinic)
    cancel_item(clinic.ctx("bac.si"), item_id=item_of(placed).pk, reason="Nhầm")
    heard = OutboxMessage.objects.filter(topic__startswith="order.").values_list("topic", flat=True)
    assert sorted(heard) == ["order.cancelled", "order.placed"]
