"""Insurance files: the facility's worklist, one visit's file with the way to mend each mistake, what goes out."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.claims import (
    add_to_claim,
    export_claim,
    export_claims,
    prepare_claim,
    prepare_period,
    set_insurance_profile,
)
from clinics.queries.claims import ClaimList, find_claims, get_claim, get_claim_file, get_export
from clinics.rules.claims.findings import PLACE_NAMES, Finding, Place
from clinics.rules.claims.tables import TYPED
from clinics.rules.claims.values import field_names
from clinics.web.billing_forms import DayField, PeriodForm, ProfileForm
from registry.kernel import Permission, Refused, in_language
from registry.rules.qd3176.fields import tables
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest

# Where each mistake is mended. Whoever lacks the right sees the page's name without a way to it, and asks a colleague.
PAGES = {
    Place.PERSON: ("records:administrative", Permission.RESIDENT_EDIT),
    Place.DETAILS: ("records:administrative", Permission.RESIDENT_EDIT),
    Place.COVERAGE: ("clinics:coverage", Permission.COVERAGE_RECORD),
    Place.VISIT: ("clinics:visit", Permission.VISIT_READ),
    Place.CHARGES: ("clinics:bill", Permission.BILLING_READ),
    Place.RESULTS: ("clinics:visit", Permission.VISIT_READ),
    Place.CLAIM: ("clinics:claim", Permission.CLAIM_READ),
    Place.REFERENCE: ("admin:registry_staff_changelist", Permission.STAFF_MANAGE),
}
REFERENCES = {"MA_CSKCB": "admin:registry_facility_changelist", "MA_KHOA": "admin:registry_department_changelist"}
FILTERS = ("", "missing", "wrong", "ready", "sent")


@require_GET
def worklist(request: StaffRequest) -> HttpResponse:
    """Visits that ended in a period (this month unless asked), with the state of their files."""
    return _worklist(request, *_period(request))


def _worklist(request: StaffRequest, first: date, last: date, *, refused: bool = False) -> HttpResponse:
    only = request.GET.get("loc", "")
    only = only if only in FILTERS else ""
    listed = find_claims(request.ctx, first=first, last=last, only=only)
    context = {
        "listed": listed,
        "first": first,
        "last": last,
        "only": only,
        "filters": _filters(request, listed, first, last, only),
        "period_form": PeriodForm(initial={"first": first, "last": last}),
        "profile_form": ProfileForm(
            objects=listed.objects, initial={"head_code": listed.head_code, "walk_in_code": listed.walk_in_code}
        ),
        "may_prepare": request.ctx.may(Permission.CLAIM_PREPARE),
    }
    return render(request, "clinics/claims.html", context, status=422 if refused else 200)


@require_POST
@needs(Permission.CLAIM_PREPARE)
def prepare_all(request: StaffRequest) -> HttpResponse:
    """Make and check every file of the period."""

    def run(first: date, last: date) -> str:
        done = prepare_period(request.ctx, first=first, last=last)
        told = {"made": done.made, "same": done.unchanged, "wrong": done.with_errors}
        said = _("Lập mới %(made)d, giữ nguyên %(same)d; %(wrong)d hồ sơ còn lỗi.") % told
        return f"{said} {_('Còn lượt khám chưa lập: bấm lần nữa.')}" if done.more else said

    return _of_period(request, run)


@require_POST
@needs(Permission.CLAIM_PREPARE)
def export_all(request: StaffRequest) -> HttpResponse:
    """Write one file of everything that is ready."""

    def run(first: date, last: date) -> str:
        export = export_claims(request.ctx, first=first, last=last)
        return _("Đã xuất %(count)d hồ sơ: tải tệp ở danh sách bên dưới.") % {"count": export.count}

    return _of_period(request, run)


@require_POST
@needs(Permission.CLAIM_PREPARE)
def profile(request: StaffRequest) -> HttpResponse:
    """What every file repeats."""
    again = partial(_worklist, request, *_period(request), refused=True)
    return _said(request, reverse("clinics:claims"), lambda: _kept(request), again)


@require_GET
def claim(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """One visit's file."""
    return _claim(request, visit_id)


