"""One person's turn: pass over, back in line, to another room."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from clinics.commands.turns import return_turn, skip_turn, transfer_visit
from clinics.queries.turns import Turn, get_turn
from clinics.rules.tickets import number_text
from clinics.web.reception import safe_next
from registry.kernel import Permission, Refused, in_language
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest


class TransferForm(CommandForm):
    """Where to and why."""

    room_id = forms.IntegerField(
        label=gettext_lazy("Chuyển đến phòng"),
        widget=forms.Select,
        error_messages={
            "required": gettext_lazy("Hãy chọn phòng đến."),
            "invalid": gettext_lazy("Hãy chọn phòng đến."),
        },
    )
    reason = forms.CharField(
        label=gettext_lazy("Lý do chuyển"),
        max_length=300,
        error_messages={"required": gettext_lazy("Hãy ghi lý do chuyển phòng.")},
    )

    def offer(self, turn: Turn) -> None:
        """Rooms as they stand now: who waits there is said before it is asked."""
        rooms = [
            (room.id, _("%(room)s (%(count)s chờ)") % {"room": room.name, "count": room.waiting}) for room in turn.rooms
        ]
        self.fields["room_id"].widget.choices = [("", _("– Chọn –")), *rooms]


@require_http_methods(["GET", "POST"])
@needs(Permission.QUEUE_CALL)
def transfer(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The turn's page, and sending the person to another room; the new number is printed at once."""
    form = TransferForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        given = form.run(lambda: transfer_visit(request.ctx, visit_id=visit_id, **form.cleaned_data))
        if given is not None:
            said = _("Số mới %(number)s ở %(room)s.") % {"number": number_text(given.number), "room": given.room.name}
            messages.success(request, said)
            return redirect("clinics:slip", given.pk)
    turn = get_turn(request.ctx, visit_id)
    form.offer(turn)
    return render(request, "clinics/turn.html", {"turn": turn, "form": form}, status=422 if form.errors else 200)


@require_POST
@needs(Permission.QUEUE_CALL)
def skip(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Called and not there."""
    return _act(request, visit_id, lambda: skip_turn(request.ctx, visit_id=visit_id), _("Đã để số này gọi sau."))


@require_POST
@needs(Permission.QUEUE_CALL)
def come_back(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Back in line."""
    said = _("Đã đưa số này trở lại hàng chờ.")
    return _act(request, visit_id, lambda: return_turn(request.ctx, visit_id=visit_id), said)


def _act(request: StaffRequest, visit_id: uuid.UUID, command: Callable[[], object], said: str) -> HttpResponse:
    """Run a command without fields; its refusal is a message on the turn as it stands now."""
    try:
        command()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
        turn, form = get_turn(request.ctx, visit_id), TransferForm()
        form.offer(turn)
        return render(request, "clinics/turn.html", {"turn": turn, "form": form}, status=int(refusal.kind))
    messages.success(request, said)
    return redirect(safe_next(request, reverse("clinics:transfer", args=[visit_id])))
