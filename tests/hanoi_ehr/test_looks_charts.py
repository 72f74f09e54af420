"""Charts as shapes: places, states and sums."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.web import charts
from registry.web.charts import Reading

START = date(2024, 3, 4)
readings = st.lists(
    st.builds(Reading, st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.floats(-1e4, 1e4, allow_nan=False)),
    min_size=1,
    max_size=40,
)


def _series(*values: float) -> list[Reading]:
    return [Reading(START + timedelta(days=100 * i), value) for i, value in enumerate(values)]


def test_no_reading_makes_no_chart() -> None:
    assert charts.line_chart("HbA1c", "%", []) is None


def test_readings_are_drawn_in_time_with_out_of_range_marked() -> None:
    chart = charts.line_chart("HbA1c", "%", list(reversed(_series(8.4, 6.9, 7.1))), high=7.0)
    assert chart is not None
    assert [dot.state for dot in chart.dots] == ["off", "", "off"]
    assert [dot.x for dot in chart.dots] == [8.0, 158.0, 308.0]
    assert chart.dots[0].y < chart.dots[2].y < chart.dots[1].y
    assert chart.latest == "7,1 ↑"
    assert chart.latest_off
    assert (chart.first_date, chart.last_date) == ("03/2024", "09/2024")
    assert chart.values == "8,4 ↑; 6,9; 7,1 ↑"


def test_the_last_reading_in_range_is_filled() -> None:
    chart = charts.line_chart("Glucose", "mmol/L", _series(3.9, 6.6), low=4.4, high=7.2)
    assert chart is not None
    assert [dot.state for dot in chart.dots] == ["off", "last"]
    assert chart.rows[0] == ("04/03/2024", "3,9 ↓", True)
    assert chart.range_text == "4,4–7,2"


@given(readings, st.floats(-1e3, 0), st.floats(1, 1e3))
def test_everything_stays_inside_the_drawing(values: list[Reading], low: float, high: float) -> None:
    chart = charts.line_chart("X", "u", values, low, high)
    assert chart is not None
    assert chart.band is not None
    assert all(charts.PLOT_LEFT <= dot.x <= charts.PLOT_RIGHT for dot in chart.dots)
    assert all(charts.PLOT_TOP <= dot.y <= charts.PLOT_BOTTOM for dot in chart.dots)
    assert charts.PLOT_TOP <= chart.band[0] <= chart.band[0] + chart.band[1] <= charts.PLOT_BOTTOM + 0.1


def test_a_cascade_measures_each_step_against_the_one_before() -> None:
    chart = charts.cascade("Ca", [("Dương tính", 571), ("Nội soi", 389), ("Đóng ca", 0)])
    assert [bar.share for bar in chart.bars] == ["", "68,1 %", "0,0 %"]
    assert [bar.width for bar in chart.bars] == [222.0, 151.2, 0.0]
    assert [bar.ghost for bar in chart.bars] == [222.0, 222.0, 151.2]
    assert charts.cascade("Trống", []).bars == ()


def test_a_split_bar_says_what_is_not_accounted_for() -> None:
    parts = [
        ("loaded", "Nạp mới", 60),
        ("linked", "Liên kết", 30),
        ("skipped", "Bỏ qua", 5),
        ("quarantined", "Cách ly", 5),
    ]
    closed, open_ = charts.split_bars("Đối soát", [("A", 100, parts), ("B", 200, parts)]).bars
    assert (closed.rest, open_.rest) == (0, 100)
    assert round(sum(part.width for part in closed.parts), 1) == charts.SPLIT_FULL
    assert sum(part.width for part in open_.parts) == pytest.approx(charts.SPLIT_FULL / 2, abs=0.2)
    assert closed.parts[1].x == charts.SPLIT_LEFT + closed.parts[0].width


@pytest.mark.parametrize(
    ("left", "arc", "state"), [(-12, 50.3, "late"), (0, 50.3, "soon"), (2, 45.3, "soon"), (18, 5.0, ""), (40, 0.0, "")]
)
def test_the_clock_fills_as_time_runs_out(left: int, arc: float, state: str) -> None:
    today = date(2026, 11, 23)
    ring = charts.clock_ring(today + timedelta(days=left - 20), today + timedelta(days=left), today)
    assert (ring.arc, ring.state, ring.days_left) == (arc, state, left)


def test_a_clock_without_room_does_not_divide_by_zero() -> None:
    day = date(2026, 11, 23)
    assert charts.clock_ring(day, day, day) == charts.Ring(50.3, "soon", 0)
