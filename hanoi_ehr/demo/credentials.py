"""Passwords and secrets of the demonstration: one password for all, the rest derived from this installation's SECRET_KEY,
so that they stay the same from start to start and are written nowhere in the clone.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

OAUTH_CLIENT = "bvdk-song-hong-mau"
PERIOD = 30  # seconds a code lives, RFC 6238


def password() -> str:
    """The one password of all demo accounts; raises ImproperlyConfigured when the environment gives none."""
    if not settings.EHR_DEMO_PASSWORD:
        raise ImproperlyConfigured("EHR_DEMO_PASSWORD is not set")
    return str(settings.EHR_DEMO_PASSWORD)


def _derived(purpose: str) -> bytes:
    return hmac.new(settings.SECRET_KEY.encode(), f"demo {purpose}".encode(), hashlib.sha256).digest()


def totp_secret(username: str) -> str:
    """The base32 secret of an account's second factor."""
    return base64.b32encode(_derived(f"totp {username}")[:20]).decode()


def totp_code(username: str, *, at: float | None = None) -> str:
    """The six digits in force at a moment (seconds since the epoch; now when left out)."""
    moment = time.time() if at is None else at
    return str(format_hotp_value(hotp_value(totp_secret(username), int(moment) // PERIOD)))


def client_secret() -> str:
    """The secret of the hospital's OAuth client."""
    return base64.urlsafe_b64encode(_derived("oauth client")).decode().rstrip("=")
