"""The day board in a real browser: calm and dense at both widths and on paper, for nobody, one person and thousands."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from clinics.commands.closing import close_visit
from clinics.commands.consultation import start_consultation
from clinics.models import Visit
from tests.clinics.conftest import Clinic, build_clinic
from tests.clinics.crowd import fill_waiting_rooms

TALLEST_CHART = 220  # px
LAYOUT = """() => {
  const boxes = [...document.querySelectorAll("#bang-ngay > .stats > .stat")].map(one => one.getBoundingClientRect());
  const values = [...document.querySelectorAll("#bang-ngay > .stats .value")];
  return {
    rows: new Set(boxes.map(box => Math.round(box.top))).size,
    columns: new Set(boxes.map(box => Math.round(box.left))).size,
    lines: new Set(values.map(one => Math.round(one.getBoundingClientRect().top))).size,
    spill: values.filter(one => one.scrollWidth > one.clientWidth).length,
    charts: [...document.querySelectorAll("#bang-ngay svg.chart")].map(one => one.getBoundingClientRect().height),
    wide: document.documentElement.scrollWidth,
  };
}"""


@pytest.fixture
def clinic(live_city: Any) -> Clinic:
    """Rooms and codes, committed for the browser's server."""
    return build_clinic(live_city)


def keep(page: Any, name: str) -> None:
    """A picture and a print of the page, where EHR_SHOTS names a folder."""
    if folder := os.environ.get("EHR_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
        page.pdf(path=str(Path(folder) / f"{name}.pdf"), prefer_css_page_size=True)


def nobody(clinic: Clinic) -> None:
    """The board before the doors open."""


def one(clinic: Clinic) -> None:
    """A single visit, over."""
    now = timezone.now()
    came = max(now - timedelta(minutes=50), timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0))
    visit_id = clinic.check_in(at=came).visit_id
    start_consultation(clinic.ctx("bac.si", came + (now - came) / 2), visit_id=visit_id)
    close_visit(
        clinic.ctx("bac.si", now),
        visit_id=visit_id,
        main="I10",
        conclusion="Ổn",
        outcome_code="2",
    )


def thousands(clinic: Clinic) -> None:
    """Three thousand waiting and a few in every state, spread over the morning."""
    one(clinic)
    fill_waiting_rooms(clinic, 3000)
    for visit_id in Visit.objects.filter(state="waiting").values_list("pk", flat=True)[:3]:
        start_consultation(clinic.ctx("bac.si", timezone.now()), visit_id=visit_id)


@pytest.mark.parametrize("crowd", [nobody, one, thousands], ids=lambda crowd: crowd.__name__)
def test_the_board_fits_whoever_came(
    clinic: Clinic,
    page: Any,
    live_server: Any,
    signed_in: Callable[..., Any],
    axe: Callable[[Any], None],
    crowd: Callable[[Clinic], None],
) -> None:
    crowd(clinic)
    signed_in(page, "bac.si")
    for width, rows, columns in ((1440, 1, 8), (390, 4, 2)):
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{live_server.url}/phong-kham/hom-nay/")
        axe(page)
        keep(page, f"bang-{crowd.__name__}-{width}")
        found = page.evaluate(LAYOUT)
        assert (found["rows"], found["columns"], found["lines"], found["spill"]) == (rows, columns, rows, 0)
        assert found["wide"] <= width
        assert len(found["charts"]) == (0 if crowd is nobody else 1)
        assert max(found["charts"], default=0) <= TALLEST_CHART
    page.set_viewport_size({"width": 1047, "height": 718})  # the printed part of an A4 sheet on its side
    page.emulate_media(media="print")
    assert page.evaluate("[...document.querySelectorAll('.table')].every(one => one.offsetWidth <= 1047)")
    assert not page.locator(".nav").is_visible()
    assert max(page.evaluate(LAYOUT)["charts"], default=0) <= TALLEST_CHART
