"""Due, overdue, done, too early: the schedule of the repository, judged for made-up children."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records.rules.immunisation import (
    GivenDose,
    PlannedDose,
    Refusal,
    Span,
    State,
    Step,
    judge,
    next_step,
    parse_span,
    read_counts,
)
from records.rules.schedules import SCHEDULE_FILE, planned_dose
from registry.rules.tables import read_tsv, reference_rows

SCHEDULE = [planned_dose(row) for row in read_tsv(SCHEDULE_FILE)]
VACCINES = {row["code"]: read_counts(row["series"]) for row in reference_rows("concepts/vac-xin")}
BIRTH = date(2026, 1, 10)


def dose(vaccine: str, on: date) -> GivenDose:
    return GivenDose((vaccine, on), on, VACCINES[vaccine])


def stand(
    today: date, *doses: GivenDose, birth: date = BIRTH, sex: str = "male", refusals: tuple[Refusal, ...] = ()
) -> dict[tuple[str, int], Step]:
    steps = judge(SCHEDULE, birth=birth, sex=sex, given=doses, today=today, refusals=refusals)
    return {(one.planned.series, one.planned.number): one for one in steps}


def days(steps: dict[tuple[str, int], Step], state: State) -> set[tuple[str, int]]:
    return {key for key, step in steps.items() if step.state is state}


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("P2M", date(2025, 12, 31), date(2026, 2, 28)), ("P4W", date(2026, 1, 1), date(2026, 1, 29)),
        ("P1Y", date(2024, 2, 29), date(2025, 2, 28)), ("P12M2W", date(2026, 1, 1), date(2027, 1, 15)),
        ("P0D", date(2026, 1, 1), date(2026, 1, 1)),
    ],
)  # fmt: skip
def test_spans_go_by_the_calendar(text: str, start: date, end: date) -> None:
    span = parse_span(text)
    assert span is not None
    assert span.after(start) == end


@pytest.mark.parametrize("text", ["P", "2M", "P2", "PT2H", "P-1D", "P1.5M", "P1D2M"])
def test_other_durations_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a duration"):
        parse_span(text)
    assert parse_span("") is None


def test_a_newborn_is_called_for_two_vaccines() -> None:
    steps = stand(BIRTH)
    assert days(steps, State.DUE) == {("vgb-so-sinh", 1), ("lao", 1)}
    assert steps["dpt", 1].due_on == date(2026, 3, 10)
    assert steps["soi-rubella", 2].due_on == date(2027, 7, 10)
    assert ("uon-van", 1) not in steps
    assert stand(BIRTH + timedelta(days=8))["vgb-so-sinh", 1].state is State.CLOSED


def test_two_months_are_due_and_a_month_later_overdue() -> None:
    at_birth = [dose("bcg", BIRTH), dose("vgb-so-sinh", BIRTH)]
    assert days(stand(date(2026, 3, 9), *at_birth), State.DUE) == set()
    on_the_day = {("dpt", 1), ("bai-liet-uong", 1), ("rota", 1)}
    assert days(stand(date(2026, 3, 10), *at_birth), State.DUE) == on_the_day
    late = stand(date(2026, 4, 10), *at_birth)
    assert days(late, State.OVERDUE) == on_the_day
    assert late["dpt", 2].state is State.UPCOMING


def test_catching_up_keeps_the_least_interval_and_never_begins_again() -> None:
    """A first dose at six months: the second is due four weeks later, and counts from that day, not before."""
    first = date(2026, 7, 10)
    late = stand(date(2026, 7, 20), dose("dpt-vgb-hib", first))
    assert (late["dpt", 1].state, late["dpt", 2].due_on) == (State.DONE, date(2026, 8, 7))
    assert late["dpt", 2].overdue_on == date(2026, 9, 6)
    too_early = stand(date(2026, 8, 10), dose("dpt-vgb-hib", first), dose("dpt-vgb-hib", date(2026, 8, 6)))
    assert [one.on for one in too_early["dpt", 2].too_early] == [date(2026, 8, 6)]
    assert (too_early["dpt", 2].state, too_early["dpt", 2].due_on) == (State.UPCOMING, date(2026, 9, 3))
    counted = stand(date(2026, 8, 10), dose("dpt-vgb-hib", first), dose("dpt-vgb-hib", date(2026, 8, 7)))
    assert counted["dpt", 2].state is State.DONE


def test_a_dose_before_the_earliest_age_does_not_count() -> None:
    steps = stand(date(2026, 11, 1), dose("soi", date(2026, 10, 9)))
    assert [one.on for one in steps["soi-rubella", 1].too_early] == [date(2026, 10, 9)]
    assert steps["soi-rubella", 1].state is State.DUE
    assert stand(date(2026, 11, 1), dose("soi", date(2026, 10, 10)))["soi-rubella", 1].state is State.DONE


def test_paid_vaccines_count_for_the_programme() -> None:
    steps = stand(date(2026, 3, 20), dose("6-trong-1", date(2026, 3, 15)))
    assert days(steps, State.DONE) >= {("dpt", 1), ("bai-liet-uong", 1)}
    three = [dose("6-trong-1", date(2026, month, 15)) for month in (3, 4, 5)]
    assert {stand(date(2026, 11, 1), *three)["bai-liet-tiem", number].state for number in (1, 2)} == {State.DONE}
    assert stand(date(2026, 11, 1), *three[:2])["bai-liet-tiem", 1].state is State.OVERDUE
    live = [dose("vnnb-song", date(2027, 1, 10)), dose("vnnb-song", date(2028, 1, 10))]
    assert {stand(date(2028, 2, 1), *live)["vnnb", number].state for number in (1, 2, 3)} == {State.DONE}


def test_a_contraindication_stops_the_calling_and_says_so() -> None:
    refusal = Refusal("row", ("dpt",))
    steps = stand(date(2026, 6, 1), refusals=(refusal,))
    assert (steps["dpt", 1].state, steps["dpt", 1].refusal) == (State.CONTRAINDICATED, refusal)
    assert steps["bai-liet-uong", 1].state is State.OVERDUE
    one = stand(date(2026, 6, 1), refusals=(Refusal("row", ("dpt",), 2),))
    assert (one["dpt", 1].state, one["dpt", 2].state) == (State.OVERDUE, State.CONTRAINDICATED)


def test_rules_of_a_later_year_ask_nothing_of_older_children() -> None:
    older = stand(date(2026, 11, 1), birth=date(2019, 5, 1))
    assert ("rota", 1) not in older
    assert ("bai-liet-tiem", 2) not in older
    assert [older["dpt", number].state for number in (1, 4, 5)] == [State.CLOSED, State.CLOSED, State.DUE]
    grown_up = stand(date(2026, 11, 1), birth=date(1990, 5, 1))
    assert grown_up == {}


def test_tetanus_of_women_is_open_and_never_overdue() -> None:
    woman = date(2000, 3, 1)
    fresh = stand(date(2026, 11, 1), birth=woman, sex="female")
    assert [fresh["uon-van", number].state for number in (1, 2, 3)] == [State.OPEN, State.UPCOMING, State.UPCOMING]
    two = [dose("uon-van", date(2026, 5, 1)), dose("uon-van", date(2026, 6, 1))]
    steps = stand(date(2026, 11, 1), *two, birth=woman, sex="female")
    assert (steps["uon-van", 3].state, steps["uon-van", 3].due_on) == (State.UPCOMING, date(2026, 12, 1))
    assert stand(date(2026, 12, 1), *two, birth=woman, sex="female")["uon-van", 3].state is State.OPEN
    waiting = next_step(tuple(steps.values()), "uon-van")
    assert waiting is not None
    assert waiting.planned.number == 3


def test_of_two_versions_the_one_in_force_on_the_due_day_counts() -> None:
    old = PlannedDose(
        "national", "x", "X", 1, 1, "x", due=Span(2), valid_from=date(2020, 1, 1), valid_to=date(2025, 12, 31)
    )
    new = PlannedDose("national", "x", "X", 1, 1, "x", due=Span(3), valid_from=date(2026, 1, 1))
    for birth, due in ((date(2025, 9, 30), date(2025, 11, 30)), (date(2025, 11, 1), date(2026, 2, 1))):
        (step,) = judge([old, new], birth=birth, sex="male", given=(), today=birth)
        assert step.due_on == due


BABY = st.sampled_from(
    ["bcg", "vgb-so-sinh", "dpt-vgb-hib", "bopv", "ipv", "soi", "mr", "vnnb", "6-trong-1", "rotavin"]
)
DOSES = st.lists(st.tuples(BABY, st.integers(0, 2000)), max_size=25)


@settings(max_examples=150, deadline=None)
@given(DOSES, st.integers(0, 2200))
def test_whatever_was_given_the_answer_is_consistent(told: list[tuple[str, int]], age: int) -> None:
    today = BIRTH + timedelta(days=age)
    doses = [dose(vaccine, BIRTH + timedelta(days=day)) for vaccine, day in told if day <= age]
    steps = judge(SCHEDULE, birth=BIRTH, sex="female", given=doses, today=today)
    by_series: dict[str, list[Step]] = {}
    for step in steps:
        by_series.setdefault(step.planned.series, []).append(step)
    for series, row in by_series.items():
        states = [one.state for one in row]
        done = [one for one in states if one is State.DONE]
        assert states[: len(done)] == done, "doses are done in order"
        assert states == sorted(states, key=lambda one: one is not State.DONE)
        assert sum(one in (State.DUE, State.OVERDUE, State.OPEN) for one in states) <= 1, "one call a series"
        used = [id(one.given) for one in row if one.given] + [id(one) for step in row for one in step.too_early]
        assert len(used) == len(set(used)), "a dose is used once a series"
        fulfilled = [one.given.on for one in row if one.given]
        assert fulfilled == sorted(fulfilled)
        if len(done) < len(row):
            assert len(used) == sum(series in dict(one.counts_for) for one in doses), "no dose is forgotten"
    assert all(one.due_on and one.due_on <= today for one in steps if one.state in (State.DUE, State.OVERDUE))
    assert all(one.due_on and one.due_on >= BIRTH for one in steps if one.state is State.UPCOMING)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2200))
def test_giving_what_is_due_settles_it(age: int) -> None:
    """Whoever gets every called dose today is called for nothing today."""
    today = BIRTH + timedelta(days=age)
    called = [one for one in stand(today).values() if one.state in (State.DUE, State.OVERDUE)]
    after = stand(today, *(dose(one.planned.vaccine, today) for one in called))
    if age < 5 * 365:  # later a booster may be the first dose of its series
        assert all(after[one.planned.series, one.planned.number].state is State.DONE for one in called)
    assert not days(after, State.DUE) | days(after, State.OVERDUE)


def test_the_file_says_where_each_row_comes_from() -> None:
    assert all(one.source and one.valid_from.year > 1900 for one in SCHEDULE)
    assert {one.vaccine for one in SCHEDULE} <= VACCINES.keys()
    assert {series for counts in VACCINES.values() for series, _ in counts} <= {one.series for one in SCHEDULE}
    assert all("trí nhớ" in one.source for one in SCHEDULE if not one.confirmed)
    assert not any("trí nhớ" in one.source for one in SCHEDULE if one.confirmed)
