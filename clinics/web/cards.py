"""The insurance card before the desk: judged while it is typed, and the facilities it names."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_POST

from clinics.queries.cards import find_facilities, judge_card
from clinics.rules.priorities import Priority
from clinics.web.billing_forms import CoverageForm
from clinics.web.forms import NAMING_FACILITIES
from registry.kernel import Permission
from registry.web.guards import needs
from registry.web.requests import StaffRequest

LONGEST_TEXT = 120


@require_POST
@needs(Permission.COVERAGE_RECORD)
def check(request: StaffRequest) -> HttpResponse:
    """What the card that is being typed is worth today: validity, way of coming and why, level."""
    form = CoverageForm(request.POST, objects={})
    form.is_valid()
    emergency = request.POST.get("priority") == Priority.EMERGENCY
    judged = judge_card(request.ctx, form.stated, emergency=emergency)
    context: dict[str, Any] = {"judged": judged, "bare": form.stated.is_bare, "card": form.stated.card}
    return render(request, "clinics/_card_check.html", context)


@require_GET
@needs(Permission.VISIT_READ)
def facilities(request: StaffRequest) -> HttpResponse:
    """Facilities for what is being typed, as options of the list beside the field."""
    text = next((request.GET[name] for name in NAMING_FACILITIES if name in request.GET), "")[:LONGEST_TEXT]
    found = find_facilities(request.ctx, text) if len(text.strip()) > 1 else []
    context = {"found": [{"code": code, "display": name} for code, name in found], "text": text}
    return render(request, "clinics/_suggestions.html", context)
