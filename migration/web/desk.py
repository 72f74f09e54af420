"""The desk of a batch: mend what waits, answer for the totals, take the batch back, hold it still."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from migration.commands.batches import pause_batch, resume_batch
from migration.commands.mending import Choice, drop_rows, mend_many, mend_row, replay_rows, take_mended
from migration.commands.reconciling import read_totals, sign_batch, tell_totals
from migration.commands.reversing import take_back
from migration.queries.batches import get_batch
from migration.queries.books import Books, get_books
from migration.queries.desk import export_waiting, get_row_to_mend
from migration.queries.progress import get_progress
from migration.tasks import send_reversal
from registry.kernel import Permission, Refused, in_language
from registry.web.display import vi_number
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.paper import pdf_answer
from registry.web.requests import StaffRequest

MOST_RETURNED = 20 * 1024 * 1024  # bytes of a mended file or of control totals


class ReverseForm(CommandForm):
    """Why a batch is taken back."""

    reason = forms.CharField(label=gettext_lazy("Vì sao hoàn tác"), max_length=300)


@require_http_methods(["GET", "POST"])
@needs(Permission.IMPORT_RUN)
def row(request: StaffRequest, batch_id: uuid.UUID, row_id: int) -> HttpResponse:
    """One waiting row: as received, as read, and to be mended."""
    if request.method == "POST":
        fields = {
            name[2:]: text for name, text in request.POST.items() if name.startswith("f-") and isinstance(text, str)
        }
        done = _try(request, lambda: mend_row(request.ctx, batch_id=batch_id, row_id=row_id, fields=fields) or True)
        if done:
            messages.success(request, _("Đã ghi chỗ sửa. Bấm “Nạp lại các dòng đã sửa” để nạp."))
            return redirect("migration:quarantine", batch_id)
        return redirect("migration:row", batch_id, row_id)
    shown = get_row_to_mend(request.ctx, batch_id, row_id)
    return render(request, "migration/row.html", {"row": shown, "batch_id": batch_id})


@require_POST
def mend(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """One column of all chosen rows: set, or a text in it replaced."""
    told = request.POST
    changed = _try(
        request,
        lambda: mend_many(
            request.ctx,
            batch_id=batch_id,
            choice=_choice(request),
            column=told.get("column", ""),
            value=told.get("value", ""),
            search=told.get("search", ""),
        ),
    )
    if changed:
        messages.success(
            request, _("Đã sửa %(n)s dòng. Bấm “Nạp lại các dòng đã sửa” để nạp.") % {"n": vi_number(changed)}
        )
    return redirect("migration:quarantine", batch_id)


@require_POST
def drop(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Give the chosen rows up with a reason."""
    reason = request.POST.get("reason", "")
    dropped = _try(request, lambda: drop_rows(request.ctx, batch_id=batch_id, choice=_choice(request), reason=reason))
    if dropped:
        messages.success(request, _("Đã bỏ %(n)s dòng, có ghi lý do.") % {"n": vi_number(dropped)})
    return redirect("migration:quarantine", batch_id)


