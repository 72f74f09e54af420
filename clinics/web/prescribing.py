"""The prescriber's page: medicines added by typing, checked as they are dosed, signed with the keyboard."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from clinics.commands.drafts import save_draft, take_up_last, take_up_set
from clinics.commands.prescribing_sets import forget_set, keep_set
from clinics.commands.signing import sign_prescription
from clinics.queries.formulary import find_drugs, get_drug
from clinics.queries.prescribing import Sheet, SheetLine, get_sheet
from clinics.rules.drafts import DraftLine, Written
from clinics.rules.formulary import KIND_NAMES, Kind
from clinics.rules.prescriptions import Dosing
from clinics.rules.safety import Finding, Severity
from clinics.web.prescribing_forms import LineForm, Posted, PrescriptionForm, forms_of, mark
from registry.kernel import Permission, Refused, in_language
from registry.web.guards import needs
from registry.web.requests import StaffRequest

FIRST_DAYS = 5  # of a line just added; the doctor types over it
LOOKS = {Severity.BLOCK: "danger", Severity.REASON: "warning", Severity.NOTE: "info"}


@require_http_methods(["GET", "POST"])
@needs(Permission.PRESCRIPTION_SIGN)
def prescribe(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """GET shows the draft with its checks; POST does what the pressed button says (`lam`), or keeps what was typed."""
    if request.method == "GET":
        return _page(request, visit_id, get_sheet(request.ctx, visit_id))
    posted = Posted(request.POST)
    if not posted.is_valid():
        return _typed_again(request, visit_id, posted)
    try:
        return _acted(request, visit_id, posted)
    except Refused as refusal:
        if refusal.concerns_access and refusal.code not in {"no-last-prescription", "no-such-set"}:
            raise
        return _typed_again(request, visit_id, posted, refusal)


@require_GET
@needs(Permission.PRESCRIPTION_SIGN)
def medicines(request: StaffRequest) -> HttpResponse:
    """Medicines for what is being typed, as options of the list beside the field."""
    text = request.GET.get("them", "").strip()[:120]
    found = find_drugs(request.ctx, text) if len(text) > 1 else []
    return render(request, "clinics/_medicines_found.html", {"found": found, "text": text})


def _acted(request: StaffRequest, visit_id: uuid.UUID, posted: Posted) -> HttpResponse:
    action, _colon, value = posted.action.partition(":")
    if action == "ky":
        return _sign(request, visit_id, posted)
    if action in {"luu-bo", "xoa-bo"}:
        return _sets(request, visit_id, action, value)
    sheet = _saved(request, visit_id, posted, action, value)
    whole = bool(posted.action or posted.add)
    if request.htmx and not whole:
        return _part(request, sheet, "clinics/_prescription_checks.html", {"oob": True})
    if request.htmx:
        return _part(request, sheet, "clinics/_prescription_lines.html", {"fresh": bool(posted.add)})
    return redirect(_address(visit_id))


def _saved(request: StaffRequest, visit_id: uuid.UUID, posted: Posted, action: str, value: str) -> Sheet:
    """One command for each button."""
    said: dict[str, Any] = {"visit_id": visit_id, "version": posted.version}
    steps: dict[str, Callable[[], Sheet]] = {
        "lap-lai": lambda: take_up_last(request.ctx, **said),
        "bo-thuoc": lambda: take_up_set(request.ctx, **said, set_id=_uuid(value)),
        "bo": lambda: save_draft(request.ctx, **said, written=posted.written(without=_index(value))),
        "tiep-tuc": lambda: save_draft(request.ctx, **said, written=posted.written(goes_on=_goes_on(value))),
    }
    if action in steps:
        return steps[action]()
    return save_draft(request.ctx, **said, written=_with_added(request, posted))


def _with_added(request: StaffRequest, posted: Posted) -> Written:
    """What was typed, and the medicine that was picked from the list; what is no code adds nothing."""
    written = posted.written()
    drug = get_drug(request.ctx, posted.add) if posted.add else None
    if drug is None or drug.code in {one.code for one in written.lines}:
        return written
    nothing = Decimal(0)
    line = DraftLine(drug.code, Dosing(Decimal(1), nothing, nothing, nothing, FIRST_DAYS, drug.usage))
    return replace(written, lines=(*written.lines, line))


def _sign(request: StaffRequest, visit_id: uuid.UUID, posted: Posted) -> HttpResponse:
    if posted.draft_id is None:
        raise Refused("draft-empty", "Đơn chưa có thuốc nào.")
    made = sign_prescription(
        request.ctx, visit_id=visit_id, draft_id=posted.draft_id, version=posted.version, written=posted.written()
    )
    codes = ", ".join(one.code for one in made)
    messages.success(request, _("Đã ký đơn thuốc %(codes)s.") % {"codes": codes})
    return _go(request, reverse("clinics:prescription", args=[made[0].pk]))


def _sets(request: StaffRequest, visit_id: uuid.UUID, action: str, value: str) -> HttpResponse:
    if action == "xoa-bo":
        forget_set(request.ctx, set_id=_uuid(value))
        messages.success(request, _("Đã xoá bộ thuốc."))
    else:
        shared = request.POST.get("shared") == "1"
        keep_set(request.ctx, visit_id=visit_id, name=request.POST.get("name", ""), shared=shared)
        messages.success(request, _("Đã lưu bộ thuốc."))
    return _go(request, _address(visit_id))


def _typed_again(
    request: StaffRequest, visit_id: uuid.UUID, posted: Posted, refusal: Refused | None = None
) -> HttpResponse:
    """The page with what was typed and what is wrong; after a colleague's change, with what they have written."""
    theirs = refusal is not None and refusal.code in {"draft-changed", "draft-signed", "draft-gone"}
    readable = posted.is_valid() and not theirs
    sheet = get_sheet(request.ctx, visit_id, posted.written() if readable else None)
    forms = (posted.form, posted.lines) if not theirs else None
    status = 409 if theirs else 422
    return _page(request, visit_id, sheet, refusal=refusal, forms=forms, status=status)


