"""What a day's sheet and an ending may say."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from clinics.rules.stay_papers import Paper, papers_of, papers_of_visit
from clinics.rules.stays import DaySheet, Ending, OrderLine, days_of_stay, ending_faults, sheet_faults

ADMITTED, NOW = datetime(2026, 11, 20, 8, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)
HOME = Ending("1", "1", "Kháng sinh", "Tỉnh, hết sốt")
REFERRED = replace(HOME, outcome="4", discharge="2", referred_to="01005", referral_reason="Quá khả năng")
DEAD = replace(HOME, outcome="5", died_at=datetime(2026, 11, 22, 3, tzinfo=UTC), cause="Suy hô hấp")


@pytest.mark.parametrize("ending", [HOME, REFERRED, DEAD, replace(HOME, discharge="4", leave_days=7, follow_up="14")])
def test_an_ending_that_says_all_it_must(ending: Ending) -> None:
    assert list(ending_faults(ending, ADMITTED, NOW)) == []


@pytest.mark.parametrize(
    ("ending", "field"),
    [
        (replace(HOME, treatment=" "), "treatment"),
        (replace(HOME, condition=""), "condition"),
        (replace(HOME, discharge="9"), "discharge"),
        (replace(HOME, leave_days=181), "leave_days"),
        (replace(HOME, cause="Suy tim"), "outcome"),
        (replace(REFERRED, referred_to=""), "referred_to"),
        (replace(REFERRED, referral_reason=" "), "referral_reason"),
        (replace(DEAD, died_at=None), "died_at"),
        (replace(DEAD, died_at=datetime(2026, 11, 19, tzinfo=UTC)), "died_at"),
        (replace(DEAD, died_at=datetime(2026, 11, 24, tzinfo=UTC)), "died_at"),
        (replace(DEAD, cause=""), "cause"),
        (replace(DEAD, follow_up="7"), "outcome"),
        (replace(DEAD, leave_days=2), "outcome"),
    ],
)
def test_each_thing_missing_is_told_at_its_field(ending: Ending, field: str) -> None:
    assert [one.field for one in ending_faults(ending, ADMITTED, NOW)] == [field]


def test_a_days_sheet() -> None:
    good = DaySheet("Đỡ ho", "2", "", (OrderLine("Amoxicilin"),))
    assert list(sheet_faults(good)) == []
    bad = DaySheet(" ", "4", "", (OrderLine("Amoxicilin"),) * 31)
    assert [one.field for one in sheet_faults(bad)] == ["course", "care_level", "lines"]


def test_days_count_both_ends() -> None:
    assert days_of_stay(date(2026, 11, 20), date(2026, 11, 20)) == 1
    assert days_of_stay(date(2026, 11, 20), date(2026, 11, 23)) == 4


def test_papers_follow_the_ending() -> None:
    assert list(papers_of(outcome="1", discharge="1", leave_days=0)) == [Paper.DISCHARGE]
    assert list(papers_of(outcome="4", discharge="5", leave_days=3)) == [Paper.DISCHARGE, Paper.REFERRAL, Paper.LEAVE]
    assert list(papers_of(outcome="1", discharge="1", leave_days=0, follow_up=True))[-1] is Paper.FOLLOW_UP
    assert list(papers_of_visit(discharge="1", follow_up=False)) == []
    assert list(papers_of_visit(discharge="2", follow_up=True)) == [Paper.REFERRAL, Paper.FOLLOW_UP]
    assert list(papers_of(outcome="5", discharge="1", leave_days=0)) == [Paper.DISCHARGE, Paper.DEATH]
