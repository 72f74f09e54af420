"""The laboratory's pages: its batches, and one batch worked from the keyboard."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from registry.kernel import Permission, in_language
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest
from screening.commands.laboratory import (
    Received,
    open_batch,
    receive_barcode,
    receive_result_file,
    record_batch_results,
    reject_barcode,
)
from screening.queries.choices import REJECTIONS
from screening.queries.laboratory import Item, get_batch, get_batches
from screening.rules.result_file import MAX_BYTES, Line
from screening.rules.wording import number_text
from screening.web.forms import DayField, RejectForm

RESULT = "kq-"


class BatchForm(CommandForm):
    """A new batch."""

    number = forms.CharField(
        label=gettext_lazy("Số lô"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class ReceiveForm(CommandForm):
    """A barcode that has come to the laboratory."""

    number = forms.CharField(
        label=gettext_lazy("Quét mã vạch"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false", "autofocus": True}),
    )
    sampled_on = DayField(label=gettext_lazy("Ngày lấy mẫu"), required=False)


class FileForm(CommandForm):
    """A file of results."""

    file = forms.FileField(
        label=gettext_lazy("Tệp kết quả (CSV)"),
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"required": gettext_lazy("Hãy chọn một tệp."), "empty": gettext_lazy("Tệp trống.")},
    )


class LabRejectForm(RejectForm):
    """Which barcode cannot be used, and why."""

    number = forms.CharField(
        label=gettext_lazy("Mã vạch"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    field_order = ["number", "reason"]


@require_http_methods(["GET", "POST"])
@needs(Permission.SCREENING_TEST)
def batches(request: StaffRequest) -> HttpResponse:
    """The facility's batches; POST opens one."""
    posted = request.method == "POST"
    form = BatchForm(request.POST) if posted else BatchForm()
    if posted and form.is_valid():
        opened = form.run(lambda: open_batch(request.ctx, number=form.cleaned_data["number"]))
        if opened is not None:
            return redirect("screening:lab_batch", opened.pk)
    context = {"batches": get_batches(request.ctx), "form": form}
    return render(request, "screening/lab_batches.html", context, status=422 if form.errors else 200)


@require_GET
@needs(Permission.SCREENING_TEST)
def batch(request: StaffRequest, laboratory_batch_id: uuid.UUID) -> HttpResponse:
    """One batch: ?sau= the last item seen."""
    return _page(request, laboratory_batch_id)


@require_POST
@needs(Permission.SCREENING_TEST)
def receive(request: StaffRequest, laboratory_batch_id: uuid.UUID) -> HttpResponse:
    """A barcode was scanned; the page comes back ready for the next one."""
    form = ReceiveForm(request.POST, prefix="nhan")
    return _run(
        request, laboratory_batch_id, form, "receive_form", _("Đã nhận."),
        lambda: receive_barcode(request.ctx, batch_id=laboratory_batch_id, **form.cleaned_data),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_TEST)
def reject(request: StaffRequest, laboratory_batch_id: uuid.UUID) -> HttpResponse:
    """A sample that cannot be used."""
    form = LabRejectForm(request.POST, prefix="loai")
    return _run(
        request, laboratory_batch_id, form, "reject_form", _("Đã loại mẫu."),
        lambda: reject_barcode(request.ctx, batch_id=laboratory_batch_id, **form.cleaned_data),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_TEST)
def results(request: StaffRequest, laboratory_batch_id: uuid.UUID) -> HttpResponse:
    """Every field that was filled on the page; the number of a field is its barcode."""
    said = {
        key.removeprefix(RESULT): str(value).strip() for key, value in request.POST.items() if key.startswith(RESULT)
    }
    lines = [Line(at, number, text) for at, (number, text) in enumerate(said.items(), 1) if text]
    done = record_batch_results(request.ctx, batch_id=laboratory_batch_id, lines=lines)
    return _answered(request, laboratory_batch_id, done, {}, said)


@require_POST
@needs(Permission.SCREENING_TEST)
def file(request: StaffRequest, laboratory_batch_id: uuid.UUID) -> HttpResponse:
    """A file of results."""
    form = FileForm(request.POST, request.FILES, prefix="tep")
    if not form.is_valid():
        return _page(request, laboratory_batch_id, refused={"file_form": form})
    content = form.cleaned_data["file"].read(MAX_BYTES + 1)  # one byte more tells a file that is too big
    done = form.run(lambda: receive_result_file(request.ctx, batch_id=laboratory_batch_id, content=content))
    return _answered(request, laboratory_batch_id, done, {"file_form": form}, {})


def _run(
    request: StaffRequest,
    batch_id: uuid.UUID,
    form: CommandForm,
    name: str,
    said: str,
    command: Callable[[], object],
) -> HttpResponse:
    if not form.is_valid() or form.run(command) is None:
        return _page(request, batch_id, refused={name: form})
    messages.success(request, said)
    return redirect("screening:lab_batch", batch_id)


def _answered(
    request: StaffRequest,
    batch_id: uuid.UUID,
    done: Received | None,
    refused: dict[str, CommandForm],
    typed: dict[str, str],
) -> HttpResponse:
    """Back to the batch; where lines were refused the page says which, with what was typed."""
    if done is None:
        return _page(request, batch_id, refused=refused)
    told = _("%(landed)s kết quả đã vào, %(known)s đã có từ trước, %(refused)s dòng bị từ chối.") % {
        "landed": done.landed, "known": done.known, "refused": len(done.refused),
    }  # fmt: skip
    if done.refused:
        return _page(request, batch_id, done=done, told=told, typed=typed)
    messages.success(request, told)
    return redirect("screening:lab_batch", batch_id)


def _page(
    request: StaffRequest,
    batch_id: uuid.UUID,
    refused: dict[str, CommandForm] | None = None,
    done: Received | None = None,
    told: str = "",
    typed: dict[str, str] | None = None,
) -> HttpResponse:
    page = get_batch(request.ctx, batch_id, after=_after(request.GET.get("sau", "")))
    faults = {one.barcode: in_language(one.message) for one in done.refused} if done else {}
    here = reverse("screening:lab_batch", args=[batch_id])
    context: dict[str, Any] = {
        "page": page,
        "rows": [_row(one, (typed or {}).get(one.number, ""), faults.get(one.number, "")) for one in page.items],
        "receive_form": ReceiveForm(prefix="nhan"),
        "file_form": FileForm(prefix="tep"),
        "reject_form": LabRejectForm(prefix="loai"),
        "refused": list((refused or {}).values()),
        "lines": [(one.number, one.barcode, in_language(one.message)) for one in done.refused] if done else [],
        "told": told,
        "next_url": f"{here}?sau={page.next_after}" if page.next_after else "",
        "first_url": here if request.GET.get("sau") else "",
        **(refused or {}),
    }
    return render(request, "screening/lab_batch.html", context, status=422 if refused or done else 200)


def _after(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None


def _row(item: Item, typed: str, fault: str) -> dict[str, Any]:
    labels = {one["code"]: in_language(one["label"]) for one in item.action["outcomes"]}
    said = labels.get(item.code or "", "")
    if item.value is not None:
        said = f"{number_text(item.value)} {item.action.get('unit', '')}"
    return {
        "item": item,
        "action": in_language(item.action.get("short_name") or item.action["name"]),
        "options": [] if item.measured else list(labels.items()),
        "unit": item.action.get("unit", ""),
        "said": said or in_language(dict(REJECTIONS).get(item.rejection or "", "")),
        "typed": typed,
        "fault": fault,
    }
