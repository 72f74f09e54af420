"""Medicines of the record: taken today, taken before, and the forms that add, stop and take back."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from records.commands.medications import add_medicine, stop_medicine, withdraw_medicine
from records.queries.access import open_record
from records.queries.medication import STATUSES, Medications, MedicineRow, get_medications
from records.rules.medication import Medicine
from records.web.dose_forms import DayField, wanted_dose
from records.web.page import first_rows, record_page
from registry.kernel import Permission, require
from registry.rules.dates import PartialDate
from registry.web.forms import CommandForm
from registry.web.requests import StaffRequest


class MedicineForm(CommandForm):
    """A medicine somebody takes; field names are those of records.rules.medication.Medicine."""

    name = forms.CharField(label=gettext_lazy("Tên thuốc"), max_length=500)
    ingredient = forms.CharField(label=gettext_lazy("Hoạt chất"), max_length=500, required=False)
    strength = forms.CharField(label=gettext_lazy("Hàm lượng"), max_length=200, required=False)
    route = forms.CharField(label=gettext_lazy("Đường dùng"), max_length=60, required=False)
    dose = forms.CharField(label=gettext_lazy("Liều và cách dùng"), max_length=500, required=False)
    indication = forms.CharField(label=gettext_lazy("Dùng cho bệnh"), max_length=300, required=False)
    started_on = DayField(label=gettext_lazy("Từ ngày"))
    ended_on = DayField(label=gettext_lazy("Đến ngày"), required=False)
    prescriber = forms.CharField(label=gettext_lazy("Người kê"), max_length=255, required=False)
    long_term = forms.BooleanField(label=gettext_lazy("Dùng lâu dài"), required=False)
    reported = forms.BooleanField(label=gettext_lazy("Người bệnh tự khai, chưa thấy đơn"), required=False)

    @property
    def medicine(self) -> Medicine:
        """What was typed, once it could be read."""
        return Medicine(**{name: self.cleaned_data[name] for name in self.base_fields})


class StopForm(CommandForm):
    """Which medicine ends, when and why."""

    medication_id = forms.UUIDField(widget=forms.HiddenInput)
    ended_on = DayField(label=gettext_lazy("Ngừng từ ngày"), required=False)
    reason = forms.CharField(label=gettext_lazy("Lý do"), max_length=300, required=False)


@require_http_methods(["GET", "POST"])
def medication(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The lists; POST adds, stops (lam=ngung) or takes back (lam=bo); ?ngung=… shows the form of one medicine."""
    if request.method == "GET":
        return _page(request, patient_id)
    require(request.ctx, Permission.MEDICATION_RECORD)
    act = request.POST.get("lam", "them")
    if act in ("ngung", "bo"):
        ending = StopForm(request.POST)
        said = _("Đã ghi ngừng thuốc.") if act == "ngung" else _("Đã bỏ thuốc ghi nhầm.")
        return _done(request, patient_id, ending, lambda: _end(request, patient_id, ending, act), said)
    form = MedicineForm(request.POST)
    return _done(
        request,
        patient_id,
        form,
        lambda: add_medicine(request.ctx, patient_id=patient_id, medicine=form.medicine),
        _("Đã ghi thuốc."),
    )


def _end(request: StaffRequest, patient_id: uuid.UUID, form: StopForm, act: str) -> object:
    said = form.cleaned_data
    if act == "bo":
        return withdraw_medicine(
            request.ctx, patient_id=patient_id, medication_id=said["medication_id"], reason=said["reason"]
        )
    return stop_medicine(
        request.ctx,
        patient_id=patient_id,
        medication_id=said["medication_id"],
        reason=said["reason"],
        ended_on=said["ended_on"],
    )


def _done(
    request: StaffRequest, patient_id: uuid.UUID, form: CommandForm, command: Callable[[], object], said: str
) -> HttpResponse:
    if form.is_valid() and form.run(command) is not None:
        messages.success(request, said)
        return redirect(reverse("records:medication", args=[patient_id]))
    return _page(request, patient_id, form)


def _page(request: StaffRequest, patient_id: uuid.UUID, refused: CommandForm | None = None) -> HttpResponse:
    access = open_record(request.ctx, patient_id, action="read-medication")
    found = get_medications(access, versions=True)
    may = request.ctx.may(Permission.MEDICATION_RECORD)
    context = {
        "current": [_row(one) for one in found.current],
        "past": [_row(one) for one in first_rows(request, found.past)],
        "past_count": len(found.past),
        "earlier": [_row(one) for one in first_rows(request, found.earlier)],
        "earlier_count": len(found.earlier),
        "may": may,
        "refused": refused,
        **(_forms(request, found, refused) if may else {}),
    }
    status = 422 if refused else 200
    return record_page(request, access, "records:medication", "records/medication.html", context, status=status)


def _forms(request: StaffRequest, found: Medications, refused: CommandForm | None) -> dict[str, Any]:
    today = PartialDate(timezone.localdate(request.ctx.at)).display
    asked = request.GET.get("ngung", "") or request.POST.get("medication_id", "")
    wanted = wanted_dose(asked) if asked else None
    row = next((one for one in found.current if one.id == wanted), None)
    if row is not None:
        stopping = refused if isinstance(refused, StopForm) else None
        return {
            "stopping": stopping or StopForm(initial={"medication_id": row.id, "ended_on": today}),
            "stopped": _row(row),
        }
    form = refused if isinstance(refused, MedicineForm) else MedicineForm(initial={"started_on": today})
    return {"form": form}


def _row(one: MedicineRow) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "strength": one.strength,
        "ingredient": one.ingredient,
        "dose": one.dose,
        "route": one.route,
        "indication": one.indication,
        "long_term": one.long_term,
        "reported": one.reported,
        "started_on": one.started_on,
        "ended_on": one.ended_on,
        "status": STATUSES.get(one.status, one.status),
        "stopped": one.status == "stopped",
        "reason": one.status_reason,
        "prescriber": one.prescriber,
        "facility": one.facility,
        "recorded_at": one.recorded_at,
        "superseded_reason": one.superseded_reason,
    }
