"""The floor: a constant, and one ORM read with one audit row committed. Never part of the production addresses."""

from __future__ import annotations

import uuid

from django.core.signing import BadSignature, TimestampSigner
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from records.models import Patient

SIGNER = TimestampSigner(salt="benchmark")
_AUDIT = """
    INSERT INTO registry_auditevent
        (action, outcome, actor_kind, actor_id, actor_label, patient_id, purpose, channel, request_id)
    VALUES ('read', 'ok', 'client', 'bare', 'bare', %s, 'TREAT', 'api', %s)
"""


def constant(request: HttpRequest) -> HttpResponse:
    """Nothing but the way through Django."""
    return JsonResponse({"status": "pass"})


def read(request: HttpRequest, patient_id: uuid.UUID) -> HttpResponse:
    """A signed token, the patient by primary key, one audit row in its own commit."""
    try:
        SIGNER.unsign(request.headers.get("Authorization", ""), max_age=36_000)
    except BadSignature:
        return HttpResponse(status=401)
    patient = Patient.objects.get(pk=patient_id)
    with connection.cursor() as cursor:
        cursor.execute(_AUDIT, [str(patient.pk), str(uuid.uuid4())])
    return JsonResponse(
        {"id": str(patient.pk), "name": patient.name, "sex": patient.sex, "birth_date": patient.birth_date.isoformat()}
    )


urlpatterns = [path("constant/", constant), path("read/<uuid:patient_id>/", read)]
