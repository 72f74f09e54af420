"""Error pages: what happened, and the way out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry.kernel import Kind, Refused

TEMPLATES = {Kind.FORBIDDEN: "403.html", Kind.NOT_FOUND: "404.html"}


def refusal_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The page of a refusal that no form took: 403, 404, 409 or 422 with its message."""
    template = TEMPLATES.get(refusal.kind, "400.html")
    return render(request, template, {"message": refusal.message}, status=int(refusal.kind))


def unavailable(request: HttpRequest) -> HttpResponse:
    """The audit trail or the database cannot be written: nothing is shown."""
    response = render(request, "503.html", status=503)
    response["Retry-After"] = "10"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from elsewhere."""
    return render(request, "403_csrf.html", status=403)
