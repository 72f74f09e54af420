"""Papers of a record: the list with its upload form, one paper in view, its content for the browser."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from records.commands.document_files import InfectedFile
from records.commands.documents import add_document, replace_document, withdraw_document
from records.queries.access import RecordAccess, open_record
from records.queries.documents import Line, find_documents, get_document, get_document_content
from records.rules.file_types import FileKind
from records.web.document_forms import DocumentForm, ReplaceForm, WithdrawForm
from records.web.page import record_page
from registry.kernel import Permission, require
from registry.web.display import vi_number
from registry.web.paper import PDF_POLICY
from registry.web.requests import StaffRequest

KILOBYTE = 1024
# A picture can do nothing in a sandbox. Browsers refuse to show a PDF in one, so for PDFs everything else is closed.
_PICTURE_POLICY = {"default-src": ["'none'"], "sandbox": [], "frame-ancestors": ["'self'"]}
_ICONS = {FileKind.PDF: "record", FileKind.DICOM: "database"}


@require_http_methods(["GET", "POST"])
def documents(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The papers of all facilities, and handing one in."""
    if request.method == "GET":
        return _list_page(request, patient_id, DocumentForm())
    require(request.ctx, Permission.DOCUMENT_ADD)
    form = DocumentForm(request.POST, request.FILES)
    if not form.is_valid():
        return _list_page(request, patient_id, form, status=422)
    try:
        added = form.run(lambda: _add(request, patient_id, form))
    except InfectedFile as refusal:
        return _infected_page(request, patient_id, form, refusal)
    if added is None:
        return _list_page(request, patient_id, form, status=422)
    messages.success(request, _("Đã lưu giấy tờ vào hồ sơ."))
    return _onward(request, reverse("records:documents", args=[patient_id]))


def _add(request: StaffRequest, patient_id: uuid.UUID, form: DocumentForm) -> uuid.UUID:
    file = _file(form)
    return add_document(request.ctx, patient_id=patient_id, paper=form.paper(), blocks=_blocks(file), size=file.size)


