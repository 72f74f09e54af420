"""The drawings of a programme: funnel, waits, the map of wards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from registry.rules.tables import reference_rows
from registry.rules.ward_places import ward_places
from registry.web import charts
from registry.web.charts import funnels, maps


def test_every_ward_of_today_has_a_place_and_the_areas_sum_to_the_city() -> None:
    wards = {
        row["code"]
        for row in reference_rows("units")
        if row["level"] == "commune" and row["parent_code"] == "01" and row["valid_from"] == "2025-07-01"
    }
    assert {place.code for place in ward_places()} == wards
    assert round(sum(place.radius**2 for place in ward_places()) * 3.14159) == 3360
    east = max(place.east for place in ward_places())
    south = max(place.south for place in ward_places())
    assert (60 < east < 80, 70 < south < 90) == (True, True)


def test_the_funnel_marks_what_chance_does_not_explain() -> None:
    chart = charts.funnel("T", [("A", 900, 1000), ("B", 500, 1000), ("C", 7, 10), ("D", 0, 0)])
    assert chart is not None
    assert [(dot.label, dot.off) for dot in chart.dots] == [
        ("A: 90,0 % (900/1.000)", True),
        ("B: 50,0 % (500/1.000)", True),
        ("C: 70,0 % (7/10)", False),
    ]
    assert (chart.mean_text, chart.off, chart.most) == ("70,0 %", 2, "1.000")
    assert charts.funnel("T", [("D", 0, 0)]) is None


@given(st.lists(st.tuples(st.just("x"), st.integers(0, 500), st.integers(0, 500)), min_size=1, max_size=20))
def test_the_funnel_stays_inside_its_drawing(places: list[tuple[str, int, int]]) -> None:
    chart = charts.funnel("T", [(name, min(part, whole), whole) for name, part, whole in places])
    if chart is None:
        assert not any(whole for _name, _part, whole in places)
        return
    for dot in chart.dots:
        assert funnels.FUNNEL_LEFT <= dot.x <= funnels.FUNNEL_RIGHT
        assert funnels.FUNNEL_TOP <= dot.y <= funnels.FUNNEL_BOTTOM
    for line in (*chart.inner, *chart.outer):
        ys = [float(point.split(",")[1]) for point in line.split()]
        assert funnels.FUNNEL_TOP <= min(ys) <= max(ys) <= funnels.FUNNEL_BOTTOM


def test_weeks_past_the_limit_are_marked_and_the_last_takes_the_rest() -> None:
    chart = charts.wait_columns("T", {0: 4, 3: 10, 5: 2, 12: 1}, 31, 12)
    assert chart is not None
    assert len(chart.columns) == 13
    assert [column.label for column in chart.columns if column.late][:1] == ["35"]
    assert chart.columns[12].label == "84+"
    assert (chart.columns[3].height, chart.columns[1].height) == (130.0, 0.0)
    assert charts.wait_columns("T", {0: 0}, 31, 12) is None


def test_the_map_shades_fifths_and_leaves_the_rest_blank() -> None:
    codes = sorted(place.code for place in ward_places())
    shares = {code: float(n) for n, code in enumerate(codes[:100])}
    chart = charts.ward_map("T", shares, {codes[0]: "Ba Đình"})
    assert chart is not None
    assert (len(chart.circles), chart.told) == (126, 100)
    shades = [circle.shade for circle in chart.circles]
    assert [shades.count(shade) for shade in range(6)] == [26, 20, 20, 20, 20, 20]
    for circle in chart.circles:
        assert 0 < circle.x - circle.radius < circle.x + circle.radius < maps.MAP_WIDTH
        assert 0 < circle.y - circle.radius < circle.y + circle.radius < chart.height
    assert [shade for shade, _text in chart.keys] == [1, 2, 3, 4, 5]
    same = charts.ward_map("T", dict.fromkeys(codes[:3], 50.0), {})
    assert same is not None
    assert {circle.shade for circle in same.circles} == {0, 5}
    assert charts.ward_map("T", {}, {}) is None


def test_a_share_stands_beside_its_target() -> None:
    chart = charts.targets(
        "WHO", [("A", 95.0, 90, "95 %", "m"), ("B", 35.0, 70, "35 %", "m"), ("C", None, 90, "–", "m")]
    )
    assert chart is not None
    reached, short, unknown = chart.bars
    assert (reached.reached, short.reached, unknown.reached) == (True, False, False)
    assert (short.width, short.mark, unknown.width) == (133.0, 266.0, None)
    assert chart.values == "A 95 %; B 35 %; C –"
    over = charts.targets("WHO", [("A", 250.0, 90, "250 %", "m")])
    assert over is not None
    assert over.bars[0].width == 380, "a bar ends where its drawing does"
    assert charts.targets("WHO", []) is None
