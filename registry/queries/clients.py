"""Hospital clients: whose token this is, asked afresh on every request so that a change bites at once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.db import connection

from registry.kernel import FacilityRef

_BEARER = """
    SELECT application.client_id, token.scope, facility.id, facility.code, facility.short_name
    FROM oauth2_provider_accesstoken token
    JOIN oauth2_provider_application application ON application.id = token.application_id
    JOIN registry_apiclient client ON client.client_id = application.client_id AND client.active
    JOIN registry_facility facility ON facility.id = client.facility_id
    WHERE token.token_checksum = %s AND token.expires > statement_timestamp()
"""


@dataclass(frozen=True, slots=True)
class Client:
    """A hospital's system behind a valid token."""

    client_id: str
    scopes: frozenset[str]
    facility: FacilityRef


def find_client(token: str) -> Client | None:
    """The client whose access token this is; None when it is unknown, expired, or the client is switched off."""
    with connection.cursor() as cursor:
        cursor.execute(_BEARER, [hashlib.sha256(token.encode()).hexdigest()])
        row = cursor.fetchone()
    if row is None:
        return None
    return Client(row[0], frozenset(row[1].split()), FacilityRef(row[2], row[3], row[4]))
