"""Vital signs: believable or refused at their own key."""

from __future__ import annotations

from decimal import Decimal

import pytest

from records.rules.vitals import BY_CODE, VITALS, check_pressure, check_vital
from registry.rules.invalid import Invalid


@pytest.mark.parametrize("key", list(VITALS))
def test_both_ends_are_believable_and_what_lies_beyond_is_not(key: str) -> None:
    vital = VITALS[key]
    assert check_vital(key, vital.lowest) is check_vital(key, vital.highest) is BY_CODE[vital.code]
    for beyond in (vital.lowest - Decimal("0.1"), vital.highest + Decimal("0.1")):
        with pytest.raises(Invalid) as refused:
            check_vital(key, beyond)
        assert (refused.value.code, refused.value.field) == ("vital-unbelievable", key)


@pytest.mark.parametrize("key", [vital.key for vital in VITALS.values() if vital.normal])
def test_normal_lies_inside_what_is_believable(key: str) -> None:
    vital = VITALS[key]
    assert vital.normal
    assert vital.lowest <= vital.normal[0] < vital.normal[1] <= vital.highest


def test_an_unknown_key() -> None:
    with pytest.raises(Invalid) as refused:
        check_vital("mood", Decimal(1))
    assert refused.value.code == "vital-unknown"


def test_the_upper_pressure_is_above_the_lower() -> None:
    check_pressure({"systolic": Decimal(120), "diastolic": Decimal(80)})
    check_pressure({"systolic": Decimal(120)})
    with pytest.raises(Invalid) as refused:
        check_pressure({"systolic": Decimal(80), "diastolic": Decimal(80)})
    assert refused.value.field == "diastolic"