@require_POST
def replay(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Run the mended rows again."""
    done = _try(request, lambda: replay_rows(request.ctx, batch_id=batch_id))
    if done:
        told = {"loaded": vi_number(done.loaded), "still": vi_number(done.still), "left": vi_number(done.left)}
        messages.success(
            request, _("Đã nạp %(loaded)s dòng; %(still)s dòng còn chờ; %(left)s dòng đã sửa chưa chạy.") % told
        )
    return redirect("migration:quarantine", batch_id)


@require_GET
def export(request: StaffRequest, batch_id: uuid.UUID) -> StreamingHttpResponse:
    """Every waiting row as CSV, for the hospital to mend."""
    answer = StreamingHttpResponse(export_waiting(request.ctx, batch_id), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="cach-ly.csv"'
    return answer


@require_POST
def returned(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The mended file comes back."""
    content = _content(request)
    changed = _try(request, lambda: take_mended(request.ctx, batch_id=batch_id, content=content))
    if changed is not None:
        messages.success(request, _("Tệp sửa có %(n)s dòng thay đổi.") % {"n": vi_number(changed)})
    return redirect("migration:quarantine", batch_id)


@require_GET
def books(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The batch against the hospital's own totals, and who signed."""
    shown = get_books(request.ctx, batch_id)
    own = bool(request.ctx.facility and request.ctx.facility.id == shown.batch.facility_id)
    may = {
        "may_tell": request.ctx.may(Permission.IMPORT_RUN) and own,
        "may_sign": _side(request, shown, own=own),
        "facility_signed": shown.signature("facility"),
    }
    return render(request, "migration/books.html", {"books": shown, "batch_id": batch_id, **may})


def _side(request: StaffRequest, books: Books, *, own: bool) -> str:
    if books.batch.dry_run or books.batch.state != "done":
        return ""
    if own and request.ctx.may(Permission.IMPORT_RUN) and not books.signature("facility"):
        return "facility"
    signed = books.signature("facility") and not books.signature("department")
    return "department" if signed and request.ctx.may(Permission.IMPORT_APPROVE) else ""


@require_POST
@needs(Permission.IMPORT_RUN)
def told(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The hospital's control totals, as a file."""
    get_books(request.ctx, batch_id)  # another hospital's batch is not there, whatever the file says
    content = _content(request)
    lines = _try(request, lambda: tell_totals(request.ctx, batch_id=batch_id, told=read_totals(content)))
    if lines is not None:
        messages.success(request, _("Đã nhận %(n)s số kiểm soát.") % {"n": vi_number(lines)})
    return redirect("migration:books", batch_id)


@require_POST
def sign(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Sign the totals that were shown."""
    side, digest = request.POST.get("side", ""), request.POST.get("digest", "")
    if _try(request, lambda: sign_batch(request.ctx, batch_id=batch_id, digest=digest, side=side)):
        messages.success(request, _("Đã ký đối soát."))
    return redirect("migration:books", batch_id)


@require_GET
def certificate(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The certificate, A4; without both signatures it says that it is a draft."""
    shown = get_books(request.ctx, batch_id)
    return pdf_answer(
        "import_certificate", certificate_data(shown), at=timezone.now(), filename="chung-nhan-doi-soat.pdf"
    )


def certificate_data(books: Books) -> dict[str, Any]:
    """What the certificate says (JSON types only)."""
    batch, signed = books.batch, {one.side: one for one in books.signatures if one.valid}
    number = batch.receipt.number if hasattr(batch, "receipt") else str(batch.pk)[-12:].upper()
    now = timezone.localtime(timezone.now())
    return {
        "title": _title(certified=books.certified),
        "letterhead": {
            "facility": batch.facility.name, "number": _("Số: %(number)s") % {"number": number},
            "note": batch.facility.code, "printed": _("In lúc %(at)s") % {"at": f"{now:%d/%m/%Y %H:%M}"},
        },
        "facts": [
            [_("Tệp"), batch.file_name], [_("Nhận lúc"), f"{timezone.localtime(batch.received_at):%d/%m/%Y %H:%M}"],
            [_("Hồ sơ trong tệp"), vi_number(books.totals.records)], [_("Còn chờ sửa"), vi_number(books.open)],
            [_("Nạp mới"), vi_number(books.totals.loaded)], [_("Gắn vào hồ sơ có sẵn"), vi_number(books.totals.linked)],
            [_("Bỏ qua (đã có)"), vi_number(books.totals.skipped)], [_("Bỏ có lý do"), vi_number(books.dropped)],
        ],
        "hashes": [[_("SHA-256 của tệp"), batch.sha256], [_("SHA-256 của số liệu"), books.digest]],
        "head": [
            _("Bảng"), _("Tháng"), _("Số dòng"), _("Kiểm soát"), _("Lệch"), _("Số tiền (đ)"), _("Kiểm soát (đ)"),
            _("Lệch (đ)"),
        ],
        "lines": [
            [
                str(line.title), f"{line.month:%m/%Y}" if line.month else "", vi_number(line.rows), _told(line.told_rows),
                _off(line.rows_off), _told(line.amount), _told(line.told_amount), _off(line.amount_off),
            ]
            for line in books.lines
        ],
        "verdict": _("Mọi số đã khai đều khớp.") if books.agrees else _("Có số liệu chưa khớp: xem cột lệch."),
        "signatures": [
            [label, signed[side].name if side in signed else "",
             f"{timezone.localtime(signed[side].at):%d/%m/%Y %H:%M}" if side in signed else ""]
            for side, label in (("facility", _("Đại diện cơ sở")), ("department", _("Đại diện Sở Y tế")))
        ],
    }  # fmt: skip


def _title(*, certified: bool) -> str:
    return _("CHỨNG NHẬN ĐỐI SOÁT DỮ LIỆU DI TRÚ") if certified else _("ĐỐI SOÁT DỮ LIỆU DI TRÚ (CHƯA ĐỦ CHỮ KÝ)")


def _told(value: Any) -> str:
    return "–" if value is None else vi_number(value, 0)


def _off(value: Any) -> str:
    if value is None:
        return ""
    return ("+" if value > 0 else "") + vi_number(value, 0)


@require_http_methods(["GET", "POST"])
def reversal(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Taking the whole batch back: asked with its size and a reason, then done."""
    form = ReverseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        if form.run(lambda: take_back(request.ctx, batch_id=batch_id, reason=reason)):
            send_reversal(batch_id)
            messages.success(request, _("Đã rút các dòng của đợt này. Các đợt khác đang được nạp lại phần liên quan."))
            return redirect("migration:batch", batch_id)
    page = get_batch(request.ctx, batch_id)
    status = 422 if form.is_bound else 200
    return render(request, "migration/reverse.html", {"form": form, "page": page, "batch_id": batch_id}, status=status)


@require_POST
def pause(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Begin no further chunk."""
    _try(request, lambda: pause_batch(request.ctx, batch_id=batch_id))
    return redirect("migration:batch", batch_id)


@require_POST
def resume(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Go on."""
    _try(request, lambda: resume_batch(request.ctx, batch_id=batch_id))
    return redirect("migration:batch", batch_id)


@require_GET
def progress(request: StaffRequest, batch_id: uuid.UUID) -> JsonResponse:
    """How far the batch is, as JSON: stages, workers, rate, time left."""
    return JsonResponse(get_progress(request.ctx, batch_id).to_json())


def _choice(request: StaffRequest) -> Choice:
    return Choice(code=request.POST.get("code", ""), column=request.POST.get("of_column", ""))


def _content(request: StaffRequest) -> bytes:
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile) or (file.size or 0) > MOST_RETURNED:
        return b""
    return bytes(file.read())


def _try(request: StaffRequest, command: Callable[[], Any]) -> Any:
    """The command's answer; None when it was refused, which is said on the next page."""
    try:
        return command()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.error(request, in_language(refusal.message))
        return None
