"""Refusals as FHIR OperationOutcome."""

from __future__ import annotations

from typing import Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response

from registry.kernel import AuditUnavailableError, Refused, in_language

log = structlog.get_logger(__name__)

ISSUE_TYPES = {400: "structure", 401: "login", 403: "forbidden", 404: "not-found", 405: "not-supported",
               406: "not-supported", 409: "conflict", 415: "not-supported", 422: "business-rule", 429: "throttled",
               503: "transient"}  # fmt: skip


def outcome(status: int, code: str, message: str, expression: str | None = None) -> dict[str, Any]:
    """One issue: type by status, our stable code, the message in the language asked for, where."""
    issue: dict[str, Any] = {
        "severity": "error",
        "code": ISSUE_TYPES.get(status, "processing"),
        "details": {"coding": [{"system": "urn:hanoi-ehr:refusal", "code": code}], "text": message},
    }
    if expression:
        issue["expression"] = [expression]
    return issue


def body(*issues: dict[str, Any]) -> dict[str, Any]:
    """An OperationOutcome resource."""
    return {"resourceType": "OperationOutcome", "issue": list(issues)}


def operation_outcome(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: everything a client did wrong, or we cannot do now, in one shape."""
    if isinstance(error, Refused):
        status = int(error.kind)
        issues = [outcome(int(one.kind), one.code, in_language(one.message), one.field) for one in error.all]
        return Response(body(*issues), status=status)
    if isinstance(error, AuditUnavailableError | OperationalError):
        log.error("api.unavailable", error=type(error).__name__)
        message = _("Hệ thống tạm thời không ghi được nhật ký nên từ chối yêu cầu. Hãy thử lại sau ít phút.")
        return Response(body(outcome(503, "unavailable", message)), status=503, headers={"Retry-After": "10"})
    if isinstance(error, Http404):
        error = exceptions.NotFound(_("Không có địa chỉ này."))
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied(_("Không có quyền."))
    if isinstance(error, exceptions.APIException):
        headers = {"WWW-Authenticate": header} if (header := getattr(error, "auth_header", None)) else None
        code = str(error.get_codes()) if not isinstance(error.detail, dict | list) else "invalid"
        return Response(body(outcome(error.status_code, code, _text(error))), status=error.status_code, headers=headers)
    return None


def _text(error: exceptions.APIException) -> str:
    return str(error.detail) if not isinstance(error.detail, dict | list) else _("Yêu cầu chưa đúng.")
