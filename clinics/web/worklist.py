"""The worklist of the consulting rooms, and the wall outside."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from clinics.queries.queue import Day, get_worklist
from clinics.queries.wall import get_wall
from clinics.rules.states import VisitState
from clinics.web.reception import own_room, part_or_page, room_filters
from registry.kernel import Permission
from registry.web.requests import StaffRequest

STEPS = (
    (VisitState.WAITING, "cho-do"),
    (VisitState.TRIAGED, "cho-kham"),
    (VisitState.IN_CONSULTATION, "dang-kham"),
    (VisitState.AWAITING_RESULTS, "cho-ket-qua"),
    (VisitState.CLOSED, "da-xong"),
)


@require_GET
def worklist(request: StaffRequest) -> HttpResponse:
    """Who is next: ?phong= (one's own room unless said otherwise, empty for all) and ?buoc= (a step of STEPS)."""
    room_code = request.GET.get("phong", own_room(request))
    step = request.GET.get("buoc", "")
    state = next((state for state, slug in STEPS if slug == step), None)
    day = get_worklist(request.ctx, room_code=room_code, state=state.value if state else "")
    context = {
        "day": day,
        "room_code": room_code,
        "rooms": room_filters(request, day, room_code),
        "steps": _step_filters(request, day, room_code, step),
        "call_room": next((room for room in day.rooms if room.code == room_code), None),
        "may": rights(request),
    }
    return render(request, part_or_page(request, "clinics/worklist.html"), context)


@require_GET
def wall(request: StaffRequest, room_code: str) -> HttpResponse:
    """The display before a room; it asks for itself every few seconds."""
    context = {"wall": get_wall(request.ctx, room_code), "now": request.ctx.at}
    return render(request, part_or_page(request, "clinics/wall.html"), context)


def rights(request: StaffRequest) -> dict[str, bool]:
    """What this person may do on the clinic's pages."""
    may = request.ctx.may
    return {
        "call": may(Permission.QUEUE_CALL),
        "check_in": may(Permission.VISIT_CHECK_IN),
        "measure": may(Permission.VITALS_RECORD),
        "diagnose": may(Permission.DIAGNOSIS_RECORD),
        "close": may(Permission.VISIT_CLOSE),
        "order": may(Permission.ORDER_PLACE),
        "acknowledge": may(Permission.CRITICAL_ACKNOWLEDGE),
        "book": may(Permission.APPOINTMENT_BOOK),
        "prescribe": may(Permission.PRESCRIPTION_SIGN),
        "read": may(Permission.VISIT_READ),
        "card": may(Permission.COVERAGE_RECORD),
        "admit": may(Permission.STAY_ADMIT),
        "orders": may(Permission.ORDER_READ),
        "stay": may(Permission.STAY_READ),
        "bill": may(Permission.BILLING_READ),
        "claim": may(Permission.CLAIM_READ),
    }


def _step_filters(request: StaffRequest, day: Day, room_code: str, step: str) -> list[dict[str, Any]]:
    """Links by step; their counts follow the chosen room."""

    def link(slug: str) -> str:
        kept = request.GET.copy()
        kept["phong"], kept["buoc"] = room_code, slug
        return f"{request.path}?{kept.urlencode()}"

    labels = {
        VisitState.WAITING: _("Chờ đo sinh hiệu"),
        VisitState.TRIAGED: _("Chờ khám"),
        VisitState.IN_CONSULTATION: _("Đang khám"),
        VisitState.AWAITING_RESULTS: _("Chờ kết quả"),
        VisitState.CLOSED: _("Đã xong"),
    }
    everyone = [{"label": _("Đang ở phòng khám"), "url": link(""), "current": not step}]
    return everyone + [
        {"label": labels[state], "url": link(slug), "count": day.count(state, room_code), "current": step == slug}
        for state, slug in STEPS
    ]
