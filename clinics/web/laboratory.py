"""Laboratory and imaging: the worklist, drawing and receiving specimens, entering and signing results."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.item_results import Entered, correct_result, enter_result, send_back_result, verify_result
from clinics.commands.specimens import begin_item, receive_specimen, reject_specimen, take_specimens
from clinics.queries.order_page import ItemForm, ItemPage, get_item, get_item_form, get_order
from clinics.queries.order_worklist import Worklist, get_order_worklist
from clinics.rules.barcodes import modules
from clinics.rules.orders import KIND_NAMES, OrderState, ServiceKind
from clinics.web.order_forms import ReasonForm, ResultForm
from clinics.web.reception import go, safe_next
from registry.kernel import Permission, Refused, in_language, require
from registry.web.guards import needs
from registry.web.paper import pdf_answer
from registry.web.requests import StaffRequest


@require_GET
def worklist(request: StaffRequest) -> HttpResponse:
    """What is to be done: ?nhom= (a kind), ?buoc= (a step), ?phong= (a room), ?ma= (an order's or a specimen's number)."""
    kind, step, room = (request.GET.get(name, "")[:20] for name in ("nhom", "buoc", "phong"))
    number = request.GET.get("ma", "").strip()[:20]
    found = get_order_worklist(request.ctx, kind=kind, step=step, room_code=room, number=number)
    context = {
        "found": found,
        "kinds": _kind_links(request, found, kind),
        "steps": _step_links(request, found, step),
        "rooms": _room_links(request, found, room),
        "number": number,
        "may": _rights(request),
    }
    part = "clinics/_order_worklist.html" if request.htmx.target == "viec" else "clinics/order_worklist.html"
    return render(request, part, context)


@require_POST
@needs(Permission.REPORT_RECORD)
def receive(request: StaffRequest) -> HttpResponse:
    """A vessel was scanned in; the next one can be scanned at once."""
    number = request.POST.get("number", "")[:40]
    try:
        specimen = receive_specimen(request.ctx, number=number)
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        messages.success(request, _("Đã nhận mẫu %(number)s.") % {"number": specimen.number})
    return redirect(safe_next(request, reverse("clinics:orders")))


@require_GET
def order_page(request: StaffRequest, order_id: uuid.UUID) -> HttpResponse:
    """One order: what is to be drawn, its vessels, where each service stands."""
    context = {"page": get_order(request.ctx, order_id), "may": _rights(request), "reason_form": ReasonForm()}
    return render(request, "clinics/order_page.html", context)


@require_POST
@needs(Permission.SPECIMEN_TAKE)
def take(request: StaffRequest, order_id: uuid.UUID) -> HttpResponse:
    """Draw everything the order still needs; the labels are the next thing to print."""
    address = reverse("clinics:order_page", args=[order_id])

    def work() -> str:
        drawn = take_specimens(request.ctx, order_id=order_id)
        return _("Đã lấy %(count)s mẫu: hãy in nhãn và dán lên ống.") % {"count": len(drawn)}

    return _act(request, work, address)


@require_GET
@needs(Permission.SPECIMEN_TAKE)
def labels(request: StaffRequest, order_id: uuid.UUID) -> HttpResponse:
    """Labels of the order's vessels, 50 × 30 mm each, with Code 128 and QR."""
    page = get_order(request.ctx, order_id, action="print")
    data = {
        "labels": [
            {
                "number": one.number,
                "bars": modules(one.number),
                "kind": in_language(kind),
                "name": page.band.name,
                "who": " · ".join((in_language(page.band.sex), page.band.birth)),
                "order": page.order.number,
                "taken": f"{timezone.localtime(one.taken_at):%d/%m/%Y %H:%M}",
                "urgency": "" if page.order.urgency == "routine" else in_language(page.urgency),
            }
            for one, kind in page.specimens
        ]
    }
    return pdf_answer("specimen_labels", data, at=request.ctx.at, filename="nhan-mau.pdf")


@require_POST
@needs(Permission.REPORT_RECORD)
def reject(request: StaffRequest, specimen_id: uuid.UUID) -> HttpResponse:
    """Turn a vessel away, with the reason."""

    def work() -> str:
        reject_specimen(request.ctx, specimen_id=specimen_id, reason=request.POST.get("reason", "")[:400])
        return _("Đã từ chối mẫu; các dịch vụ của mẫu chờ lấy lại.")

    return _act(request, work, safe_next(request, reverse("clinics:orders")))


@require_http_methods(["GET", "POST"])
def item(request: StaffRequest, item_id: uuid.UUID) -> HttpResponse:
    """One ordered service; POST enters its result, or corrects it once it is verified (field reason)."""
    if request.method == "GET":
        return _item(request, get_item(request.ctx, item_id))
    require(request.ctx, Permission.REPORT_RECORD)
    asked = get_item_form(request.ctx, item_id)
    form = ResultForm(request.POST, questions=asked.questions)
    if form.is_valid():
        done = form.run(lambda: _save(request, item_id, asked, form))
        if done is not None:
            _say(request, done)
            return redirect(_after(done))
    page = get_item(request.ctx, item_id)
    form.questions = page.questions
    return _item(request, page, form)


