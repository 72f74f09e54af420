"""FHIR R4 endpoints: parse, one query, render."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.utils import timezone
from django.utils.decorators import method_decorator
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from records.api.fhir import capability_statement, patient_resource, search_bundle
from records.api.parameters import KNOWN, parse_id, parse_search
from records.queries.exchange import find_shared_patients, get_shared_patient
from registry.api.authentication import context_of
from registry.kernel import NotFound

BASE = "/fhir/R4"
RESOURCE = {"type": "object", "properties": {"resourceType": {"type": "string"}}, "required": ["resourceType"]}
ANSWERS = {(status, "application/fhir+json"): RESOURCE for status in (200, 401, 403, 404, 422, 503)}


def base_url() -> str:
    """The public address of this server's FHIR base."""
    return str(settings.EHR_BASE_URL).rstrip("/") + BASE


@method_decorator(login_not_required, name="dispatch")
class MetadataView(APIView):
    """GET /metadata: the CapabilityStatement, open to everybody as FHIR asks."""

    authentication_classes: list[Any] = []
    permission_classes: list[Any] = []

    @extend_schema(
        operation_id="metadata",
        summary="CapabilityStatement",
        responses={(200, "application/fhir+json"): RESOURCE},
        auth=[],
    )
    def get(self, request: Request) -> Response:
        """The capability statement."""
        return Response(capability_statement(base_url(), timezone.localdate().isoformat()))


@method_decorator(login_not_required, name="dispatch")
class PatientView(APIView):
    """GET /Patient/{id}: one resident whose record is open to the client's facility."""

    @extend_schema(operation_id="patient_read", summary="Đọc một người bệnh", responses=ANSWERS)
    def get(self, request: Request, patient_id: str) -> Response:
        """The Patient resource with its version as ETag."""
        identity = parse_id(patient_id)
        if identity is None:
            raise NotFound("Không có người bệnh này, hoặc hồ sơ chưa mở cho cơ sở của bạn.")
        patient = get_shared_patient(context_of(request), identity)
        return Response(patient_resource(patient), headers={"ETag": f'W/"{patient.version}"'})


@method_decorator(login_not_required, name="dispatch")
class PatientSearchView(APIView):
    """GET /Patient?…: residents open to the client's facility."""

    @extend_schema(
        operation_id="patient_search",
        summary="Tìm người bệnh",
        description="Cần ít nhất số định danh, điện thoại, họ tên, hoặc tên kèm năm sinh. Không đếm tổng số.",
        parameters=[OpenApiParameter(name, OpenApiTypes.STR) for name in sorted(KNOWN)],
        responses=ANSWERS,
    )
    def get(self, request: Request) -> Response:
        """A searchset Bundle."""
        wanted = parse_search(request.query_params, timezone.localdate())
        page = find_shared_patients(context_of(request), wanted)
        asked = {name: value for name, value in request.query_params.items() if name != "_after"}
        here = f"{base_url()}/Patient"
        following = f"{here}?{urlencode({**asked, '_after': page.after})}" if page.after else ""
        return Response(search_bundle(page, base_url(), f"{here}?{request.query_params.urlencode()}", following))
