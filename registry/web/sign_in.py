"""Sign-in: accounts are made by administrators only, and every sign-in, sign-out and failure is audited."""

from __future__ import annotations

import uuid
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added, authenticator_removed
from django.dispatch import receiver
from django.http import HttpRequest

from registry.commands.sessions import record_second_factor, record_sign_in, record_sign_out


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


@receiver([authenticator_added, authenticator_removed])
def second_factor_changed(signal: object, request: HttpRequest, authenticator: Authenticator, **_kwargs: Any) -> None:
    """allauth tells by signal: the trail learns of it, and this session no longer passes for one with a second factor."""
    if authenticator.type != Authenticator.Type.TOTP:
        return
    present = signal is authenticator_added
    if not present:
        request.session.pop("second_factor", None)
    record_second_factor(authenticator.user, present=present, request_id=_number(request))


def _number(request: HttpRequest) -> uuid.UUID:
    return getattr(request, "request_id", None) or uuid.uuid4()
