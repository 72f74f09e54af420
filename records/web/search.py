"""The one search box. What is typed comes by POST: no name and no number stands in an address or a log."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from records.queries.band import SEX_NAMES
from records.queries.patients import Found, Hit, find_patients
from records.queries.recent import find_recent_patients
from records.web.ways import way_to
from registry.kernel import Context, Permission, in_language
from registry.rules.lookup import QueryKind
from registry.web.guards import needs
from registry.web.requests import StaffRequest

SHORTEST = 2
QUICK = 8
CARDS = {QueryKind.QR_CCCD, QueryKind.QR_BHYT}


@require_http_methods(["GET", "POST"])
@needs(Permission.RESIDENT_SEARCH)
def search(request: StaffRequest) -> HttpResponse:
    """The page of results, or the list under the box while somebody types."""
    text = request.POST.get("q", "").strip()[:400]
    if request.htmx:
        return _quick(request, text)
    if not text:
        recent = find_recent_patients(request.ctx)
        context: dict[str, Any] = {
            "text": "",
            "found": None,
            "recent": [row(request.ctx, hit) for hit in recent],
            "may_register": _may_register(request),
        }
        return render(request, "records/search.html", context)
    found = find_patients(request.ctx, text) if len(text) >= SHORTEST else None
    if found is not None and (way := _way_of_card(request.ctx, found)):
        return redirect(way)
    rows = [row(request.ctx, hit) for hit in found] if found is not None else []
    context = {"text": text, "found": found, "rows": rows, "may_register": _may_register(request)}
    return render(request, "records/search.html", context)


def _way_of_card(ctx: Context, found: Found) -> str:
    """Where a scanned card leads straight to: its one holder, open here; "" when there is something to choose or read."""
    holder = found[0] if found.kind in CARDS and len(found) == 1 else None
    return way_to(ctx, holder.patient_id) if holder and holder.is_open else ""


def _quick(request: StaffRequest, text: str) -> HttpResponse:
    """Under an empty box the people opened last; under one letter nothing; then who is found."""
    if 0 < len(text) < SHORTEST:
        return render(request, "components/quick_results.html", {"query": "", "items": [], "hint": ""})
    found = find_patients(request.ctx, text, limit=QUICK) if text else find_recent_patients(request.ctx)
    context = {
        "query": text,
        "recent": not text,
        "items": [_item(request.ctx, hit) for hit in found],
        "limited": found.limited,
        "hint": in_language(found.problem),
        "may_register": _may_register(request) and bool(text),
    }
    return render(request, "components/quick_results.html", context)


def row(ctx: Context, hit: Hit) -> dict[str, Any]:
    """What the table shows of somebody found."""
    return {"hit": hit, "sex": SEX_NAMES.get(hit.sex, ""), "url": way_to(ctx, hit.patient_id, is_open=hit.is_open)}


def _item(ctx: Context, hit: Hit) -> dict[str, Any]:
    place = f" · {hit.ward_name}" if hit.ward_name else ""
    return {
        "title": hit.name,
        "segments": hit.segments,
        "text": f"{in_language(SEX_NAMES.get(hit.sex, ''))} · {hit.birth.display}{place}"
        + ("" if hit.is_open else f" · {_('chưa mở')}"),
        "code": hit.cccd or hit.bhyt,
        "url": way_to(ctx, hit.patient_id, is_open=hit.is_open),
    }


def _may_register(request: StaffRequest) -> bool:
    """Whether this person may register whom nobody knows."""
    return request.ctx.may(Permission.RESIDENT_REGISTER)
