"""The nurse's measurements."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from clinics.commands.triage import record_vitals
from clinics.queries.visit_vitals import get_typed_growth
from clinics.rules.coding import read_whom
from clinics.web.sheet_forms import GrowthForm, VitalsForm
from clinics.web.visit import visit_page, visit_url
from records.rules.vitals import bmi
from registry.kernel import Permission
from registry.web.guards import needs
from registry.web.requests import StaffRequest


@require_POST
@needs(Permission.VITALS_RECORD)
def vitals(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The nurse saves measurements; to her worklist then, a doctor back to the visit."""
    form = VitalsForm(request.POST)
    seen = request.POST.get("seen") if "seen" in request.POST else None
    done = (
        form.is_valid()
        and form.run(lambda: record_vitals(request.ctx, visit_id=visit_id, readings=form.readings, seen=seen))
        is not None
    )
    if done:
        messages.success(request, _("Đã lưu sinh hiệu."))
        doctor = request.ctx.may(Permission.DIAGNOSIS_RECORD)
        return redirect(visit_url(visit_id) if doctor else "clinics:worklist")
    return visit_page(request, visit_id, vitals_form=form)


@require_GET
@needs(Permission.VITALS_RECORD)
def growth_typed(request: StaffRequest) -> HttpResponse:
    """BMI and growth of what is being typed: ?ai= sex and age, ?tuan= weeks of gestation, and the measurements."""
    form, weeks = GrowthForm(request.GET), request.GET.get("tuan", "")
    readings = form.readings if form.is_valid() else {}
    known = int(weeks) if weeks.isascii() and weeks.isdecimal() and len(weeks) < 3 else None  # noqa: PLR2004 - digits
    growth = get_typed_growth(request.ctx, read_whom(request.GET.get("ai", "")), known, readings)
    context = {"growth": growth, "bmi": bmi(readings.get("weight"), readings.get("height"))}
    return render(request, "clinics/_growth_typed.html", context)
