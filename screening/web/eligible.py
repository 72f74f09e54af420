"""Who of the ward may be enrolled, one by one or together."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from registry.kernel import Permission, in_language
from registry.web.display import vi_number
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.requests import StaffRequest
from screening.commands.enrolment import MANY_AT_ONCE, EnrolledMany, enrol, enrol_many, take_over
from screening.queries.cohort import COUNT_LIMIT, AgeBand, EligiblePage, find_eligible, get_eligibility
from screening.queries.scope import COLORECTAL
from screening.rules.eligibility import Obstacle
from screening.web.filters import read_key, write_key
from screening.web.forms import BandForm, ManyForm

OBSTACLE_NAMES = {
    Obstacle.DECEASED: gettext_lazy("đã mất"),
    Obstacle.ENROLLED: gettext_lazy("đã ghi danh"),
    Obstacle.SEX: gettext_lazy("chưa rõ giới"),
    Obstacle.TOO_YOUNG: gettext_lazy("chưa đủ tuổi"),
    Obstacle.TOO_OLD: gettext_lazy("quá tuổi"),
    Obstacle.UNINSURED: gettext_lazy("chưa có thẻ BHYT"),
    Obstacle.EXCLUDED: gettext_lazy("không cần tầm soát"),
    Obstacle.CLEARED_RECENTLY: gettext_lazy("đã nội soi"),
    Obstacle.TESTED_RECENTLY: gettext_lazy("đã làm FIT"),
}


@require_GET
def eligible(request: StaffRequest) -> HttpResponse:
    """The list: ?low= and ?high= in completed years, ?sau= the key of the last row seen."""
    form = BandForm(request.GET)
    band = _band(form) if form.is_valid() else None
    return _page(request, band=band, form=form, after=read_key(request.GET.get("sau", "")))


@require_http_methods(["GET", "POST"])
def enrol_one(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Ask whether to enrol somebody from their record (GET); enrol them and open their page (POST)."""
    if request.method == "GET":
        return render(request, "screening/person.html", {"found": get_eligibility(request.ctx, patient_id)})
    form = CommandForm(request.POST)
    programme, group = request.POST.get("programme", COLORECTAL), request.POST.get("group", "")
    enrolment = form.run(lambda: enrol(request.ctx, patient_id=patient_id, programme=programme, group=group))
    if enrolment is None and programme != COLORECTAL:
        found = get_eligibility(request.ctx, patient_id)
        return render(request, "screening/person.html", {"found": found, "refused": form}, status=422)
    if enrolment is None:
        return _page(request, refused=form)
    messages.success(request, _("Đã ghi danh. Bước tiếp theo: xét nghiệm."))
    return redirect("screening:enrolment", enrolment.pk)


@require_POST
@needs(Permission.SCREENING_ENROL)
def take(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """Look after somebody whom another facility enrolled; their page, where what is due can be done."""
    form = CommandForm(request.POST)
    programme = request.POST.get("programme", COLORECTAL)[:40]
    enrolment = form.run(lambda: take_over(request.ctx, patient_id=patient_id, programme=programme))
    if enrolment is None:
        found = get_eligibility(request.ctx, patient_id)
        return render(request, "screening/person.html", {"found": found, "refused": form}, status=409)
    messages.success(request, _("Đã nhận về cơ sở này. Có thể làm bước đến hạn ngay."))
    return redirect("screening:enrolment", enrolment.pk)


@require_POST
def enrol_ward(request: StaffRequest) -> HttpResponse:
    """Enrol the first of the list, and say who was left out and why."""
    form = ManyForm(request.POST)
    if not form.is_valid():
        return _page(request, refused=form)
    band = _band(form)
    done = form.run(lambda: enrol_many(request.ctx, band=band, limit=form.cleaned_data["limit"]))
    if done is None:
        return _page(request, band=band, refused=form)
    messages.success(request, _told(done))
    return redirect("screening:eligible")


def _band(form: BandForm) -> AgeBand | None:
    low, high = form.cleaned_data.get("low"), form.cleaned_data.get("high")
    if low is None and high is None:
        return None
    return AgeBand(low or 0, high if high is not None else AgeBand().high)


def _told(done: EnrolledMany) -> str:
    parts = [_("Đã ghi danh %(n)s người") % {"n": vi_number(done.enrolled)}]
    if done.skipped:
        skipped = done.skipped.items()
        reasons = ", ".join(f"{in_language(OBSTACLE_NAMES[why])} {vi_number(count)}" for why, count in skipped)
        parts.append(_("bỏ qua: %(reasons)s") % {"reasons": reasons})
    if done.remaining:
        parts.append(_("còn %(n)s người đủ điều kiện") % {"n": vi_number(done.remaining)})
    return "; ".join(parts) + "."


def _page(
    request: StaffRequest,
    *,
    band: AgeBand | None = None,
    form: BandForm | None = None,
    after: tuple[str, uuid.UUID] | None = None,
    refused: CommandForm | None = None,
) -> HttpResponse:
    found = find_eligible(request.ctx, band=band, after=after)
    context = {
        "found": found,
        "band_form": form or BandForm(),
        "many_form": refused if isinstance(refused, ManyForm) else ManyForm(initial=_first(found)),
        "refused": refused,
        "total": _total(found.total),
        "limit": MANY_AT_ONCE,
        "next_url": _address(band, found.next_after) if found.next_after else "",
        "first_url": _address(band) if after else "",
    }
    return render(request, "screening/eligible.html", context, status=422 if refused else 200)


def _first(found: EligiblePage) -> dict[str, Any]:
    high = found.band.high if found.band.high != AgeBand().high else None
    return {"low": found.band.low, "high": high, "limit": min(found.total, 100) or 1}


def _total(total: int) -> str:
    return _("hơn %(n)s") % {"n": vi_number(COUNT_LIMIT)} if total > COUNT_LIMIT else vi_number(total)


def _address(band: AgeBand | None, after: tuple[str, uuid.UUID] | None = None) -> str:
    named: dict[str, Any] = {"low": band.low, "high": min(band.high, 120)} if band else {}
    if after:
        named["sau"] = write_key(after)
    return reverse("screening:eligible") + (f"?{urlencode(named)}" if named else "")
