"""The list of what cannot be right."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from registry.kernel import in_language
from registry.web.requests import StaffRequest
from screening.queries.exceptions import PAGE, Fault, Faults, find_faults

NAMES = {
    Fault.BEFORE_SAMPLE: _("Kết quả trước ngày lấy mẫu"),
    Fault.AFTER_DEATH: _("Kết quả sau ngày mất"),
    Fault.WRONG_SEX: _("Giới tính không thuộc chương trình"),
    Fault.DEAD_INVITED: _("Đã mất mà chưa ngừng tham gia"),
    Fault.TWICE: _("Một người ghi danh hai lần"),
    Fault.NOT_DUE: _("Không có đợt mở, cũng không có hẹn"),
    Fault.NOT_CALLED: _("Đến hạn quá 60 ngày mà chưa được mời"),
    Fault.UNSENT: _("Lời mời chờ gửi quá 14 ngày"),
    Fault.KIT_OUT: _("Kit phát quá 4 tuần chưa trả"),
    Fault.SAMPLE_WAITS: _("Mẫu chờ kết quả quá 3 tuần"),
    Fault.NOT_TAKEN: _("Kết quả trong hồ sơ chưa vào chương trình"),
    Fault.TAKEN_BACK: _("Kết quả dương tính đã được sửa hoặc rút trong hồ sơ"),
}


@require_GET
def exceptions(request: StaffRequest) -> HttpResponse:
    """The list: ?loi= one rule."""
    asked = next((one for one in Fault if one.value == request.GET.get("loi")), None)
    found = find_faults(request.ctx, fault=asked)
    lines = [{"line": one, "name": in_language(NAMES[one.fault])} for one in found.lines]
    context = {"found": found, "lines": lines, "rules": _items(found), "most": PAGE}
    return render(request, "screening/exceptions.html", context)


def _items(found: Faults) -> list[dict[str, Any]]:
    """Every rule with its count, as links."""
    base = reverse("screening:exceptions")
    total = sum(found.counts.values())
    items = [{"label": in_language(_("Mọi lỗi")), "url": base, "count": total, "current": found.asked is None}]
    return items + [
        {
            "label": in_language(name),
            "url": f"{base}?loi={fault.value}",
            "count": found.counts.get(fault, 0),
            "current": found.asked is fault,
        }
        for fault, name in NAMES.items()
        if found.counts.get(fault) or found.asked is fault
    ]
