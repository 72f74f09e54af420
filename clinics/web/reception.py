"""The reception desk: find or scan, check in, print the slip, call the next number."""

from __future__ import annotations

import uuid
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from clinics.commands.calls import call_next
from clinics.commands.check_in import check_in
from clinics.queries.queue import Day
from clinics.queries.reception import Arrival, Reception, get_arrival, get_reception, get_slip
from clinics.rules.payers import CARE_TYPES, FIRST_CARE_TYPE, Payer
from clinics.rules.tickets import number_text
from clinics.web.billing_forms import object_choices
from clinics.web.check_in_forms import CheckInForm
from records.queries.band import SEX_NAMES
from registry.kernel import Permission, Refused, in_language
from registry.rules.invalid import Invalid
from registry.rules.lookup import QueryKind
from registry.rules.qr import BhytQr, parse_bhyt_qr
from registry.web.paper import pdf_answer, qr_svg
from registry.web.requests import StaffRequest

LONGEST_ROOM_ID = 10
CARD = "the-bhyt-vua-quet"  # key of the session
CARDS = (QueryKind.QR_CCCD, QueryKind.QR_BHYT, QueryKind.CCCD, QueryKind.BHYT)


@require_http_methods(["GET", "POST"])
def reception(request: StaffRequest) -> HttpResponse:
    """The queue, the search box, and who was found.

    What is typed or scanned comes by POST, so that no name or number stands in an address or a log; ?phong= filters the
    queue, ?nguoi-benh= (from the registration page) goes on to that person's check-in.
    """
    if arrived := request.GET.get("nguoi-benh"):
        return _to_check_in(arrived)
    text, room_code = request.POST.get("q", "")[:400], request.GET.get("phong", "")
    if ticket := _ticket(text):
        return go(request, reverse("clinics:slip", args=[ticket]))
    desk = get_reception(request.ctx, text=text, room_code=room_code)
    keep_card(request, desk, text)
    if only := _scanned_person(desk):
        return go(request, reverse("clinics:arrive", args=[only]))
    context = {"desk": desk, "text": text, "found_rows": _found_rows(desk)} | _queue(request, desk.day, room_code)
    return render(request, part_or_page(request, "clinics/reception.html"), context)


def keep_card(request: StaffRequest, desk: Reception, text: str) -> None:
    """A scanned insurance card is kept for the check-in that follows: in the session, never in an address."""
    if desk.found is not None and desk.found.kind is QueryKind.QR_BHYT:
        request.session[CARD] = text


def _kept_card(request: StaffRequest) -> BhytQr | None:
    """The card scanned last, if any."""
    try:
        return parse_bhyt_qr(request.session.get(CARD, ""), timezone.localdate(request.ctx.at))
    except Invalid:
        return None


def go(request: StaffRequest, address: str) -> HttpResponse:
    """To another page, also when htmx asked."""
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def _ticket(text: str) -> uuid.UUID | None:
    """The ticket whose slip was scanned: its QR code holds nothing but the id."""
    try:
        return uuid.UUID(text.strip())
    except ValueError:
        return None


def part_or_page(request: StaffRequest, whole: str) -> str:
    """The part of the page that htmx asked to swap, or the whole page."""
    parts = {
        "hang-cho": "clinics/_queue.html",
        "tim-thay": "clinics/_found.html",
        "danh-sach": "clinics/_worklist.html",
        "man-hinh": "clinics/_wall.html",
    }
    swapping = request.htmx and not request.htmx.history_restore_request
    return parts.get(request.htmx.target or "", whole) if swapping else whole


def _to_check_in(text: str) -> HttpResponse:
    try:
        return redirect("clinics:arrive", uuid.UUID(text))
    except ValueError:
        return redirect("clinics:reception")


def _scanned_person(desk: Reception) -> uuid.UUID | None:
    """The one person a card names, unless they are here already: nobody has to be chosen then."""
    if desk.found is None or desk.found.kind not in CARDS or len(desk.found) != 1:
        return None
    hit = desk.found[0]
    return None if hit.deceased or hit.patient_id in (desk.here or {}) else hit.patient_id


def _found_rows(desk: Reception) -> list[dict[str, Any]]:
    here = desk.here or {}
    return [
        {"hit": hit, "sex": SEX_NAMES.get(hit.sex, ""), "visit": here.get(hit.patient_id)} for hit in desk.found or ()
    ]


@require_http_methods(["GET", "POST"])
def arrive(request: StaffRequest, patient_id: uuid.UUID) -> HttpResponse:
    """The check-in form of one person; a check-in leads to the slip."""
    room_code = request.GET.get("phong", "")
    if request.method == "POST":
        form = CheckInForm(request.POST, rooms=_posted_room(request))
        given = None
        if form.is_valid():
            given = form.run(lambda: check_in(request.ctx, patient_id=patient_id, **form.asked))
        if given is not None:
            request.session.pop(CARD, None)
            return redirect("clinics:slip", given.ticket_id)
    else:
        form = None
    arrival = get_arrival(request.ctx, patient_id, room_code=room_code, scanned=_kept_card(request))
    shown = _check_in_form(request, arrival, form)
    context = {"arrival": arrival, "form": shown} | _queue(request, arrival.day, room_code)
    return render(
        request, part_or_page(request, "clinics/arrival.html"), context, status=422 if shown.is_bound else 200
    )


