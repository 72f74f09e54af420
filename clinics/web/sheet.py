"""The doctor's sheet: saved, filled, kept as a template, signed; and the codes offered while it is typed."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinics.commands.closing import Closed, close_visit
from clinics.commands.consultation import record_diagnoses
from clinics.commands.sheet_filling import Filling, fill_from_last, fill_from_template
from clinics.queries.coding import get_typed_codes
from clinics.queries.diagnoses import find_diagnoses
from clinics.rules.coding import read_whom
from clinics.rules.diagnoses import normalise_code
from clinics.rules.sheet import FIELD_NAMES
from clinics.web.forms import first_word, split_codes
from clinics.web.sheet_forms import SheetForm
from clinics.web.visit import visit_page, visit_url
from records.rules.examination import SYSTEMS
from records.web.examination_forms import REST_NORMAL, standing_before
from registry.kernel import Permission, in_language
from registry.web.guards import needs
from registry.web.requests import StaffRequest

A = TypeVar("A")


@require_POST
@needs(Permission.DIAGNOSIS_RECORD)
def diagnoses(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Save the sheet as a draft (button "nhap" or "con-lai"), or sign it and close the visit."""
    form = _form(request)
    if {"nhap", REST_NORMAL} & request.POST.keys():
        if _done(form, lambda: _save(request, visit_id, form)) is not None:
            messages.success(request, _("Đã lưu nháp phiếu khám."))
            return redirect(visit_url(visit_id))
    elif (closed := _done(form, lambda: _close(request, visit_id, form))) is not None:
        messages.success(request, _closed_words(closed))
        return redirect("clinics:worklist")
    return visit_page(request, visit_id, sheet_form=form)


@require_POST
@needs(Permission.DIAGNOSIS_RECORD)
def fill(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Fill the empty lines: button "mau" carries a template's number, or "lan-truoc" for the last examination."""
    form, asked = _form(request), request.POST.get("mau", "")
    last = not (asked.isascii() and asked.isdecimal() and len(asked) < 10)  # noqa: PLR2004 - digits

    def run() -> Filling:
        if last:
            return fill_from_last(request.ctx, visit_id=visit_id, typed=form.typed)
        return fill_from_template(request.ctx, visit_id=visit_id, template_id=int(asked), typed=form.typed)

    filling = _done(form, run)
    if filling is None:
        return visit_page(request, visit_id, sheet_form=form)
    _tell(request, filling)
    return redirect(visit_url(visit_id) if last else f"{visit_url(visit_id)}?mau={asked}")


@require_GET
@needs(Permission.DIAGNOSIS_RECORD)
def suggestions(request: StaffRequest) -> HttpResponse:
    """Codes for what is being typed, as options of the list beside the field."""
    text = request.GET.get("q") or request.GET.get("main") or request.GET.get("secondary", "")
    last = text.replace(";", ",").split(",")[-1].strip()[:120]
    found = find_diagnoses(request.ctx, last) if len(last) > 1 else []
    return render(request, "clinics/_suggestions.html", {"found": found, "text": last})


@require_GET
@needs(Permission.DIAGNOSIS_RECORD)
def chosen(request: StaffRequest) -> HttpResponse:
    """The codes typed so far with their names and what speaks against them: the doctor reads back what will be written."""
    main = normalise_code(first_word(request.GET.get("main", "")))
    others = [normalise_code(code) for code in split_codes(request.GET.get("secondary", ""))][:20]
    codes = get_typed_codes(request.ctx, main, others, read_whom(request.GET.get("ai", "")))
    return render(request, "clinics/_chosen.html", {"codes": codes, "main": main})


def _form(request: StaffRequest) -> SheetForm:
    return SheetForm(request.POST, systems=list(SYSTEMS.values()), initial=standing_before(request.POST))


def _done(form: SheetForm, command: Callable[[], A]) -> A | None:
    """What the command answered; None where it was refused or could not be read: the form holds the errors."""
    return form.run(command) if form.is_valid() else None


def _save(request: StaffRequest, visit_id: uuid.UUID, form: SheetForm) -> object:
    said = form.typed
    return record_diagnoses(
        request.ctx,
        visit_id=visit_id,
        main=said.main or "",
        secondary=said.secondary,
        conclusion=said.conclusion,
        reason=said.reason,
        examined=said.examined,
        seen=said.seen,
    )


def _close(request: StaffRequest, visit_id: uuid.UUID, form: SheetForm) -> Closed:
    said = form.typed
    return close_visit(
        request.ctx,
        visit_id=visit_id,
        main=said.main,
        secondary=said.secondary,
        conclusion=said.conclusion or "",
        outcome_code=form.cleaned_data["outcome_code"],
        reason=said.reason,
        examined=said.examined,
        seen=said.seen,
        ending=form.ending,
    )


def _closed_words(closed: Closed) -> str:
    if closed.appointment is None:
        return _("Đã kết thúc lượt khám.")
    at = timezone.localtime(closed.appointment.starts_at)
    return _("Đã kết thúc lượt khám. Hẹn khám lại %(at)s.") % {"at": f"{at:%H:%M %d/%m/%Y}"}


def _tell(request: StaffRequest, filling: Filling) -> None:
    """What was filled, and what was left as it was."""
    filled = filling.filled
    if filled.taken:
        messages.success(request, _("Đã điền: %(names)s.") % {"names": _names(filled.taken)})
    if filled.skipped:
        messages.info(request, _("Giữ nguyên chỗ đã có chữ: %(names)s.") % {"names": _names(filled.skipped)})
    if not filled.taken and not filled.skipped:
        messages.info(request, _("Không có gì mới để điền."))
    if filling.codes_refused:
        messages.warning(request, _("Không lấy mã bệnh cũ: %(why)s") % {"why": in_language(filling.codes_refused)})


def _names(names: Iterable[str]) -> str:
    return ", ".join(in_language(FIELD_NAMES[name]) for name in names)
