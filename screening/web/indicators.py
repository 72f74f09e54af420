"""The programme's indicators: the table with counts, unknowns, standards and limits, and its drawings."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from registry.kernel import in_language
from registry.web.charts import (
    BarChart,
    FunnelChart,
    TargetChart,
    WaitChart,
    WardMap,
    cascade,
    funnel,
    targets,
    wait_columns,
    ward_map,
)
from registry.web.display import vi_number, vi_percent
from registry.web.requests import StaffRequest
from screening.queries.indicator_board import LAST_WEEK, IndicatorBoard, get_indicator_board
from screening.queries.indicator_sql import LIMITS
from screening.rules.indicators import Section
from screening.rules.publishing import hidden_values
from screening.web.indicator_files import FILES, file_answer
from screening.web.indicator_forms import IndicatorForm, first_asked
from screening.web.indicator_rows import found_tables, parts_of, split_table
from screening.web.indicator_words import BASES, PROGRAMMES, group_name, indicator_name, shown

_STATS = (
    "participation",
    "positivity",
    "further_assessment_participation",
    "cascade_completion",
    "detection_rate_cancer",
)


@require_GET
def indicators(request: StaffRequest) -> HttpResponse:
    """?programme=, since=, until= (days), basis=, by=; the year so far of the first programme when nothing is asked."""
    form, board = _read(request)
    if board is None:
        return render(request, "screening/indicators.html", {"form": form}, status=422)
    parts, left_out = parts_of(board)
    context = {
        "form": form,
        "board": board,
        "title": _title(board),
        "parts": parts,
        "left_out": left_out,
        "found": found_tables(board),
        "split": split_table(board) if board.groups else None,
        "stats": _stats(board),
        "elimination": _elimination(board),
        "steps": _cascade(board),
        "waits": _waits(board),
        "funnel": _funnel(board),
        "map": _map(board),
        "files": _file_links(request),
    }
    return render(request, "screening/indicators.html", context)


@require_GET
def indicator_file(request: StaffRequest) -> HttpResponse:
    """The same as a file, small numbers kept back: ?dang=csv, xlsx or pdf beside what the page is asked."""
    form, board = _read(request)
    if board is None:
        return render(request, "screening/indicators.html", {"form": form}, status=422)
    kind = request.GET.get("dang", "")
    return file_answer(kind if kind in FILES else "csv", board, at=request.ctx.at, facility=_facility(request))


def _read(request: StaffRequest) -> tuple[IndicatorForm, IndicatorBoard | None]:
    first = first_asked(timezone.localdate(request.ctx.at))
    form = IndicatorForm(first | {key: request.GET[key] for key in first if key in request.GET})
    if not form.is_valid():
        return form, None
    return form, form.run(lambda: get_indicator_board(request.ctx, form.asked()))


def _facility(request: StaffRequest) -> str:
    return request.ctx.facility.name if request.ctx.facility else ""


def _title(board: IndicatorBoard) -> str:
    asked = board.asked
    return _("%(programme)s, %(since)s – %(until)s, %(basis)s") % {
        "programme": in_language(PROGRAMMES[asked.family]),
        "since": f"{asked.since:%d/%m/%Y}",
        "until": f"{asked.until:%d/%m/%Y}",
        "basis": str(in_language(BASES[asked.basis.value])).lower(),
    }


def _file_links(request: HttpRequest) -> list[dict[str, str]]:
    kept = {key: request.GET[key] for key in first_asked(timezone.localdate()) if key in request.GET}
    address = reverse("screening:indicator_file")
    return [{"label": kind.upper(), "url": f"{address}?{urlencode(kept | {'dang': kind})}"} for kind in FILES]


def _stats(board: IndicatorBoard) -> list[dict[str, Any]]:
    values = {value.indicator: value for value in board.everybody.values}
    return [
        {
            "label": indicator_name(code),
            "value": shown(values[code]),
            "unit": values[code].unit.value if values[code].value is not None else "",
            "note": f"{vi_number(values[code].numerator)} / {vi_number(values[code].denominator)}",
        }
        for code in _STATS
    ]


def _elimination(board: IndicatorBoard) -> TargetChart | None:
    """The targets of the elimination; of reported people only where there are any."""
    rows = []
    for value in board.everybody.values:
        standard = board.standards.get(value.indicator)
        if value.section is not Section.ELIMINATION or standard is None or standard.acceptable is None:
            continue
        if value.indicator.endswith("_reported") and not value.denominator:
            continue
        told = f"{shown(value)} %" if value.value is not None else shown(value)
        made_of = _("%(top)s trên %(bottom)s người; chưa biết %(unknown)s; đích %(target)s %%") % {
            "top": vi_number(value.numerator),
            "bottom": vi_number(value.denominator or 0),
            "unknown": vi_number(value.unknown or 0),
            "target": vi_number(standard.acceptable),
        }
        rows.append((indicator_name(value.indicator), value.value, standard.acceptable, told, made_of))
    return targets("WHO 90-70-90", rows)


def _cascade(board: IndicatorBoard) -> BarChart:
    counts = board.everybody.counts
    steps = [
        (_("Số đích"), "target"),
        (_("Được mời"), "invited"),
        (_("Đã xét nghiệm"), "screened"),
        (_("Dương tính"), "positive"),
        (_("Đã khám"), "assessed"),
        (_("Cần điều trị"), "to_treat"),
        (_("Đã điều trị"), "treated"),
    ]
    return cascade(_("Từ đích đến điều trị"), [(label, int(counts[name])) for label, name in steps])


def _waits(board: IndicatorBoard) -> WaitChart | None:
    title = _("Ngày chờ từ xét nghiệm đến khám chẩn đoán")
    return wait_columns(title, board.weeks, LIMITS["test_to_assessment"], LAST_WEEK)


def _funnel(board: IndicatorBoard) -> FunnelChart | None:
    places = [(one.name, one.assessed, one.positive) for one in board.facilities]
    return funnel(_("Tỉ lệ khám chẩn đoán trên số dương tính, theo cơ sở"), places)


def _map(board: IndicatorBoard) -> WardMap | None:
    """Participation by ward; wards with few people are left blank, as in what is published."""
    hidden = hidden_values([group.values for group in board.wards])
    shares: dict[str, float] = {}
    labels: dict[str, str] = {}
    for place, group in enumerate(board.wards):
        value = next(one for one in group.values if one.indicator == "participation")
        code, name = group.key["ward"], group_name(group, board.names)
        if value.value is None or not value.denominator or (place, "participation") in hidden:
            continue
        shares[code] = value.value
        labels[code] = f"{name}: {vi_percent(value.numerator, value.denominator)}"
    return ward_map(_("Tỉ lệ tham gia theo phường, xã"), shares, labels)
