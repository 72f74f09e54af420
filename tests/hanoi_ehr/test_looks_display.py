"""Vietnamese forms of numbers, dates, ages and codes."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.web import display

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (1986420, None, "1.986.420"),
        (38.6, None, "38,6"),
        (Decimal("38.60"), None, "38,60"),
        (38.64, 1, "38,6"),
        (0, None, "0"),
        (-1.6, None, "−1,6"),
        ("1234.5", None, "1.234,5"),
        (None, None, "–"),
        ("chưa rõ", None, "–"),
        (float("nan"), None, "–"),
    ],
)
def test_a_number_has_decimal_comma_and_dot_thousands(value: object, places: int | None, text: str) -> None:
    assert display.vi_number(value, places) == text


@given(st.integers(min_value=-(10**15), max_value=10**15))
def test_a_whole_number_survives_being_written(value: int) -> None:
    assert int(display.vi_number(value).replace(".", "").replace("−", "-")) == value


@pytest.mark.parametrize(("part", "whole", "text"), [(371, 571, "65,0 %"), (0, 5, "0,0 %"), (3, 0, "–")])
def test_a_share_of_nothing_is_unknown(part: int, whole: int, text: str) -> None:
    assert display.vi_percent(part, whole) == text


@pytest.mark.parametrize(("precision", "text"), [("day", "12/03/1972"), ("month", "03/1972"), ("year", "1972")])
def test_a_date_is_written_as_far_as_it_is_known(precision: str, text: str) -> None:
    assert display.vi_date(date(1972, 3, 12), precision) == text


def test_an_unknown_date_is_a_dash() -> None:
    assert display.vi_date(None) == "–"


@pytest.mark.parametrize(
    ("birth", "precision", "text"),
    [
        (date(1972, 3, 12), "day", "54 tuổi"),
        (date(1972, 11, 24), "day", "53 tuổi"),
        (date(2026, 11, 11), "day", "12 ngày tuổi"),
        (date(2025, 3, 1), "day", "20 tháng tuổi"),
        (date(2020, 11, 24), "day", "71 tháng tuổi"),
        (date(2020, 11, 23), "day", "6 tuổi"),
        (date(1972, 1, 1), "year", "54 tuổi"),
        (date(2027, 1, 1), "day", "–"),
        (None, "day", "–"),
    ],
)
def test_an_age_is_in_months_below_72_months(birth: date | None, precision: str, text: str) -> None:
    assert display.age_text(birth, TODAY, precision) == text


@pytest.mark.parametrize(
    ("day", "text"),
    [
        (date(2026, 11, 23), "hôm nay"),
        (date(2026, 11, 22), "hôm qua"),
        (date(2026, 11, 24), "ngày mai"),
        (date(2026, 8, 26), "89 ngày trước"),
        (date(2026, 5, 11), "6 tháng trước"),
        (date(2019, 10, 18), "7 năm trước"),
        (date(2026, 11, 25), "còn 2 ngày"),
        (date(2027, 11, 25), "còn 12 tháng"),
        (None, "–"),
    ],
)
def test_distance_to_today_is_said_in_the_largest_honest_unit(day: date | None, text: str) -> None:
    assert display.ago(day, TODAY) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("001172012345", "001 172 012 345"),
        ("GD4010120456789", "GD 4 01 0120456789"),
        ("011845672", "011 845 672"),
        ("0912000345", "0912 000 345"),
        ("01172012345", "01172012345"),
        ("BN-77", "BN-77"),
        ("", "–"),
        (None, "–"),
    ],
)
def test_numbers_read_aloud_are_grouped_and_others_left_alone(value: str | None, text: str) -> None:
    assert display.code_groups(value) == text


@pytest.mark.parametrize(
    ("name", "text"), [("Nguyễn Thu Hà", "TH"), ("Đào Mạnh Cường", "MC"), ("Ân", "Â"), ("", ""), (None, "")]
)
def test_initials_end_with_the_given_name(name: str | None, text: str) -> None:
    assert display.initials(name) == text
