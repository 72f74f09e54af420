"""The day board for the head of the clinic."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinics.queries.board import Board, Figures, get_board
from registry.web.charts import hour_columns
from registry.web.requests import StaffRequest


@require_GET
def board(request: StaffRequest) -> HttpResponse:
    """Today's figures; the page asks for its own content every half minute."""
    day = get_board(request.ctx)
    context = {"board": day, "stats": _stats(day.whole), "chart": _chart(day)}
    part = request.htmx and request.htmx.target == "bang-ngay"
    return render(request, "clinics/_board.html" if part else "clinics/board.html", context)


def _stats(whole: Figures) -> list[dict[str, Any]]:
    away = _("và %(count)s người gọi chưa có mặt") % {"count": whole.set_aside} if whole.set_aside else ""
    return [
        {"label": _("Đã đến hôm nay"), "value": whole.came},
        {"label": _("Đang chờ"), "value": whole.waiting, "note": away},
        {"label": _("Đang khám"), "value": whole.in_room},
        {"label": _("Chờ kết quả"), "value": whole.awaiting_results},
        {"label": _("Đã xong"), "value": whole.done},
        {"label": _("Bỏ về, huỷ"), "value": whole.gone},
        _minutes(_("Chờ trung bình"), whole.average),
        _minutes(_("9/10 người chờ không quá"), whole.ninth),
        _minutes(_("Đang chờ lâu nhất"), whole.longest),
    ]


def _minutes(label: str, minutes: int | None) -> dict[str, Any]:
    return {"label": label, "value": "–" if minutes is None else minutes, "unit": "" if minutes is None else _("phút")}


def _chart(day: Board) -> object:
    hours = [(one.hour, one.came, one.seen) for one in day.hours]
    return hour_columns(_("Theo giờ"), (_("Đến lấy số"), _("Bắt đầu khám")), hours)
