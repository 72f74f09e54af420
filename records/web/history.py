"""The history's pages: what is known, and one form a line; a correction shows what it replaces."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records.commands.history import correct_history, record_history, record_none, withdraw_history
from records.queries.access import RecordAccess, open_record
from records.queries.history import History, get_history
from records.web.history_fields import HistoryForm
from records.web.history_forms import FORMS, WithdrawForm
from records.web.history_sections import BY_SLUG, SECTIONS, Section
from records.web.history_words import line, said_words
from records.web.page import record_page
from registry.kernel import NotFound, Permission, Refused, in_language
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest


@require_GET
def history(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Every section with who said each line, what it replaced, and what was never asked."""
    access = open_record(request.ctx, patient_id, action="read-history")
    told = get_history(access)
    may = request.ctx.may(Permission.HISTORY_RECORD)
    shown = [_section(one, told, access, may=may) for one in _in_order(told)]
    context = {
        "main": [one for one in shown if one["main"]],
        "side": [one for one in shown if not one["main"]],
        "may": may,
    }
    return record_page(request, access, "records:history", "records/history.html", context)


@require_http_methods(["GET", "POST"])
@needs(Permission.HISTORY_RECORD)
def add(request: StaffRequest, patient_id: uuid.UUID, slug: str) -> HttpResponse:
    """A new line of a section."""
    section = _known(slug)
    today = timezone.localdate(request.ctx.at)
    form = FORMS[section.key](request.POST if request.method == "POST" else None, today=today)
    if form.is_bound and form.is_valid():
        written = form.run(lambda: record_history(request.ctx, patient_id=patient_id, fact=form.fact))
        if written is not None:
            return _back(request, patient_id, section, _("Đã ghi."))
    access = open_record(request.ctx, patient_id, action="read-history")
    if section.key == "reproductive" and not get_history(access).about.may_bear:
        raise Http404
    return _form_page(request, access, section, form)


@require_http_methods(["GET", "POST"])
@needs(Permission.HISTORY_RECORD)
def correct(request: StaffRequest, patient_id: uuid.UUID, slug: str, line_id: uuid.UUID) -> HttpResponse:
    """Correct a line, or say that it was noted by mistake (button "nham")."""
    section = _known(slug)
    if request.method == "GET":
        return _correction(request, patient_id, section, line_id)
    if "nham" in request.POST:
        return _withdraw(request, patient_id, section, line_id)
    form = FORMS[section.key](request.POST, correcting=True, today=timezone.localdate(request.ctx.at))
    if _done(form, lambda: _write_correction(request, patient_id, line_id, form)):
        return _back(request, patient_id, section, _("Đã sửa; bản trước vẫn đọc được."))
    return _correction(request, patient_id, section, line_id, form=form)


@require_POST
@needs(Permission.HISTORY_RECORD)
def none(request: StaffRequest, patient_id: uuid.UUID, slug: str) -> HttpResponse:
    """Asked, and there is none."""
    section = _known(slug)
    try:
        record_none(request.ctx, patient_id=patient_id, section=section.key)
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
        return redirect(f"{reverse('records:history', args=[patient_id])}#{section.slug}")
    return _back(request, patient_id, section, _("Đã ghi: đã hỏi, không có."))


def _known(slug: str) -> Section:
    if slug not in BY_SLUG:
        raise Http404
    return BY_SLUG[slug]


def _done(form: CommandForm, command: Callable[[], object]) -> bool:
    return form.is_valid() and form.run(command) is not None


def _write_correction(request: StaffRequest, patient_id: uuid.UUID, line_id: uuid.UUID, form: HistoryForm) -> uuid.UUID:
    reason = form.cleaned_data["reason"]
    return correct_history(request.ctx, patient_id=patient_id, line_id=line_id, fact=form.fact, reason=reason)


def _withdraw(request: StaffRequest, patient_id: uuid.UUID, section: Section, line_id: uuid.UUID) -> HttpResponse:
    form = WithdrawForm(request.POST, prefix="nham")
    told: dict[str, Any] = {"patient_id": patient_id, "section": section.key, "line_id": line_id}
    if _done(form, lambda: withdraw_history(request.ctx, reason=form.cleaned_data["reason"], **told)):
        return _back(request, patient_id, section, _("Đã bỏ dòng ghi nhầm; vẫn đọc được ở cuối mục."))
    return _correction(request, patient_id, section, line_id, withdraw=form)


def _correction(
    request: StaffRequest,
    patient_id: uuid.UUID,
    section: Section,
    line_id: uuid.UUID,
    *,
    form: HistoryForm | None = None,
    withdraw: WithdrawForm | None = None,
) -> HttpResponse:
    """The form of a line that stands; a line replaced meanwhile leads to the page with what was typed lost to nobody."""
    access = open_record(request.ctx, patient_id, action="read-history")
    noted = get_history(access).line(section.key, line_id)
    if noted is None and form is None and withdraw is None:
        raise NotFound("Không tìm thấy dòng này: có thể nó vừa được sửa. Hãy mở lại trang tiền sử.", "no-such-line")
    kind, today = FORMS[section.key], timezone.localdate(request.ctx.at)
    fresh = kind(initial=kind.initial_of(noted.fact) if noted else {}, correcting=True, today=today)
    context = {
        "correcting": True,
        "line": line(section.key, noted, "") if noted else None,
        "withdraw": withdraw or WithdrawForm(prefix="nham"),
    }
    return _form_page(request, access, section, form or fresh, refused=bool(form or withdraw), **context)


def _form_page(
    request: StaffRequest,
    access: RecordAccess,
    section: Section,
    form: HistoryForm,
    *,
    refused: bool = False,
    **more: Any,
) -> HttpResponse:
    context = {"section": section, "form": form, "back": reverse("records:history", args=[access.patient_id])} | more
    status = 422 if refused or form.is_bound else 200
    return record_page(request, access, "records:history", "records/history_form.html", context, status=status)


def _back(request: StaffRequest, patient_id: uuid.UUID, section: Section, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect(f"{reverse('records:history', args=[patient_id])}#{section.slug}")


def _in_order(told: History) -> list[Section]:
    """A child's birth comes first; nobody who cannot bear children is asked about it."""
    asked = [one for one in SECTIONS if one.key != "reproductive" or told.about.may_bear or told.reproductive]
    return sorted(asked, key=lambda one: not (one.key == "birth" and told.about.child))


def _section(one: Section, told: History, access: RecordAccess, *, may: bool) -> dict[str, Any]:
    lines, person = told.section(one.key), access.patient_id
    answer = told.none.get(one.key)
    full = one.single and bool(lines)
    return {
        "key": one.key,
        "slug": one.slug,
        "title": _(one.title),
        "main": one.main or (one.key == "birth" and told.about.child),
        "lines": [line(one.key, noted, _line_url(person, one, noted.id) if may else "") for noted in lines],
        "withdrawn": [line(one.key, noted, "") for noted in told.withdrawn.get(one.key, ())],
        "none": _(one.none) if answer else "",
        "none_said": said_words(answer) if answer else "",
        "unasked": _(one.unasked),
        "add_url": reverse("records:history_add", args=[person, one.slug]) if may and not full else "",
        "none_url": reverse("records:history_none", args=[person, one.slug]) if may and one.none and not lines else "",
    }


def _line_url(person: uuid.UUID, section: Section, line_id: uuid.UUID) -> str:
    return reverse("records:history_correct", args=[person, section.slug, line_id])
