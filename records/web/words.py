"""The record in the words people read: actions of the audit trail, entries of the line of time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.queries.record import Entry

REFUSALS = {
    "record-closed": _("Muốn xem nhưng hồ sơ chưa mở cho cơ sở này"),
    "permission-denied": _("Muốn xem nhưng không có quyền"),
    "document-infected": _("Nộp tệp có mã độc, bị từ chối"),
    "not-found": _("Muốn xem nhưng không thuộc cơ sở này"),
}
PURPOSES = {
    "TREAT": _("khám chữa bệnh"),
    "ETREAT": _("cấp cứu"),
    "PUBHLTH": _("tầm soát, dự phòng"),
    "HOPERAT": _("vận hành"),
    "HSYSADMIN": _("quản trị"),
}
CHANNELS = {
    "form": _("biểu mẫu"),
    "scan": _("Quét thẻ"),
    "api": _("kết nối bệnh viện"),
    "import": _("dữ liệu cũ"),
    "demo": _("dữ liệu mẫu"),
    "adopted": _("tiếp nhận, theo hồ sơ đã có"),
}
IDENTIFIERS = {
    "cccd": "CCCD",
    "cmnd": "CMND",
    "bhyt": "BHYT",
    "bhxh": "BHXH",
    "passport": _("Hộ chiếu"),
    "vneid": "VNeID",
    "facility": _("Mã người bệnh"),
}


def identifier_lines(identifiers: Iterable[tuple[str, str, str]]) -> list[str]:
    """Numbers with their kind, ready to read."""
    return [f"{IDENTIFIERS.get(kind, kind)} {value}" for kind, value, _state in identifiers]


def entry_item(entry: Entry) -> dict[str, Any]:
    """One entry as templates/components/timeline.html takes it."""
    day = timezone.localdate(entry.at)
    main = next((c for c in entry.conditions if c[2] == "main"), None)
    others = [f"{display} ({code})" for code, display, role in entry.conditions if role != "main"]
    title = f"{main[1]} ({main[0]})" if main else entry.title or str(_("Lượt khám"))
    text = ". ".join(filter(None, [entry.text.rstrip(". "), f"{_('Kèm theo')}: {', '.join(others)}" if others else ""]))
    tags = []
    if entry.status == "in-progress":
        tags.append({"text": _("Đang khám"), "kind": "accent"})
    if entry.status == "cancelled":
        tags.append({"text": _("Đã huỷ"), "kind": ""})
    if entry.imported:
        tags.append({"text": _("Dữ liệu cũ"), "kind": ""})
    origin = f"{_('chuyển từ')} {entry.system.upper()}, {entry.source_key}" if entry.imported else ""
    return {
        "date": day.strftime("%d/%m/%Y"),
        "iso": day.isoformat(),
        "day": day,
        "title": title,
        "text": text,
        "meta": " · ".join(filter(None, [entry.facility, entry.said_by, origin])),
        "here": entry.here,
        "tags": tags,
    }