@require_GET
def document(request: StaffRequest, patient_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    """One paper in view, with what can be done about it."""
    return _document_page(request, patient_id, document_id)


@require_POST
def replace(request: StaffRequest, patient_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    """Hand in a better copy, or a corrected one."""
    require(request.ctx, Permission.DOCUMENT_ADD)
    form = ReplaceForm(request.POST, request.FILES)
    if not form.is_valid():
        return _document_page(request, patient_id, document_id, replacing=form, status=422)

    def run() -> uuid.UUID:
        file = _file(form)
        return replace_document(
            request.ctx,
            patient_id=patient_id,
            document_id=document_id,
            reason=form.cleaned_data["reason"],
            paper=form.paper(),
            blocks=_blocks(file),
            size=file.size,
        )

    try:
        added = form.run(run)
    except InfectedFile as refusal:
        return _infected_page(request, patient_id, form, refusal)
    if added is None:
        return _document_page(request, patient_id, document_id, replacing=form, status=422)
    messages.success(request, _("Đã thay giấy tờ. Bản cũ được giữ lại."))
    return _onward(request, reverse("records:document", args=[patient_id, added]))


@require_POST
def withdraw(request: StaffRequest, patient_id: uuid.UUID, document_id: uuid.UUID) -> HttpResponse:
    """Take a paper out of use, with a reason."""
    require(request.ctx, Permission.DOCUMENT_ADD)
    form = WithdrawForm(request.POST)

    def run() -> bool:
        reason = form.cleaned_data["reason"]
        withdraw_document(request.ctx, patient_id=patient_id, document_id=document_id, reason=reason)
        return True

    if not (form.is_valid() and form.run(run)):
        return _document_page(request, patient_id, document_id, withdrawing=form, status=422)
    messages.success(request, _("Đã rút giấy tờ khỏi hồ sơ."))
    return redirect("records:documents", patient_id)


@require_GET
@xframe_options_sameorigin
def document_file(request: StaffRequest, patient_id: uuid.UUID, document_id: uuid.UUID) -> FileResponse:
    """The content, to this reader, this once: never cached, never sniffed, never able to act."""
    served = get_document_content(request.ctx, patient_id, document_id)
    saved = served.kind is FileKind.DICOM or "tai" in request.GET
    response = FileResponse(
        served.path.open("rb"), content_type=served.kind.value, as_attachment=saved, filename=served.file_name
    )
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response._csp_config = PDF_POLICY if served.kind is FileKind.PDF else _PICTURE_POLICY  # type: ignore[attr-defined]
    return response


def _list_page(request: StaffRequest, patient_id: uuid.UUID, form: DocumentForm, *, status: int = 200) -> HttpResponse:
    access = open_record(request.ctx, patient_id, action="read-documents")
    before = request.GET.get("truoc", "")
    found = find_documents(access, before=before)
    here = reverse("records:documents", args=[access.patient_id])
    context = {
        "form": form,
        "found": found,
        "rows": [_row(access, line) for line in found.papers],
        "may_add": request.ctx.may(Permission.DOCUMENT_ADD),
        "upload_url": here,
        "next_url": f"{here}?truoc={found.before}" if found.before else "",
        "first_url": here if before else "",
    }
    return record_page(request, access, "records:documents", "records/documents.html", context, status=status)


def _document_page(
    request: StaffRequest,
    patient_id: uuid.UUID,
    document_id: uuid.UUID,
    *,
    replacing: ReplaceForm | None = None,
    withdrawing: WithdrawForm | None = None,
    status: int = 200,
) -> HttpResponse:
    target = ("Document", document_id)
    access = open_record(request.ctx, patient_id, action="read-document-page", target=target)
    line = get_document(access, document_id)
    said = {"kind": line.kind, "title": line.title, "dated_on": line.dated_on, "restricted": line.restricted}
    context = {
        "row": _row(access, line),
        "facts": _facts(line),
        "may_change": line.here and line.current and request.ctx.may(Permission.DOCUMENT_ADD),
        "replacing": replacing or ReplaceForm(initial=said),
        "withdrawing": withdrawing or WithdrawForm(),
        "upload_url": reverse("records:document_replace", args=[access.patient_id, line.id]),
    }
    return record_page(request, access, "records:documents", "records/document.html", context, status=status)


def _infected_page(
    request: StaffRequest, patient_id: uuid.UUID, form: DocumentForm, refusal: InfectedFile
) -> HttpResponse:
    """The form alone: its one audit row is the refusal's, so nothing of the record is read or shown."""
    form.take(refusal)
    here = reverse("records:documents", args=[patient_id])
    return render(request, "records/document_refused.html", {"form": form, "upload_url": here}, status=422)


def _row(access: RecordAccess, line: Line) -> dict[str, Any]:
    """What the pages show of a paper."""
    address = [access.patient_id, line.id]
    return {
        "line": line,
        "url": reverse("records:document", args=address),
        "file_url": reverse("records:document_file", args=address),
        "kind": _(line.kind_words),
        "file": file_words(line),
        "icon": _ICONS.get(line.file_kind, "eye"),
        "is_pdf": line.file_kind is FileKind.PDF,
        "is_image": line.file_kind.is_image,
        "state": _(line.scan_words),
        "successor_url": reverse("records:document", args=[access.patient_id, line.superseded_by])
        if line.superseded_by
        else "",
    }


def file_words(line: Line) -> str:
    """ "PDF, 3 trang, 1,2 MB"."""
    name = line.file_kind.name.replace("WEBP", "WebP")
    pages = _("%(count)s trang") % {"count": line.pages} if line.file_kind is FileKind.PDF and line.pages else ""
    kilobytes = -(-line.size // KILOBYTE)
    size = f"{vi_number(line.size / KILOBYTE / KILOBYTE, 1)} MB" if kilobytes >= KILOBYTE else f"{kilobytes} KB"
    return ", ".join(filter(None, [name, pages, size]))


def _facts(line: Line) -> list[dict[str, str]]:
    said = [
        {"label": _("Loại"), "value": _(line.kind_words)},
        {"label": _("Ngày trên giấy tờ"), "value": f"{line.dated_on:%d/%m/%Y}"},
        {"label": _("Tệp"), "value": file_words(line)},
        {"label": _("Cơ sở lưu"), "value": line.facility},
        {"label": _("Người lưu"), "value": line.said_by or "–"},
        {"label": _("Quét mã độc"), "value": _(line.scan_words)},
    ]
    if line.width and line.file_kind.is_image:
        said.insert(3, {"label": _("Kích thước"), "value": f"{line.width} × {line.height}"})
    return said


def _file(form: DocumentForm) -> UploadedFile[bytes]:
    file: UploadedFile[bytes] = form.cleaned_data["file"]
    return file


def _blocks(file: UploadedFile[bytes]) -> Iterator[bytes]:
    return file.chunks()


def _onward(request: StaffRequest, url: str) -> HttpResponse:
    """On to the next page, for a plain form and for one that showed its progress."""
    go: Callable[[str], HttpResponse] = HttpResponseClientRedirect if request.htmx else redirect
    return go(url)
