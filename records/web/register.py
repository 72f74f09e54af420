"""Registering a resident: type, or scan a card and let the form fill itself; duplicates are shown with their reasons."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from records.commands.registration import DuplicateSuspected, register_resident
from records.queries.candidates import Suspect, Suspects, find_while_typing, get_suspects
from records.rules.person import (
    Fault,
    StatedPerson,
    agrees_with_card,
    half_typed,
    state_person,
    whole_numbers,
    whole_phone,
)
from records.web.forms import RegisterForm
from records.web.ways import way_to
from registry.kernel import Permission, Refused, in_language
from registry.queries.units import find_commune, list_communes
from registry.rules.lookup import Query, QueryKind, classify_query
from registry.rules.names import proper_case_name
from registry.web.guards import needs
from registry.web.requests import StaffRequest
from registry.web.throttle import within

LOOKUPS = 120  # a minute: nobody types so fast; a script that tries names and numbers does

_REUSED = gettext_lazy(
    "Số này đang đứng tên người khác. Hãy đọc lại số trên thẻ; nếu đúng là số trong tay, xác nhận là người khác: "
    "Sở Y tế sẽ xem lại hai hồ sơ."
)


@require_http_methods(["GET", "POST"])
@needs(Permission.RESIDENT_REGISTER)
def register(request: StaffRequest) -> HttpResponse:
    """The form; a scanned card fills it, sending it registers."""
    if request.method == "GET":
        return _page(request, RegisterForm())
    if "quet" in request.POST:
        return _filled_from_card(request, request.POST["quet"].strip()[:1000])
    if "tim" in request.POST:
        return _filled_from_search(request, request.POST.get("q", "").strip()[:400])
    form = RegisterForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    person = _stated(request, form)
    if person is None:
        return _page(request, form, status=422)
    return _register(request, form, person)


@require_POST
@needs(Permission.RESIDENT_REGISTER)
def found_while_typing(request: StaffRequest) -> HttpResponse:
    """Who the half-typed form may be about, beside the form; nothing until enough is typed, and never a fault."""
    today = timezone.localdate(request.ctx.at)
    typed = {
        name: request.POST.get(name, "")[:500] for name in ("name", "birth", "sex", "phone", "cccd", "bhyt", "address")
    }
    ward = request.POST.get("ward", "").strip()[:120]
    commune = find_commune(ward, today) if ward else None
    person = half_typed(today=today, ward_name=commune.name if commune else "", **typed)
    numbers, phone = whole_numbers(cccd=typed["cccd"], bhyt=typed["bhyt"]), whole_phone(typed["phone"])
    if not (person or numbers or phone):
        found = Suspects(())
    elif not within(request, "lookup", LOOKUPS):
        return render(request, "records/_register_found.html", {"hurried": True})
    else:
        found = find_while_typing(request.ctx, person, numbers, phone=phone, name=typed["name"])
    others = set(_numbers(request.POST.getlist("khac")))
    context = {"suspects": _with_ways(request, found.shown), "more": found.more, "others": others}
    return render(request, "records/_register_found.html", context)


def _register(request: StaffRequest, form: RegisterForm, person: StatedPerson) -> HttpResponse:
    shown = _numbers(request.POST.getlist("khac"))
    try:
        registered = register_resident(
            request.ctx,
            person=person,
            channel=_channel(request, person),
            raw={name: request.POST.get(name, "") for name in (*form.fields, "the")},
            confirmed_new=bool(shown),
            not_same=shown or None,
        )
    except DuplicateSuspected as suspected:
        suspects = get_suspects(request.ctx, suspected.candidates, suspected.more)
        if any(one.reused_number for one in suspects.shown):
            form.add_error("cccd", _REUSED)
        return _page(
            request,
            form,
            suspects=_with_ways(request, suspects.shown),
            more=suspects.more,
            certain=suspected.certain,
            warning=in_language(suspected.message),
            status=409,
        )
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        form.take(refusal)
        return _page(request, form, status=422)
    for notice in person.notices:
        messages.warning(request, in_language(notice.message))
    messages.success(request, _("Đã lập hồ sơ."))
    return redirect(_onward(request, registered.patient_id))


def _stated(request: StaffRequest, form: RegisterForm) -> StatedPerson | None:
    """The person as the rules read them, or None with every fault at its field."""
    said: dict[str, Any] = {name: form.cleaned_data[name] for name in form.fields if name != "ward"}
    today = timezone.localdate(request.ctx.at)
    ward = form.cleaned_data["ward"].strip()
    commune = find_commune(ward, today) if ward else None
    person = state_person(
        today=today, ward_code=commune.code if commune else "", ward_name=commune.name if commune else "", **said
    )
    faults = list(person) if isinstance(person, list) else []
    if ward and commune is None:
        faults.append(
            Fault(
                "ward-unknown",
                _("Không có phường, xã này ở Hà Nội hiện nay. Hãy gõ vài chữ rồi chọn trong danh sách."),
                "ward",
            )
        )
    for fault in faults:
        form.add_error(fault.field if fault.field in form.fields else None, in_language(fault.message))
    return person if isinstance(person, StatedPerson) and not faults else None


def _filled_from_card(request: StaffRequest, text: str) -> HttpResponse:
    """The form with what the card says; a code that cannot be read is answered at the scan box, and kept there."""
    read = classify_query(text, timezone.localdate(request.ctx.at))
    if read.cccd_qr is None and read.bhyt_qr is None:
        problem = in_language(read.problem) or _(
            "Đây không phải mã QR của CCCD hay thẻ BHYT. Hãy quét lại, hoặc gõ tay bên dưới."
        )
        return _page(request, RegisterForm(), scanned=text, problem=problem, status=422)
    return _page(request, RegisterForm(initial=_from_card(read)), note=_card_note(read), card=text)


def _filled_from_search(request: StaffRequest, text: str) -> HttpResponse:
    """The form with what was typed into the search box: nothing is typed twice."""
    read = classify_query(text, timezone.localdate(request.ctx.at))
    if read.cccd_qr or read.bhyt_qr:
        return _filled_from_card(request, text)
    field = {QueryKind.CCCD: "cccd", QueryKind.BHYT: "bhyt", QueryKind.PHONE: "phone"}.get(read.kind)
    said = {field: read.value} if field else {"name": proper_case_name(read.name)}
    if read.birth:
        said["birth"] = read.birth.display
    return _page(request, RegisterForm(initial=said))


def _channel(request: StaffRequest, person: StatedPerson) -> str:
    """A card that was read proves the statement only while the form still says what the card says."""
    read = classify_query(request.POST.get("the", "")[:1000], timezone.localdate(request.ctx.at))
    return "scan" if read.cccd_qr and agrees_with_card(person, read.cccd_qr) else "form"


def _from_card(read: Query) -> Mapping[str, str]:
    card = read.cccd_qr or read.bhyt_qr
    if card is None:
        return {}
    said = {"name": card.full_name, "birth": card.birth.display, "sex": card.sex or "", "address": card.address}
    return said | (
        {"cccd": read.cccd_qr.cccd.value} if read.cccd_qr else {"bhyt": read.bhyt_qr.card.value if read.bhyt_qr else ""}
    )


def _card_note(read: Query) -> str:
    card = read.cccd_qr or read.bhyt_qr
    doubts = " ".join(in_language(notice.message) for notice in card.notices) if card else ""
    name = _("CCCD") if read.cccd_qr else _("thẻ BHYT")
    return " ".join(
        [_("Đã đọc mã QR trên %(card)s. Hãy kiểm tra lại rồi bấm Lập hồ sơ.") % {"card": name}, doubts]
    ).strip()


def _numbers(texts: list[str]) -> list[uuid.UUID]:
    found = []
    for text in texts[:20]:
        try:
            found.append(uuid.UUID(text))
        except ValueError:
            continue
    return found


def _with_ways(request: StaffRequest, suspects: Sequence[Suspect]) -> list[tuple[Suspect, str]]:
    """Each one with where choosing them leads: back to the desk that sent us, else to their record."""
    back = _next(request)
    return [
        (one, _back_with(back, one.band.patient_id) if back else way_to(request.ctx, one.band.patient_id))
        for one in suspects
    ]


def _next(request: StaffRequest) -> str:
    """The page of this house that sent us, or ""."""
    target = request.POST.get("next", request.GET.get("next", ""))
    return target if target and url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}) else ""


def _back_with(target: str, patient_id: uuid.UUID) -> str:
    return f"{target}{'&' if '?' in target else '?'}{urlencode({'nguoi-benh': patient_id})}"


def _onward(request: StaffRequest, patient_id: uuid.UUID) -> str:
    """Back to the desk that sent us, with the new person's number, or on to the new record."""
    if back := _next(request):
        return _back_with(back, patient_id)
    return way_to(request.ctx, patient_id) or reverse("home")


def _page(request: StaffRequest, form: RegisterForm, *, status: int = 200, **more: Any) -> HttpResponse:
    context = {
        "form": form,
        "fresh": not form.is_bound and not form.initial,
        "card": request.POST.get("the", ""),
        "next": _next(request),
        "communes": list_communes(timezone.localdate(request.ctx.at)),
    } | more
    return render(request, "records/register.html", context, status=status)
