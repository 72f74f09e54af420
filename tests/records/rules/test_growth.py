"""Growth against WHO's tables: WHO's own results, published lines, and what must hold for every child."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.growth import (
    LINES,
    Point,
    age_in_days,
    body_mass,
    judge,
    judge_weight_course,
    points_of,
    value_at,
    z_score,
)
from records.rules.growth_tables import LAST_DAY, Measure, lms_at
from registry.rules.tables import read_tsv

SURVEY = read_tsv(Path(__file__).resolve().parents[2] / "golden" / "who_igrowup_survey.tsv")
BIRTH = date(2025, 1, 10)
ages = st.integers(0, 6969)
sexes = st.sampled_from(["male", "female"])
measures = st.sampled_from(list(Measure))


@pytest.mark.parametrize("row", SURVEY, ids=lambda row: f"{row['sex']}-{row['days']}")
def test_z_scores_are_those_of_whos_own_program(row: dict[str, str]) -> None:
    """igrowup's results for its survey of example (MySurvey_z_rc), as distributed with WHO's macros; two decimals."""
    days, kilos, tall = int(row["days"]), float(row["weight"]), float(row["height"])
    values = {"weight": kilos, "height": tall, "bmi": kilos / (tall / 100) ** 2}
    for name, value in values.items():
        z = z_score(Measure(name), row["sex"], days, value)
        assert z == pytest.approx(float(row[f"z_{name}"]), abs=0.0051), name


@pytest.mark.parametrize(
    ("measure", "sex", "days", "printed"),
    [
        # WHO's printed tables, one decimal: weight-for-age boys 12 months; BMI-for-age boys 10 years (304.375 x 12 days)
        (Measure.WEIGHT, "male", 365, (6.9, 7.7, 8.6, 9.6, 10.8, 12.0, 13.3)),
        (Measure.BMI, "male", 3653, (12.8, 13.7, 14.9, 16.4, 18.5, 21.4, 26.1)),
        (Measure.HEIGHT, "female", 0, (43.6, 45.4, 47.3, 49.1, 51.0, 52.9, 54.7)),
    ],
)
def test_the_lines_are_the_printed_ones(measure: Measure, sex: str, days: int, printed: tuple[float, ...]) -> None:
    assert [round(value_at(measure, sex, days, line) or 0, 1) for line in LINES] == list(printed)


def test_length_measured_in_a_girl_of_24_months_as_anthro_tests_it() -> None:
    """WHO's R package `anthro`, test-zscores.R: 77.5 cm standing at 24 months is -2.55, 72.16 cm at 987 days -6.09."""
    assert z_score(Measure.HEIGHT, "female", 731, 77.5) == pytest.approx(-2.55, abs=0.006)
    assert z_score(Measure.HEIGHT, "male", 987, 72.16) == pytest.approx(-6.09, abs=0.006)
    assert z_score(Measure.HEIGHT, "male", 244, 60.0) == pytest.approx(-4.81, abs=0.011)


@given(measures, sexes, ages)
def test_the_median_has_z_zero(measure: Measure, sex: str, days: int) -> None:
    found = lms_at(measure, sex, days)
    if found is None:
        assert days > LAST_DAY
        assert z_score(measure, sex, days, 20.0) is None
    else:
        assert z_score(measure, sex, days, found.median) == pytest.approx(0, abs=1e-9)


@given(measures, sexes, ages, st.floats(0.3, 3), st.floats(1.001, 1.5))
def test_more_is_a_higher_z(measure: Measure, sex: str, days: int, share: float, more: float) -> None:
    found = lms_at(measure, sex, days)
    if found is not None:
        lower = z_score(measure, sex, days, found.median * share)
        higher = z_score(measure, sex, days, found.median * share * more)
        assert lower is not None
        assert higher is not None
        assert lower < higher


@given(measures, sexes, ages, st.floats(-3, 3))
def test_value_and_z_are_each_others_inverse_within_three(measure: Measure, sex: str, days: int, z: float) -> None:
    value = value_at(measure, sex, days, z)
    if value is not None:
        assert z_score(measure, sex, days, value) == pytest.approx(z, abs=1e-6)


