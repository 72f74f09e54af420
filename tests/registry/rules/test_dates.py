"""Partial dates and ages."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.rules.dates import PartialDate, age_on, parse_partial_date
from registry.rules.invalid import Invalid

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("text", "value", "precision"),
    [
        ("05/03/1958", date(1958, 3, 5), "day"),
        ("5-3-1958", date(1958, 3, 5), "day"),
        ("05.03.1958", date(1958, 3, 5), "day"),
        ("19580305", date(1958, 3, 5), "day"),
        ("05031958", date(1958, 3, 5), "day"),
        ("195803051430", date(1958, 3, 5), "day"),
        ("195803050000", date(1958, 3, 5), "day"),
        ("1958-03-05", date(1958, 3, 5), "day"),
        ("1958-03-05T00:00:00+07:00", date(1958, 3, 5), "day"),
        ("1958-03-05 00:00:00", date(1958, 3, 5), "day"),
        ("03/1958", date(1958, 3, 1), "month"),
        ("1958-03", date(1958, 3, 1), "month"),
        ("19580300", date(1958, 3, 1), "month"),
        ("00/03/1958", date(1958, 3, 1), "month"),
        ("1958", date(1958, 1, 1), "year"),
        ("19580000", date(1958, 1, 1), "year"),
        ("195800000000", date(1958, 1, 1), "year"),
        ("00/00/1958", date(1958, 1, 1), "year"),
        ("29/02/2024", date(2024, 2, 29), "day"),
        ("22/11/2026", TODAY, "day"),
    ],
)
def test_forms(text: str, value: date, precision: str) -> None:
    parsed = parse_partial_date(f" {text} ", TODAY)
    assert (parsed.value, parsed.precision) == (value, precision)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "date-empty"),
        ("hôm qua", "date-format"),
        ("1958/03", "date-format"),
        ("05/03/58", "date-short-year"),
        ("30/02/2024", "date-day"),
        ("29/02/2023", "date-day"),
        ("05/13/1958", "date-month"),
        ("01/01/1899", "date-too-old"),
        ("23/11/2026", "date-future"),
        ("2027", "date-future"),
        ("12/2026", "date-future"),
        ("99999999", "date-future"),
        ("0000", "date-too-old"),
    ],
)
def test_refusals(text: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        parse_partial_date(text, TODAY)
    assert refusal.value.code == code
    assert refusal.value.message


@given(st.dates(date(1900, 1, 1), TODAY), st.sampled_from(["day", "month", "year"]))
def test_every_shown_form_reads_back(value: date, precision: str) -> None:
    kept = {"day": value, "month": value.replace(day=1), "year": value.replace(month=1, day=1)}[precision]
    partial = PartialDate(kept, precision)  # type: ignore[arg-type]
    assert {parse_partial_date(text, TODAY) for text in (partial.display, partial.fhir, partial.ngay_sinh)} == {partial}


def test_partial_dates_may_mean_the_same_day() -> None:
    year, month = PartialDate(date(1958, 1, 1), "year"), PartialDate(date(1958, 3, 1), "month")
    assert year.may_equal(month)
    assert month.may_equal(PartialDate(date(1958, 3, 31)))
    assert not month.may_equal(PartialDate(date(1958, 4, 1)))
    assert year.last == date(1958, 12, 31)


@pytest.mark.parametrize(
    ("born", "text"),
    [
        (date(2026, 11, 22), "0 ngày"),
        (date(2026, 11, 17), "5 ngày"),
        (date(2026, 10, 22), "1 tháng"),
        (date(2025, 9, 10), "14 tháng"),
        (date(2020, 11, 23), "71 tháng"),
        (date(2020, 11, 22), "6 tuổi"),
        (date(1980, 11, 23), "45 tuổi"),
    ],
)
def test_age_as_clinics_say_it(born: date, text: str) -> None:
    assert age_on(born, TODAY).text == text


def test_age_of_partial_birth_dates_is_said_to_be_rough() -> None:
    assert age_on(PartialDate(date(1980, 1, 1), "year"), TODAY).text == "khoảng 46 tuổi"
    assert age_on(PartialDate(date(2024, 1, 1), "year"), TODAY).text == "khoảng 2 tuổi"
    assert age_on(PartialDate(date(2026, 10, 1), "month"), TODAY).text == "khoảng 1 tháng"


def test_leap_day_and_the_unborn() -> None:
    born = date(2024, 2, 29)
    assert (age_on(born, date(2025, 2, 28)).years, age_on(born, date(2025, 3, 1)).years) == (0, 1)
    with pytest.raises(Invalid, match="date-future"):
        age_on(date(2027, 1, 1), TODAY)


@given(st.dates(date(1900, 1, 1), TODAY), st.dates(date(1900, 1, 1), TODAY))
def test_age_grows_with_time(born: date, day: date) -> None:
    if day >= born:
        age, later = age_on(born, day), age_on(born, TODAY)
        assert 0 <= age.months <= later.months
        assert age.years == age.months // 12
