"""What the registry's tests share: sessions of staff, and one row of everything the admin shows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client

from tests.factories.city import City


@pytest.fixture
def signed_in_as(city: City) -> Callable[[str], Client]:
    """signed_in_as("so.y.te"): a client with that person's session, second factor done."""

    def sign_in(username: str) -> Client:
        client = Client()
        client.force_login(city.staff[username])
        session = client.session
        session["second_factor"] = True
        session.save()
        return client

    return sign_in


@pytest.fixture
def samples(city: City) -> dict[str, Any]:
    """Model name -> one row of it."""
    from oauth2_provider.models import Application

    from registry import models
    from registry.kernel import record_audit

    ctx = city.ctx("so.y.te")
    unit = models.AdministrativeUnit.objects.create(
        level="commune", code="99901", name="Xã Thử", name_key="xa thu", kind="xã", valid_from=date(2020, 1, 1)
    )
    system = models.CodeSystem.objects.create(key="thu", name="Danh mục thử")
    application = Application.objects.create(
        name="HIS thử", client_type="confidential", authorization_grant_type="client-credentials"
    )
    record_audit(ctx, "sample")
    return {
        "administrativeunit": unit,
        "unitsuccession": models.UnitSuccession.objects.create(
            former=unit, successor=models.AdministrativeUnit.objects.filter(level="commune").exclude(pk=unit.pk)[0],
            split=False,
        ),
        "facility": city.here,
        "department": city.room.department,
        "room": city.room,
        "codesystem": system,
        "concept": models.Concept.objects.create(
            system=system, code="A", display="Một", search_key="a mot", valid_from=date(2020, 1, 1)
        ),
        "staff": city.staff["bac.si"],
        "assignment": city.staff["bac.si"].assignments.get(),
        "application": application,
        "apiclient": models.ApiClient.objects.create(client_id=application.client_id, facility=city.here),
        "auditevent": models.AuditEvent.objects.latest("at"),
        "auditseal": models.AuditSeal.objects.create(
            number=1, from_xact=0, to_xact=1, row_count=0, digest="0" * 64, previous="0" * 64, signature="x", key_id="k"
        ),
        "job": models.Job.objects.create(kind="thu", title="Việc thử", state="running", done=3, total=9),
    }  # fmt: skip
