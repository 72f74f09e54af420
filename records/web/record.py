"""The record's pages: overview, line of time, who stated what, who has looked."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from records.queries.access import RecordAccess, open_record
from records.queries.band import SEX_NAMES
from records.queries.panels import patient_panels
from records.queries.record import Entry, Statement, get_problems, get_series, get_statements, get_timeline
from records.web.administrative_words import administrative_part
from records.web.page import record_page
from records.web.words import CHANNELS, PURPOSES, REFUSALS, entry_item, identifier_lines
from registry.kernel import in_language
from registry.queries.trail import Look, find_looks
from registry.rules.dates import PartialDate
from registry.rules.permissions import ROLE_NAMES, Role
from registry.web.requests import StaffRequest
from registry.web.trail_words import action_words

OVERVIEW = 8


@require_GET
def record(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Everything a doctor needs first, on one screen."""
    access = open_record(request.ctx, patient_id)
    panels = patient_panels(access)
    timeline = get_timeline(access, limit=OVERVIEW)
    context = {
        "problems": get_problems(access),
        "series": get_series(access),
        "items": _items(timeline.entries),
        "more_url": reverse("records:timeline", args=[access.patient_id]) if timeline.before else "",
        "panels": panels,
    }
    return record_page(request, access, "records:record", "records/record.html", context, panels=panels)


@require_GET
def timeline(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The whole line of time, a page at a time."""
    access = open_record(request.ctx, patient_id, action="read-timeline")
    before = request.GET.get("truoc", "")
    found = get_timeline(access, before=before)
    here = reverse("records:timeline", args=[access.patient_id])
    context = {
        "items": _items(found.entries),
        "next_url": f"{here}?truoc={found.before.replace('+', '%2B')}" if found.before else "",
        "first_url": here if before else "",
    }
    return record_page(request, access, "records:timeline", "records/timeline.html", context)


@require_GET
def identity(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The administrative part, and where each value comes from."""
    access = open_record(request.ctx, patient_id, action="read-identity")
    statements = get_statements(access)
    context = {
        "person": _facts(access),
        "statements": [_statement(one) for one in statements],
        **administrative_part(request.ctx, access),
    }
    return record_page(request, access, "records:identity", "records/identity.html", context)


@require_GET
def looks(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Who has opened this record, in plain words."""
    access = open_record(request.ctx, patient_id, action="read-access-list")
    context = {"looks": [_look(one) for one in find_looks(access.patient_id)]}
    return record_page(request, access, "records:looks", "records/looks.html", context)


def _items(entries: tuple[Entry, ...]) -> list[dict[str, Any]]:
    return [entry_item(entry) for entry in entries]


def _facts(access: RecordAccess) -> list[dict[str, str]]:
    person = access.person
    return [
        {"label": _("Họ và tên"), "value": person.name},
        {"label": _("Ngày sinh"), "value": person.birth.display},
        {"label": _("Giới tính"), "value": in_language(SEX_NAMES.get(person.sex, person.sex))},
        {"label": _("Điện thoại"), "value": person.phone or "–"},
        {"label": _("Địa chỉ"), "value": person.address or "–"},
        {"label": _("Phường, xã"), "value": person.ward_name or "–"},
    ]


def _statement(one: Statement) -> dict[str, Any]:
    birth = PartialDate(one.birth_date, one.birth_precision)  # type: ignore[arg-type]  # constrained by its column
    return {
        "at": one.at,
        "facility": one.facility,
        "how": CHANNELS.get(one.channel, one.channel),
        "system": "" if one.system == "ehr" else one.system.upper(),
        "name": one.name,
        "birth": birth.display,
        "sex": SEX_NAMES.get(one.sex, one.sex),
        "phone": one.phone,
        "place": ", ".join(filter(None, (one.address, one.ward))),
        "identifiers": identifier_lines(one.identifiers),
    }


def _look(one: Look) -> dict[str, Any]:
    role = ROLE_NAMES.get(Role(one.role), "") if one.role in set(Role) else ""
    refused = one.outcome == "refused"
    return {
        "at": one.at,
        "who": one.who if one.actor_kind != "system" else _("Hệ thống"),
        "role": in_language(role),
        "facility": one.facility,
        "what": REFUSALS.get(one.code, _("Bị từ chối")) if refused else action_words(one.action, one.target),
        "why": PURPOSES.get(one.purpose, one.purpose),
        "refused": refused,
        "emergency": one.purpose == "ETREAT" or one.action == "open-emergency",
    }
