"""Charges, cards, receipts: money adds up to the đồng, nothing is edited, numbers never double."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from clinics.commands.charging import add_charge, charge_item, price_again, reverse_charge, reverse_source
from clinics.commands.coverage import CardStated, record_coverage
from clinics.commands.departures import cancel_visit
from clinics.commands.payments import cancel_receipt, give_back, take_payment
from clinics.commands.price_lists import load_own_base_salaries, put_price_list
from clinics.models import BaseSalary, Charge, InsuranceCoverage, Payment, PriceList, Visit
from clinics.queries.bills import read_bill
from clinics.rules.charges.items import ChargeKind, Item
from registry.kernel import Conflict, Forbidden, NotFound, Refused
from tests.clinics.billing import CARD, charge, put_card, put_prices, rows
from tests.clinics.conftest import Clinic, build_clinic

OTHER_CARD = "HN2010123456789"


@pytest.fixture
def visit(clinic: Clinic) -> Visit:
    """A visit under insurance at a clinic with prices."""
    put_prices(clinic)
    return Visit.objects.get(pk=clinic.check_in().visit_id)


def bill(visit: Visit) -> Any:
    return read_bill(Visit.objects.select_related("encounter").get(pk=visit.pk))


def pay(clinic: Clinic, visit: Visit, amount: Any, **said: Any) -> Payment:
    form = {"method": "cash", "amount": Decimal(amount)} | said
    return take_payment(clinic.ctx("thu.ngan"), visit_id=visit.pk, **form)


def test_the_fund_pays_by_card_and_way(clinic: Clinic, visit: Visit) -> None:
    put_card(clinic, visit.pk)
    for code, quantity in (("02.1899", "1"), ("20.0081.0137", "1"), ("YC", "1"), ("40.56", "3")):
        charge(clinic, visit.pk, code, quantity)
    told = bill(visit)
    assert told.level == 80
    assert told.sums.total == Decimal("598750.38")
    assert told.sums.fund == Decimal("319000.30")
    assert told.sums.own == Decimal("200000.00")
    assert told.due == 279_750
    assert told.sums.total == told.sums.fund + told.sums.copay + told.sums.own + told.sums.other


def test_a_small_visit_is_free_and_another_way_is_not(clinic: Clinic, visit: Visit) -> None:
    put_card(clinic, visit.pk)
    charge(clinic, visit.pk, "23.0075.1494", "2")
    assert (bill(visit).level, bill(visit).due) == (100, 0)
    put_card(clinic, visit.pk, object_code="1.13", registered_at="01929")
    assert bill(visit).level == 40
    assert bill(visit).due == Decimal(26_880)
    assert InsuranceCoverage.objects.filter(visit=visit).count() == 2


@pytest.mark.parametrize(("payer", "due"), [("self-pay", 45_000), ("free", 0), ("insurance", 45_000)])
def test_without_a_card_the_fund_pays_nothing(clinic: Clinic, payer: str, due: int) -> None:
    put_prices(clinic)
    visit = Visit.objects.get(pk=clinic.check_in(payer=payer).visit_id)
    charge(clinic, visit.pk, "02.1899")
    told = bill(visit)
    assert (told.sums.fund, told.due, told.sums.insured) == (0, due, 0)


def test_a_ceiling_and_a_rate_bound_what_the_fund_pays(clinic: Clinic, visit: Visit) -> None:
    put_card(clinic, visit.pk, card=OTHER_CARD)
    charge(clinic, visit.pk, "N07")
    charge(clinic, visit.pk, "40.807", "10")
    told = bill(visit)
    assert told.sums.fund == Decimal(1_500_000) + Decimal("4352.50")
    assert told.due == Decimal(350_000) + Decimal(4353)


def test_a_reversal_keeps_both_lines_and_gives_money_back(clinic: Clinic, visit: Visit) -> None:
    cashier = clinic.ctx("thu.ngan")
    first, second = charge(clinic, visit.pk, "02.1899"), charge(clinic, visit.pk, "YC")
    pay(clinic, visit, 245_000)
    reverse_charge(cashier, charge_id=second.pk, reason="Bác sĩ không khám theo yêu cầu")
    assert Charge.objects.filter(visit=visit).count() == 3
    assert bill(visit).owed == -200_000
    with pytest.raises(Conflict):
        reverse_charge(cashier, charge_id=second.pk, reason="Lần nữa")
    with pytest.raises(Refused) as refused:
        reverse_charge(cashier, charge_id=first.pk, reason=" ")
    assert refused.value.field == "reason"
    back = give_back(cashier, visit_id=visit.pk, method="cash", reason="Bỏ khám theo yêu cầu")
    assert (back.amount, back.number, bill(visit).owed) == (-200_000, 2, 0)
    with pytest.raises(Conflict):
        give_back(cashier, visit_id=visit.pk, method="cash", reason="Lần nữa")


def test_a_receipt_is_cancelled_once_by_another(clinic: Clinic, visit: Visit) -> None:
    charge(clinic, visit.pk, "02.1899")
    cashier = clinic.ctx("thu.ngan")
    paid = pay(clinic, visit, 40_000)
    cancelled = cancel_receipt(cashier, payment_id=paid.pk, reason="Thu nhầm")
    assert (cancelled.amount, bill(visit).owed) == (-40_000, 45_000)
    for wrong in (paid, cancelled):
        with pytest.raises(Conflict):
            cancel_receipt(cashier, payment_id=wrong.pk, reason="Lần nữa")
    assert paid.bill["sums"]["total"] == "45000.00"


@pytest.mark.parametrize("amount", ["0", "-1", "45001", "100.5"])
def test_an_amount_that_is_not_owed_is_refused(clinic: Clinic, visit: Visit, amount: str) -> None:
    charge(clinic, visit.pk, "02.1899")
    with pytest.raises(Refused) as refused:
        pay(clinic, visit, amount)
    assert (refused.value.field, Payment.objects.count()) == ("amount", 0)
    with pytest.raises(Refused) as refused:
        pay(clinic, visit, "45000", method="bitcoin")
    assert refused.value.field == "method"


def test_a_source_is_charged_once_until_it_is_taken_back(clinic: Clinic, visit: Visit) -> None:
    source = ("order-item", uuid.uuid4())
    item = Item(ChargeKind.SERVICE, "23.0075.1494", "Glucose", source=source)
    doctor = clinic.ctx("bac.si")
    with transaction.atomic():
        assert add_charge(doctor, visit, item) == add_charge(doctor, visit, item)
        assert reverse_source(doctor, visit, source, reason="Huỷ chỉ định") is not None
        assert reverse_source(doctor, visit, source, reason="Huỷ chỉ định") is None
        assert add_charge(doctor, visit, item)
    assert bill(visit).sums.total == 22_400


def test_what_has_no_price_waits_and_holds_the_payment_up(clinic: Clinic, visit: Visit) -> None:
    cashier = clinic.ctx("thu.ngan")
    add_charge(clinic.ctx("bac.si"), visit, Item(ChargeKind.SERVICE, "MOI", "Dịch vụ mới"))
    charge(clinic, visit.pk, "02.1899")
    with pytest.raises(Conflict):
        pay(clinic, visit, 45_000)
    assert price_again(cashier, visit_id=visit.pk) == 0
    new = ("service", "MOI", "Dịch vụ mới", "lần", "1", "100000", "", "100", "")
    put_prices(clinic, name="Giá tháng 11", valid_from=date(2026, 11, 1), rows=rows(new))
    assert price_again(cashier, visit_id=visit.pk) == 1
    assert pay(clinic, visit, 145_000).number == 1


def test_the_desk_charges_only_what_the_list_of_the_day_holds(clinic: Clinic, visit: Visit) -> None:
    with pytest.raises(Refused) as refused:
        charge_item(clinic.ctx("thu.ngan"), visit_id=visit.pk, item=Item(ChargeKind.SERVICE, "LA", "Lạ"))
    assert refused.value.field == "code"
    with pytest.raises(Refused) as refused:
        charge(clinic, visit.pk, "02.1899", "0")
    assert refused.value.field == "quantity"


def test_nothing_is_charged_to_a_cancelled_visit(clinic: Clinic, visit: Visit) -> None:
    cancel_visit(clinic.ctx("le.tan"), visit_id=visit.pk, reason="Nhầm người")
    with pytest.raises(Conflict):
        charge(clinic, visit.pk, "02.1899")
    with pytest.raises(Conflict):
        put_card(clinic, visit.pk)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"object_code": "99"}, "object_code"),
        ({"card": "GD4"}, "card"),
        ({"card": "0123456789"}, "benefit"),
        ({"valid_from": None}, "valid_from"),
        ({"valid_to": None}, "valid_to"),
        ({"valid_to": date(2026, 11, 22)}, "valid_to"),
        ({"valid_from": date(2026, 11, 24)}, "valid_from"),
        ({"valid_to": date(2025, 1, 1)}, "valid_to"),
        ({"registered_at": ""}, "registered_at"),
        ({"registered_at": "01-1"}, "registered_at"),
        ({"object_code": "1.3", "referral_number": "12"}, "referred_from"),
        ({"object_code": "1.3", "referred_from": "01929"}, "referral_number"),
        ({"area": "K9"}, "area"),
    ],
)
def test_a_card_is_refused_at_its_field(clinic: Clinic, visit: Visit, said: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        put_card(clinic, visit.pk, **said)
    assert field in {one.field for one in refused.value.all}
    assert not InsuranceCoverage.objects.exists()


def test_somebody_who_is_not_insured_needs_no_card(clinic: Clinic, visit: Visit) -> None:
    record_coverage(clinic.ctx("le.tan"), visit_id=visit.pk, stated=CardStated(object_code="9"))
    charge(clinic, visit.pk, "02.1899")
    assert bill(visit).sums.fund == 0


def test_a_new_list_ends_the_one_before_and_prices_keep_their_day(clinic: Clinic) -> None:
    put_prices(clinic)
    dearer = ("service", "02.1899", "Khám bệnh", "lần", "13", "50000", "50000", "100", "")
    put_prices(clinic, name="Giá mới", valid_from=date(2026, 12, 1), rows=rows(dearer))
    assert PriceList.objects.get(name="Giá 2026").valid_to == date(2026, 11, 30)
    visit = clinic.check_in()
    assert charge(clinic, visit.visit_id, "02.1899").price == 45_000


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"name": " "}, "name"),
        ({"source": ""}, "source"),
        ({"rows": []}, "rows"),
        ({"rows": [*rows(), rows()[0]]}, "rows"),
        ({"rows": [rows()[0] | {"price": "12,5"}]}, "rows"),
        ({"rows": [rows()[0] | {"kind": "khác"}]}, "rows"),
        ({"rows": [rows()[0] | {"group": "99"}]}, "rows"),
        ({"rows": [rows()[0] | {"code": ""}]}, "rows"),
        ({"rows": [rows()[0] | {"pay_rate": "120"}]}, "rows"),
    ],
)
def test_a_wrong_price_list_is_refused_whole(clinic: Clinic, said: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as refused:
        put_prices(clinic, **said)
    assert (refused.value.field, PriceList.objects.count()) == (field, 0)


def test_two_lists_cannot_begin_on_one_day(clinic: Clinic) -> None:
    put_prices(clinic)
    with pytest.raises(Refused) as refused:
        put_prices(clinic, name="Khác")
    assert refused.value.field == "valid_from"


def test_base_salaries_are_loaded_once(clinic: Clinic) -> None:
    ctx = clinic.ctx("so.y.te")
    load_own_base_salaries(ctx)
    again = load_own_base_salaries(ctx)
    assert again.unchanged == BaseSalary.objects.count() > 2
    assert not BaseSalary.objects.get(valid_to=None).confirmed  # nobody has checked it since July 2026


@pytest.mark.parametrize("username", ["bac.si", "y.ta", "le.tan", "duoc.si", "so.y.te"])
def test_only_the_cashier_handles_money(clinic: Clinic, visit: Visit, username: str) -> None:
    ctx = clinic.ctx(username)
    with pytest.raises(Forbidden):
        charge_item(ctx, visit_id=visit.pk, item=Item(ChargeKind.SERVICE, "02.1899", ""))
    with pytest.raises(Forbidden):
        take_payment(ctx, visit_id=visit.pk, amount=Decimal(1), method="cash")
    with pytest.raises(Forbidden):
        put_price_list(ctx, name="x", source="x", valid_from=date(2026, 1, 1), rows=rows())


def test_another_facilitys_money_does_not_exist(clinic: Clinic, visit: Visit) -> None:
    line = charge(clinic, visit.pk, "02.1899")
    paid = pay(clinic, visit, 1)
    stranger = clinic.ctx("thu.ngan.2")
    for attempt in (
        lambda: reverse_charge(stranger, charge_id=line.pk, reason="x"),
        lambda: cancel_receipt(stranger, payment_id=paid.pk, reason="x"),
        lambda: record_coverage(stranger, visit_id=visit.pk, stated=CARD),
        lambda: price_again(stranger, visit_id=visit.pk),
    ):
        with pytest.raises(NotFound):
            attempt()


def test_ledgers_refuse_to_be_changed(clinic: Clinic, visit: Visit) -> None:
    charge(clinic, visit.pk, "02.1899")
    pay(clinic, visit, 1)
    for model in (Charge, Payment):
        with pytest.raises(DatabaseError), transaction.atomic():
            model.objects.update(reason="x")


@pytest.mark.django_db(transaction=True)
def test_receipt_numbers_never_double_or_skip(live_city: Any) -> None:
    clinic = build_clinic(live_city)
    put_prices(clinic)
    visits = [clinic.check_in().visit_id for _ in range(8)]
    for visit_id in visits:
        charge(clinic, visit_id, "02.1899")

    def work(visit_id: uuid.UUID) -> int:
        try:
            ctx = clinic.ctx("thu.ngan")
            return sum(
                bool(take_payment(ctx, visit_id=visit_id, amount=Decimal(9_000), method="cash")) for _ in "12345"
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(work, visits)) == 40
    assert sorted(Payment.objects.values_list("number", flat=True)) == list(range(1, 41))
