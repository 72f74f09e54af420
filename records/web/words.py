"""The record in the words people read: actions of the audit trail, entries of the line of time."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from records.queries.timeline import Entry

REFUSALS = {
    "record-closed": _("Muốn xem nhưng hồ sơ chưa mở cho cơ sở này"),
    "record-restricted": _("Muốn xem nhưng người bệnh đã hạn chế xử lý"),
    "reading-limit": _("Muốn xem nhưng đã mở quá nhiều hồ sơ trong một giờ"),
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


KINDS = {
    "visit": _("Lượt khám"),
    "diagnosis": _("Chẩn đoán"),
    "result": _("Kết quả"),
    "procedure": _("Thủ thuật"),
    "medication": _("Thuốc"),
    "immunisation": _("Tiêm chủng"),
    "document": _("Giấy tờ"),
    "screening": _("Tầm soát"),
}
"""What the line of time can be narrowed to, in the order clinics ask."""
_BADGES = {
    "condition": _("Chẩn đoán"),
    "observation": _("Kết quả"),
    "report": _("Kết quả"),
    "procedure": _("Thủ thuật"),
    "medication": _("Thuốc"),
    "immunization": _("Tiêm chủng"),
    "document": _("Giấy tờ"),
    "screening": _("Tầm soát"),
}
_PAGES = {"document": "records:document", "encounter": "records:examination"}
_STATES = {
    "in-progress": (_("Đang khám"), "accent"),
    "cancelled": (_("Đã huỷ"), ""),
    "stopped": (_("Đã ngừng"), ""),
    "not-done": (_("Không tiêm"), "warning"),
}


def entry_item(entry: Entry, patient_id: uuid.UUID) -> dict[str, Any]:
    """One entry as the templates of the line of time take it."""
    day = timezone.localdate(entry.at)
    origin = f"{_('chuyển từ')} {entry.system.upper()}, {entry.source_key}" if entry.imported else ""
    return {
        "date": day.strftime("%d/%m/%Y"),
        "year": day.year,
        "iso": day.isoformat(),
        "day": day,
        "title": _title(entry),
        "url": _address(entry, patient_id),
        "text": _text(entry),
        "carried": _carried(entry),
        "earlier": [
            {"at": timezone.localtime(when).strftime("%H:%M %d/%m/%Y"), "why": why} for when, why in entry.earlier
        ],
        "meta": " · ".join(filter(None, [entry.facility, entry.said_by, origin])),
        "here": entry.here,
        "tags": _tags(entry),
    }


def _address(entry: Entry, patient_id: uuid.UUID) -> str:
    """The page of what has one of its own."""
    name = _PAGES.get(entry.kind)
    return reverse(name, args=[patient_id, entry.id]) if name else ""


def _title(entry: Entry) -> str:
    main = next((one for one in entry.conditions if one[2] == "main"), None)
    if main:
        return f"{main[1]} ({main[0]})"
    if entry.kind == "condition" and entry.code:
        return f"{entry.title} ({entry.code})"
    if entry.kind == "immunization" and entry.code:
        return f"{entry.title}, {_('mũi')} {entry.code}"
    return entry.title or str(_("Lượt khám"))


def _text(entry: Entry) -> str:
    others = [f"{display} ({code})" for code, display, role in entry.conditions if role != "main"]
    beside = f"{_('Kèm theo')}: {', '.join(others)}" if others else ""
    return ". ".join(filter(None, [entry.text.strip().rstrip("."), beside]))


def _carried(entry: Entry) -> list[dict[str, str]]:
    """What the visit brought with it, a line a kind."""
    lines: dict[str, list[str]] = {}
    for kind, title, text in entry.carried:
        shown = f"{title}: {text}" if text and kind in ("observation", "medication") else title
        lines.setdefault(kind, []).append(shown)
    return [{"label": str(_BADGES[kind]), "text": "; ".join(told)} for kind, told in lines.items()]


def _tags(entry: Entry) -> list[dict[str, str]]:
    tags = []
    if entry.kind in _BADGES:
        tags.append({"text": str(_BADGES[entry.kind]), "kind": ""})
    if entry.status in _STATES:
        text, kind = _STATES[entry.status]
        tags.append({"text": str(text), "kind": kind})
    if entry.imported:
        tags.append({"text": str(_("Dữ liệu cũ")), "kind": ""})
    return tags
