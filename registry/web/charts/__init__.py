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
from registry.web.charts.funnels import FunnelChart, FunnelDot, funnel, limits
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
from registry.web.charts.maps import Circle, WardMap, ward_map
from registry.web.charts.targets import TargetBar, TargetChart, targets
from registry.web.charts.waits import WaitChart, WaitColumn, wait_columns

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
    "Circle",
    "Column",
    "ColumnChart",
    "Dot",
    "FunnelChart",
    "FunnelDot",
    "LineChart",
    "Part",
    "Reading",
    "Ring",
    "Sparkline",
    "SplitBar",
    "SplitChart",
    "TargetBar",
    "TargetChart",
    "WaitChart",
    "WaitColumn",
    "WardMap",
    "cascade",
    "clock_ring",
    "funnel",
    "hour_columns",
    "limits",
    "line_chart",
    "sparkline",
    "split_bars",
    "targets",
    "wait_columns",
    "ward_map",
]