@require_POST
@needs(Permission.CLAIM_PREPARE)
def prepare(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Make and check one file."""

    def run() -> str:
        made = prepare_claim(request.ctx, visit_id=visit_id)
        if made.errors:
            return _("Phiên bản %(version)d: còn %(count)d lỗi.") % {"version": made.version, "count": made.errors}
        return _("Phiên bản %(version)d: không còn lỗi, gửi được.") % {"version": made.version}

    return _said(request, _claim_url(visit_id), run, partial(_claim, request, visit_id, refused=True))


@require_POST
@needs(Permission.CLAIM_PREPARE)
def send(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Write the file of one visit to be sent."""

    def run() -> str:
        export_claim(request.ctx, visit_id=visit_id)
        return _("Đã xuất hồ sơ: tải tệp ở danh sách bên dưới.")

    return _said(request, _claim_url(visit_id), run, partial(_claim, request, visit_id, refused=True))


@require_http_methods(["GET", "POST"])
def added(request: StaffRequest, visit_id: uuid.UUID, table: str) -> HttpResponse:
    """Type what no other page holds into one table."""
    form = AddedForm(request.POST, table=table) if request.method == "POST" else None
    if form is not None and form.is_valid():
        done = form.run(lambda: add_to_claim(request.ctx, visit_id=visit_id, table=table, values=form.cleaned_data))
        if done is not None:
            messages.success(request, _("Đã ghi bổ sung và lập lại hồ sơ."))
            return redirect(_claim_url(visit_id))
    page = get_claim(request.ctx, visit_id)
    known = tables().get(table)
    context = {
        "page": page,
        "table": known,
        "form": form or AddedForm(table=table, initial=dict(page.added.get(table, {}))),
    }
    return render(request, "clinics/claim_added.html", context, status=422 if form is not None else 200)


@require_GET
def download(request: StaffRequest, claim_id: uuid.UUID) -> HttpResponse:
    """One version as a file."""
    told, content = get_claim_file(request.ctx, claim_id)
    return _file(content, f"ho-so-{told.ended_on:%Y%m%d}-v{told.version}.xml")


@require_GET
def download_export(request: StaffRequest, export_id: uuid.UUID) -> HttpResponse:
    """A file that went out."""
    told, content = get_export(request.ctx, export_id)
    return _file(content, f"giamdinhhs-{told.first_day:%Y%m%d}-{told.last_day:%Y%m%d}.xml")


class AddedForm(CommandForm):
    """The fields of one table that may be typed; their names are the decree's, as the file's readers call them."""

    def __init__(self, *args: Any, table: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in TYPED.get(table, ()):
            self.fields[name] = forms.CharField(
                label=field_names().get(name, name), help_text=name, required=False, max_length=5000
            )


def _kept(request: StaffRequest) -> str:
    said = {name: request.POST.get(name, "")[:400] for name in ("head_code", "walk_in_code")}
    set_insurance_profile(request.ctx, **said)
    return _("Đã ghi thông tin bảo hiểm của cơ sở.")


def _period(request: StaffRequest) -> tuple[date, date]:
    """?tu= and ?den=, else this month until today."""
    today = timezone.localdate(request.ctx.at)
    days = []
    for name, otherwise in (("tu", today.replace(day=1)), ("den", today)):
        try:
            days.append(DayField().clean(request.GET[name]))
        except (KeyError, forms.ValidationError):
            days.append(otherwise)
    first, last = days
    return first, min(last, first + timedelta(days=366))


def _of_period(request: StaffRequest, run: Callable[[date, date], str]) -> HttpResponse:
    form = PeriodForm(request.POST)
    if not form.is_valid():
        messages.warning(request, _("Hãy ghi ngày dạng dd/mm/yyyy."))
        return _worklist(request, *_period(request), refused=True)
    first, last = form.cleaned_data["first"], form.cleaned_data["last"]
    back = f"{reverse('clinics:claims')}?tu={first:%d/%m/%Y}&den={last:%d/%m/%Y}"
    shown = partial(_worklist, request, *_period(request), refused=True)
    return _said(request, back, lambda: run(first, last), shown)


def _said(request: StaffRequest, back: str, run: Callable[[], str], again: Callable[[], HttpResponse]) -> HttpResponse:
    """Run a command without fields of its own; its refusal is a message on the page that is shown again."""
    try:
        said = run()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
        return again()
    messages.success(request, said)
    return redirect(back)


def _claim_url(visit_id: uuid.UUID) -> str:
    return reverse("clinics:claim", args=[visit_id])


def _claim(request: StaffRequest, visit_id: uuid.UUID, *, refused: bool = False) -> HttpResponse:
    page = get_claim(request.ctx, visit_id)
    may = request.ctx.may
    found = [
        (one, PLACE_NAMES[one.place], address if may(right) else "")
        for one in page.findings
        for address, right in [mending(page.visit.pk, page.visit.encounter.patient_id, one)]
    ]
    context = {
        "page": page,
        "errors": [one for one in found if not one[0].doubt],
        "doubts": [one for one in found if one[0].doubt],
        "typed": [(key, tables()[key].title) for key in TYPED],
        "may_prepare": request.ctx.may(Permission.CLAIM_PREPARE),
    }
    return render(request, "clinics/claim.html", context, status=422 if refused else 200)


def mending(visit: uuid.UUID, patient: uuid.UUID, finding: Finding) -> tuple[str, Permission]:
    """The address where this mistake is mended, and the right it takes to open it."""
    if finding.table in TYPED and finding.field in TYPED[finding.table] and finding.place is Place.VISIT:
        return reverse("clinics:claim_added", args=[visit, finding.table]), Permission.CLAIM_PREPARE
    if finding.field == "MA_TTDV":
        return reverse("clinics:claims") + "#co-so", Permission.CLAIM_READ
    route, right = PAGES[finding.place]
    if finding.place is Place.REFERENCE:
        return reverse(REFERENCES.get(finding.field, route)), right
    about = patient if finding.place in (Place.PERSON, Place.DETAILS) else visit
    return reverse(route, args=[about]), right


def _filters(request: StaffRequest, listed: ClaimList, first: date, last: date, only: str) -> list[dict[str, Any]]:
    labels = {
        "": (_("Tất cả"), listed.visits),
        "missing": (_("Chưa lập"), listed.missing),
        "wrong": (_("Còn lỗi"), listed.wrong),
        "ready": (_("Gửi được"), listed.ready),
        "sent": (_("Đã xuất"), listed.sent),
    }
    base = f"{request.path}?tu={first:%d/%m/%Y}&den={last:%d/%m/%Y}"
    return [
        {"label": label, "count": count, "url": f"{base}&loc={slug}", "current": slug == only}
        for slug, (label, count) in labels.items()
    ]


def _file(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/xml")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
