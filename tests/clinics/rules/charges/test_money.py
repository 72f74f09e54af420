"""Money of a line and the level of a visit."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics.rules.charges.benefit import Cover, is_small, level_of, way_share
from clinics.rules.charges.money import ZERO, Amounts, Line, cash, split
from tests.factories.dossiers import lists

BASE = Decimal(2_340_000)
DAY = date(2026, 11, 23)
LARGE = Decimal(1_000_000)
amounts = st.integers(0, 10**10).map(lambda thousandths: Decimal(thousandths) / 1000)
percents = st.integers(0, 1000).map(lambda tenths: Decimal(tenths) / 10)


@given(amounts, amounts, amounts, st.booleans(), percents, percents, amounts, amounts, percents)
def test_a_line_is_never_more_nor_less_than_its_parts(
    quantity: Any, price: Any, insured: Any, scope: Any, pay: Any, service: Any, ceiling: Any, other: Any, level: Any
) -> None:
    one = split(Line(quantity / 1000, price, insured, scope, pay, service, ceiling, other), level)
    assert one.total == one.fund + one.copay + one.own + one.other
    assert min(one.fund, one.copay, one.own, one.other, one.insured) >= 0
    assert one.insured <= one.total
    assert scope or one.fund == ZERO
    assert one.patient == one.copay + one.own
    assert one + Amounts() == one


def test_examples() -> None:
    line = Line(Decimal(3), Decimal("15333.333"), Decimal(12_000), in_scope=True)
    one = split(line, Decimal(80))
    assert (one.total, one.insured, one.fund, one.copay, one.own) == (
        Decimal("46000.00"), Decimal("36000.00"), Decimal("28800.00"), Decimal("7200.00"), Decimal("10000.00"),
    )  # fmt: skip
    assert cash(Decimal("7200.50")) == 7201
    capped = split(Line(Decimal(1), LARGE, LARGE, in_scope=True, ceiling=Decimal(400_000)), Decimal(100))
    assert (capped.fund, capped.own) == (Decimal(400_000), Decimal(600_000))


@pytest.mark.parametrize(
    ("code", "benefit", "total", "due"),
    [
        ("1.1", "4", LARGE, "80"),
        ("1.1", "3", LARGE, "95"),
        ("1.1", "2", LARGE, "100"),
        ("1.2", "4", LARGE, "100"),
        ("1.13", "3", LARGE, "47.5"),
        ("1.1", "4", Decimal(350_999), "100"),
        ("1.1", "4", Decimal(351_000), "80"),
        ("1.13", "4", Decimal(1_000), "40"),
        ("3.1", "4", LARGE, "0"),
        ("9", "4", LARGE, "0"),
        ("1.1", "7", LARGE, "0"),
    ],
)
def test_levels(code: str, benefit: str, total: Decimal, due: str) -> None:
    share = way_share(code, lists()["ma-doituong-kcb"][code], "01")
    cover = Cover(code, benefit, share)
    assert level_of(cover, insured_total=total, base_salary=BASE, day=DAY) == Decimal(due)


def test_a_stay_in_a_former_central_hospital_keeps_two_fifths() -> None:
    assert way_share("3.1", {}, "03") == Decimal("0.4")
    assert way_share("8", {}, "03") is None


def test_the_yearly_exemption_begins_on_its_day() -> None:
    cover = Cover("1.1", "4", Decimal(1), exempt_from=DAY)
    before = Cover("1.1", "4", Decimal(1), exempt_from=date(2026, 11, 24))
    assert level_of(cover, insured_total=LARGE, base_salary=BASE, day=DAY) == 100
    assert level_of(before, insured_total=LARGE, base_salary=BASE, day=DAY) == 80


def test_without_a_known_salary_no_visit_is_small() -> None:
    assert not is_small(ZERO, None)
    assert level_of(None, insured_total=ZERO, base_salary=None, day=DAY) == 0
