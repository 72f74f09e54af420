"""Numbers for paper during an outage: reserve, print, and say afterwards that all of it is in."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.paper_blocks import close_block, reserve_block
from clinics.queries.paper_blocks import BlockPage, get_block_sheet, get_blocks
from registry.kernel import Permission, Refused, in_language
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest

FIRST_SIZE = 20


class BlockForm(CommandForm):
    """How many numbers, where, why."""

    room_id = forms.IntegerField(
        label=gettext_lazy("Phòng"),
        widget=forms.Select,
        error_messages={"required": gettext_lazy("Hãy chọn phòng."), "invalid": gettext_lazy("Hãy chọn phòng.")},
    )
    count = forms.IntegerField(
        label=gettext_lazy("Giữ bao nhiêu số"),
        initial=FIRST_SIZE,
        error_messages={
            "required": gettext_lazy("Hãy ghi số lượng."),
            "invalid": gettext_lazy("Hãy ghi một số, ví dụ 20."),
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Lý do"),
        max_length=300,
        error_messages={"required": gettext_lazy("Hãy ghi lý do giữ số.")},
    )

    def offer(self, page: BlockPage) -> None:
        """The rooms in use."""
        rooms = [(room.pk, room.name) for room in page.rooms]
        self.fields["room_id"].widget.choices = rooms


@require_http_methods(["GET", "POST"])
def blocks(request: StaffRequest) -> HttpResponse:
    """Today's blocks; a new one leads to its sheet."""
    form = BlockForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        block = form.run(lambda: reserve_block(request.ctx, **form.cleaned_data))
        if block is not None:
            return redirect("clinics:block_sheet", block.pk)
    page = get_blocks(request.ctx)
    form.offer(page)
    return render(request, "clinics/blocks.html", {"page": page, "form": form}, status=422 if form.errors else 200)


@require_GET
def sheet(request: StaffRequest, block_id: uuid.UUID) -> HttpResponse:
    """The slips to print and cut."""
    return render(request, "clinics/block_sheet.html", {"sheet": get_block_sheet(request.ctx, block_id)})


@require_POST
@needs(Permission.VISIT_CHECK_IN)
def close(request: StaffRequest, block_id: uuid.UUID) -> HttpResponse:
    """All paper is in."""
    try:
        closed = close_block(request.ctx, block_id=block_id)
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        said = _("Đã kết thúc: %(taken)s số đã nhập, %(unused)s số không phát.")
        messages.success(request, said % {"taken": closed.taken_in, "unused": closed.unused})
    return redirect("clinics:blocks")
