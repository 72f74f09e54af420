"""The consulting room: the worklist, the visit, what the nurse and the doctor write, and the wall outside."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinics.commands.calls import call_again
from clinics.commands.consultation import close_visit, record_diagnoses, start_consultation
from clinics.commands.departures import cancel_visit, record_left
from clinics.commands.triage import record_vitals
from clinics.queries.diagnoses import find_diagnoses, get_diagnoses
from clinics.queries.queue import Day, get_worklist
from clinics.queries.visit_page import VisitPage, get_visit
from clinics.queries.wall import get_wall
from clinics.rules.diagnoses import normalise_code
from clinics.rules.sheet import PART_NAMES, Part
from clinics.rules.states import VisitState
from clinics.web.forms import SEEN, CancelForm, SheetForm, VitalsForm, first_word, split_codes
from clinics.web.order_forms import OrderForm
from clinics.web.reception import own_room, part_or_page, room_filters, safe_next
from records.rules.examination import SYSTEMS
from records.web.examination_forms import REST_NORMAL, standing_before
from registry.kernel import Permission, Refused, in_language
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest

STEPS = (
    (VisitState.WAITING, "cho-do"),
    (VisitState.TRIAGED, "cho-kham"),
    (VisitState.IN_CONSULTATION, "dang-kham"),
    (VisitState.AWAITING_RESULTS, "cho-ket-qua"),
    (VisitState.CLOSED, "da-xong"),
)


@require_GET
def worklist(request: StaffRequest) -> HttpResponse:
    """Who is next: ?phong= (one's own room unless said otherwise, empty for all) and ?buoc= (a step of STEPS)."""
    room_code = request.GET.get("phong", own_room(request))
    step = request.GET.get("buoc", "")
    state = next((state for state, slug in STEPS if slug == step), None)
    day = get_worklist(request.ctx, room_code=room_code, state=state.value if state else "")
    context = {
        "day": day,
        "room_code": room_code,
        "rooms": room_filters(request, day, room_code),
        "steps": _step_filters(request, day, room_code, step),
        "call_room": next((room for room in day.rooms if room.code == room_code), None),
        "may": _rights(request),
    }
    return render(request, part_or_page(request, "clinics/worklist.html"), context)


@require_GET
def visit(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The visit's page: what a role may do there depends on its rights, what it shows too."""
    return _page(request, visit_id)


@require_POST
@needs(Permission.VITALS_RECORD)
def vitals(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The nurse saves measurements."""
    form = VitalsForm(request.POST)
    if _done(form, lambda: record_vitals(request.ctx, visit_id=visit_id, readings=form.readings)):
        messages.success(request, _("Đã lưu sinh hiệu."))
        return redirect(
            "clinics:worklist" if not request.ctx.may(Permission.DIAGNOSIS_RECORD) else _visit_url(visit_id)
        )
    return _page(request, visit_id, vitals_form=form)


@require_POST
@needs(Permission.DIAGNOSIS_RECORD)
def start(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The doctor begins."""
    return _act(request, visit_id, lambda: start_consultation(request.ctx, visit_id=visit_id), "")


@require_POST
@needs(Permission.DIAGNOSIS_RECORD)
def diagnoses(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Save the diagnoses with a draft of the conclusion (button "nhap"), or close the visit."""
    form = SheetForm(request.POST, systems=list(SYSTEMS.values()), initial=standing_before(request.POST))
    draft = bool({"nhap", REST_NORMAL} & request.POST.keys())
    if _done(form, lambda: (_save if draft else _close)(request, visit_id, form)):
        messages.success(request, _("Đã lưu nháp phiếu khám.") if draft else _("Đã kết thúc lượt khám."))
        return redirect(_visit_url(visit_id) if draft else reverse("clinics:worklist"))
    return _page(request, visit_id, sheet_form=form)


@require_POST
@needs(Permission.VISIT_CHECK_IN)
def cancel(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Take the visit back, with the reason."""
    form = CancelForm(request.POST)
    if _done(form, lambda: cancel_visit(request.ctx, visit_id=visit_id, reason=form.cleaned_data["reason"])):
        messages.success(request, _("Đã huỷ lượt khám."))
        return redirect("clinics:worklist")
    return _page(request, visit_id, cancel_form=form)


@require_POST
@needs(Permission.VISIT_CHECK_IN)
def leave(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The person went home."""
    return _act(request, visit_id, lambda: record_left(request.ctx, visit_id=visit_id), _("Đã ghi người bệnh bỏ về."))


@require_POST
@needs(Permission.QUEUE_CALL)
def recall(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Call the number once more."""
    return _act(request, visit_id, lambda: call_again(request.ctx, visit_id=visit_id), _("Đã gọi lại số này."))


@require_GET
@needs(Permission.DIAGNOSIS_RECORD)
def suggestions(request: StaffRequest) -> HttpResponse:
    """Codes for what is being typed, as options of the list beside the field."""
    text = request.GET.get("q") or request.GET.get("main") or request.GET.get("secondary", "")
    last = text.replace(";", ",").split(",")[-1].strip()[:120]
    found = find_diagnoses(request.ctx, last) if len(last) > 1 else []
    return render(request, "clinics/_suggestions.html", {"found": found, "text": last})


@require_GET
def chosen(request: StaffRequest) -> HttpResponse:
    """The codes typed so far with their names: the doctor reads back what will be written."""
    main = normalise_code(first_word(request.GET.get("main", "")))
    others = [normalise_code(code) for code in split_codes(request.GET.get("secondary", ""))][:20]
    named = get_diagnoses(request.ctx, [code for code in (main, *others) if code])
    return render(request, "clinics/_chosen.html", {"codes": named, "main": main})


@require_GET
def wall(request: StaffRequest, room_code: str) -> HttpResponse:
    """The display before a room; it asks for itself every few seconds."""
    context = {"wall": get_wall(request.ctx, room_code), "now": request.ctx.at}
    return render(request, part_or_page(request, "clinics/wall.html"), context)


def _done(form: CommandForm, command: Callable[[], object]) -> bool:
    """Whether what was typed could be read and the command took it; else the form holds the errors."""
    return form.is_valid() and form.run(command) is not None


def _save(request: StaffRequest, visit_id: uuid.UUID, form: SheetForm) -> object:
    return record_diagnoses(
        request.ctx,
        visit_id=visit_id,
        main=form.main_code,
        secondary=form.secondary_codes,
        conclusion=form.cleaned_data["conclusion"],
        examined=form.said,
        seen=form.seen,
    )


def _close(request: StaffRequest, visit_id: uuid.UUID, form: SheetForm) -> object:
    return close_visit(
        request.ctx,
        visit_id=visit_id,
        main=form.main_code,
        secondary=form.secondary_codes,
        conclusion=form.cleaned_data["conclusion"],
        outcome_code=form.cleaned_data["outcome_code"],
        examined=form.said,
        seen=form.seen,
    )


def _act(request: StaffRequest, visit_id: uuid.UUID, command: Callable[[], object], said: str) -> HttpResponse:
    """Run a command that has no fields; its refusal is a message on the page it came from."""
    try:
        command()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        if said:
            messages.success(request, said)
    return redirect(safe_next(request, _visit_url(visit_id)))


def _visit_url(visit_id: uuid.UUID) -> str:
    return reverse("clinics:visit", args=[visit_id])


def _page(
    request: StaffRequest,
    visit_id: uuid.UUID,
    *,
    vitals_form: VitalsForm | None = None,
    sheet_form: SheetForm | None = None,
    cancel_form: CancelForm | None = None,
) -> HttpResponse:
    page = get_visit(request.ctx, visit_id)
    refused = any((vitals_form, sheet_form, cancel_form))
    context = {
        "page": page,
        "may": _rights(request),
        "vitals_form": vitals_form or _fresh_vitals(request),
        "sheet_form": _sheet_form(page, sheet_form),
        "held": [name for name, value in _written(page).items() if value and not name.startswith("da-thay")],
        "cancel_form": cancel_form or CancelForm(),
        "order_form": OrderForm(),
        "standing": _standing(page) if sheet_form and "sheet-changed" in sheet_form.refused else None,
    }
    status = 409 if context["standing"] else 422 if refused else 200
    return render(request, "clinics/visit.html", context, status=status)


def _standing(page: VisitPage) -> list[tuple[str, str]]:
    """What is saved by now, part by part, to be compared with what was typed."""
    sheet = page.chart.sheet if page.chart else None
    if sheet is None:
        return []
    told = {part: sheet.text_of(part) for part in Part if part is not Part.FINDINGS}
    findings = [(SYSTEMS[key].name, text) for key, text in sheet.findings.items() if key in SYSTEMS]
    return [(PART_NAMES[part], text) for part, text in told.items() if text] + findings


def _fresh_vitals(request: StaffRequest) -> VitalsForm:
    """The empty form; a nurse begins to type at once, a doctor has other work on the page."""
    form = VitalsForm()
    if not request.ctx.may(Permission.DIAGNOSIS_RECORD):
        form.fields["temperature"].widget.attrs["autofocus"] = True
    return form


def _sheet_form(page: VisitPage, form: SheetForm | None) -> SheetForm | None:
    """The doctor's form, with what stands or with what was typed; None where nobody writes a sheet."""
    sheet = page.chart.sheet if page.chart else None
    if page.chart is None or sheet is None:
        return form
    if form is None:
        return SheetForm(systems=list(page.chart.systems), initial=_written(page))
    form.systems = list(page.chart.systems)
    form.look_again(sheet)
    return form


def _written(page: VisitPage) -> dict[str, str]:
    """What stands already, as the form shows it."""
    sheet = page.chart.sheet if page.chart else None
    if sheet is None:
        return {}
    marks = {SEEN.format(part.value): mark for part, mark in sheet.marks.items()}
    return {
        "main": sheet.main,
        "secondary": "; ".join(sheet.secondary),
        "conclusion": sheet.conclusion,
        "course": sheet.course,
        "advice": sheet.advice,
        **sheet.findings,
        **marks,
    }


def _rights(request: StaffRequest) -> dict[str, bool]:
    """What this person may do on the clinic's pages."""
    may = request.ctx.may
    return {
        "call": may(Permission.QUEUE_CALL),
        "check_in": may(Permission.VISIT_CHECK_IN),
        "measure": may(Permission.VITALS_RECORD),
        "diagnose": may(Permission.DIAGNOSIS_RECORD),
        "close": may(Permission.VISIT_CLOSE),
        "order": may(Permission.ORDER_PLACE),
        "acknowledge": may(Permission.CRITICAL_ACKNOWLEDGE),
        "prescribe": may(Permission.PRESCRIPTION_SIGN),
        "read": may(Permission.VISIT_READ),
        "card": may(Permission.COVERAGE_RECORD),
        "bill": may(Permission.BILLING_READ),
        "claim": may(Permission.CLAIM_READ),
    }


def _step_filters(request: StaffRequest, day: Day, room_code: str, step: str) -> list[dict[str, Any]]:
    """Links by step; their counts follow the chosen room."""

    def link(slug: str) -> str:
        kept = request.GET.copy()
        kept["phong"], kept["buoc"] = room_code, slug
        return f"{request.path}?{kept.urlencode()}"

    labels = {
        VisitState.WAITING: _("Chờ đo sinh hiệu"),
        VisitState.TRIAGED: _("Chờ khám"),
        VisitState.IN_CONSULTATION: _("Đang khám"),
        VisitState.AWAITING_RESULTS: _("Chờ kết quả"),
        VisitState.CLOSED: _("Đã xong"),
    }
    everyone = [{"label": _("Đang ở phòng khám"), "url": link(""), "current": not step}]
    return everyone + [
        {"label": labels[state], "url": link(slug), "count": day.count(state, room_code), "current": step == slug}
        for state, slug in STEPS
    ]
