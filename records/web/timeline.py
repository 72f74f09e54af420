"""The line of time: everything about a person in order, narrowed by kind, facility, year and words.

Kind, facility and year stand in the address, so that Back and sharing work. Words may be about a person: they travel in the
body of a POST and never in an address.
"""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from records.queries.access import RecordAccess, open_record
from records.queries.timeline import Filters, Timeline, Wanted, get_filters, get_timeline
from records.web.page import record_page
from records.web.words import KINDS, entry_item
from registry.web.requests import StaffRequest

MOST_TEXT = 100
_KEYS = {
    "visit": "kham",
    "diagnosis": "chan-doan",
    "result": "ket-qua",
    "procedure": "thu-thuat",
    "medication": "thuoc",
}
_KEYS |= {"immunisation": "tiem-chung", "document": "giay-to", "screening": "tam-soat"}
_KINDS = {key: kind for kind, key in _KEYS.items()}


@require_http_methods(["GET", "POST"])
def timeline(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """A page of the line of time; its region alone when htmx asks for it."""
    access = open_record(request.ctx, patient_id, action="read-timeline")
    asked = request.POST if request.method == "POST" else request.GET
    wanted = _wanted(asked)
    found = get_timeline(access, before=asked.get("truoc", ""), wanted=wanted)
    filters = get_filters(access)
    context = _context(access, wanted, found, filters, later=bool(asked.get("truoc")))
    if request.htmx and not request.htmx.boosted:
        return render(request, "records/_line.html", context)
    return record_page(request, access, "records:timeline", "records/timeline.html", context)


def _wanted(asked: QueryDict) -> Wanted:
    facility, year = asked.get("co-so", ""), asked.get("nam", "")
    return Wanted(
        kind=_KINDS.get(asked.get("loai", ""), asked.get("loai", "")),
        facility_id=int(facility)
        if facility.isascii() and facility.isdigit() and len(facility) < len("9" * 18)
        else None,
        year=int(year) if year.isascii() and year.isdigit() and len(year) <= len("2026") else None,
        text=asked.get("tim", "").strip()[:MOST_TEXT],
    )


def _context(access: RecordAccess, wanted: Wanted, found: Timeline, filters: Filters, *, later: bool) -> dict[str, Any]:
    here = reverse("records:timeline", args=[access.patient_id])
    return {
        "here": here,
        "items": _with_years([entry_item(entry, access.patient_id) for entry in found.entries]),
        "kinds": _kinds(here, wanted, filters),
        "facilities": filters.facilities,
        "years": filters.years,
        "wanted": wanted,
        "kind_key": _KEYS.get(wanted.kind, ""),
        "next_url": _url(here, wanted, truoc=found.before) if found.before and not wanted.text else "",
        "next_before": found.before,
        "first_url": _url(here, wanted) if later and not wanted.text else "",
        "later": later,
        "narrowed": wanted != Wanted(),
    }


def _kinds(here: str, wanted: Wanted, filters: Filters) -> list[dict[str, Any]]:
    told = [("", _("Tất cả")), *((kind, label) for kind, label in KINDS.items() if kind in filters.kinds)]
    return [
        {
            "label": label,
            "key": _KEYS.get(kind, ""),
            "url": _url(here, wanted, loai=_KEYS.get(kind, "")),
            "current": wanted.kind == kind,
        }
        for kind, label in told
    ]


def _url(here: str, wanted: Wanted, **change: str) -> str:
    """The address of this page with other choices; words never stand in it."""
    said = {
        "loai": _KEYS.get(wanted.kind, ""),
        "co-so": str(wanted.facility_id or ""),
        "nam": str(wanted.year or ""),
    } | change
    query = urlencode({key: value for key, value in said.items() if value})
    return f"{here}?{query}" if query else here


def _with_years(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each item that opens a year carries it, to be drawn as a heading."""
    before = 0
    for item in items:
        item["opens"] = item["year"] if item["year"] != before else 0
        before = item["year"]
    return items
