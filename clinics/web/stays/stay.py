"""One stay: admission, place, the day's sheet, what was given, leaving."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.stays.daily import mark_given, write_sheet
from clinics.commands.stays.leaving import discharge
from clinics.commands.stays.placing import admit, move_to_bed, transfer
from clinics.queries.stays.stay import get_admission, get_stay
from clinics.rules.stays import SLOT_NAMES
from clinics.web.stays.forms import (
    AdmissionForm,
    BedForm,
    EndingForm,
    PlaceForm,
    SheetForm,
    initial_of,
    lines_of,
    rows_of,
)
from registry.kernel import Permission, Refused, in_language
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest


@require_http_methods(["GET", "POST"])
@needs(Permission.STAY_ADMIT)
def admission(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The form of admission from a visit, and admitting."""
    page = None if request.method == "POST" else get_admission(request.ctx, visit_id)
    if page is not None:
        form = AdmissionForm(page=page, initial={"reason": page.visit.encounter.reason})
        return render(request, "clinics/stays/admission.html", {"page": page, "form": form})
    said = {name: request.POST.get(name, "") for name in ("department_id", "bed_id", "reason")}
    try:
        admit(
            request.ctx,
            visit_id=visit_id,
            department_id=_number(said["department_id"]) or 0,
            bed_id=_number(said["bed_id"]),
            reason=said["reason"],
        )
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        page = get_admission(request.ctx, visit_id)
        form = AdmissionForm(request.POST, page=page)
        form.is_valid()
        form.take(refusal)
        return render(request, "clinics/stays/admission.html", {"page": page, "form": form}, status=422)
    messages.success(request, _("Đã cho nhập viện."))
    return redirect("clinics:stay", visit_id)


@require_GET
def stay(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The stay's page; ?lap-lai=1 begins today's sheet with the orders of the last."""
    return _page(request, visit_id)


@require_POST
@needs(Permission.STAY_CARE)
def bed(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Another bed of the ward."""
    chosen = _number(request.POST.get("bed_id", ""))
    return _act(
        request, visit_id, lambda: move_to_bed(request.ctx, visit_id=visit_id, bed_id=chosen or 0), _("Đã đổi giường.")
    )


@require_POST
@needs(Permission.STAY_ADMIT)
def move(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """To another department."""
    sent = request.POST
    said: dict[str, Any] = {
        "department_id": _number(sent.get("department_id", "")) or 0,
        "reason": sent.get("reason", ""),
    }
    bed_id = _number(sent.get("bed_id", ""))
    return _act(
        request, visit_id, lambda: transfer(request.ctx, visit_id=visit_id, bed_id=bed_id, **said), _("Đã chuyển khoa.")
    )


@require_POST
@needs(Permission.STAY_ADMIT)
def sheet(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Today's sheet is written, or written anew."""
    form, lines = SheetForm(request.POST), lines_of(request.POST)
    if form.is_valid():
        done = form.run(
            lambda: write_sheet(request.ctx, visit_id=visit_id, sheet=form.sheet(lines), seen=form.cleaned_data["seen"])
        )
        if done is not None:
            messages.success(request, _("Đã lưu tờ điều trị."))
            return redirect("clinics:stay", visit_id)
    return _page(request, visit_id, sheet_form=form, lines=lines, status=422)


@require_POST
@needs(Permission.STAY_CARE)
def given(request: StaffRequest, visit_id: uuid.UUID, order_id: uuid.UUID) -> HttpResponse:
    """Given, or not, with the reason."""
    sent = request.POST
    said: dict[str, Any] = {
        "slot": sent.get("slot", "")[:10],
        "done": sent.get("done") == "1",
        "reason": sent.get("reason", ""),
    }
    return _act(
        request, visit_id, lambda: mark_given(request.ctx, visit_id=visit_id, order_id=order_id, **said), _("Đã ghi.")
    )


@require_http_methods(["GET", "POST"])
@needs(Permission.STAY_ADMIT)
def leaving(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The form of the ending, and ending the stay."""
    form = EndingForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        left = form.run(lambda: discharge(request.ctx, visit_id=visit_id, ending=form.ending))
        if left is not None:
            messages.success(request, _("Đã cho ra viện. In giấy tờ ở bên dưới."))
            return redirect("clinics:stay", visit_id)
    page = get_stay(request.ctx, visit_id)
    context = {"page": page, "form": form}
    return render(request, "clinics/stays/leaving.html", context, status=422 if form.errors else 200)


def _act(request: StaffRequest, visit_id: uuid.UUID, command: Any, said: str) -> HttpResponse:
    """Run a command whose form stands on the stay's page; its refusal is a message there."""
    try:
        command()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        for one in refusal.all:
            messages.warning(request, in_language(one.message))
    else:
        messages.success(request, said)
    return redirect("clinics:stay", visit_id)


def _page(
    request: StaffRequest,
    visit_id: uuid.UUID,
    *,
    sheet_form: CommandForm | None = None,
    lines: Any = (),
    status: int = 200,
) -> HttpResponse:
    page = get_stay(request.ctx, visit_id)
    repeat = page.before if request.GET.get("lap-lai") and page.written is None else None
    start, standing = initial_of(page.written or repeat)
    may = request.ctx.may
    context = {
        "page": page,
        "sheet_form": sheet_form
        or SheetForm(initial={**start, "seen": page.written.sheet.pk if page.written else None}),
        "rows": list(enumerate(rows_of(lines or standing))),
        "slots": [(slot.value, in_language(name)) for slot, name in SLOT_NAMES.items()],
        "bed_form": BedForm(page=page),
        "move_form": PlaceForm(page=page, auto_id="khoa_%s"),
        "may_doctor": may(Permission.STAY_ADMIT) and page.stay.ended_at is None,
        "may_care": may(Permission.STAY_CARE) and page.stay.ended_at is None,
        "here": reverse("clinics:stay", args=[visit_id]),
    }
    return render(request, "clinics/stays/stay.html", context, status=status)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004
