"""Dates and times of events in QĐ 3176 files: yyyyMMddHHmm or yyyyMMdd, in Vietnam's time."""

from __future__ import annotations

import re
from datetime import date, datetime
from zoneinfo import ZoneInfo

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_SHAPE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:\d{2})?)?", re.ASCII)


def read_moment(text: str) -> datetime:
    """The moment; raises Invalid moment-empty, moment-format, moment-impossible."""
    text = text.strip()
    if not text:
        raise Invalid("moment-empty", "Chưa có ngày giờ.")
    match = _SHAPE.fullmatch(text)
    if not match:
        raise Invalid("moment-format", Phrase("“{text}” không đúng dạng yyyyMMddHHmm.", text=text[:20]))
    year, month, day, hour, minute = (int(part or 0) for part in match.groups())
    try:
        return datetime(year, month, day, hour, minute, tzinfo=HANOI)
    except ValueError:
        written = f"{day:02d}/{month:02d}/{year} {hour:02d}:{minute:02d}"
        raise Invalid("moment-impossible", Phrase("Không có ngày giờ {moment}.", moment=written)) from None


def moment_text(moment: datetime | None) -> str:
    """yyyyMMddHHmm in Hanoi; "" for None."""
    return f"{moment.astimezone(HANOI):%Y%m%d%H%M}" if moment else ""


def day_text(day: date | None) -> str:
    """yyyyMMdd; "" for None."""
    return f"{day:%Y%m%d}" if day else ""
