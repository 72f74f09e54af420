"""FHIR JSON out, by orjson."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from rest_framework.renderers import BaseRenderer


class FhirJsonRenderer(BaseRenderer):
    """application/fhir+json (FHIR R4, section 2.21.0.6)."""

    media_type = "application/fhir+json"
    format = "json"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """Bytes of the resource; bytes already made pass through."""
        if isinstance(data, bytes):
            return data
        return b"" if data is None else orjson.dumps(data, default=str)


class JsonAlias(FhirJsonRenderer):
    """The same for clients that ask for application/json."""

    media_type = "application/json"
    format = "plain-json"
