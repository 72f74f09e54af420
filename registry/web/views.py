"""Pages of the registry: the way in, and where one stands."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from registry.queries.health import find_faults
from registry.web.requests import StaffRequest
from registry.web.shell import home_of


@require_GET
def home(request: StaffRequest) -> HttpResponse:
    """Send people to the page their work begins on; without an assignment, say so."""
    if begins := home_of(request):
        return redirect(begins)
    return render(request, "registry/no_assignment.html", status=403)


@require_POST
def switch_assignment(request: StaffRequest) -> HttpResponse:
    """Stand in another of one's own assignments from now on."""
    chosen = request.POST.get("assignment", "")
    if any(str(a.pk) == chosen for a in request.assignments):
        request.session["assignment"] = int(chosen)
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()})
    return redirect(target if safe else "home")


@login_not_required
@require_GET
def health(request: HttpRequest) -> HttpResponse:
    """For the proxy and the supervisor: 200 when the database answers and the audit can be written, else 503."""
    faults = find_faults()
    return JsonResponse({"status": "fail" if faults else "pass", "faults": faults}, status=503 if faults else 200)
