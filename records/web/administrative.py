"""The administrative part's pages: the form, and the people around somebody. The desk comes here too, and reads no more."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from records.commands.administrative import edit_administrative
from records.commands.history import correct_relative as write_correction
from records.commands.history import record_relative, withdraw_relative
from records.queries.access import RecordAccess
from records.queries.administrative import (
    get_administrative,
    list_options,
    list_provinces,
    open_administrative,
    provinces_by_code,
    today_of,
)
from records.queries.history import get_relatives
from records.rules.history_facts import Relative
from records.web.administrative_form import AdministrativeForm
from records.web.history_forms import RelativeForm, WithdrawForm
from records.web.history_words import line
from records.web.newborn import family_lines, newborn_url
from registry.kernel import NotFound, Permission, in_language
from registry.queries.units import list_communes
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest

SECTION = {"title": gettext_lazy("Người thân, người giám hộ"), "slug": "nguoi-than"}


@require_http_methods(["GET", "POST"])
@needs(Permission.RESIDENT_EDIT)
def edit(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The form as it stands today; sending it is a new statement of this facility."""
    if request.method == "POST":
        return _send(request, patient_id)
    access = open_administrative(request.ctx, patient_id)
    known = get_administrative(access)
    return _page(request, access, AdministrativeForm(initial=AdministrativeForm.start(known, provinces_by_code())))


def _send(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    form = AdministrativeForm(request.POST)
    person = form.stated(timezone.localdate(request.ctx.at)) if form.is_valid() else None
    if person is not None:
        raw = {name: request.POST.get(name, "") for name in form.fields}
        seen = form.cleaned_data["seen"]
        written = form.run(
            lambda: edit_administrative(request.ctx, patient_id=patient_id, person=person, seen=seen, raw=raw)
        )
        if written is not None:
            for notice in person.notices:
                messages.warning(request, in_language(notice.message))
            messages.success(request, _("Đã cập nhật hành chính."))
            return redirect(_after(request, written.patient_id))
    access = open_administrative(request.ctx, patient_id)
    return _page(request, access, form, status=422)


@require_http_methods(["GET", "POST"])
@needs(Permission.RESIDENT_EDIT)
def add_relative(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Somebody's relative or guardian."""
    today = timezone.localdate(request.ctx.at)
    form = RelativeForm(request.POST if request.method == "POST" else None, today=today)
    if form.is_bound and _done(form, lambda: record_relative(request.ctx, patient_id=patient_id, fact=_relative(form))):
        return _back(request, patient_id, _("Đã ghi người thân."))
    access = open_administrative(request.ctx, patient_id)
    return _relative_page(request, access, form, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
@needs(Permission.RESIDENT_EDIT)
def correct_relative(request: StaffRequest, patient_id: uuid.UUID, line_id: uuid.UUID) -> HttpResponse:
    """Correct a relative, or say that they were noted by mistake (button "nham")."""
    if request.method == "GET":
        return _correction(request, patient_id, line_id)
    if "nham" in request.POST:
        taken = WithdrawForm(request.POST, prefix="nham")
        told = {"patient_id": patient_id, "line_id": line_id}
        if _done(taken, lambda: withdraw_relative(request.ctx, reason=taken.cleaned_data["reason"], **told)):
            return _back(request, patient_id, _("Đã bỏ dòng ghi nhầm."))
        return _correction(request, patient_id, line_id, withdraw=taken)
    form = RelativeForm(request.POST, correcting=True, today=timezone.localdate(request.ctx.at))
    if _done(form, lambda: _write(request, patient_id, line_id, form)):
        return _back(request, patient_id, _("Đã sửa; bản trước vẫn đọc được."))
    return _correction(request, patient_id, line_id, form=form)


def _write(request: StaffRequest, patient_id: uuid.UUID, line_id: uuid.UUID, form: RelativeForm) -> uuid.UUID:
    reason = form.cleaned_data["reason"]
    return write_correction(request.ctx, patient_id=patient_id, line_id=line_id, fact=_relative(form), reason=reason)


def _correction(
    request: StaffRequest,
    patient_id: uuid.UUID,
    line_id: uuid.UUID,
    *,
    form: RelativeForm | None = None,
    withdraw: WithdrawForm | None = None,
) -> HttpResponse:
    access = open_administrative(request.ctx, patient_id)
    noted = next((one for one in get_relatives(access) if one.id == line_id), None)
    if noted is None and form is None and withdraw is None:
        raise NotFound("Không tìm thấy dòng này: có thể nó vừa được sửa. Hãy mở lại trang hành chính.", "no-such-line")
    initial = RelativeForm.initial_of(noted.fact) if noted else {}
    shown = form or RelativeForm(initial=initial, correcting=True, today=today_of(access))
    more = {
        "correcting": True,
        "line": line("relatives", noted, "") if noted else None,
        "withdraw": withdraw or WithdrawForm(prefix="nham"),
    }
    return _relative_page(request, access, shown, status=422 if form or withdraw else 200, **more)


def _relative(form: RelativeForm) -> Relative:
    return cast("Relative", form.fact)


def _done(form: CommandForm, command: Callable[[], object]) -> bool:
    return form.is_valid() and form.run(command) is not None


def _after(request: StaffRequest, patient_id: uuid.UUID) -> str:
    """Back to the administrative part for those who read records, to the form for the desk."""
    may_read = request.ctx.may(Permission.RECORD_READ)
    return reverse("records:identity" if may_read else "records:administrative", args=[patient_id])


def _back(request: StaffRequest, patient_id: uuid.UUID, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(_sender(request) or reverse("records:administrative", args=[patient_id]))


def _sender(request: StaffRequest) -> str:
    """The page of this house that sent us (the desk, checking in a child), or ""."""
    asked = request.GET.get("next", "")
    return asked if asked and url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else ""


def _page(request: StaffRequest, access: RecordAccess, form: AdministrativeForm, *, status: int = 200) -> HttpResponse:
    today, person = today_of(access), access.patient_id
    relatives = [
        line("relatives", one, reverse("records:relative_correct", args=[person, one.id]))
        for one in get_relatives(access)
    ]
    context = _head(access) | {
        "form": form,
        "groups": form.groups(),
        "relatives": relatives,
        "relative_url": reverse("records:relative_add", args=[person]),
        "family": family_lines(access),
        "newborn_url": newborn_url(access),
        "communes": list_communes(today),
        "provinces": list_provinces(),
        "options": list_options(today),
        "back": _after(request, person) if request.ctx.may(Permission.RECORD_READ) else reverse("patient_search"),
    }
    return render(request, "records/administrative.html", context, status=status)


def _relative_page(
    request: StaffRequest, access: RecordAccess, form: RelativeForm, *, status: int, **more: Any
) -> HttpResponse:
    back = _sender(request) or reverse("records:administrative", args=[access.patient_id])
    context = _head(access) | {"section": SECTION, "form": form, "back": back} | more
    return render(request, "records/relative.html", context, status=status)


def _head(access: RecordAccess) -> dict[str, Any]:
    """Whom the page is about; nothing clinical, for the desk sees it too."""
    person = access.person
    return {"person": {"name": person.name, "birth": person.birth.display, "id": person.id}}
