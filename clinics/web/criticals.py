"""Critical results: the list of the facility, and a doctor's acknowledgement."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinics.commands.criticals import acknowledge_critical
from clinics.queries.criticals import ESCALATES, get_criticals
from clinics.web.order_forms import ActionForm
from clinics.web.reception import safe_next
from registry.kernel import Permission, Refused, in_language
from registry.web.guards import needs
from registry.web.requests import StaffRequest


@require_GET
def criticals(request: StaffRequest) -> HttpResponse:
    """Who must be called, one's own and the longest waiting first."""
    context = {
        "found": get_criticals(request.ctx),
        "action_form": ActionForm(auto_id=False),
        "may_acknowledge": request.ctx.may(Permission.CRITICAL_ACKNOWLEDGE),
        "escalates": ESCALATES.seconds // 60,
    }
    return render(request, "clinics/criticals.html", context)


@require_POST
@needs(Permission.CRITICAL_ACKNOWLEDGE)
def acknowledge(request: StaffRequest, alert_id: uuid.UUID) -> HttpResponse:
    """Take note of one, saying what is done."""
    try:
        acknowledge_critical(request.ctx, alert_id=alert_id, action=request.POST.get("action", "")[:600])
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        messages.success(request, _("Đã xác nhận kết quả nguy kịch."))
    return redirect(safe_next(request, reverse("clinics:criticals")))
