"""How many are invited, by what way, and in what words."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.phrases import Phrase
from screening.rules.calling import (
    HANOI_ATTENDANCE,
    Estimate,
    WardNeed,
    choose_channel,
    e164,
    measured,
    message_text,
    monday_of,
    plan_batch_size,
)


def _rate(value: str) -> Estimate:
    return Estimate(Decimal(value), Phrase("thử"))


def _ward(due: int, attendance: str, name: str = "00229") -> WardNeed:
    return WardNeed(name, due, _rate(attendance))


@pytest.mark.parametrize(
    ("laboratory", "endoscopy", "size", "limit"),
    [(100, 100, 500, "laboratory"), (100, 3, 250, "endoscopy"), (1000, 100, 1000, ""), (0, 100, 0, "laboratory")],
)
def test_the_scarcer_capacity_sets_the_size(laboratory: int, endoscopy: int, size: int, limit: str) -> None:
    """1,000 due, one in five comes, six in a hundred are positive: 100 tests are 500 invitations, 3 scopes are 250."""
    plan = plan_batch_size([_ward(1000, "0.2")], laboratory=laboratory, endoscopy=endoscopy, positivity=_rate("0.06"))
    assert (plan.size, plan.limit) == (size, limit)


def test_tests_still_to_come_from_earlier_invitations_take_their_place() -> None:
    plan = plan_batch_size(
        [_ward(1000, "0.2")], laboratory=100, endoscopy=100, positivity=_rate("0.06"), taken=Decimal(40)
    )
    assert plan.size == 300


def test_a_ward_where_nobody_came_is_still_invited_with_care() -> None:
    plan = plan_batch_size([_ward(5000, "0")], laboratory=10, endoscopy=10, positivity=_rate("0.06"))
    assert plan.size == 1000


@given(
    wards=st.lists(st.tuples(st.integers(0, 3000), st.decimals(0, 1, places=3)), max_size=8),
    laboratory=st.integers(0, 500),
    endoscopy=st.integers(0, 60),
    positivity=st.decimals(Decimal("0.001"), 1, places=3),
)
def test_no_capacity_is_exceeded_and_nobody_is_invited_who_is_not_due(
    wards: list[tuple[int, Decimal]], laboratory: int, endoscopy: int, positivity: Decimal
) -> None:
    needs = [WardNeed(str(at), due, Estimate(rate, Phrase("thử"))) for at, (due, rate) in enumerate(wards)]
    plan = plan_batch_size(needs, laboratory=laboratory, endoscopy=endoscopy, positivity=_rate(str(positivity)))
    slack = Decimal("0.000001")
    assert plan.tests <= laboratory + slack
    assert plan.positives <= endoscopy + slack
    assert all(0 <= share.invited <= need.due for share, need in zip(plan.shares, needs, strict=True))
    assert plan.limit or plan.size == sum(need.due for need in needs)


def test_few_past_invitations_say_nothing_and_many_say_where_they_come_from() -> None:
    assert measured(3, 29, HANOI_ATTENDANCE, "{part} / {whole}") is HANOI_ATTENDANCE
    found = measured(12, 60, HANOI_ATTENDANCE, "{part} trong {whole} người đã mời")
    assert (found.value, str(found.source)) == (Decimal("0.2"), "12 trong 60 người đã mời")


@pytest.mark.parametrize(
    ("phone", "address", "channel"),
    [
        ("0912000345", "Số 8", "sms"),
        ("02438260345", "Số 8", "letter"),
        ("", "Số 8", "letter"),
        ("", " ", "ward-list"),
        ("0123456789", "", "ward-list"),
        ("०९१२०००३४५", "", "ward-list"),
    ],
)
def test_nobody_is_skipped_for_want_of_a_phone(phone: str, address: str, channel: str) -> None:
    assert choose_channel(phone, address) == channel


def test_the_message_names_the_place_and_nobody() -> None:
    said = {"test": "FIT", "facility": "Trạm y tế Kim Liên", "address": "số 1 Đào Duy Anh"}
    assert message_text(said, reminder=False).startswith("Trạm y tế Kim Liên: mời ông/bà")
    assert "nhắc" in message_text(said, reminder=True)


def test_weeks_begin_on_monday_and_numbers_are_international() -> None:
    assert monday_of(date(2026, 11, 29)) == monday_of(date(2026, 11, 23)) == date(2026, 11, 23)
    assert e164("0912000345") == "+84912000345"
