"""The failsafe board."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from registry.kernel import Permission
from registry.web.charts import BarChart, cascade
from registry.web.display import vi_number, vi_percent
from registry.web.requests import StaffRequest
from screening.queries.cascade import Cascade, get_cascade
from screening.queries.worklist import Board, Bucket, get_worklist
from screening.web.filters import address, bucket_items, holder_items, read_filters, step_items, write_key


@require_GET
def worklist(request: StaffRequest) -> HttpResponse:
    """Every open step: ?loc= (a Bucket), ?nguoi-giu= (a Holder), ?buoc=, ?sau= (the key of the last row seen)."""
    filters = read_filters(request.GET)
    board = get_worklist(request.ctx, filters=filters)
    counts = get_cascade(request.ctx)
    context = {
        "board": board,
        "closed": filters.bucket is Bucket.CLOSED,
        "buckets": bucket_items(board),
        "holders": holder_items(board),
        "steps": step_items(board),
        "stats": _stats(board),
        "to_result": _to_result(counts),
        "from_positive": _from_positive(counts),
        "counts": counts,
        "next_url": address(filters, after=write_key(board.next_after)) if board.next_after else "",
        "first_url": address(filters) if filters.after else "",
        "may_take": request.ctx.may(Permission.SCREENING_ENROL) and not board.whole_city,
        "may_enrol": request.ctx.may(Permission.SCREENING_ENROL),
    }
    return render(request, "screening/worklist.html", context)


def _stats(board: Board) -> list[dict[str, Any]]:
    overdue, soon = board.counts.of(Bucket.OVERDUE), board.counts.of(Bucket.SOON)
    in_time, done = board.in_time
    days = board.days_to_colonoscopy
    return [
        {"label": _("Quá hạn"), "value": vi_number(overdue), "danger": overdue > 0, "note": _("đồng hồ đã hết")},
        {"label": _("Đến hạn trong 7 ngày"), "value": vi_number(soon), "note": _("kể cả hôm nay")},
        {
            "label": _("Đang mở"),
            "value": vi_number(board.counts.of(Bucket.OPEN)),
            "note": _("ở mọi chương trình"),
        },
        {
            "label": _("FIT dương tính đến nội soi"),
            "value": vi_number(days, 0),
            "unit": _("ngày, trung vị") if days is not None else "",
            "note": _("%(share)s trong hạn (%(part)s / %(all)s)")
            % {"share": vi_percent(in_time, done), "part": in_time, "all": done}
            if done
            else _("chưa có nội soi nào"),
        },
    ]


def _to_result(counts: Cascade) -> BarChart:
    steps = [
        (_("Đã ghi danh"), counts.enrolled),
        (_("Đã phát kit"), counts.issued),
        (_("Đã trả mẫu"), counts.returned),
        (_("Có kết quả"), counts.resulted),
    ]
    return cascade(_("Từ ghi danh đến kết quả"), steps)


def _from_positive(counts: Cascade) -> BarChart:
    steps = [(_("Dương tính"), counts.positive), (_("Đã nội soi"), counts.scoped)]
    return cascade(_("Từ dương tính đến nội soi"), steps)