def _page(
    request: StaffRequest,
    visit_id: uuid.UUID,
    sheet: Sheet,
    *,
    refusal: Refused | None = None,
    forms: tuple[PrescriptionForm, list[LineForm]] | None = None,
    status: int = 200,
) -> HttpResponse:
    template = "clinics/prescribe.html"
    if request.htmx and not request.htmx.boosted:
        template = "clinics/_prescription_lines.html"
    answer = render(request, template, _context(sheet, refusal, forms), status=status)
    if template != "clinics/prescribe.html":
        answer.status_code = 200  # htmx swaps only what succeeded; the errors stand in what is swapped
        answer["HX-Retarget"], answer["HX-Reswap"] = "#don", "outerHTML"
    return answer


def _part(request: StaffRequest, sheet: Sheet, template: str, more: dict[str, Any]) -> HttpResponse:
    answer = render(request, template, _context(sheet, None, None) | more)
    if not more.get("oob"):
        answer["HX-Retarget"], answer["HX-Reswap"] = "#don", "outerHTML"
    return answer


def _context(
    sheet: Sheet, refusal: Refused | None, forms: tuple[PrescriptionForm, list[LineForm]] | None
) -> dict[str, Any]:
    form, lines = forms or forms_of(sheet)
    reasons = sheet.written.reasons or {}
    told = {one.line: one for one in sheet.judged.findings if one.line is None}
    return {
        "page": sheet,
        "form": form,
        "rows": _rows(sheet, lines, reasons),
        "general": [_shown(one, reasons) for one in sheet.judged.general],
        "refused": [_refusal(sheet, one) for one in refusal.all] if refusal else [],
        "unread": [error for line in lines if line.is_bound for errors in line.errors.values() for error in errors],
        "asks_pregnancy": sheet.judged.facts.sex != "male" and 12 <= sheet.judged.facts.years <= 50,  # noqa: PLR2004
        "sets": sheet.judged.checked_with,
        "visit_url": reverse("clinics:visit", args=[sheet.visit.pk]),
        "blocked": bool(told) and any(one.severity is Severity.BLOCK for one in told.values()),
    }


def _rows(sheet: Sheet, forms: Sequence[LineForm], reasons: Any) -> list[dict[str, Any]]:
    """Lines as shown; a line that could not be read has no checks yet."""
    judged = {line.index: line for line in sheet.judged.lines} if len(forms) == len(sheet.judged.lines) else {}
    return [
        {
            "at": at,
            "form": form,
            "line": judged.get(at),
            "kind": _kind(judged.get(at)),
            "findings": [_shown(one, reasons) for one in judged[at].findings] if at in judged else [],
            "faults": [in_language(one.message) for one in judged[at].faults] if at in judged else [],
            "last": at == len(forms) - 1,
        }
        for at, form in enumerate(forms)
    ]


def _kind(line: SheetLine | None) -> str:
    """What kind of medicine it is, where it is no ordinary one."""
    drug = line.drug if line else None
    return "" if drug is None or drug.kind == Kind.ORDINARY else in_language(KIND_NAMES[Kind(drug.kind)])


def _shown(one: Finding, reasons: Any) -> dict[str, Any]:
    return {
        "finding": one,
        "looks": LOOKS[one.severity],
        "mark": mark(one.key),
        "needs_reason": one.severity is Severity.REASON,
        "reason": reasons.get(one.key, ""),
        "goes_on": one.code == "duplicate" and one.taken is not None,
    }


def _refusal(sheet: Sheet, one: Refused) -> dict[str, str]:
    """A refusal with the field its line in the summary leads to."""
    field, _dash, index = (one.field or "").partition("-")
    target = ""
    if field == "line":
        target = f"id_l{index}-morning"
    elif field == "reason" and index.isdecimal() and int(index) < len(sheet.judged.findings):
        target = f"reason-{mark(sheet.judged.findings[int(index)].key)}"
    return {"text": str(in_language(one.message)), "target": target}


def _address(visit_id: uuid.UUID) -> str:
    return reverse("clinics:prescribe", args=[visit_id])


def _go(request: StaffRequest, url: str) -> HttpResponse:
    """Lead on, whoever asked."""
    if request.htmx:
        answer = HttpResponse()
        answer["HX-Redirect"] = url
        return answer
    return redirect(url)


def _index(value: str) -> int | None:
    return int(value) if value.isdecimal() else None


def _goes_on(value: str) -> tuple[int, uuid.UUID] | None:
    index, _colon, identity = value.partition(":")
    return (int(index), _uuid(identity)) if index.isdecimal() else None


def _uuid(value: str) -> uuid.UUID:
    try:
        return uuid.UUID(value)
    except ValueError:
        return uuid.UUID(int=0)
