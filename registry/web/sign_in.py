"""Sign-in: accounts are made by administrators only, and every sign-in, sign-out and failure is audited."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from registry.commands.sessions import record_sign_in


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth, without open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: the Department of Health creates accounts."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in, then write it down."""
        super().login(request, user)
        record_sign_in(user, request_id=getattr(request, "request_id", uuid.uuid4()))