@given(sexes, st.integers(0, 6939))
def test_no_day_is_missing_and_no_step_is_a_jump(sex: str, days: int) -> None:
    """Height to the end of the nineteenth year: the two publications meet at 61 months without a gap."""
    today, tomorrow = value_at(Measure.HEIGHT, sex, days, 0), value_at(Measure.HEIGHT, sex, days + 1, 0)
    assert today is not None
    assert tomorrow is not None
    assert abs(tomorrow - today) < 0.75  # 0.7 cm: lying to standing at two years


def test_who_is_outside_the_tables() -> None:
    assert z_score(Measure.WEIGHT, "unknown", 100, 6) is None
    assert z_score(Measure.WEIGHT, "male", -5, 3) is None
    assert z_score(Measure.WEIGHT, "male", 3700, 30) is None  # weight says nothing after 10 years
    assert z_score(Measure.BMI, "male", 6971, 22) is None
    assert z_score(Measure.HEAD, "male", 1900, 50) is None
    assert z_score(Measure.WEIGHT, "male", 100, 0) is None


def test_the_age_of_a_child_born_too_early_is_corrected_until_two_years() -> None:
    assert age_in_days(BIRTH, BIRTH + timedelta(days=100), 32) == 100 - 56
    assert age_in_days(BIRTH, BIRTH + timedelta(days=100), 38) == 100
    assert age_in_days(BIRTH, BIRTH + timedelta(days=731), 32) == 731


def test_points_are_in_order_and_the_last_of_a_day_counts() -> None:
    days = [(BIRTH + timedelta(days=60), 5.0), (BIRTH, 3.3), (BIRTH + timedelta(days=60), 5.4)]
    points = points_of(Measure.WEIGHT, "male", BIRTH, days)
    assert [(point.age_days, point.value) for point in points] == [(0, 3.3), (60, 5.4)]


def test_body_mass_needs_both_on_one_day() -> None:
    weights, heights = [(BIRTH, 20.0), (date(2026, 1, 1), 21.0)], [(BIRTH, 100.0)]
    assert body_mass(weights, heights) == [(BIRTH, 20.0)]


@pytest.mark.parametrize(
    ("measure", "days", "z", "said", "grave"),
    [
        (Measure.WEIGHT, 300, -2.1, "Nhẹ cân", False),
        (Measure.WEIGHT, 300, -2.0, None, False),
        (Measure.HEIGHT, 300, -3.2, "Thấp còi mức độ nặng", True),
        (Measure.BMI, 300, 1.5, "Nguy cơ thừa cân", False),
        (Measure.BMI, 300, 2.5, "Thừa cân", False),
        (Measure.BMI, 300, 3.5, "Béo phì", True),
        (Measure.BMI, 3000, 1.5, "Thừa cân", False),
        (Measure.BMI, 3000, 2.5, "Béo phì", True),
        (Measure.BMI, 3000, -2.5, "Gầy", False),
        (Measure.HEAD, 30, -2.5, "Đầu nhỏ", False),
        (Measure.HEAD, 30, 2.5, None, False),
        (Measure.WEIGHT, 300, None, None, False),
    ],
)
def test_cut_offs_in_words(measure: Measure, days: int, z: float | None, said: str | None, *, grave: bool) -> None:
    found = judge(measure, Point(BIRTH, days, 1.0, z))
    assert (found.text if found else None) == said
    assert (found.grave if found else False) == grave


def weighed(*steps: tuple[int, float]) -> tuple[Point, ...]:
    return points_of(Measure.WEIGHT, "male", BIRTH, [(BIRTH + timedelta(days=day), kilos) for day, kilos in steps])


def test_faltering_is_a_fallen_line_or_no_gain() -> None:
    fallen = judge_weight_course(weighed((90, 6.4), (180, 7.0)))
    assert fallen is not None
    assert fallen.text == "Đường cân nặng đi xuống, cắt qua đường −1 SD"
    still = judge_weight_course(weighed((180, 7.5), (240, 7.5)))
    assert still is not None
    assert "Không tăng cân" in still.text
    assert judge_weight_course(weighed((90, 6.4), (180, 8.0))) is None
    assert judge_weight_course(weighed((170, 7.5), (180, 7.4))) is None  # too close
    assert judge_weight_course(weighed((0, 3.3))) is None
    assert judge_weight_course(()) is None
