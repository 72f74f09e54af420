"""Charts as plain shapes: numbers in, coordinates out; `templates/components/chart_*.html` draw them as SVG.

Nothing here knows colours, HTML or Django: classes in the style sheet colour what the templates draw.
"""

from registry.web.charts.bars import (
    BAR_FULL,
    BAR_STEP,
    SPLIT_FULL,
    SPLIT_LEFT,
    Bar,
    BarChart,
    Part,
    SplitBar,
    SplitChart,
    cascade,
    split_bars,
)
from registry.web.charts.clocks import RING, Ring, clock_ring
from registry.web.charts.columns import COLUMN_BOTTOM, COLUMN_STEP, COLUMN_TOP, Column, ColumnChart, hour_columns
from registry.web.charts.lines import (
    LINE_HEIGHT,
    LINE_WIDTH,
    PLOT_BOTTOM,
    PLOT_LEFT,
    PLOT_RIGHT,
    PLOT_TOP,
    SPARK_HEIGHT,
    SPARK_WIDTH,
    Dot,
    LineChart,
    Reading,
    Sparkline,
    line_chart,
    sparkline,
)

__all__ = [
    "BAR_FULL",
    "BAR_STEP",
    "COLUMN_BOTTOM",
    "COLUMN_STEP",
    "COLUMN_TOP",
    "LINE_HEIGHT",
    "LINE_WIDTH",
    "PLOT_BOTTOM",
    "PLOT_LEFT",
    "PLOT_RIGHT",
    "PLOT_TOP",
    "RING",
    "SPARK_HEIGHT",
    "SPARK_WIDTH",
    "SPLIT_FULL",
    "SPLIT_LEFT",
    "Bar",
    "BarChart",
    "Column",
    "ColumnChart",
    "Dot",
    "LineChart",
    "Part",
    "Reading",
    "Ring",
    "Sparkline",
    "SplitBar",
    "SplitChart",
    "cascade",
    "clock_ring",
    "hour_columns",
    "line_chart",
    "sparkline",
    "split_bars",
]
