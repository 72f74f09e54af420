"""The record's pages: overview, who stated what."""

from __future__ import annotations

import uuid
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from records.queries.access import RecordAccess, open_record
from records.queries.band import SEX_NAMES, get_band
from records.queries.medication import get_medications
from records.queries.origins import Sourced, get_origins
from records.queries.panels import patient_panels
from records.queries.record import get_problems
from records.queries.results import get_series
from records.queries.timeline import get_timeline
from records.web.administrative_words import administrative_part
from records.web.newborn import family_lines, newborn_url
from records.web.origins import origin_rows
from records.web.page import record_page
from records.web.results import overview_rows
from records.web.words import CHANNELS, entry_item, identifier_lines
from registry.kernel import in_language
from registry.web.requests import StaffRequest

SHOWN, PRINTED = 5, 12
VISITS, RESULTS = 5, 10
MOST_MEDICINES = 30
MOST_STATED = 25


@require_GET
def record(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Everything a doctor needs first, on one screen."""
    access = open_record(request.ctx, patient_id)
    panels = patient_panels(access)
    return record_page(
        request,
        access,
        "records:record",
        "records/record.html",
        _overview(access) | _family(access) | {"panels": panels},
        panels=panels,
    )


@require_GET
def summary(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The same on one sheet of A4."""
    access = open_record(request.ctx, patient_id, action="print-summary")
    panels = patient_panels(access)
    context = _overview(access, most=PRINTED) | {"panels": panels, "band": get_band(access), "person": access.person}
    printed_by = {"printed_at": access.ctx.at, "facility": access.ctx.facility, "who": request.user.full_name}
    return render(request, "records/summary.html", context | printed_by)


def _family(access: RecordAccess) -> dict[str, Any]:
    return {"family": family_lines(access), "newborn_url": newborn_url(access)}


def _overview(access: RecordAccess, most: int = SHOWN) -> dict[str, Any]:
    """Problems, medicines, visits, results: as many of each as one looks through at a glance, and how many there are."""
    problems, medicines = get_problems(access), get_medications(access, limit=MOST_MEDICINES).current
    visits = get_timeline(access, limit=VISITS, brief=True)
    return {
        "problems": problems[:most],
        "problem_count": len(problems),
        "more_problems": problems[most:],
        "medicines": medicines[:most],
        "medicine_count": len(medicines),
        "more_medicines": medicines[most:],
        "medicines_url": reverse("records:medication", args=[access.patient_id]),
        "items": [entry_item(entry, access.patient_id) for entry in visits.entries],
        "more": bool(visits.before),
        "results": overview_rows(get_series(access), RESULTS),
    }


@require_GET
def identity(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The administrative part, and where each value comes from."""
    access = open_record(request.ctx, patient_id, action="read-identity")
    origins = get_origins(access)
    context = {
        "person": _facts(access),
        "origins": origin_rows(origins),
        "statements": [_statement(one) for one in origins.statements[:MOST_STATED]],
        "statement_count": len(origins.statements),
        **administrative_part(request.ctx, access),
    }
    return record_page(request, access, "records:identity", "records/identity.html", context)


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


def _statement(one: Sourced) -> dict[str, Any]:
    return {
        "at": one.at,
        "facility": one.facility,
        "how": CHANNELS.get(one.channel, one.channel),
        "system": "" if one.system == "ehr" else one.system.upper(),
        "merged": one.merged,
        "name": one.name,
        "birth": one.birth.display,
        "sex": SEX_NAMES.get(one.sex, one.sex),
        "phone": one.phone,
        "place": ", ".join(filter(None, (one.address, one.ward_name))),
        "identifiers": identifier_lines((number.kind, number.value, number.state) for number in one.identifiers),
    }
