"""A closed record: the page that shows nothing of it, and the Department of Health's review of who opened one."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from records.commands.emergency import open_emergency_access, review_emergency_access
from records.queries.access import RecordClosed, TooManyRecords
from records.queries.emergencies import find_emergencies
from records.web.forms import EmergencyForm, ReviewForm
from registry.kernel import Permission, Refused, in_language
from registry.web.requests import StaffRequest


def closed_page(request: StaffRequest, refusal: Refused) -> HttpResponse:
    """403: whose record it is stays unsaid; those who may open it in an emergency find the form."""
    patient_id = refusal.patient_id if isinstance(refusal, RecordClosed | TooManyRecords) else None
    return _page(request, patient_id, EmergencyForm(), status=403, why=refusal.code)


@require_POST
def open_emergency(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Open the record for three hours with a reason."""
    form = EmergencyForm(request.POST)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        until = form.run(lambda: open_emergency_access(request.ctx, patient_id=patient_id, reason=reason))
        if until is not None:
            return redirect("records:record", patient_id)
    else:  # the permission is asked even when the form is empty
        form.run(lambda: open_emergency_access(request.ctx, patient_id=patient_id, reason=""))
    return _page(request, patient_id, form, status=422)


def _page(
    request: HttpRequest, patient_id: uuid.UUID | None, form: EmergencyForm, *, status: int, why: str = "record-closed"
) -> HttpResponse:
    may_open = patient_id is not None and request.ctx.may(Permission.RECORD_OPEN_EMERGENCY)  # type: ignore[attr-defined]
    context = {"patient_id": patient_id, "form": form, "may_open": may_open, "why": why}
    return render(request, "records/closed.html", context, status=status)


@require_http_methods(["GET", "POST"])
def reviews(request: StaffRequest) -> HttpResponse:
    """Emergency accesses that wait for a judgement; ?tat-ca=1 shows judged ones too."""
    if request.method == "POST":
        return _judge(request)
    every = "tat-ca" in request.GET
    return render(
        request,
        "records/emergency_reviews.html",
        {"found": find_emergencies(request.ctx, reviewed=every), "every": every},
    )


def _judge(request: StaffRequest) -> HttpResponse:
    form = ReviewForm(request.POST)
    form.full_clean()
    answers = {"verdict": form.data.get("verdict", ""), "note": form.data.get("note", "")}
    try:
        access_id = uuid.UUID(request.POST.get("access_id", ""))
    except ValueError:
        access_id = uuid.UUID(int=0)
    try:
        review_emergency_access(request.ctx, access_id=access_id, **answers)
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.error(request, in_language(refusal.message))
    else:
        messages.success(request, _("Đã ghi kết luận."))
    return redirect("records:emergency_reviews")
