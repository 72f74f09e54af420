"""Dates and times of events in legacy files, which cannot lie ahead."""

from __future__ import annotations

from datetime import datetime, timedelta

from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.qd3176.moments import read_moment

CLOCK_SLACK = timedelta(days=1)  # a hospital's clock may run ahead; a day more is a wrong date


def parse_moment(text: str, now: datetime) -> datetime:
    """The moment; raises Invalid moment-empty, moment-format, moment-impossible, moment-future."""
    moment = read_moment(text)
    if moment > now + CLOCK_SLACK:
        raise Invalid("moment-future", Phrase("Ngày {day} ở tương lai.", day=f"{moment:%d/%m/%Y}"))
    return moment
