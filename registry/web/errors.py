"""Error pages: what happened, and the way out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from registry.kernel import Kind, Refused, in_language

TEMPLATES = {Kind.FORBIDDEN: "403.html", Kind.NOT_FOUND: "404.html"}


def refusal_page(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """The page of a refusal that no form took: 403, 404, 409 or 422 with its message."""
    template = TEMPLATES.get(refusal.kind, "400.html")
    return render(request, template, {"message": in_language(refusal.message)}, status=int(refusal.kind))


def unavailable(request: HttpRequest) -> HttpResponse:
    """The audit trail or the database cannot be written: nothing is shown."""
    response = render(request, "503.html", status=503)
    response["Retry-After"] = "10"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was too old or came from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """The request could not be read."""
    return render(request, "400.html", status=400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Django's own refusals."""
    return render(request, "403.html", status=403)


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """No such address."""
    return render(request, "404.html", status=404)


def broken(request: HttpRequest) -> HttpResponse:
    """A fault of ours: the page must not depend on anything that may be broken, the context processors included."""
    return HttpResponse(render_to_string("500.html"), status=500)
