"""Which range holds for whom, and what it says: examples from the starter set, properties over every sex and age."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics.rules import barcodes
from clinics.rules.catalogue import read_catalogue
from clinics.rules.reference_ranges import (
    Range,
    check_range,
    choose_range,
    covers,
    flag_number,
    flag_text,
    overlapping,
    reached,
)
from clinics.rules.results import AnalyteCard, Answer, Value, read_answer
from registry.rules.dates import PartialDate, age_on
from registry.rules.invalid import Invalid
from registry.rules.tables import read_tsv

STARTER = Path(__file__).resolve().parents[3] / "clinics" / "data" / "services.tsv"
CATALOGUE = read_catalogue(enumerate(read_tsv(STARTER), start=2))
ANALYTES = {one.code: one for service in CATALOGUE.services for one in service.analytes}
TODAY = date(2026, 11, 23)
births = st.dates(min_value=date(1915, 1, 1), max_value=TODAY)
sexes = st.sampled_from(["male", "female", "unknown"])
bounds = st.sampled_from(["P0D", "P1D", "P7D", "P28D", "P1M", "P6M", "P11M", "P1Y", "P6Y", "P15Y", "P18Y", "P60Y"])
limits = st.one_of(st.none(), st.decimals(0, 1000, places=1))


@st.composite
def ranges(draw: st.DrawFn) -> Range:
    low, high = draw(limits), draw(limits)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Range(draw(st.sampled_from(["", "male", "female"])), draw(bounds), draw(st.just("") | bounds), low, high)


def test_the_starter_set_is_whole() -> None:
    assert CATALOGUE.faults == ()
    assert len(CATALOGUE.services) > 30
    assert all(one.source for card in ANALYTES.values() for one in card.ranges)


@pytest.mark.parametrize(
    ("code", "sex", "birth", "expected"),
    [
        ("HGB", "male", date(1980, 1, 1), "130–175"),
        ("HGB", "female", date(1980, 1, 1), "120–160"),
        ("HGB", "unknown", date(1980, 1, 1), None),
        ("HGB", "female", date(2026, 11, 20), "135–200"),  # three days old
        ("HGB", "male", date(2026, 10, 23), "95–140"),  # one month today
        ("HGB", "male", date(2026, 10, 24), "135–200"),  # a day short of it
        ("HGB", "male", date(2011, 11, 23), "130–175"),  # fifteen today
        ("HGB", "male", date(2011, 11, 24), "120–155"),
        ("K", "female", date(2026, 11, 22), "3,7–5,9"),
        ("TSH", "male", date(2026, 11, 22), None),
        ("ALT", "female", date(1980, 1, 1), "≤33"),
        ("HDL", "male", date(1980, 1, 1), "≥1"),
        ("U-NIT", "male", date(1980, 1, 1), "Âm tính"),
    ],
)
def test_the_range_of_sex_and_age(code: str, sex: str, birth: date, expected: str | None) -> None:
    one = choose_range(ANALYTES[code].ranges, sex, age_on(birth, TODAY))
    assert (one.text if one else None) == expected


@given(st.lists(ranges(), max_size=8), sexes, births)
def test_what_is_chosen_covers_and_nothing_better_is_left(found: list[Range], sex: str, birth: date) -> None:
    age = age_on(birth, TODAY)
    one = choose_range(found, sex, age)
    fitting = [each for each in found if covers(each, sex, age)]
    assert (one is None) == (not fitting)
    if one is not None:
        assert one in fitting
        assert one.sex or not any(each.sex for each in fitting)
        assert all(one.span[1] - one.span[0] <= each.span[1] - each.span[0] for each in fitting if each.sex == one.sex)


@given(births, sexes)
def test_at_most_one_range_of_a_sex_holds_at_any_age(birth: date, sex: str) -> None:
    """The starter set has no overlaps, so the choice never depends on the order of rows."""
    age = age_on(birth, TODAY)
    for card in ANALYTES.values():
        for wanted in {one.sex for one in card.ranges}:
            assert sum(covers(one, sex, age) for one in card.ranges if one.sex == wanted) <= 1, card.code


@given(births, bounds)
def test_an_age_bound_is_reached_once_and_stays_reached(birth: date, bound: str) -> None:
    reached_now = reached(age_on(birth, TODAY), bound)
    assert not reached_now or reached(age_on(birth, TODAY + timedelta(days=40)), bound)


@given(st.decimals(-10, 1000, places=2), ranges())
def test_flags_never_contradict_the_range(value: Decimal, one: Range) -> None:
    flag = flag_number(value, one)
    assert flag in {"", "N", "L", "H"}
    assert (flag == "L") == (one.low is not None and value < one.low)
    assert (flag == "") == (one.low is None and one.high is None)


@pytest.mark.parametrize(
    ("value", "flag"),
    [("2.4", "LL"), ("2.5", "LL"), ("2.6", "L"), ("3.5", "N"), ("5", "N"), ("5.1", "H"), ("6.5", "HH"), ("9", "HH")],
)
def test_flags_of_potassium(value: str, flag: str) -> None:
    adult = choose_range(ANALYTES["K"].ranges, "male", age_on(date(1980, 1, 1), TODAY))
    assert flag_number(Decimal(value), adult) == flag


def test_words_are_normal_however_they_are_typed() -> None:
    one = Range(normal_text="Âm tính")
    assert [flag_text(text, one) for text in ("am tinh", "ÂM TÍNH", "Dương tính", "")] == ["N", "N", "A", "A"]
    assert flag_text("Dương tính", Range()) == ""


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (Range(from_age="18", low=Decimal(1)), "age-format"),
        (Range(from_age="P6Y", to_age="P6M", low=Decimal(1)), "range-ages"),
        (Range(low=Decimal(5), high=Decimal(4)), "range-order"),
        (Range(critical_low=Decimal(5), low=Decimal(4)), "range-order"),
        (Range(), "range-empty"),
    ],
)
def test_an_impossible_range_is_refused(wrong: Range, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        check_range(wrong)
    assert refused.value.code == code


def test_overlaps_are_found_and_neighbours_are_none() -> None:
    one, two = Range("", "P0D", "P1M", Decimal(1)), Range("", "P1M", "", Decimal(1))
    assert overlapping([two, one]) is None
    assert overlapping([one, Range("", "P7D", "", Decimal(1))]) is not None
    assert overlapping([Range("male", low=Decimal(1)), Range("female", low=Decimal(1))]) is None


ADULT = age_on(PartialDate(date(1980, 1, 1)), TODAY)
CARD = AnalyteCard(
    "K", "Kali", "mmol/L", lowest=Decimal(1), highest=Decimal(12), ranges=(Range(low=Decimal("3.5"), high=Decimal(5)),)
)


@pytest.mark.parametrize(
    ("typed", "number", "text", "flag"),
    [
        ("4,2", Decimal("4.2"), "", "N"),
        (" 4.2 ", Decimal("4.2"), "", "N"),
        ("<1,5", None, "<1,5", "L"),
        (">9", None, ">9", "H"),
        ("<4", None, "<4", ""),
        (">2", None, ">2", ""),
        ("<3,5", None, "<3,5", "L"),
        ("≤3,5", None, "≤3,5", ""),
        (">5", None, ">5", "H"),
    ],
)
def test_numbers_are_read_as_people_type_them(typed: str, number: Decimal | None, text: str, flag: str) -> None:
    values, faults = read_answer([CARD], Answer({"K": typed}), sex="male", age=ADULT)
    assert faults == []
    assert (values[0].number, values[0].text, values[0].flag) == (number, text, flag)
    assert Value.from_json(values[0].to_json()) == values[0]


@given(st.text(max_size=12))
def test_no_text_breaks_the_reading(typed: str) -> None:
    values, faults = read_answer([CARD], Answer({"K": typed}), sex="female", age=ADULT)
    assert values or faults
    assert not (values and faults)


@given(st.integers(0, 10**10 - 1))
def test_a_barcode_checks_itself(number: int) -> None:
    digits = f"{number:010d}"
    told = barcodes.symbols(digits)
    weighed = told[0] + sum(place * value for place, value in enumerate(told[1:-2], start=1))
    assert told[0] == 105
    assert told[-1] == 106
    assert told[-2] == weighed % 103
    assert sum(barcodes.modules(digits)) == 11 * (len(told) - 1) + 13


@pytest.mark.parametrize("digits", ["1", "12a4", "١٢"])
def test_a_barcode_takes_pairs_of_digits_only(digits: str) -> None:
    with pytest.raises(ValueError, match="even number"):
        barcodes.symbols(digits)
