"""How often one person may ask within a minute, counted where all web workers see it."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache

from registry.web.requests import StaffRequest

MINUTE = 60


def within(request: StaffRequest, what: str, most: int) -> bool:
    """Count one more asking of `what` by whoever is signed in; False beyond `most` in this minute."""
    key = counter_of(request.ctx.actor.staff_id, what, request.ctx.at)
    cache.add(key, 0, timeout=2 * MINUTE)
    return int(cache.incr(key)) <= most


def counter_of(staff_id: int | None, what: str, at: datetime) -> str:
    """Where the askings of somebody in the minute of `at` are counted."""
    return f"throttle:{what}:{staff_id}:{int(at.timestamp()) // MINUTE}"
