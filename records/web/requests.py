"""Data-subject requests: the worklist with its clocks, one request and its steps, and what one resident has asked."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from records.commands.requests import close_request, lift_restriction, record_request, reply_request, take_request
from records.queries.panels import Panel
from records.queries.requests import Line, Step, find_requests, get_request, get_requests_of
from records.web.page import record_page
from records.web.proof_forms import PROOFS, REQUESTS, HandlingForm, RequestForm
from registry.kernel import Permission, require
from registry.web.requests import StaffRequest

KINDS = dict(REQUESTS)
STATES = {
    "received": gettext_lazy("Mới nhận"),
    "replied": gettext_lazy("Đã phản hồi, đang làm"),
    "done": gettext_lazy("Đã thực hiện"),
    "declined": gettext_lazy("Từ chối, có căn cứ"),
    "taken-back": gettext_lazy("Người yêu cầu rút"),
}
TAGS = {"received": "warning", "replied": "accent", "done": "success", "declined": "", "taken-back": ""}
PROVEN = dict(PROOFS)


@require_GET
def worklist(request: StaffRequest) -> HttpResponse:
    """Requests by deadline; ?tat-ca=1 closed ones too, ?loai= one kind."""
    every, kind = "tat-ca" in request.GET, request.GET.get("loai", "")
    kind = kind if kind in KINDS else ""
    found = find_requests(request.ctx, every=every, kind=kind, after=request.GET.get("sau", ""))
    asked = ({"tat-ca": "1"} if every else {}) | ({"loai": kind} if kind else {})
    context = {
        "lines": [_shown(one) for one in found.found],
        "work": found,
        "kinds": [{"label": _("Mọi loại"), "url": _url(asked | {"loai": ""}), "current": not kind}]
        + [{"label": label, "url": _url(asked | {"loai": key}), "current": key == kind} for key, label in REQUESTS],
        "every": every,
        "next_url": _url(asked | {"sau": found.after}) if found.after else "",
        "first_url": _url(asked) if request.GET.get("sau") else "",
    }
    return render(request, "records/requests.html", context)


@require_http_methods(["GET", "POST"])
def one(request: StaffRequest, request_id: uuid.UUID) -> HttpResponse:
    """One request: its steps, its clocks, and what may be done next."""
    form = HandlingForm(request.POST) if request.method == "POST" else None
    if form is not None:
        require(request.ctx, Permission.REQUEST_HANDLE)
        if form.is_valid() and form.run(lambda: _handle(request, request_id, form.cleaned_data)):
            messages.success(request, _("Đã ghi."))
            return redirect("records:request", request_id)
    page = get_request(request.ctx, request_id)
    context = {
        "page": page,
        "line": _shown(page.line),
        "steps": [_step(step) for step in page.steps],
        "form": form or HandlingForm(),
        "failed": form,
    }
    return render(request, "records/request.html", context, status=422 if form else 200)


def _handle(request: StaffRequest, request_id: uuid.UUID, said: dict[str, Any]) -> bool:
    """Do the step that was asked for."""
    ctx, step, note = request.ctx, said["step"], said["note"]
    if step == "take":
        take_request(ctx, request_id=request_id)
    elif step == "reply":
        reply_request(ctx, request_id=request_id, note=note)
    elif step == "lift":
        lift_restriction(ctx, request_id=request_id, note=note)
    else:
        close_request(ctx, request_id=request_id, state=step, note=note)
    return True


@require_http_methods(["GET", "POST"])
def of_resident(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """What a resident has asked about their data, and the form that receives another request."""
    form = RequestForm(request.POST) if request.method == "POST" else None
    if form is not None:
        require(request.ctx, Permission.REQUEST_RECORD)
        made = (
            None
            if not form.is_valid()
            else form.run(
                lambda: record_request(
                    request.ctx,
                    patient_id=patient_id,
                    kind=form.cleaned_data["kind"],
                    wish=form.cleaned_data["wish"],
                    statement=form.statement(),
                )
            )
        )
        if made:
            messages.success(request, _("Đã nhận yêu cầu. Phải phản hồi trong 2 ngày làm việc."))
            return redirect("records:resident_requests", patient_id)
    page = get_requests_of(request.ctx, patient_id)
    context = {
        "page": page,
        "lines": [
            _shown(line) | {"steps": [_step(step) for step in steps], "restricts": line.id in page.restricted_by}
            for line, steps in page.found
        ],
        "form": form or RequestForm(),
        "may_record": request.ctx.may(Permission.REQUEST_RECORD),
    }
    panels: list[Panel] | None = None if request.ctx.may(Permission.RECORD_READ) else []
    return record_page(
        request, page.access, "records:resident_requests", "records/resident_requests.html", context,
        panels=panels, status=422 if form else 200,
    )  # fmt: skip


def _shown(line: Line) -> dict[str, Any]:
    return {
        "one": line,
        "kind": KINDS.get(line.kind, line.kind),
        "state": STATES.get(line.state, line.state),
        "tag": TAGS.get(line.state, ""),
        "proof": PROVEN.get(line.proof, line.proof),
        "late": -line.days_left if line.is_open and line.days_left < 0 else 0,
    }


def _step(step: Step) -> dict[str, Any]:
    more = ""
    if step.detail.get("lifted"):
        more = _("Đã bỏ hạn chế xử lý.")
    elif step.detail.get("restricted"):
        more = _("Hồ sơ đã hạn chế xử lý.")
    elif "withdrawn" in step.detail:
        more = _("Đã rút %(count)s đồng ý.") % {"count": step.detail["withdrawn"]}
    elif step.detail.get("keep_until"):
        more = _("Phải lưu hồ sơ đến hết ngày %(day)s.") % {"day": _day(step.detail["keep_until"])}
    return {"step": step, "state": STATES.get(step.state, step.state), "more": more}


def _day(iso: str) -> str:
    return "/".join(reversed(iso.split("-")))


def _url(asked: dict[str, str]) -> str:
    kept = {name: value for name, value in asked.items() if value}
    return f"?{urlencode(kept)}" if kept else "?"
