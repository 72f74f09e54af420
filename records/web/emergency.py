"""A closed record: the page that shows nothing of it, and the Department of Health's review of who opened one."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from records.commands.alerts import review_alert
from records.commands.emergency import answer_emergency_question, open_emergency_access, review_emergency_access
from records.queries.access import RecordClosed, TooManyRecords
from records.queries.alerts import find_alerts
from records.queries.emergencies import Emergencies, find_emergencies, find_own_emergencies
from records.web.forms import EMERGENCIES, AlertForm, AnswerForm, EmergencyForm, ReviewForm
from registry.kernel import Permission, Refused
from registry.rules.permissions import ROLE_NAMES, Role
from registry.web.requests import StaffRequest

KINDS = dict(EMERGENCIES)
STANDINGS = {
    "waiting": gettext_lazy("Chờ duyệt"),
    "answered": gettext_lazy("Đã giải trình"),
    "questioned": gettext_lazy("Chờ giải trình"),
    "justified": gettext_lazy("Chính đáng"),
    "unjustified": gettext_lazy("Không chính đáng"),
}


def closed_page(request: StaffRequest, refusal: Refused) -> HttpResponse:
    """403: whose record it is stays unsaid; those who may open it in an emergency find the form."""
    patient_id = refusal.patient_id if isinstance(refusal, RecordClosed | TooManyRecords) else None
    return _page(request, patient_id, EmergencyForm(), status=403, why=refusal.code)


@require_POST
def open_emergency(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Open the record for three hours with a reason."""
    form = EmergencyForm(request.POST)
    if form.is_valid():
        said = form.cleaned_data
        until = form.run(
            lambda: open_emergency_access(request.ctx, patient_id=patient_id, reason=said["reason"], kind=said["kind"])
        )
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
    """Every emergency access, oldest first, what waits for a judgement first of all; ?loc= filters, ?tat-ca=1 shows all."""
    form = ReviewForm(request.POST) if request.method == "POST" else None
    if form is not None and _judged(request, form):
        messages.success(request, _("Đã ghi kết luận."))
        return redirect("records:emergency_reviews")
    every = "tat-ca" in request.GET
    standing = request.GET.get("loc", "")
    found = find_emergencies(request.ctx, reviewed=every, standing=standing, after=request.GET.get("sau", ""))
    context = {
        **_queue(request, found, every=every, standing=standing),
        "form": form,
        "judged": str(form.data.get("access_id", "")) if form else "",
    }
    return render(request, "records/emergency_reviews.html", context, status=422 if form else 200)


def _judged(request: StaffRequest, form: ReviewForm) -> bool:
    """Whether the judgement was kept; otherwise the form carries what is wrong."""
    if not form.is_valid():
        return False
    said = form.cleaned_data
    return bool(
        form.run(
            lambda: (
                review_emergency_access(
                    request.ctx,
                    access_id=said["access_id"],
                    verdict=said["verdict"],
                    note=said["note"],
                    seen=said["seen"],
                )
                or True
            )
        )
    )


@require_http_methods(["GET", "POST"])
def own_emergencies(request: StaffRequest) -> HttpResponse:
    """The facility's own emergency accesses: what the Department of Health asks about is answered here."""
    form = AnswerForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        said = form.cleaned_data
        done = form.run(
            lambda: answer_emergency_question(request.ctx, access_id=said["access_id"], text=said["text"]) or True
        )
        if done:
            messages.success(request, _("Đã gửi giải trình đến Sở Y tế."))
            return redirect("records:own_emergencies")
    standing = request.GET.get("loc", "")
    found = find_own_emergencies(request.ctx, standing=standing, after=request.GET.get("sau", ""))
    context = {
        **_queue(request, found, every=not standing, standing=standing),
        "form": form,
        "answered": str(form.data.get("access_id", "")) if form else "",
    }
    return render(request, "records/emergency_own.html", context, status=422 if form else 200)


def _queue(request: StaffRequest, found: Emergencies, *, every: bool, standing: str) -> dict[str, Any]:
    """What both lists show: filters with counts, lines, the next page."""
    filters = [
        {
            "label": label,
            "url": f"?loc={key}",
            "count": found.counts.get(key, 0),
            "count_danger": key in {"waiting", "questioned"} and found.counts.get(key, 0) > 0,
            "current": standing == key,
        }
        for key, label in STANDINGS.items()
    ]
    whole = {
        "label": _("Tất cả"),
        "url": "?tat-ca=1",
        "count": sum(found.counts.values()),
        "current": every and not standing,
    }
    asked = {"loc": standing} if standing else {"tat-ca": "1"} if every else {}
    return {
        "filters": [*filters, whole],
        "lines": [
            {"one": one, "kind": KINDS.get(one.kind, one.kind), "standing": STANDINGS[one.standing]} for one in found
        ],
        "next_url": f"?{urlencode({**asked, 'sau': found.after})}" if found.after else "",
        "first_url": f"?{urlencode(asked)}" if request.GET.get("sau") else "",
    }


@require_http_methods(["GET", "POST"])
def alerts(request: StaffRequest) -> HttpResponse:
    """Accounts that read more records than their role needs, and emergencies as they were opened."""
    form = AlertForm(request.POST) if request.method == "POST" else None
    if form is not None and form.is_valid():
        said = form.cleaned_data
        done = form.run(
            lambda: (
                review_alert(request.ctx, alert_id=said["alert_id"], verdict=said["verdict"], note=said["note"]) or True
            )
        )
        if done:
            messages.success(request, _("Đã ghi kết luận."))
            return redirect("records:alerts")
    every = "tat-ca" in request.GET
    found = find_alerts(request.ctx, every=every, before=request.GET.get("truoc", ""))
    asked = {"tat-ca": "1"} if every else {}
    context = {
        "lines": [
            {"one": one, "role": ROLE_NAMES.get(Role(one.role), "") if one.role in set(Role) else ""}
            for one in found.found
        ],
        "every": every,
        "form": form,
        "judged": str(form.data.get("alert_id", "")) if form else "",
        "next_url": f"?{urlencode({**asked, 'truoc': found.before})}" if found.before else "",
        "first_url": f"?{urlencode(asked)}" if request.GET.get("truoc") else "",
    }
    return render(request, "records/alerts.html", context, status=422 if form else 200)
