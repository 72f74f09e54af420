"""Charges follow the care: each event changes the bill once, however often it is told, and nothing is charged in vain."""

from __future__ import annotations

import threading
import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from clinics.commands.charging import charge_item, reverse_charge
from clinics.commands.closing import close_visit
from clinics.commands.consultation import start_consultation
from clinics.commands.departures import cancel_visit
from clinics.commands.following import charge_visit
from clinics.commands.item_results import verify_result
from clinics.commands.ordering import cancel_item
from clinics.commands.payments import give_back, take_payment
from clinics.commands.pharmacy import return_medicine
from clinics.commands.signing import cancel_prescription
from clinics.models import Charge, OrderItem, Visit
from clinics.queries.bills import read_bill
from clinics.queries.claim_facts import read_facts
from clinics.rules.charges.items import ChargeKind, Item, medicine_quantity
from clinics.rules.claims.tables import make_dossier
from registry.commands.outbox import deliver
from registry.models import OutboxMessage
from tests.clinics.billing import PRICES, put_prices, rows
from tests.clinics.conftest import Clinic, build_clinic
from tests.clinics.ordering import GLUCOSE, IONS, answered, drawn, item_of, order
from tests.clinics.test_pharmacy import hand_over, stock
from tests.clinics.test_prescribing import PARACETAMOL, line, sign, visit_of
from tests.factories.city import NOW

EXAM = "02.1899"
OWN = (
    ("service", IONS, "Điện giải đồ", "lần", "1", "30200", "30200", "100", ""),
    ("medicine", PARACETAMOL, "Paracetamol 500 mg", "viên", "4", "500", "500", "100", ""),
)
Lines = dict[str, tuple[Decimal, Decimal]]


@pytest.fixture
def visit(clinic: Clinic) -> Visit:
    """A visit in consultation at a clinic that sells what the tests order and prescribe."""
    return begun(clinic)


def begun(clinic: Clinic) -> Visit:
    put_prices(clinic, rows=rows(*PRICES, *OWN))
    return Visit.objects.get(pk=visit_of(clinic))


def told() -> int:
    """Deliver every waiting event, each one twice; how many there were."""
    waiting = list(OutboxMessage.objects.filter(delivered_at=None).order_by("created_at", "id"))
    for message in waiting:
        assert deliver(str(message.pk))
        OutboxMessage.objects.filter(pk=message.pk).update(delivered_at=None)
        assert deliver(str(message.pk))
    return len(waiting)


def lines(visit: Visit) -> dict[str, Decimal]:
    """What stands on the bill: quantity by code."""
    bill = read_bill(Visit.objects.select_related("encounter").get(pk=visit.pk))
    assert len({one.what.code for one in bill.lines}) == len(bill.lines)
    return {one.what.code: one.what.quantity for one in bill.lines}


def test_examining_ordering_and_cancelling_change_the_bill(clinic: Clinic, visit: Visit) -> None:
    assert told() == 1
    assert lines(visit) == {EXAM: 1}
    placed = order(clinic, IONS, GLUCOSE, visit_id=visit.pk)
    told()
    assert lines(visit) == {EXAM: 1, IONS: 1, GLUCOSE: 1}
    cancel_item(clinic.ctx("bac.si"), item_id=item_of(placed).pk, reason="Nhầm")
    told()
    assert lines(visit) == {EXAM: 1, GLUCOSE: 1}
    assert Charge.objects.filter(visit=visit).count() == 4
    assert told() == 0


def test_a_visit_called_off_costs_nothing(clinic: Clinic) -> None:
    put_prices(clinic)
    visit = Visit.objects.get(pk=clinic.check_in().visit_id)
    cancel_visit(clinic.ctx("le.tan"), visit_id=visit.pk, reason="Người bệnh đổi ý")
    told()
    assert not Charge.objects.exists()


def test_medicines_follow_the_prescription_and_the_counter(clinic: Clinic, visit: Visit) -> None:
    stock(clinic, 100)
    (made,) = sign(clinic, visit.pk, line(PARACETAMOL, 10))
    told()
    assert lines(visit)[PARACETAMOL] == 10
    hand_over(clinic, made, 4)
    told()
    assert lines(visit)[PARACETAMOL] == 10  # the rest can still be collected
    charge_visit(clinic.ctx("thu.ngan", NOW + timedelta(days=6)), visit_id=visit.pk)
    assert lines(visit)[PARACETAMOL] == 4


def test_what_comes_back_is_given_back(clinic: Clinic, visit: Visit) -> None:
    stock(clinic, 100)
    (made,) = sign(clinic, visit.pk, line(PARACETAMOL, 10))
    cashier = clinic.ctx("thu.ngan")
    take_payment(cashier, visit_id=visit.pk, amount=Decimal(50_000), method="cash")
    movement = hand_over(clinic, made, 10).movements.get()
    return_medicine(
        clinic.ctx("duoc.si"), movement_id=movement.pk, quantity=Decimal(3), reason="Dị ứng", token=uuid.uuid4()
    )
    told()
    assert lines(visit)[PARACETAMOL] == 7
    assert give_back(cashier, visit_id=visit.pk, method="cash", reason="Trả thuốc").amount == -1_500


