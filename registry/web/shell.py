"""What surrounds every page: the navigation a person's rights allow, who they are, where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from registry.rules.permissions import ROLE_NAMES, Permission, Role


@dataclass(frozen=True, slots=True)
class Door:
    """One line of the navigation: label, url name, icon, the right that opens it."""

    label: Any
    url_name: str
    icon: str
    permission: Permission


NAVIGATION: list[tuple[Any, list[Door]]] = [
    (
        _("Khám bệnh"),
        [
            Door(_("Tiếp nhận"), "clinics:reception", "desk", Permission.VISIT_CHECK_IN),
            Door(_("Lịch hẹn"), "clinics:bookings", "clock", Permission.APPOINTMENT_BOOK),
            Door(_("Khám bệnh"), "clinics:worklist", "stethoscope", Permission.QUEUE_READ),
            Door(_("Phòng khám hôm nay"), "clinics:board", "chart", Permission.QUEUE_READ),
            Door(_("Nội trú"), "clinics:ward", "building", Permission.STAY_READ),
            Door(_("Nhà thuốc"), "clinics:pharmacy", "pill", Permission.MEDICINE_DISPENSE),
            Door(_("Kho thuốc"), "clinics:stock", "database", Permission.STOCK_MANAGE),
            Door(_("Cận lâm sàng"), "clinics:orders", "flask", Permission.ORDER_READ),
            Door(_("Kết quả nguy kịch"), "clinics:criticals", "alert", Permission.ORDER_READ),
        ],
    ),
    (
        _("Viện phí, bảo hiểm"),
        [
            Door(_("Thu ngân"), "clinics:till", "wallet", Permission.BILLING_READ),
            Door(_("Hồ sơ bảo hiểm"), "clinics:claims", "shield", Permission.CLAIM_READ),
        ],
    ),
    (
        _("Hồ sơ"),
        [
            Door(_("Hồ sơ sức khoẻ"), "patient_search", "record", Permission.RESIDENT_SEARCH),
            Door(_("Đăng ký hồ sơ"), "records:register", "plus", Permission.RESIDENT_REGISTER),
            Door(_("Truy cập khẩn cấp"), "records:emergency_reviews", "shield", Permission.ACCESS_REVIEW),
            Door(_("Quyền dữ liệu"), "records:requests", "lock", Permission.REQUEST_READ),
            Door(_("Cảnh báo truy cập"), "records:alerts", "eye", Permission.ACCESS_REVIEW),
            Door(_("Khẩn cấp của cơ sở"), "records:own_emergencies", "shield", Permission.RECORD_OPEN_EMERGENCY),
            Door(_("Hồ sơ nghi trùng"), "records:review_queue", "user", Permission.IDENTITY_REVIEW),
        ],
    ),
    (
        _("Tầm soát"),
        [
            Door(_("Ca cần theo dõi"), "screening:worklist", "target", Permission.SCREENING_READ),
            Door(_("Ghi danh"), "screening:eligible", "users", Permission.SCREENING_ENROL),
            Door(_("Mời tầm soát"), "screening:batches", "phone", Permission.SCREENING_READ),
            Door(_("Phòng xét nghiệm"), "screening:lab_batches", "flask", Permission.SCREENING_TEST),
            Door(_("Chỉ số"), "screening:indicators", "chart", Permission.SCREENING_READ),
        ],
    ),
    (
        _("Quản trị"),
        [
            Door(_("Di trú dữ liệu"), "migration:batches", "database", Permission.IMPORT_READ),
            Door(_("Danh mục dịch vụ"), "clinics:services_upload", "flask", Permission.REFERENCE_MANAGE),
            Door(_("Trang quản trị"), "admin:index", "settings", Permission.REFERENCE_MANAGE),
            Door(_("Giao diện mẫu"), "gallery", "chart", Permission.GALLERY_READ),
        ],
    ),
]


# The page each role's day begins on; who has none begins on the first door that is open.
HOMES: Mapping[Role, str] = {
    Role.RECEPTIONIST: "clinics:reception",
    Role.NURSE: "clinics:worklist",
    Role.DOCTOR: "clinics:worklist",
    Role.TECHNICIAN: "clinics:orders",
    Role.PHARMACIST: "clinics:pharmacy",
    Role.CASHIER: "clinics:till",
    Role.SCREENING_COORDINATOR: "screening:worklist",
    Role.MIGRATION_OPERATOR: "migration:batches",
}


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context processor: nav, me, demo. Costs no query of its own."""
    common = {"demo": settings.EHR_DEMO, "demo_password": settings.EHR_DEMO_PASSWORD if settings.EHR_DEMO else ""}
    ctx = getattr(request, "ctx", None)
    if ctx is None or request.user is None:  # the API's pages take the user away again
        return {**common, "nav": [], "me": None}
    return {**common, "nav": navigation(request), "me": me(request)}


def navigation(request: Any) -> list[dict[str, Any]]:
    """The groups and doors open to this person; a door whose page is not installed is left out."""
    groups = []
    for label, doors in NAVIGATION:
        items = [item for door in doors if request.ctx.may(door.permission) and (item := _item(request, door))]
        if items:
            groups.append({"label": label, "items": items})
    current = max(
        (item for group in groups for item in group["items"] if request.path.startswith(item["url"])),
        key=lambda item: len(item["url"]),
        default=None,
    )
    if current:
        current["current"] = True
    return groups


def home_of(request: Any) -> str:
    """Where this person's day begins: the page of their role, else the first door; "" when no door is open."""
    doors = [item["url"] for group in navigation(request) for item in group["items"]]
    own = _address(HOMES.get(Role(request.assignment.role), "")) if request.assignment else ""
    return own if own in doors else next(iter(doors), "")


def _item(request: Any, door: Door) -> dict[str, Any] | None:
    url = _address(door.url_name)
    return {"label": door.label, "url": url, "icon": door.icon, "current": False} if url else None


@cache
def _address(url_name: str) -> str:
    """The address of a door; empty when its page is not installed. The same for everybody, so it is resolved once."""
    try:
        return reverse(url_name)
    except NoReverseMatch:
        return ""


def me(request: Any) -> dict[str, Any]:
    """The person at the screen and the assignments they may switch between."""
    here = request.assignment
    return {
        "name": request.user.full_name,
        "role": ROLE_NAMES[Role(here.role)] if here else _("Chưa được phân công"),
        "facility": here.facility.short_name if here else "",
        "room": here.room.name if here and here.room else "",
        "searches": request.ctx.may(Permission.RESIDENT_SEARCH),
        "assignments": [
            {
                "id": a.pk,
                "label": f"{a.facility.short_name} · {gettext(ROLE_NAMES[Role(a.role)])}",
                "current": here is not None and a.pk == here.pk,
            }
            for a in request.assignments
        ],
    }
