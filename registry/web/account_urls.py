"""The account pages we offer, out of all that allauth has: nobody signs up, and no mail is sent."""

from __future__ import annotations

from allauth.account.urls import urlpatterns as account_pages
from django.urls import include, path

OFFERED = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",  # answers that sign-up is closed
    "account_reauthenticate",
    "account_change_password",
}

urlpatterns = [
    *(page for page in account_pages if page.name in OFFERED),
    path("2fa/", include("allauth.mfa.urls")),
]
