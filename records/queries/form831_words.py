"""Values of the record as the form's texts."""

from __future__ import annotations

from datetime import date, datetime

from django.utils import timezone


def flag_of(value: bool | None) -> str:
    """0 or 1; empty where nobody knows."""
    return "" if value is None else str(int(value))


def text_of(value: object) -> str:
    """As it reads; empty where there is none."""
    return "" if value is None else str(value)


def day_of(value: date | None) -> str:
    """dd/MM/yyyy; empty where there is none."""
    return f"{value:%d/%m/%Y}" if value else ""


def moment_of(value: datetime | None) -> str:
    """The day in Hanoi."""
    return day_of(timezone.localtime(value).date()) if value else ""
