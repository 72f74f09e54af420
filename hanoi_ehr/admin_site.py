"""How the admin of the Department of Health looks: django-unfold's settings, in our colours and words.

Read by hanoi_ehr/settings.py as UNFOLD; nothing of Django's models may be imported at module level here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

# The accent of hanoi_ehr/static/css/tokens.css, the blue of Hồ Tây, in the eleven steps that unfold asks for.
PRIMARY = {
    "50": "#eef5fc",
    "100": "#dce9f6",
    "200": "#bcd6f0",
    "300": "#86bdf6",
    "400": "#4c94da",
    "500": "#2f78bf",
    "600": "#0b5cad",
    "700": "#094b8e",
    "800": "#0a3f78",
    "900": "#0b3360",
    "950": "#082340",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One list of the side bar: its model as "app.model", its words and its Material symbol."""

    model: str
    title: Any
    icon: str


GROUPS: list[tuple[Any, list[Entry]]] = [
    (
        _("Địa bàn và cơ sở"),
        [
            Entry("registry.administrativeunit", _("Phường, xã"), "map"),
            Entry("registry.unitsuccession", _("Sáp nhập, chia tách"), "fork_right"),
            Entry("registry.facility", _("Cơ sở y tế"), "local_hospital"),
            Entry("registry.department", _("Khoa, phòng"), "domain"),
            Entry("registry.room", _("Buồng khám"), "meeting_room"),
        ],
    ),
    (
        _("Nhân viên và quyền"),
        [
            Entry("registry.staff", _("Nhân viên"), "badge"),
            Entry("registry.assignment", _("Phân công"), "assignment_ind"),
            Entry("registry.apiclient", _("Hệ thống kết nối"), "hub"),
            Entry("oauth2_provider.application", _("Khoá kết nối"), "key"),
        ],
    ),
    (
        _("Danh mục mã"),
        [
            Entry("registry.codesystem", _("Danh mục"), "library_books"),
            Entry("registry.concept", _("Mã"), "sell"),
            Entry("clinics.codingrule", _("Quy tắc mã hoá bệnh"), "rule"),
            Entry("clinics.examinationtemplate", _("Mẫu khám"), "description"),
        ],
    ),
    (
        _("Tầm soát"),
        [
            Entry("screening.programme", _("Chương trình"), "target"),
            Entry("screening.programmeversion", _("Phiên bản quy tắc"), "history_edu"),
        ],
    ),
    (
        _("Di trú dữ liệu"),
        [
            Entry("migration.mappingprofile", _("Hồ sơ ánh xạ"), "schema"),
            Entry("migration.importbatch", _("Đợt nạp"), "upload_file"),
            Entry("registry.job", _("Công việc"), "work_history"),
        ],
    ),
    (
        _("Nhật ký"),
        [
            Entry("registry.auditevent", _("Nhật ký truy cập"), "policy"),
            Entry("registry.auditseal", _("Niêm phong"), "verified_user"),
        ],
    ),
]


def _item(request: HttpRequest, entry: Entry) -> dict[str, Any] | None:
    """Link the list of a model, or nothing when it is not in the admin or this person may not see it."""
    app, model = entry.model.split(".")
    try:
        link = reverse(f"admin:{app}_{model}_changelist")
    except NoReverseMatch:
        return None
    if not request.user.has_perm(f"{app}.view_{model}"):
        return None
    return {"title": entry.title, "icon": entry.icon, "link": link}


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """Group the lists this person may see; empty groups are left out."""
    groups = []
    for title, entries in GROUPS:
        items = [item for entry in entries if (item := _item(request, entry))]
        if items:
            groups.append({"title": title, "separator": True, "collapsible": False, "items": items})
    return groups


def environment(request: HttpRequest) -> list[Any] | None:
    """Mark a demonstration, so that nobody takes it for the city's records."""
    return [_("Bản trình diễn"), "warning"] if settings.EHR_DEMO else None


def mark(request: HttpRequest) -> str:
    """The house's mark."""
    return static("mark.svg")


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": _("Hanoi EHR · Sở Y tế"),
    "SITE_HEADER": _("Hanoi EHR · Sở Y tế"),
    "SITE_SUBHEADER": _("Quản trị dữ liệu dùng chung"),
    "SITE_URL": "/",
    "SITE_ICON": mark,
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": mark}],
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "ENVIRONMENT": "hanoi_ehr.admin_site.environment",
    "SCRIPTS": [lambda request: static("js/admin.js")],
    "STYLES": [lambda request: static("css/admin.css")],
    "COLORS": {"primary": PRIMARY},
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "hanoi_ehr.admin_site.sidebar"},
}
