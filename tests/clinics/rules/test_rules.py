"""The clinic's rules: states, priorities, vitals by age, diagnoses, numbers."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinics.rules.diagnoses import (
    MOST_SECONDARY,
    Coded,
    check_coded,
    check_selection,
    looks_like_code,
    normalise_code,
)
from clinics.rules.priorities import Priority, fault_of_priority, rank, suggested_priority
from clinics.rules.states import OPEN_STATES, TRANSITIONS, VisitState, is_open, may_follow
from clinics.rules.tickets import is_late, minutes_between, number_text, short_room, spoken_name
from records.rules.vitals import CHILD_BANDS, Flag, bmi, bmi_flag, flag_of, normal_range
from registry.rules.dates import Age, PartialDate, age_on
from registry.rules.invalid import Invalid

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 5, tzinfo=UTC)


def age(years: int, months: int = 0) -> Age:
    """Somebody of this age today."""
    born = date(TODAY.year - years - (months > TODAY.month - 1), (TODAY.month - months - 1) % 12 + 1, 1)
    return age_on(PartialDate(born), TODAY)


@given(st.sampled_from(VisitState), st.sampled_from(VisitState))
def test_nothing_leaves_an_ended_visit_and_nothing_returns_to_waiting(before: VisitState, after: VisitState) -> None:
    if may_follow(before, after):
        assert is_open(before)
        assert after not in (before, VisitState.WAITING)


@given(st.sampled_from(VisitState))
def test_every_open_state_can_end_and_every_walk_does(state: VisitState) -> None:
    reached, frontier = {state}, {state}
    while frontier:
        frontier = {after for before in frontier for after in TRANSITIONS[before]} - reached
        reached |= frontier
    assert any(not is_open(one) for one in reached)
    assert set(TRANSITIONS) == set(VisitState)
    assert all(bool(TRANSITIONS[one]) == (one in OPEN_STATES) for one in VisitState)


@given(st.integers(0, 120))
def test_what_age_suggests_is_never_refused(years: int) -> None:
    for sex in ("male", "female", "unknown"):
        assert fault_of_priority(suggested_priority(age(years)), age(years), sex) == ""


@pytest.mark.parametrize(
    ("priority", "years", "sex", "fits"),
    [
        (Priority.CHILD, 5, "male", True),
        (Priority.CHILD, 6, "male", False),
        (Priority.ELDERLY, 75, "female", True),
        (Priority.ELDERLY, 74, "female", False),
        (Priority.PREGNANT, 30, "male", False),
        (Priority.PREGNANT, 30, "unknown", True),
        (Priority.EMERGENCY, 30, "male", True),
        (Priority.DISABILITY, 30, "male", True),
        (Priority.MERIT, 60, "male", True),
    ],
)
def test_the_laws_groups_have_their_limits(priority: Priority, years: int, sex: str, fits: bool) -> None:
    assert (fault_of_priority(priority, age(years), sex) == "") is fits


def test_a_birth_year_alone_gets_the_benefit_of_the_doubt() -> None:
    six_or_seven = age_on(PartialDate(date(2020, 1, 1), "year"), TODAY)
    assert fault_of_priority(Priority.CHILD, six_or_seven, "male") == ""


def test_emergency_then_the_groups_then_everybody() -> None:
    assert rank(Priority.EMERGENCY) < rank(Priority.CHILD) == rank(Priority.ELDERLY) < rank(Priority.NONE)


@given(st.integers(0, 1440), st.sampled_from(["pulse", "respiration", "systolic", "diastolic", "temperature", "spo2"]))
def test_every_age_has_a_sound_range(months: int, key: str) -> None:
    someone = age_on(PartialDate(TODAY - timedelta(days=months * 30)), TODAY)
    found = normal_range(key, someone)
    assert found is not None
    low, high = found
    assert low < high
    assert flag_of(key, low, someone) is flag_of(key, high, someone) is Flag.NORMAL
    assert flag_of(key, low - 1, someone) is Flag.LOW
    assert flag_of(key, high + 1, someone) is Flag.HIGH


def test_a_childs_pulse_is_judged_by_the_childs_age() -> None:
    assert flag_of("pulse", Decimal(120), age(1)) is Flag.NORMAL
    assert flag_of("pulse", Decimal(120), age(40)) is Flag.HIGH
    assert flag_of("weight", Decimal(400), age(40)) is Flag.NORMAL
    assert [band.months for band in CHILD_BANDS] == sorted(band.months for band in CHILD_BANDS)


@given(st.decimals(Decimal("0.5"), 300, places=1), st.decimals(30, 230, places=1))
def test_bmi_is_weight_over_height_squared(weight: Decimal, height: Decimal) -> None:
    index = bmi(weight, height)
    assert index is not None
    assert abs(index - weight / (height / 100) ** 2) <= Decimal("0.05")


def test_bmi_needs_both_and_flags_adults_only() -> None:
    assert bmi(None, Decimal(170)) is None
    assert bmi(Decimal(60), None) is None
    assert bmi(Decimal(60), Decimal("156.2")) == Decimal("24.6")
    assert bmi_flag(Decimal("24.6"), age(54)) is Flag.HIGH
    assert bmi_flag(Decimal(17), age(54)) is Flag.LOW
    assert bmi_flag(Decimal(14), age(5)) is Flag.NORMAL


@pytest.mark.parametrize(
    ("typed", "code"),
    [("j029", "J02.9"), (" J02.9 ", "J02.9"), ("A17.0†", "A17.0"), ("G01*", "G01"), ("i10", "I10"), ("M17.", "M17"),
     ("viêm họng", "VIÊMHỌNG")],
)  # fmt: skip
def test_codes_are_written_as_the_list_writes_them(typed: str, code: str) -> None:
    assert normalise_code(typed) == code


@given(st.text(max_size=12))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_code(normalise_code(text)) == normalise_code(text)


def test_words_are_not_taken_for_codes() -> None:
    assert looks_like_code("J0")
    assert looks_like_code("e11.9")
    assert not looks_like_code("hong cap")
    assert not looks_like_code("j")


@given(st.lists(st.sampled_from(["A00", "B00", "C00", "D00"]), max_size=6), st.sampled_from(["", "A00", "E00"]))
def test_one_main_and_no_code_twice(secondary: list[str], main: str) -> None:
    wrong = not main or len({main, *secondary}) != len(secondary) + 1
    if not wrong:
        check_selection(main, secondary)
        return
    with pytest.raises(Invalid) as refused:
        check_selection(main, secondary)
    assert refused.value.field in ("main", "secondary")


def test_one_more_than_the_form_holds_is_refused() -> None:
    others = [f"K{number}" for number in range(20, 21 + MOST_SECONDARY)]
    check_selection("A00", others[:MOST_SECONDARY])
    with pytest.raises(Invalid, match="diagnosis-too-many"):
        check_selection("A00", others)


@pytest.mark.parametrize(
    ("properties", "sex", "field", "code"),
    [
        ({"not_main": "1"}, "male", "main", "diagnosis-not-main"),
        ({"forbidden": "x"}, "male", "secondary", "diagnosis-forbidden"),
        ({"only_sex": "female"}, "male", "main", "diagnosis-sex"),
        ({"only_sex": "male"}, "female", "secondary", "diagnosis-sex"),
    ],
)
def test_the_lists_flags_refuse(properties: dict[str, str], sex: str, field: str, code: str) -> None:
    with pytest.raises(Invalid, match=code) as refused:
        check_coded(Coded("X00", "Tên", properties), sex=sex, field=field)
    assert refused.value.field == field


@pytest.mark.parametrize("properties", [{}, {"not_main": "0"}, {"only_sex": "female"}])
def test_the_lists_flags_let_through(properties: dict[str, str]) -> None:
    check_coded(Coded("X00", "Tên", properties), sex="unknown", field="main")
    check_coded(Coded("X00", "Tên", {"not_main": "1"}), sex="male", field="secondary")
    assert Coded("X00", "Tên", properties).has("forbidden") is False


@given(st.integers(1, 99_999))
def test_numbers_read_back(number: int) -> None:
    assert int(number_text(number)) == number
    assert len(number_text(number)) >= 4


def test_walls_say_the_given_name_and_the_short_room() -> None:
    assert spoken_name("Nguyễn Thị Hồng Vân") == "Vân"
    assert short_room("Phòng 3 · Nội tổng hợp") == "Phòng 3"


def test_waiting_is_counted_in_whole_minutes_and_never_below_zero() -> None:
    assert minutes_between(NOON, NOON + timedelta(seconds=119)) == 1
    assert minutes_between(NOON + timedelta(minutes=1), NOON) == 0
    assert is_late(NOON, NOON + timedelta(minutes=31))
    assert not is_late(NOON, NOON + timedelta(minutes=30))
