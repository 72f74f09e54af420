"""The request as the pages see it: a Django request that carries its context."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails

from registry.kernel import Context

if TYPE_CHECKING:
    from registry.models import Assignment, Staff


class StaffRequest(HttpRequest):
    """A request behind the login: `ctx` is who acts, `assignments` what else they could act as."""

    ctx: Context
    request_id: uuid.UUID
    assignment: Assignment | None
    assignments: list[Assignment]
    htmx: HtmxDetails
    user: Staff
