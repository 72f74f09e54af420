"""The service catalogue: what a facility offers and how it runs it; a new version uploaded by the Department of Health."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from clinics.commands.services import MAX_BYTES, import_services, set_up_service
from clinics.queries.services import get_catalogue
from clinics.rules.orders import KIND_NAMES, ServiceKind
from clinics.web.order_forms import CatalogueForm
from clinics.web.reception import safe_next
from registry.kernel import Permission, Refused, in_language
from registry.web.guards import needs
from registry.web.requests import StaffRequest

LONGEST_ROOM_ID = 10


@require_GET
@needs(Permission.ORDER_READ)
def services(request: StaffRequest) -> HttpResponse:
    """The catalogue in force: ?nhom= (a kind), ?q= (words)."""
    kind, text = request.GET.get("nhom", "")[:20], request.GET.get("q", "")[:120]
    page = get_catalogue(request.ctx, kind=kind, text=text)
    kinds = [{"label": _("Tất cả"), "url": request.path, "current": not kind}] + [
        {
            "label": in_language(KIND_NAMES[one]),
            "url": f"{request.path}?nhom={one}",
            "count": page.counts[one],
            "current": kind == one,
        }
        for one in ServiceKind
    ]
    context = {
        "page": page,
        "kinds": kinds,
        "kind": kind,
        "text": text,
        "may_set_up": request.ctx.may(Permission.SERVICE_SET_UP),
        "unverified": any(not one.official for one in page.services),
    }
    return render(request, "clinics/services.html", context)


@require_POST
@needs(Permission.SERVICE_SET_UP)
def set_up(request: StaffRequest, code: str) -> HttpResponse:
    """How the facility runs one service from now on."""
    room = request.POST.get("room_id", "")
    room_id = int(room) if room.isascii() and room.isdigit() and len(room) <= LONGEST_ROOM_ID else None
    switches = {name: name in request.POST for name in ("offered", "second_check")}
    try:
        set_up_service(request.ctx, code=code, room_id=room_id, **switches)
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        messages.warning(request, in_language(refusal.message))
    else:
        messages.success(request, _("Đã lưu cách làm dịch vụ %(code)s.") % {"code": code})
    return redirect(safe_next(request, reverse("clinics:services")))


@require_http_methods(["GET", "POST"])
@needs(Permission.REFERENCE_MANAGE)
def upload(request: StaffRequest) -> HttpResponse:
    """A version of the catalogue for the whole city, or nothing of it."""
    form = CatalogueForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        said = {name: form.cleaned_data[name] for name in ("valid_from", "source")}
        content = form.cleaned_data["file"].read(MAX_BYTES + 1)  # one byte more tells a file that is too big
        loaded = form.run(lambda: import_services(request.ctx, content=content, **said))
        if loaded is not None:
            told = _("Đã nạp danh mục: thêm %(added)s, đóng %(closed)s, giữ nguyên %(unchanged)s dịch vụ.")
            counts = {"added": loaded.added, "closed": loaded.closed, "unchanged": loaded.unchanged}
            messages.success(request, told % counts)
            return redirect("clinics:services_upload")
    return render(request, "clinics/services_upload.html", {"form": form}, status=422 if form.errors else 200)