@require_GET
def slip(request: StaffRequest, ticket_id: uuid.UUID) -> HttpResponse:
    """The slip to print."""
    context = {
        "slip": get_slip(request.ctx, ticket_id),
        "may_check_in": request.ctx.may(Permission.VISIT_CHECK_IN),
    }
    return render(request, "clinics/slip.html", context)


@require_GET
def slip_paper(request: StaffRequest, ticket_id: uuid.UUID) -> HttpResponse:
    """The slip for a roll printer, 80 mm wide: number and given name only, as on the page."""
    told = get_slip(request.ctx, ticket_id)
    before = _("%(n)s người chờ trước") % {"n": told.before} if told.before else _("Không có ai chờ trước")
    data = {
        "facility": told.facility,
        "title": _("Số khám bệnh"),
        "number": told.number,
        "given_name": told.given_name,
        "room": told.room,
        "qr": qr_svg(str(told.ticket_id)),
        "issued": f"{timezone.localtime(told.issued.issued_at):%d/%m/%Y %H:%M}",
        "before": before,
        "missed": _("Quá lượt xin báo quầy tiếp nhận."),
    }
    return pdf_answer("queue_ticket", data, at=told.issued.issued_at, filename="phieu-so.pdf")


@require_POST
def call(request: StaffRequest) -> HttpResponse:
    """Call the next number of a room, then back to the page that asked."""
    room = request.POST.get("room", "")
    try:
        ticket = call_next(request.ctx, room_id=int(room) if room.isdecimal() else 0)
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        said = _("Đang gọi số %(number)s vào %(room)s.")
        messages.success(request, said % {"number": number_text(ticket.number), "room": ticket.room.name})
    return redirect(safe_next(request, reverse("clinics:reception")))


def safe_next(request: StaffRequest, otherwise: str) -> str:
    """The address of ours the form names, or another."""
    asked = request.POST.get("next", "")
    own = url_has_allowed_host_and_scheme(asked, allowed_hosts=None) and asked.startswith("/")
    return asked if own else otherwise


def register_url(back: str) -> str:
    """Where a new person is registered, coming back here afterwards."""
    return f"{reverse('records:register')}?{urlencode({'next': back})}"


def own_room(request: StaffRequest) -> str:
    """The code of the room somebody is assigned to, or ""."""
    room = request.assignment.room if request.assignment else None
    return room.code if room else ""


def _queue(request: StaffRequest, day: Day, room_code: str) -> dict[str, Any]:
    """The queue beside, its filter, and what F9 calls: the chosen room, else one's own, else the fullest."""
    chosen = next((room for room in day.rooms if room.code == (room_code or own_room(request))), None)
    fullest = max(day.rooms, key=lambda room: room.waiting, default=None)
    return {
        "day": day,
        "room_code": room_code,
        "filters": room_filters(request, day, room_code),
        "call_room": chosen or fullest,
        "register_url": register_url(reverse("clinics:reception")),
    }


def room_filters(request: StaffRequest, day: Day, room_code: str) -> list[dict[str, Any]]:
    """Links that filter by room and keep the rest of the address."""

    def link(code: str) -> str:
        kept = request.GET.copy()
        kept["phong"] = code
        return f"{request.path}?{kept.urlencode()}"

    everything = {"label": _("Tất cả"), "url": link(""), "count": day.waiting, "current": not room_code}
    rooms = [
        {"label": room.code, "url": link(room.code), "count": room.waiting, "current": room.code == room_code}
        for room in day.rooms
        if room.open or room.code == room_code
    ]
    return [everything, *rooms]


def _rooms(arrival: Arrival) -> list[tuple[int, str]]:
    """Rooms as the form offers them: who waits there is said before it is asked."""
    return [
        (room.id, _("%(room)s (%(count)s chờ)") % {"room": room.name, "count": room.waiting})
        for room in arrival.day.rooms
    ]


def _posted_room(request: StaffRequest) -> list[tuple[int, str]]:
    """Take the room that was sent; whether it is ours is the command's to say."""
    sent = request.POST.get("room_id", "")
    return [(int(sent), sent)] if sent.isdecimal() and len(sent) < LONGEST_ROOM_ID else []


def _check_in_form(request: StaffRequest, arrival: Arrival, refused: CheckInForm | None) -> CheckInForm:
    rooms = _rooms(arrival)
    if refused is not None:
        refused.fields["room_id"].choices = rooms  # type: ignore[attr-defined]
        offered: Any = refused.fields["object_code"]
        offered.choices = [*offered.choices, *object_choices(arrival.objects)]
        return refused
    own = next((room.id for room in arrival.day.rooms if room.code == own_room(request)), None)
    booked = arrival.booked
    initial = {
        "payer": (Payer.INSURANCE if arrival.has_insurance else Payer.SELF_PAY).value,
        "priority": arrival.priority.value,
        "care_type": FIRST_CARE_TYPE,
        "reason": booked.reason if booked else in_language(CARE_TYPES[FIRST_CARE_TYPE]),
        "room_id": (booked.room_id if booked else None) or own or (rooms[0][0] if rooms else None),
    }
    card = asdict(arrival.card.stated) if arrival.card else {}
    return CheckInForm(initial=card | initial, rooms=rooms, objects=arrival.objects)
