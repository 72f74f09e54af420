"""One report of a laboratory or of imaging: read with its earlier versions, entered, corrected, taken back."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from records.commands.reports import correct_report, record_report, withdraw_report
from records.queries.access import RecordAccess, open_record
from records.queries.documents import Line, find_documents
from records.queries.reports import EncounterChoice, ReportPage, find_reports, get_encounter_choice, get_report
from records.web.page import record_page
from records.web.report_forms import LINES, MORE, SPARE, ReportForm, WithdrawForm, initial_of, typed_so_far
from registry.kernel import Permission, require
from registry.rules.dates import PartialDate
from registry.web.requests import StaffRequest

TAB = "records:results"
MORE_LINES = "them-dong"  # the button that shows the form again with more lines


@require_GET
def report(request: StaffRequest, patient_id: uuid.UUID, report_id: uuid.UUID) -> HttpResponse:
    """The report in force that this number is a version of, and what it said before."""
    access = open_record(request.ctx, patient_id, action="read-report", target=("DiagnosticReport", report_id))
    context = {"page": get_report(access, report_id), "may": request.ctx.may(Permission.REPORT_RECORD)}
    return record_page(request, access, TAB, "records/report.html", context)


@require_http_methods(["GET", "POST"])
def add(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Enter a report; ?luot=… writes it under an encounter of this facility."""
    require(request.ctx, Permission.REPORT_RECORD)
    encounter = _encounter_asked(request)
    if request.method == "GET":
        return _form_page(request, patient_id, None, encounter=encounter)
    if MORE_LINES in request.POST:
        return _form_page(request, patient_id, _with_more_lines(request), encounter=encounter)
    form = ReportForm(request.POST)
    made = form.run(lambda: _record(request, patient_id, form, encounter)) if form.is_valid() else None
    if made is None:
        return _form_page(request, patient_id, form, encounter=encounter, status=422)
    messages.success(request, _("Đã lưu phiếu kết quả."))
    return redirect("records:report", patient_id, made.pk)


def _record(request: StaffRequest, patient_id: uuid.UUID, form: ReportForm, encounter: uuid.UUID | None) -> Any:
    return record_report(request.ctx, patient_id=patient_id, report=form.report, encounter_id=encounter)


@require_http_methods(["GET", "POST"])
def correct(request: StaffRequest, patient_id: uuid.UUID, report_id: uuid.UUID) -> HttpResponse:
    """Correct a report with a reason."""
    require(request.ctx, Permission.REPORT_RECORD)
    if request.method == "GET":
        return _form_page(request, patient_id, None, report_id=report_id)
    if MORE_LINES in request.POST:
        return _form_page(request, patient_id, _with_more_lines(request), report_id=report_id)
    form = ReportForm(request.POST)
    made = form.run(lambda: _correct(request, patient_id, report_id, form)) if form.is_valid() else None
    if made is None:
        return _form_page(request, patient_id, form, report_id=report_id, status=422)
    messages.success(request, _("Đã lưu bản sửa. Bản trước vẫn đọc được."))
    return redirect("records:report", patient_id, made.pk)


def _correct(request: StaffRequest, patient_id: uuid.UUID, report_id: uuid.UUID, form: ReportForm) -> Any:
    reason = form.cleaned_data["reason"]
    return correct_report(request.ctx, patient_id=patient_id, report_id=report_id, report=form.report, reason=reason)


@require_POST
def withdraw(request: StaffRequest, patient_id: uuid.UUID, report_id: uuid.UUID) -> HttpResponse:
    """Take back a report that was noted by mistake."""
    require(request.ctx, Permission.REPORT_RECORD)
    form = WithdrawForm(request.POST)

    def run() -> Any:
        reason = form.cleaned_data["reason"]
        return withdraw_report(request.ctx, patient_id=patient_id, report_id=report_id, reason=reason)

    made = form.run(run) if form.is_valid() else None
    if made is None:
        return _form_page(request, patient_id, None, report_id=report_id, withdrawing=form, status=422)
    messages.success(request, _("Đã bỏ phiếu ghi nhầm."))
    return redirect("records:report", patient_id, made.pk)


def _form_page(
    request: StaffRequest,
    patient_id: uuid.UUID,
    form: ReportForm | None,
    *,
    report_id: uuid.UUID | None = None,
    encounter: uuid.UUID | None = None,
    withdrawing: WithdrawForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The form of a new report, or of the one to correct with the way to take it back."""
    target = ("DiagnosticReport", report_id) if report_id else None
    access = open_record(request.ctx, patient_id, action="read-report-form", target=target)
    page = get_report(access, report_id) if report_id else None
    papers = _papers(access, page)
    if form is None:
        form = _fresh_form(access, page, papers)
    form.offer(papers)
    chosen = get_encounter_choice(access, encounter) if encounter else None
    context = {
        "form": form,
        "page": page,
        "encounter": chosen,
        "withdrawing": (withdrawing or WithdrawForm(auto_id="bo_%s")) if page and not page.now.withdrawn else None,
        "here": _here(access, page, chosen),
        "back": _back(access, page, chosen),
    }
    return record_page(request, access, TAB, "records/report_form.html", context, status=status)


def _fresh_form(access: RecordAccess, page: ReportPage | None, papers: list[Line]) -> ReportForm:
    if page is not None:
        lines = max(len(page.now.indexes) + SPARE, LINES)
        return ReportForm(initial=initial_of(page.now), papers=papers, lines=lines)
    now = timezone.localtime(access.ctx.at)
    today = {"category": "LAB", "performed_on": PartialDate(now.date()).display, "performed_time": now.time()}
    form = ReportForm(initial=today, papers=papers)
    form.fields["display"].widget.attrs["autofocus"] = True
    return form


def _with_more_lines(request: StaffRequest) -> ReportForm:
    typed = ReportForm(request.POST)
    return ReportForm(initial=typed_so_far(request.POST.dict()), lines=typed.lines + MORE)


def _papers(access: RecordAccess, page: ReportPage | None) -> list[Line]:
    """The latest papers in force, and the one the report was read from."""
    attached = page.now.document_id if page else None
    return [one for one in find_documents(access).papers if one.current or one.id == attached]


def _encounter_asked(request: StaffRequest) -> uuid.UUID | None:
    try:
        return uuid.UUID(request.GET.get("luot", ""))
    except ValueError:
        return None


def _here(access: RecordAccess, page: ReportPage | None, encounter: EncounterChoice | None) -> str:
    if page is not None:
        return reverse("records:report_correct", args=[access.patient_id, page.now.id])
    under = f"?{urlencode({'luot': encounter.id})}" if encounter else ""
    return reverse("records:report_add", args=[access.patient_id]) + under


def _back(access: RecordAccess, page: ReportPage | None, encounter: EncounterChoice | None) -> str:
    if page is not None:
        return reverse("records:report", args=[access.patient_id, page.now.id])
    if encounter is not None:
        return reverse("records:examination", args=[access.patient_id, encounter.id])
    return reverse(TAB, args=[access.patient_id])


def list_of_reports(request: StaffRequest, access: RecordAccess) -> dict[str, Any]:
    """What the results tab shows of reports: the latest, and how to turn the page."""
    before = request.GET.get("truoc", "")
    lines, following = find_reports(access, before=before)
    here = reverse(TAB, args=[access.patient_id])
    return {
        "reports": lines,
        "reports_next": f"{here}?{urlencode({'truoc': following})}#phieu" if following else "",
        "reports_first": f"{here}#phieu" if before else "",
        "may_report": request.ctx.may(Permission.REPORT_RECORD),
    }
