"""The doctor's orders: placed on the visit's page, taken back, awaited; and the sets they are placed from."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.order_sets import drop_order_set, save_order_set
from clinics.commands.ordering import cancel_item, place_order, wait_for_results
from clinics.queries.services import find_services, get_order_sets, get_services
from clinics.queries.visit_page import get_visit
from clinics.web.forms import split_codes
from clinics.web.order_forms import OrderForm, OrderSetForm
from clinics.web.reception import safe_next
from registry.kernel import Permission, Refused, in_language
from registry.web.guards import needs
from registry.web.requests import StaffRequest


@require_POST
@needs(Permission.ORDER_PLACE)
def order(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """Place what was typed; a refusal is shown with everything that was typed, on a page of its own."""
    form = OrderForm(request.POST)
    if form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("urgency", "note", "repeat_reason")}
        placed = form.run(lambda: place_order(request.ctx, visit_id=visit_id, codes=form.codes, **said))
        if placed is not None:
            messages.success(request, _("Đã gửi phiếu chỉ định %(number)s.") % {"number": placed.number})
            return redirect(f"{reverse('clinics:visit', args=[visit_id])}#chi-dinh")
    context = {"page": get_visit(request.ctx, visit_id), "order_form": form}
    return render(request, "clinics/order_again.html", context, status=422)


@require_POST
@needs(Permission.ORDER_PLACE)
def await_results(request: StaffRequest, visit_id: uuid.UUID) -> HttpResponse:
    """The person goes to have things done."""
    try:
        wait_for_results(request.ctx, visit_id=visit_id)
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
        return redirect("clinics:visit", visit_id)
    messages.success(request, _("Người bệnh đi làm cận lâm sàng; phòng khám gọi số kế tiếp được."))
    return redirect("clinics:worklist")


@require_POST
@needs(Permission.ORDER_PLACE)
def cancel(request: StaffRequest, item_id: uuid.UUID) -> HttpResponse:
    """Take one ordered service back, with the reason."""
    try:
        cancel_item(request.ctx, item_id=item_id, reason=request.POST.get("reason", "")[:400])
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        messages.success(request, _("Đã huỷ chỉ định."))
    return redirect(safe_next(request, reverse("clinics:item", args=[item_id])))


@require_GET
@needs(Permission.ORDER_PLACE)
def suggestions(request: StaffRequest) -> HttpResponse:
    """Services for what is being typed after the last semicolon, as options of the list beside the field."""
    last = request.GET.get("services", "").replace(";", ",").split(",")[-1].strip()[:120]
    found = find_services(request.ctx, last) if len(last) > 1 else []
    return render(request, "clinics/_service_suggestions.html", {"found": found, "text": last})


@require_GET
@needs(Permission.ORDER_PLACE)
def chosen(request: StaffRequest) -> HttpResponse:
    """The services typed so far with their names: the doctor reads back what will be ordered."""
    codes = split_codes(request.GET.get("services", ""))[:60]
    named = get_services(request.ctx, codes)
    unknown = [code for code in dict.fromkeys(codes) if code not in {one.code for one in named}]
    return render(request, "clinics/_services_chosen.html", {"services": named, "unknown": unknown})


@require_http_methods(["GET", "POST"])
@needs(Permission.ORDER_PLACE)
def order_sets(request: StaffRequest) -> HttpResponse:
    """One's sets and the facility's; a new one, or one of the same name replaced."""
    form = OrderSetForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("name", "specialty", "shared")}
        if form.run(lambda: save_order_set(request.ctx, codes=form.codes, **said)) is not None:
            messages.success(request, _("Đã lưu bộ chỉ định."))
            return redirect("clinics:order_sets")
    context = {"sets": get_order_sets(request.ctx), "form": form}
    return render(request, "clinics/order_sets.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Permission.ORDER_PLACE)
def drop_set(request: StaffRequest, set_id: int) -> HttpResponse:
    """Take a set off the list."""
    drop_order_set(request.ctx, set_id=set_id)
    messages.success(request, _("Đã bỏ bộ chỉ định."))
    return redirect("clinics:order_sets")
