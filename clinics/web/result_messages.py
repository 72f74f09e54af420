"""Files of result messages: taken in, listed, and what could not be placed."""

from __future__ import annotations

import uuid

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.result_messages import MAX_BYTES, ReceivedMessage, receive_results, resolve_exception
from clinics.queries.result_messages import get_inbox, get_message
from registry.kernel import Permission, Refused, in_language
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest


class ResultsFileForm(CommandForm):
    """A file of HL7 v2 messages."""

    file = forms.FileField(
        label=gettext_lazy("Tệp kết quả HL7 v2 (ORU^R01)"),
        widget=forms.FileInput(attrs={"accept": ".hl7,.oru,.txt,.dat"}),
        error_messages={"required": gettext_lazy("Hãy chọn một tệp."), "empty": gettext_lazy("Tệp trống.")},
    )


@require_http_methods(["GET", "POST"])
@needs(Permission.REPORT_RECORD)
def inbox(request: StaffRequest) -> HttpResponse:
    """The messages that came and what waits for a person; POST takes in a file."""
    form = ResultsFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        content = file.read(MAX_BYTES + 1)  # one byte more tells a file that is too big
        done = form.run(lambda: receive_results(request.ctx, content=content, file_name=file.name))
        if done is not None:
            _say(request, done)
            return redirect("clinics:result_messages")
    context = {"inbox": get_inbox(request.ctx), "form": form}
    return render(request, "clinics/result_messages.html", context, status=422 if form.errors else 200)


@require_GET
def message(request: StaffRequest, message_id: uuid.UUID) -> HttpResponse:
    """One message: as it came, what was answered, where it landed."""
    return render(request, "clinics/result_message.html", {"page": get_message(request.ctx, message_id)})


@require_POST
@needs(Permission.REPORT_RECORD)
def resolve(request: StaffRequest, exception_id: uuid.UUID) -> HttpResponse:
    """Somebody looked at an exception."""
    try:
        resolve_exception(request.ctx, exception_id=exception_id, note=request.POST.get("note", "")[:400])
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        messages.success(request, _("Đã ghi cách xử lý."))
    return redirect("clinics:result_messages")


def _say(request: StaffRequest, done: list[ReceivedMessage]) -> None:
    fresh = [one for one in done if not one.known]
    doubtful = sum(one.problems for one in fresh)
    told = _("Đã nhận %(fresh)s bản tin mới (%(known)s bản tin đã có từ trước), %(landed)s chỉ số chờ duyệt.") % {
        "fresh": len(fresh),
        "known": len(done) - len(fresh),
        "landed": sum(one.landed for one in fresh),
    }
    messages.success(request, told)
    if doubtful:
        messages.warning(request, _("%(count)s mục không đặt được vào phiếu nào: xem danh sách.") % {"count": doubtful})
