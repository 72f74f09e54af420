"""Growth charts of a child: weight, length or height, BMI and head against WHO's standards."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from records.queries.access import RecordAccess, open_record
from records.queries.growth import Measured, get_measured
from records.rules.growth import PRETERM_BELOW_WEEKS, Finding, Point, body_mass, judge, judge_weight_course, points_of
from records.rules.growth_tables import Measure
from records.web.growth_drawing import WINDOWS, GrowthChart, Window, draw, window_for, z_words
from records.web.page import record_page
from registry.web.display import age_text, vi_date, vi_number
from registry.web.requests import StaffRequest


@dataclass(frozen=True, slots=True)
class Latest:
    """The last measurement of one kind and what it means."""

    title: str
    value: str
    on: str
    z: str
    finding: Finding | None


@require_GET
def growth(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The charts of one span of ages, the one the child is in unless another is asked for."""
    access = open_record(request.ctx, patient_id, action="read-growth")
    today = timezone.localdate(access.ctx.at)
    measured = get_measured(access, today)
    points = _points(access, measured)
    age = (today - access.person.birth.value).days
    window = WINDOWS.get(request.GET.get("khoang", ""), window_for(age))
    context = {
        "charts": _charts(access, points, window, measured.next_visit),
        "latest": _latest(points),
        "course": judge_weight_course(points[Measure.WEIGHT]),
        "windows": _windows(window),
        "preterm": measured.preterm or (measured.gestation_weeks or PRETERM_BELOW_WEEKS) < PRETERM_BELOW_WEEKS,
        "weeks": measured.gestation_weeks,
        "birth_known": access.person.birth.precision == "day",
        "sex_known": access.person.sex in ("male", "female"),
    }
    return record_page(request, access, "records:growth", "records/growth.html", context)


def _points(access: RecordAccess, measured: Measured) -> dict[Measure, tuple[Point, ...]]:
    readings = {
        Measure.WEIGHT: measured.weights,
        Measure.HEIGHT: measured.heights,
        Measure.BMI: tuple(body_mass(measured.weights, measured.heights)),
        Measure.HEAD: measured.heads,
    }
    person = access.person
    return {
        measure: points_of(measure, person.sex, person.birth.value, said, measured.gestation_weeks)
        for measure, said in readings.items()
    }


def _titles() -> dict[Measure, tuple[str, str]]:
    return {
        Measure.WEIGHT: (_("Cân nặng theo tuổi"), "kg"),
        Measure.HEIGHT: (_("Chiều dài, chiều cao theo tuổi"), "cm"),
        Measure.BMI: (_("BMI theo tuổi"), "kg/m²"),
        Measure.HEAD: (_("Vòng đầu theo tuổi"), "cm"),
    }


def _charts(
    access: RecordAccess, points: dict[Measure, tuple[Point, ...]], window: Window, next_visit: date | None
) -> list[GrowthChart]:
    birth = access.person.birth.value
    ahead = ((next_visit - birth).days, next_visit) if next_visit else None
    drawn = (
        draw(
            measure, access.person.sex, points[measure], window,
            title=title, unit=unit, age_words=_age_words(birth), next_visit=ahead,
        )
        for measure, (title, unit) in _titles().items()
    )  # fmt: skip
    return [chart for chart in drawn if chart is not None]


def _age_words(birth: date) -> Callable[[int], str]:
    return lambda days: age_text(birth, birth + timedelta(days=max(days, 0)))


def _latest(points: dict[Measure, tuple[Point, ...]]) -> list[Latest]:
    told = []
    for measure, (title, unit) in _titles().items():
        if points[measure]:
            last = points[measure][-1]
            value = f"{vi_number(round(last.value, 2 if measure is Measure.WEIGHT else 1))} {unit}"
            told.append(Latest(title, value, vi_date(last.on), z_words(last.z), judge(measure, last)))
    return told


def _windows(chosen: Window) -> list[dict[str, Any]]:
    labels = {"2": _("0–24 tháng"), "5": _("0–5 tuổi"), "19": _("5–19 tuổi")}
    return [{"url": f"?khoang={key}", "label": label, "current": key == chosen.key} for key, label in labels.items()]