@require_POST
@needs(Permission.REPORT_RECORD)
def begin(request: StaffRequest, item_id: uuid.UUID) -> HttpResponse:
    """The person is in the room."""

    def work() -> str:
        begin_item(request.ctx, item_id=item_id)
        return ""

    return _act(request, work, reverse("clinics:item", args=[item_id]))


@require_POST
@needs(Permission.RESULT_VERIFY)
def verify(request: StaffRequest, item_id: uuid.UUID) -> HttpResponse:
    """Sign what was entered."""

    def work() -> str:
        _say(request, verify_result(request.ctx, item_id=item_id))
        return ""

    return _act(request, work, reverse("clinics:item", args=[item_id]))


@require_POST
@needs(Permission.RESULT_VERIFY)
def send_back(request: StaffRequest, item_id: uuid.UUID) -> HttpResponse:
    """What was entered cannot stand."""

    def work() -> str:
        send_back_result(request.ctx, item_id=item_id, reason=request.POST.get("reason", "")[:400])
        return _("Đã trả lại để làm lại.")

    return _act(request, work, reverse("clinics:item", args=[item_id]))


def _save(request: StaffRequest, item_id: uuid.UUID, asked: ItemForm, form: ResultForm) -> Entered:
    if asked.verified:
        reason = form.cleaned_data["reason"]
        return correct_result(request.ctx, item_id=item_id, answer=form.answer, reason=reason)
    return enter_result(request.ctx, item_id=item_id, answer=form.answer)


def _say(request: StaffRequest, done: Entered) -> None:
    if done.critical:
        told = _("Đã báo bác sĩ: có %(count)s giá trị nguy kịch. Hãy gọi điện cho bác sĩ chỉ định.")
        messages.warning(request, told % {"count": done.critical})
    elif done.verified:
        messages.success(request, _("Đã duyệt kết quả, bác sĩ xem được ngay."))
    else:
        messages.success(request, _("Đã lưu kết quả, chờ người thứ hai duyệt."))


def _after(done: Entered) -> str:
    """The next service of the same order, so that a panel after the other is typed without the mouse."""
    return reverse("clinics:item", args=[done.following]) if done.following else reverse("clinics:orders")


def _item(request: StaffRequest, page: ItemPage, form: ResultForm | None = None) -> HttpResponse:
    initial = {"description": page.result, "conclusion": page.conclusion}
    context = {
        "page": page,
        "form": form or ResultForm(initial=initial, questions=page.questions),
        "reason_form": ReasonForm(),
        "may": _rights(request),
        "correcting": page.state == OrderState.VERIFIED and ("sua" in request.GET or form is not None),
    }
    return render(request, "clinics/item.html", context, status=422 if form else 200)


def _act(request: StaffRequest, work: Callable[[], str], address: str) -> HttpResponse:
    """Run a command; what it says, or its refusal, is a message on the page that follows."""
    try:
        said = work()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        if said:
            messages.success(request, said)
    return go(request, address)


def _rights(request: StaffRequest) -> dict[str, bool]:
    may = request.ctx.may
    return {
        "draw": may(Permission.SPECIMEN_TAKE),
        "answer": may(Permission.REPORT_RECORD),
        "verify": may(Permission.RESULT_VERIFY),
        "order": may(Permission.ORDER_PLACE),
        "acknowledge": may(Permission.CRITICAL_ACKNOWLEDGE),
        "set_up": may(Permission.SERVICE_SET_UP),
    }


def _link(request: StaffRequest, **changed: str) -> str:
    kept = request.GET.copy()
    kept.pop("ma", None)
    for name, value in changed.items():
        kept[name] = value
    return f"{request.path}?{kept.urlencode()}"


def _kind_links(request: StaffRequest, found: Worklist, kind: str) -> list[dict[str, Any]]:
    everything = [{"label": _("Tất cả"), "url": _link(request, nhom=""), "current": not kind}]
    return everything + [
        {
            "label": in_language(KIND_NAMES[one]),
            "url": _link(request, nhom=one.value),
            "count": found.kinds.get(one, 0),
            "current": kind == one,
        }
        for one in ServiceKind
    ]


def _step_links(request: StaffRequest, found: Worklist, step: str) -> list[dict[str, Any]]:
    labels = {
        "lay-mau": _("Chờ lấy mẫu"),
        "nhan-mau": _("Chờ nhận mẫu"),
        "thuc-hien": _("Chờ kết quả"),
        "duyet": _("Chờ duyệt"),
    }
    everything = [{"label": _("Đang mở"), "url": _link(request, buoc=""), "current": not step}]
    done = [{"label": _("Xong hôm nay"), "url": _link(request, buoc="xong"), "current": step == "xong"}]
    return (
        everything
        + [
            {
                "label": label,
                "url": _link(request, buoc=slug),
                "count": found.steps[slug],
                "current": step == slug,
            }
            for slug, label in labels.items()
        ]
        + done
    )


def _room_links(request: StaffRequest, found: Worklist, room: str) -> list[dict[str, Any]]:
    everywhere = [{"label": _("Mọi phòng"), "url": _link(request, phong=""), "current": not room}]
    return everywhere + [
        {"label": one.code, "url": _link(request, phong=one.code), "current": room == one.code} for one in found.rooms
    ]
