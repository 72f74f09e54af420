"""Middleware: a number for every request, the context of every staff request, refusals as pages, headers everywhere."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.module_loading import import_string

from registry.kernel import AuditUnavailableError, Channel, Refused, record_refusal
from registry.queries.contexts import admin_permissions_of, context_of_staff, find_assignments
from registry.rules.permissions import Role
from registry.web import errors

GetResponse = Callable[[HttpRequest], HttpResponseBase]
TOUCH_SECONDS = 60  # a session row is rewritten at most once a minute
log = structlog.get_logger(__name__)


class RequestIdMiddleware:
    """Give each request a number of its own, for logs, audit and history alike."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Bind the number to everything logged on the way."""
        number = uuid.uuid4()
        request.request_id = number  # type: ignore[attr-defined]
        with structlog.contextvars.bound_contextvars(request=str(number)):
            response = self.get_response(request)
        response["X-Request-Id"] = str(number)
        return response


class VietnameseFirstMiddleware:
    """People start in Vietnamese, whatever the browser's language; the switch in the menu is what changes it.

    Programs have no menu: under settings.API_PATHS the language they ask for is the one they get, Vietnamese otherwise.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Take the browser's wish away before LocaleMiddleware reads it."""
        if not request.path.startswith(settings.API_PATHS):
            request.META.pop("HTTP_ACCEPT_LANGUAGE", None)
        return self.get_response(request)


class HeadersMiddleware:
    """Permissions policy on every answer, no caching of what may tell of a person, and wider CSP where it is named."""

    policy = "camera=(self), geolocation=(), microphone=(), payment=(), usb=()"

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Add the headers after the view has spoken."""
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", self.policy)
        if "Cache-Control" not in response:
            response["Cache-Control"] = "no-store"
        for prefix, wider in settings.CSP_RELAXED.items():
            if request.path.startswith(prefix):
                response._csp_update = wider  # type: ignore[attr-defined]
        return response


class ContextMiddleware:
    """Attach `request.ctx` for signed-in staff: one query for what they are today, and the one they chose."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Refuse idle sessions and administrators without a second factor before any page runs."""
        if request.user.is_authenticated:
            if self._idle(request):
                return redirect(f"{reverse('account_login')}?next={request.path}")
            self._attach(request)
            if self._needs_second_factor(request):
                return redirect("mfa_activate_totp")
        return self.get_response(request)

    def _attach(self, request: Any) -> None:
        now = timezone.now()
        request.assignments = find_assignments(request.user, timezone.localdate(now))
        chosen = request.session.get("assignment")
        request.assignment = next(
            (a for a in request.assignments if a.pk == chosen), request.assignments[0] if request.assignments else None
        )
        # The rights of the role one stands in, so that the audit names the role that was used.
        request.user.admin_permissions = admin_permissions_of([request.assignment] if request.assignment else [])
        channel = Channel.ADMIN if request.path.startswith("/quan-tri/") else Channel.WEB
        request.ctx = context_of_staff(
            request.user, request.assignment, at=now, channel=channel, request_id=request.request_id
        )

    def _idle(self, request: Any) -> bool:
        """End a session nobody has used for SESSION_IDLE_SECONDS; touch it at most once a minute."""
        now = int(timezone.now().timestamp())
        seen = request.session.get("seen", now)
        if now - seen > settings.SESSION_IDLE_SECONDS:
            request.session.flush()
            return True
        if now - seen > TOUCH_SECONDS or "seen" not in request.session:
            request.session["seen"] = now
        return False

    def _needs_second_factor(self, request: Any) -> bool:
        """Administrators sign in with TOTP: until it is set up, only the set-up pages open."""
        if not any(a.role == Role.CITY_ADMINISTRATOR for a in request.assignments):
            return False
        if request.session.get("second_factor"):
            return False
        if request.path.startswith(("/tai-khoan/", "/static/")):
            return False
        present = request.user.authenticator_set.filter(type="totp").exists()
        if present:
            request.session["second_factor"] = True
        return not present


class RefusalMiddleware:
    """Turn what commands and queries refuse into pages: 403, 404, 503, or the page a refusal names for itself."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Pass through; exceptions come to process_exception."""
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer refusals; leave everything else to Django."""
        if isinstance(error, Refused):
            if error.concerns_access and not error.audited and hasattr(request, "ctx"):
                record_refusal(request.ctx, error)
            named = settings.REFUSAL_PAGES.get(error.code)
            if named:
                page: HttpResponse = import_string(named)(request, error)
                return page
            return errors.refusal_page(request, error)
        if isinstance(error, AuditUnavailableError):
            log.error("audit.unavailable")
            return errors.unavailable(request)
        if isinstance(error, OperationalError):
            log.error("database.unavailable", error=type(error).__name__)
            return errors.unavailable(request)
        return None
