"""Sign-in: accounts are made by administrators only, and every sign-in, sign-out and failure is audited."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest

from registry.commands.sessions import record_second_factor, record_sign_in, record_sign_out

SECOND_FACTOR_CHANGES = {"mfa/email/totp_activated": True, "mfa/email/totp_deactivated": False}


class StaffAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """allauth, without open sign-up."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up: the Department of Health creates accounts."""
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        """Sign in, then write it down."""
        super().login(request, user)
        record_sign_in(user, request_id=_number(request))

    def logout(self, request: HttpRequest) -> None:
        """Write it down while it is known who leaves, then sign out."""
        if request.user.is_authenticated:
            record_sign_out(request.user, request_id=_number(request))
        super().logout(request)

    def send_notification_mail(self, template_prefix: str, user: Any, *_args: Any, **_kwargs: Any) -> None:
        """allauth's word that a second factor changed: no mail goes out, the trail learns of it.

        Switched off, this session no longer passes for one with a second factor.
        """
        present = SECOND_FACTOR_CHANGES.get(template_prefix)
        if present is None:
            return
        if not present:
            self.request.session.pop("second_factor", None)
        record_second_factor(user, present=present, request_id=_number(self.request))


def _number(request: HttpRequest) -> uuid.UUID:
    return getattr(request, "request_id", None) or uuid.uuid4()
