"""Results with their course: every series of a record, drawn by the server."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from records.queries.access import RecordAccess, open_record
from records.queries.results import EVER, MOST_READINGS, Series, get_series
from records.rules.vitals import VITALS
from records.web.page import record_page
from records.web.reports import list_of_reports
from registry.web.charts import Reading, sparkline
from registry.web.display import vi_date, vi_number
from registry.web.requests import StaffRequest

PERIODS = {"6-thang": 183, "3-nam": 3 * 365, "tat-ca": 0}
_USUAL = "3-nam"
_ARROWS = {"low": " ↓", "high": " ↑"}
UPPER, LOWER = VITALS["systolic"].code, VITALS["diastolic"].code


@require_GET
def results(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Courses of every number that was measured at least twice, and the last of everything."""
    access = open_record(request.ctx, patient_id, action="read-results")
    period = request.GET.get("khoang", _USUAL)
    series = get_series(access, limit=MOST_READINGS, since=_since(access, period))
    context = {
        "series": [one for one in series if len(one.numbers) > 1],
        "rows": [result_row(one) for one in series],
        "periods": _periods(period if period in PERIODS else _USUAL),
        **list_of_reports(request, access),
    }
    return record_page(request, access, "records:results", "records/results.html", context)


def _since(access: RecordAccess, period: str) -> datetime:
    days = PERIODS.get(period, PERIODS[_USUAL])
    return access.ctx.at - timedelta(days=days) if days else EVER


def _periods(chosen: str) -> list[dict[str, Any]]:
    labels = {"6-thang": _("6 tháng"), "3-nam": _("3 năm"), "tat-ca": _("Tất cả")}
    return [{"url": f"?khoang={key}", "label": label, "current": key == chosen} for key, label in labels.items()]


def result_row(one: Series) -> dict[str, Any]:
    """The last reading of a series in words, with a small drawing of those before it."""
    last = one.latest
    value = last.text if last.value is None else vi_number(_short(last.value))
    return {
        "code": one.code,
        "vital": one.vital,
        "label": one.label,
        "value": f"{value}{_ARROWS.get(one.off, '')}",
        "unit": one.unit if last.value is not None else "",
        "off": one.off,
        "date": vi_date(last.day),
        "day": last.day,
        "facility": last.facility,
        "spark": sparkline([Reading(day, float(number)) for day, number in one.numbers]),
    }


def _short(value: Decimal) -> Decimal:
    """Without the zeros that the column's four places add: 7.1000 is 7.1, 80.0000 is 80."""
    return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()


def overview_rows(series: tuple[Series, ...], most: int) -> list[dict[str, Any]]:
    """What a doctor asks first: pressure as one line, the other vital signs, then results; results keep half the room."""
    by_code = {one.code: one for one in series}
    paired = UPPER in by_code and LOWER in by_code
    rows = [result_row(one) for one in series if not (paired and one.code == LOWER)]
    if paired:
        upper = next(row for row in rows if row["code"] == UPPER)
        upper |= _pressure(upper, result_row(by_code[LOWER]))
    vitals = [row for row in rows if row["vital"]]
    others = [row for row in rows if not row["vital"]]
    return [*vitals[: max(most - len(others), most // 2)], *others][:most]


def _pressure(upper: dict[str, Any], lower: dict[str, Any]) -> dict[str, Any]:
    off = upper["off"] or lower["off"]
    value = f"{upper['value'].split()[0]}/{lower['value'].split()[0]}{_ARROWS.get(off, '')}"
    return {"label": _("Huyết áp"), "value": value, "off": off}
