"""Hospital clients sign in with OAuth 2.0 client credentials; every request is answered in their facility's context."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from registry.kernel import Context
from registry.queries.clients import Client, find_client
from registry.queries.contexts import context_of_client


class ClientAuthentication(BaseAuthentication):
    """A Bearer token of the client-credentials grant; sets request.user to the client, request.auth to its context."""

    def authenticate(self, request: Request) -> tuple[Client, Context] | None:
        """None without a token (answered 401); AuthenticationFailed with a wrong or expired one."""
        parts = get_authorization_header(request).split()
        if not parts or parts[0].lower() != b"bearer":
            return None
        if len(parts) != 2:  # noqa: PLR2004 - scheme and token
            raise AuthenticationFailed("Tiêu đề Authorization phải là: Bearer <mã truy cập>.")
        client = find_client(parts[1].decode("latin-1"))
        if client is None:
            raise AuthenticationFailed("Mã truy cập không đúng hoặc đã hết hạn. Hãy lấy mã mới tại /o/token/.")
        number = getattr(request._request, "request_id", None) or uuid.uuid4()
        return client, context_of_client(client, at=timezone.now(), request_id=number)

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="hanoi-ehr"'


def context_of(request: Request) -> Context:
    """The context behind an authenticated API request."""
    return cast("Context", request.auth)


class IsClient(BasePermission):
    """Only hospital clients; what each may do is the business of commands and queries."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether a client stands behind the request."""
        return isinstance(request.user, Client)


class ClientAuthenticationScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the OpenAPI page describes a hospital's sign-in: OAuth 2.0 client credentials at /o/token/."""

    target_class = ClientAuthentication
    name = "client-credentials"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """The OAuth 2.0 flow."""
        return {"type": "oauth2", "flows": {"clientCredentials": {"tokenUrl": "/o/token/", "scopes": {}}}}
