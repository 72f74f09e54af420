"""Who has looked: the resident's list of everybody who opened the record or tried to, on screen and on paper."""

from __future__ import annotations

import uuid
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from records.queries.access import open_record
from records.queries.aliases import numbers_of
from records.web.page import record_page
from records.web.words import PURPOSES, REFUSALS
from registry.queries.trail import PRINTED, Look, LookFilter, find_looking_facilities, find_looks
from registry.rules.permissions import ROLE_NAMES, Role
from registry.web.requests import StaffRequest
from registry.web.trail_words import action_words

KINDS = {
    "": gettext_lazy("Tất cả"),
    "reads": gettext_lazy("Xem"),
    "changes": gettext_lazy("Ghi, sửa"),
    "emergency": gettext_lazy("Khẩn cấp"),
    "refused": gettext_lazy("Bị từ chối"),
}


@require_GET
def looks(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """A page of the list; ?loc= what, ?co-so= where, ?tu= and ?den= when."""
    access = open_record(request.ctx, patient_id, action="read-access-list")
    numbers, wanted = numbers_of(access), _wanted(request)
    found = find_looks(numbers, wanted)
    asked = _asked(wanted)
    context = {
        "looks": [_look(one) for one in found.found],
        "filters": [
            {"label": label, "url": _url({**asked, "loc": kind}), "current": kind == wanted.kind}
            for kind, label in KINDS.items()
        ],
        "facilities": find_looking_facilities(numbers),
        "wanted": wanted,
        "next_url": _url({**asked, "truoc": found.before}) if found.before else "",
        "first_url": _url(asked) if wanted.before else "",
        "print_url": reverse("records:print_looks", args=[access.patient_id]) + _url(asked),
    }
    return record_page(request, access, "records:looks", "records/looks.html", context)


@require_GET
def print_looks(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The same list as a sheet for the resident (Luật 91/2025/QH15: the right to know who processed one's data)."""
    access = open_record(request.ctx, patient_id, action="print-access-list")
    found = find_looks(numbers_of(access), _wanted(request), limit=PRINTED)
    context = {
        "person": access.person,
        "looks": [_look(one) for one in found.found],
        "cut": bool(found.before),
        "printed": PRINTED,
        "at": request.ctx.at,
        "facility": request.ctx.facility,
    }
    return render(request, "records/looks_print.html", context)


def _wanted(request: StaffRequest) -> LookFilter:
    """What the address asks for; what it says badly is not asked."""
    kind = request.GET.get("loc", "")
    return LookFilter(
        kind=kind if kind in KINDS else "",
        facility=request.GET.get("co-so", "")[:5],
        since=_day(request.GET.get("tu", "")),
        until=_day(request.GET.get("den", "")),
        before=request.GET.get("truoc", ""),
    )


def _day(text: str) -> date | None:
    for form in ("%d/%m/%Y", "%Y-%m-%d"):
        try:
            return datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day, not a moment
        except ValueError:
            continue
    return None


def _asked(wanted: LookFilter) -> dict[str, str]:
    days = {name: day.strftime("%d/%m/%Y") for name, day in (("tu", wanted.since), ("den", wanted.until)) if day}
    return {name: value for name, value in (("loc", wanted.kind), ("co-so", wanted.facility)) if value} | days


def _url(asked: dict[str, str]) -> str:
    kept = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(kept)}" if kept else "?"


def _look(one: Look) -> dict[str, Any]:
    role = ROLE_NAMES.get(Role(one.role), "") if one.role in set(Role) else ""
    refused = one.outcome == "refused"
    return {
        "at": one.at,
        "who": one.who if one.actor_kind != "system" else _("Hệ thống"),
        "role": role,
        "facility": one.facility,
        "what": REFUSALS.get(one.code, _("Bị từ chối")) if refused else action_words(one.action, one.target),
        "why": PURPOSES.get(one.purpose, one.purpose),
        "refused": refused,
        "emergency": one.purpose == "ETREAT" or one.action == "open-emergency",
        "restricted": one.restricted == "shown",
    }
