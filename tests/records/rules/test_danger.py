"""Danger signs: at the limit of the source, one step inside it, and nothing where no source speaks."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.danger import LIMITS, danger_signs
from records.rules.vitals import VITALS
from registry.rules.dates import Age

ADULT, INFANT, BABY, CHILD = Age(54, 650, 19800), Age(0, 1, 40), Age(0, 6, 190), Age(3, 40, 1230)


def signs(age: Age, **readings: str) -> list[str]:
    return [str(one) for one in danger_signs({key: Decimal(value) for key, value in readings.items()}, age)]


@pytest.mark.parametrize(
    ("age", "readings", "said"),
    [
        (ADULT, {"spo2": "91"}, ["SpO₂ 91 %"]),
        (ADULT, {"spo2": "92"}, []),
        (ADULT, {"respiration": "25", "pulse": "131"}, ["Nhịp thở 25 lần/phút", "Mạch 131 lần/phút"]),
        (ADULT, {"respiration": "24", "pulse": "130", "systolic": "219", "temperature": "39.5"}, []),
        (ADULT, {"systolic": "90"}, ["Huyết áp tâm thu 90 mmHg"]),
        (ADULT, {"systolic": "220"}, ["Huyết áp tâm thu 220 mmHg"]),
        (ADULT, {"temperature": "35.0"}, ["Nhiệt độ 35 °C"]),
        (INFANT, {"respiration": "60"}, ["Nhịp thở 60 lần/phút"]),
        (INFANT, {"respiration": "59", "pulse": "180"}, []),
        (INFANT, {"temperature": "37.5"}, ["Nhiệt độ 37,5 °C"]),
        (BABY, {"respiration": "50", "temperature": "39"}, ["Nhịp thở 50 lần/phút"]),
        (CHILD, {"respiration": "39", "spo2": "90"}, []),
        (CHILD, {"respiration": "40", "spo2": "89"}, ["Nhịp thở 40 lần/phút", "SpO₂ 89 %"]),
        (ADULT, {"weight": "300", "pain": "10"}, []),
    ],
)
def test_the_limits_of_the_sources(age: Age, readings: dict[str, str], said: list[str]) -> None:
    assert sorted(signs(age, **readings)) == sorted(said)


@given(
    st.integers(0, 1200).map(lambda months: Age(months // 12, months, months * 30)),
    st.dictionaries(st.sampled_from(sorted(VITALS)), st.decimals(0, 400, places=1), max_size=9),
)
def test_at_most_one_sign_a_reading_and_only_of_readings(age: Age, readings: dict[str, Decimal]) -> None:
    assert len(danger_signs(readings, age)) <= len({one.key for one in LIMITS} & readings.keys())
