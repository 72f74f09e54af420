"""The day board for the head of the clinic."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinics.queries.board import Board, Figures, get_board
from registry.web.charts import hour_columns
from registry.web.display import vi_number
from registry.web.requests import StaffRequest


@require_GET
def board(request: StaffRequest) -> HttpResponse:
    """Today's figures; the page asks for its own content every half minute."""
    day = get_board(request.ctx)
    context = {"board": day, "stats": _stats(day.whole), "times": _times(day.whole), "chart": _chart(day)}
    part = request.htmx and request.htmx.target == "bang-ngay"
    return render(request, "clinics/_board.html" if part else "clinics/board.html", context)


def _stats(whole: Figures) -> list[dict[str, Any]]:
    away = _("và %(count)s người vắng khi gọi") % {"count": vi_number(whole.set_aside)} if whole.set_aside else ""
    kept = _("và %(count)s người nhập viện") % {"count": vi_number(whole.admitted)} if whole.admitted else ""
    return [
        _people(_("Đã đến hôm nay"), whole.came),
        _people(_("Đang chờ"), whole.waiting, away),
        _people(_("Đang khám"), whole.in_room),
        _people(_("Chờ kết quả"), whole.awaiting_results),
        _people(_("Đã xong"), whole.done, kept),
        _people(_("Bỏ về, huỷ"), whole.gone),
        _minutes(_("Chờ trung bình"), whole.average),
        _minutes(_("Đang chờ lâu nhất"), whole.longest),
    ]


def _times(whole: Figures) -> list[dict[str, Any]]:
    """The average times, in the order a visit passes them."""
    return [
        _minutes(_("Chờ vào khám"), whole.average),
        _minutes(_("9/10 người chờ không quá"), whole.ninth),
        _minutes(_("Với bác sĩ"), whole.examined),
        _minutes(_("Chờ kết quả"), whole.awaited),
        _minutes(_("Cả lượt, từ lấy số đến xong"), whole.stayed),
    ]


def _people(label: str, count: int, note: str = "") -> dict[str, Any]:
    return {"label": label, "value": vi_number(count), "note": note}


def _minutes(label: str, minutes: int | None) -> dict[str, Any]:
    return {"label": label, "value": vi_number(minutes), "unit": "" if minutes is None else _("phút")}


def _chart(day: Board) -> object:
    hours = [(one.hour, one.came, one.seen) for one in day.hours]
    return hour_columns(_("Theo giờ"), (_("Đến lấy số"), _("Bắt đầu khám")), hours)
