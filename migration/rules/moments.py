"""Dates and times of events in QĐ 3176 files: yyyyMMddHHmm or yyyyMMdd, in Vietnam's time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
_SHAPE = re.compile(r"(\d{4})(\d{2})(\d{2})(?:(\d{2})(\d{2})(?:\d{2})?)?", re.ASCII)
CLOCK_SLACK = timedelta(days=1)  # a hospital's clock may run ahead; a day more is a wrong date


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment; raises Invalid moment-empty, moment-format, moment-impossible, moment-future."""
    text = text.strip()
    if not text:
        raise Invalid("moment-empty", "Chưa có ngày giờ.")
    match = _SHAPE.fullmatch(text)
    if not match:
        raise Invalid("moment-format", Phrase("“{text}” không đúng dạng yyyyMMddHHmm.", text=text[:20]))
    year, month, day, hour, minute = (int(part or 0) for part in match.groups())
    written = f"{day:02d}/{month:02d}/{year}"
    try:
        moment = datetime(year, month, day, hour, minute, tzinfo=HANOI)
    except ValueError:
        told = Phrase("Không có ngày giờ {moment}.", moment=f"{written} {hour:02d}:{minute:02d}")
        raise Invalid("moment-impossible", told) from None
    if moment > now + CLOCK_SLACK:
        raise Invalid("moment-future", Phrase("Ngày {day} ở tương lai.", day=written))
    return moment
