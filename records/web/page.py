"""The frame of every page about one resident: the band, and the parts of the record as tabs.

A view opens the record once and answers with `record_page(request, access, "its url name", "its template", {…})`; its
template extends records/page.html. A new part of the record adds its line to TABS and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from records.queries.access import RecordAccess
from records.queries.band import Band, get_band
from records.queries.panels import Panel, patient_panels
from registry.kernel import Permission
from registry.web.display import months_between
from registry.web.requests import StaffRequest

T = TypeVar("T")
GROWS_UNTIL_MONTHS = 229  # the WHO Reference 2007 ends at 19 years: 228 completed months


def _always(access: RecordAccess) -> bool:
    """For whoever reads the record; the desk opens only what it writes down there."""
    return access.ctx.may(Permission.RECORD_READ)


def _asks_consent(access: RecordAccess) -> bool:
    return access.ctx.may(Permission.CONSENT_RECORD)


def is_child(access: RecordAccess) -> bool:
    """Whether growth charts say something of this person today (or on the day they died)."""
    person = access.person
    on = person.deceased_on or timezone.localdate(access.ctx.at)
    return months_between(person.birth.value, on) < GROWS_UNTIL_MONTHS


def _handles_requests(access: RecordAccess) -> bool:
    return access.ctx.may(Permission.REQUEST_READ)


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of the record: the name of its address (takes patient_id), its label, for whose records it is shown."""

    url_name: str
    label: Any
    applies: Callable[[RecordAccess], bool] = _always


TABS: tuple[Tab, ...] = (
    Tab("records:record", gettext_lazy("Tổng quan")),
    Tab("records:timeline", gettext_lazy("Dòng thời gian")),
    Tab("records:results", gettext_lazy("Kết quả")),
    Tab("records:history", gettext_lazy("Tiền sử")),
    Tab("records:growth", gettext_lazy("Tăng trưởng"), is_child),
    Tab("records:immunisation", gettext_lazy("Tiêm chủng")),
    Tab("records:medication", gettext_lazy("Thuốc")),
    Tab("records:documents", gettext_lazy("Giấy tờ")),
    Tab("records:identity", gettext_lazy("Hành chính")),
    Tab("records:consents", gettext_lazy("Đồng ý"), _asks_consent),
    Tab("records:resident_requests", gettext_lazy("Quyền dữ liệu"), _handles_requests),
    Tab("records:looks", gettext_lazy("Ai đã xem")),
)


MOST_AT_FIRST = 15  # rows of a long list before somebody asks for all of them


def first_rows(request: StaffRequest, rows: Sequence[T]) -> Sequence[T]:
    """The beginning of a long list, or all of it where the reader asked (?tat-ca)."""
    return rows if "tat-ca" in request.GET else rows[:MOST_AT_FIRST]


def record_page(
    request: StaffRequest,
    access: RecordAccess,
    url_name: str,
    template: str,
    context: Mapping[str, Any],
    *,
    panels: list[Panel] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one part. url_name: which tab stands open; panels: those of the overview, when it has asked already."""
    if panels is None:
        panels = patient_panels(access)
    shown = {"band": _band_of(access, panels), "tabs": _tabs(access, url_name)}
    return render(request, template, {**shown, **context}, status=status)


def _tabs(access: RecordAccess, current: str) -> list[dict[str, Any]]:
    return [
        {
            "label": tab.label,
            "url": reverse(tab.url_name, args=[access.patient_id]),
            "current": tab.url_name == current,
        }
        for tab in TABS
        if tab.applies(access)
    ]


def _band_of(access: RecordAccess, panels: list[Panel]) -> Band:
    band = get_band(access)
    due = tuple({"label": d.label, "date": d.date, "url": d.url} for panel in panels for d in panel.due)
    notes = band.notes
    if access.emergency_until:
        until = timezone.localtime(access.emergency_until).strftime("%H:%M")
        notes = (*notes, {"title": _("Truy cập khẩn cấp"), "text": _("đóng lúc %(time)s") % {"time": until}})
    if access.restricted and not access.sees_restricted:
        count = _("%(count)s mục không hiển thị") % {"count": access.restricted}
        notes = (*notes, {"title": _("Có thông tin hạn chế"), "text": count})
    may_print = access.ctx.may(Permission.RECORD_READ)
    print_url = reverse("records:summary", args=[access.patient_id]) if may_print else ""
    return replace(band, due=(*band.due, *due), notes=notes, print_url=print_url)