def test_a_cancelled_prescription_and_one_bought_elsewhere_cost_nothing(clinic: Clinic, visit: Visit) -> None:
    (made,) = sign(clinic, visit.pk, line(PARACETAMOL, 10))
    told()
    cancel_prescription(clinic.ctx("bac.si"), prescription_id=made.pk, reason="Kê nhầm")
    sign(clinic, visit.pk, line("TD.0035", 5))  # not on the price list
    told()
    assert lines(visit) == {EXAM: 1}


@pytest.mark.parametrize(
    ("prescribed", "handed", "came_back", "collectable", "charged"),
    [(10, 0, False, True, 10), (10, 0, False, False, 0), (10, 4, False, True, 10), (10, 4, False, False, 4),
     (10, 7, True, True, 7), (10, 0, True, True, 0)],
)  # fmt: skip
def test_how_much_of_a_medicine_is_charged(
    prescribed: int, handed: int, came_back: bool, collectable: bool, charged: int
) -> None:
    told = medicine_quantity(Decimal(prescribed), Decimal(handed), came_back=came_back, collectable=collectable)
    assert told == charged


def test_what_a_person_struck_off_stays_off(clinic: Clinic, visit: Visit) -> None:
    stock(clinic, 100)
    cashier = clinic.ctx("thu.ngan")
    (made,) = sign(clinic, visit.pk, line(PARACETAMOL, 10))
    told()
    struck = Charge.objects.get(code=PARACETAMOL)
    reverse_charge(cashier, charge_id=struck.pk, reason="Người bệnh mua ngoài")
    charge_visit(cashier, visit_id=visit.pk)
    assert PARACETAMOL not in lines(visit)
    hand_over(clinic, made, 10, at=NOW + timedelta(hours=1))
    told()
    assert lines(visit)[PARACETAMOL] == 10


def test_an_examination_paid_before_the_doctor_is_not_charged_twice(clinic: Clinic) -> None:
    put_prices(clinic)
    visit_id = clinic.check_in().visit_id
    charge_item(clinic.ctx("thu.ngan"), visit_id=visit_id, item=Item(ChargeKind.SERVICE, EXAM, ""))
    start_consultation(clinic.ctx("bac.si"), visit_id=visit_id)
    told()
    assert lines(Visit.objects.get(pk=visit_id)) == {EXAM: 1}


def test_money_is_never_taken_on_an_old_bill(clinic: Clinic, visit: Visit) -> None:
    """No event was delivered: the payment looks for itself."""
    order(clinic, IONS, visit_id=visit.pk)
    take_payment(clinic.ctx("thu.ngan"), visit_id=visit.pk, amount=Decimal(75_200), method="cash")
    assert lines(visit) == {EXAM: 1, IONS: 1}
    assert told() == 2
    assert Charge.objects.count() == 2


def test_the_file_says_when_it_was_done_and_by_whom(clinic: Clinic, visit: Visit) -> None:
    technician = clinic.city.staff["ky.thuat.vien"]
    technician.licence_number = "004321/HNO-CCHN"
    technician.save(update_fields=["licence_number"])
    placed = order(clinic, IONS, visit_id=visit.pk)
    told()
    drawn(clinic, placed)
    answered(clinic, placed)
    item = OrderItem.objects.get(pk=item_of(placed).pk)
    if item.state == "resulted":
        verify_result(clinic.ctx("bac.si"), item_id=item.pk)
    close_visit(
        clinic.ctx("bac.si", NOW + timedelta(hours=2)), visit_id=visit.pk, conclusion="Uống thuốc", outcome_code="2",
        main="J02.9", secondary=[],
    )  # fmt: skip
    ended = Visit.objects.select_related("encounter", "facility", "room__department").get(pk=visit.pk)
    dossier = make_dossier(read_facts(clinic.ctx("thu.ngan"), ended))
    row = next(one for one in dossier["XML3"] if one["MA_DICH_VU"] == IONS)
    assert row["NGAY_KQ"]
    assert row["NGAY_TH_YL"]
    assert row["NGUOI_THUC_HIEN"] == "004321/HNO-CCHN"
    assert {one["NGAY_KQ"] for one in dossier["XML4"]} == {row["NGAY_KQ"]}


@pytest.mark.django_db(transaction=True)
def test_events_told_at_once_charge_once(live_city: Any) -> None:
    clinic = build_clinic(live_city)
    visit = begun(clinic)
    order(clinic, IONS, GLUCOSE, visit_id=visit.pk)

    def work() -> None:
        try:
            charge_visit(clinic.ctx("thu.ngan"), visit_id=visit.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert lines(visit) == {EXAM: 1, IONS: 1, GLUCOSE: 1}
    assert Charge.objects.count() == 3
