"""Pages of legacy imports: the list, upload, one batch with its progress, quarantine, preview, receipt."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from migration.commands.batches import cancel_batch, start_batch
from migration.commands.receiving import Received, load_for_real, receive_file
from migration.queries.batches import BatchPage, find_batches, find_profiles, get_batch
from migration.queries.contents import find_quarantine, get_preview
from migration.queries.desk import find_reasons
from migration.queries.receipts import get_receipt
from migration.web.forms import TRIAL, UploadForm
from migration.web.notices import notice_title
from registry.kernel import Permission, Refused, in_language
from registry.web.guards import needs
from registry.web.requests import StaffRequest


@require_GET
def batches(request: StaffRequest) -> HttpResponse:
    """Every batch this person may see, newest first; ?sau= is the key of the page before."""
    after = _key(request.GET.get("sau", ""))
    page = find_batches(request.ctx, after=after)
    return render(request, "migration/batches.html", {"page": page, "after": after, "may_run": _may_run(request)})


@require_http_methods(["GET", "POST"])
@needs(Permission.IMPORT_RUN)
def upload(request: StaffRequest) -> HttpResponse:
    """The upload form; a file that came before leads to its earlier batch."""
    form = UploadForm(request.POST or None, request.FILES or None, profiles=_profiles(request))
    if request.method == "POST" and form.is_valid():
        received = form.run(lambda: _receive(request, form))
        if received:
            return _received(request, received)
    status = 422 if form.is_bound else 200
    return render(request, "migration/upload.html", {"form": form}, status=status)


def _profiles(request: StaffRequest) -> list[tuple[str, str]]:
    return [(name, in_language(title)) for name, title in find_profiles(request.ctx)]


def _receive(request: StaffRequest, form: UploadForm) -> Received:
    file: UploadedFile[bytes] = form.cleaned_data["file"]
    return receive_file(
        request.ctx,
        profile=form.cleaned_data["profile"],
        file_name=file.name or "",
        blocks=file.chunks(),
        size=file.size,
        dry_run=form.cleaned_data["mode"] == TRIAL,
    )


def _received(request: StaffRequest, received: Received) -> HttpResponse:
    if received.again:
        messages.warning(request, _("Tệp này đã được nộp trước đây. Đây là đợt nạp đã có, không nạp lần nữa."))
    return redirect("migration:batch", received.batch_id)


@require_GET
def batch(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """One batch; the live part alone for htmx."""
    page = get_batch(request.ctx, batch_id)
    swapping = request.htmx and not request.htmx.history_restore_request
    template = "migration/_batch.html" if swapping else "migration/batch.html"
    return render(request, template, _batch_context(request, page))


def _batch_context(request: StaffRequest, page: BatchPage) -> dict[str, Any]:
    lines = page.totals.tables
    kinds = (
        ("loaded", _("Nạp mới")),
        ("linked", _("Gắn vào hồ sơ có sẵn")),
        ("skipped", _("Bỏ qua (đã có)")),
        ("quarantined", _("Cách ly")),
        ("kept", _("Giữ nguyên, chưa nạp")),
    )
    chart = [
        (line.title, line.rows_in, [(kind, label, getattr(line, kind)) for kind, label in kinds]) for line in lines
    ]
    notices = [{"label": notice_title(code), "value": count} for code, count in page.totals.notices.items()]
    return {
        "page": page,
        "chart": chart,
        "notices": notices,
        "may_run": _may_run(request),
        "may_reverse": _may_reverse(request, page),
    }


@require_POST
def start(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Begin, or go on after a fault."""
    return _do(request, batch_id, lambda: start_batch(request.ctx, batch_id=batch_id))


@require_POST
def cancel(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Stop before the next chunk."""
    return _do(request, batch_id, lambda: cancel_batch(request.ctx, batch_id=batch_id))


@require_POST
def for_real(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The real run of a trial."""
    try:
        received = load_for_real(request.ctx, batch_id=batch_id)
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.error(request, in_language(refusal.message))
        return redirect("migration:batch", batch_id)
    return _received(request, received)


def _do(request: StaffRequest, batch_id: uuid.UUID, command: Any) -> HttpResponse:
    try:
        command()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.error(request, in_language(refusal.message))
    return redirect("migration:batch", batch_id)


@require_GET
def quarantine(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Records that wait for a person; ?sau= is the key of the page before."""
    text = request.GET.get("sau", "")
    after = int(text) if text.isdecimal() and len(text) < 19 else 0  # noqa: PLR2004 - a bigint
    asked = {"code": request.GET.get("luat", "")[:60], "column": request.GET.get("cot", "")[:60]}
    page = find_quarantine(request.ctx, batch_id, after=after, state=request.GET.get("trang-thai", ""), **asked)
    context = {
        "page": page, "batch_id": batch_id, "after": after, "reasons": find_reasons(request.ctx, batch_id),
        "may_run": _may_run(request), **asked,
    }  # fmt: skip
    return render(request, "migration/quarantine.html", context)


@require_GET
def preview(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The first records, decoded."""
    return render(
        request, "migration/preview.html", {"preview": get_preview(request.ctx, batch_id), "batch_id": batch_id}
    )


@require_GET
def receipt(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The receipt, to print."""
    return render(
        request, "migration/receipt.html", {"receipt": get_receipt(request.ctx, batch_id), "batch_id": batch_id}
    )


def _may_reverse(request: StaffRequest, page: BatchPage) -> bool:
    may = request.ctx.may(Permission.IMPORT_RUN) or request.ctx.may(Permission.IMPORT_APPROVE)
    return may and not page.dry_run and page.state in ("done", "failed", "paused", "stopped", "cancelled")


def _may_run(request: StaffRequest) -> bool:
    return request.ctx.may(Permission.IMPORT_RUN)


def _key(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
