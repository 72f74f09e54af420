"""One encounter in the record: what was measured, found, resulted, diagnosed and advised, and what it said before."""

from __future__ import annotations

import uuid
from datetime import time
from itertools import groupby
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from records.commands.examinations import add_addendum, record_examination
from records.queries.access import RecordAccess, open_record
from records.queries.examination import ExaminationPage, Version, editable, get_examination, is_closed
from records.rules.examination import SIGHT, SYSTEMS, is_normal
from records.rules.vitals import ADULT_YEARS, ARROWS, BY_CODE, Flag, bmi, bmi_flag
from records.web.examination_forms import (
    AddendumForm,
    ExaminationForm,
    asked_systems,
    asked_vitals,
    initial_of,
    standing_before,
)
from records.web.page import record_page
from registry.kernel import Permission, require
from registry.web.guards import needs
from registry.web.requests import StaffRequest

NOTES = {
    "course": gettext_lazy("Bệnh sử"),
    "advice": gettext_lazy("Tư vấn"),
    "addendum": gettext_lazy("Bổ sung sau khi ký"),
    "progress": gettext_lazy("Diễn biến lâm sàng"),
    "discharge": gettext_lazy("Giấy ra viện"),
    "summary": gettext_lazy("Tóm tắt hồ sơ bệnh án"),
    "birth": gettext_lazy("Giấy chứng sinh"),
    "leave": gettext_lazy("Giấy nghỉ việc, nghỉ dưỡng thai"),
    "referral": gettext_lazy("Giấy chuyển cơ sở khám chữa bệnh"),
    "followup": gettext_lazy("Giấy hẹn khám lại"),
}


@require_http_methods(["GET", "POST"])
def examination(request: StaffRequest, patient_id: uuid.UUID, encounter_id: uuid.UUID) -> HttpResponse:
    """The encounter; ?sua=1 shows the form to whoever may write it, POST writes what differs."""
    if request.method == "GET":
        access, page = _open(request, patient_id, encounter_id)
        form = ExaminationForm(systems=asked_systems(page), asked=asked_vitals(page), initial=initial_of(page))
        return _page(request, access, page, form, editing="sua" in request.GET)
    require(request.ctx, Permission.EXAMINATION_RECORD)
    form = ExaminationForm(request.POST, systems=list(SYSTEMS.values()), initial=standing_before(request.POST))
    if form.is_valid() and form.run(lambda: _write(request, encounter_id, form)) is not None:
        messages.success(request, _("Đã lưu phiếu khám."))
        return redirect(reverse("records:examination", args=[patient_id, encounter_id]))
    access, page = _open(request, patient_id, encounter_id)
    form.systems = asked_systems(page)
    return _page(request, access, page, form, editing=True, status=422)


@require_POST
@needs(Permission.EXAMINATION_RECORD)
def addendum(request: StaffRequest, patient_id: uuid.UUID, encounter_id: uuid.UUID) -> HttpResponse:
    """Say something more about a signed encounter."""
    form = AddendumForm(request.POST)
    if form.is_valid() and form.run(lambda: _add(request, encounter_id, form)) is not None:
        messages.success(request, _("Đã ghi bổ sung."))
        return redirect(reverse("records:examination", args=[patient_id, encounter_id]) + "#bo-sung")
    access, page = _open(request, patient_id, encounter_id)
    empty = ExaminationForm(systems=asked_systems(page), asked=asked_vitals(page), initial=initial_of(page))
    return _page(request, access, page, empty, editing=False, addendum=form, status=422)


def _add(request: StaffRequest, encounter_id: uuid.UUID, form: AddendumForm) -> object:
    return add_addendum(request.ctx, encounter_id=encounter_id, text=form.cleaned_data["text"])


def _write(request: StaffRequest, encounter_id: uuid.UUID, form: ExaminationForm) -> object:
    return record_examination(
        request.ctx, encounter_id=encounter_id, said=form.said, reason=form.cleaned_data["reason"]
    )


def _open(
    request: StaffRequest, patient_id: uuid.UUID, encounter_id: uuid.UUID
) -> tuple[RecordAccess, ExaminationPage]:
    access = open_record(request.ctx, patient_id, action="read-examination", target=("Encounter", encounter_id))
    return access, get_examination(access, encounter_id)


def _page(
    request: StaffRequest,
    access: RecordAccess,
    page: ExaminationPage,
    form: ExaminationForm,
    *,
    editing: bool,
    addendum: AddendumForm | None = None,
    status: int = 200,
) -> HttpResponse:
    may = editable(page.head, access.facility_id) and request.ctx.may(Permission.EXAMINATION_RECORD)
    here = reverse("records:examination", args=[access.patient_id, page.head.id])
    context = {
        "page": page,
        "vitals": _vitals(page),
        "sight": [{"label": SIGHT[key].name, "value": text} for key, text in page.sight.items()],
        "groups": _groups(page),
        "unexamined": [line.system.name for line in page.systems if line.found is None],
        "earlier": [_version(one) for one in page.earlier],
        "papers": [_paper(one) for one in page.papers],
        "may": may,
        "may_report": editable(page.head, access.facility_id) and request.ctx.may(Permission.REPORT_RECORD),
        "form": form if may and editing else None,
        "held": [name for name, value in initial_of(page).items() if value],
        "closed": is_closed(page.head),
        "addendum": (addendum or AddendumForm()) if may and is_closed(page.head) else None,
        "here": here,
    }
    return record_page(request, access, "records:timeline", "records/examination.html", context, status=status)


def _vitals(page: ExaminationPage) -> list[dict[str, Any]]:
    """Vitals with arrows for this age, and the BMI that follows from them."""
    rows = [
        {
            "label": BY_CODE[one.code].display,
            "value": one.value,
            "unit": one.unit,
            "arrow": ARROWS[Flag(one.flag)],
            "at": one.observed_at,
        }
        for one in page.vitals
    ]
    readings = page.readings
    index = bmi(readings.get("weight"), readings.get("height"))
    if index is not None:
        arrow = ARROWS[bmi_flag(index, page.age)] if page.age.years >= ADULT_YEARS else ""
        rows.append({"label": "BMI", "value": index, "unit": "kg/m²", "arrow": arrow, "at": None})
    return rows


def _groups(page: ExaminationPage) -> list[dict[str, Any]]:
    """What was found, under its group; normal lines are said quietly."""
    found = [line for line in page.systems if line.found]
    return [
        {
            "name": name,
            "lines": [
                {"name": line.system.name, "text": line.found.text, "normal": is_normal(line.found.text)}
                for line in lines
                if line.found
            ],
        }
        for name, lines in groupby(found, key=lambda line: line.system.group)
    ]


def _paper(one: Version) -> dict[str, Any]:
    """A note of an imported visit; a paper often knows its day and no hour."""
    dated = timezone.localtime(one.recorded_at).time() == time.min
    return {"title": NOTES.get(one.key, one.key), "text": one.text, "at": one.recorded_at, "dated": dated}


def _version(one: Version) -> dict[str, Any]:
    about = SYSTEMS[one.key].name if one.key in SYSTEMS else NOTES.get(one.key, "")
    return {
        "about": about,
        "text": one.text,
        "by": one.recorded_by,
        "at": one.recorded_at,
        "reason": one.superseded_reason,
    }
