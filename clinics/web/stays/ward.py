"""The ward: who lies where."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from clinics.queries.stays.ward import get_ward
from registry.web.requests import StaffRequest


@require_GET
def ward(request: StaffRequest) -> HttpResponse:
    """The beds of a department: ?khoa= its code."""
    found = get_ward(request.ctx, request.GET.get("khoa", "")[:10])
    here = reverse("clinics:ward")
    filters = [
        {"label": one.name, "url": f"{here}?khoa={one.code}", "count": lying, "current": one == found.department}
        for one, lying in found.departments
    ]
    return render(request, "clinics/stays/ward.html", {"ward": found, "filters": filters})
