"""A hospital's OAuth client for tests."""

from __future__ import annotations

from django.test import Client
from oauth2_provider.models import Application

from registry.models import ApiClient, Facility

SECRET = "bi-mat-cua-benh-vien-thu"


def make_client(facility: Facility, client_id: str = "benh-vien-thu") -> Application:
    """An application with the client-credentials grant that acts for the facility."""
    application = Application.objects.create(
        name=client_id,
        client_id=client_id,
        client_secret=SECRET,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    ApiClient.objects.create(client_id=client_id, facility=facility)
    return application


def token_for(client_id: str = "benh-vien-thu", scope: str = "system/Patient.rs") -> str:
    """An access token fetched over the real token endpoint."""
    answer = Client().post(
        "/o/token/",
        {"grant_type": "client_credentials", "client_id": client_id, "client_secret": SECRET, "scope": scope},
    )
    assert answer.status_code == 200, answer.content
    return str(answer.json()["access_token"])
