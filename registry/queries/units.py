"""Looking up administrative units by date."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from registry.models import AdministrativeUnit
from registry.rules.text import fold

MOST = 700


def list_communes(day: date) -> list[str]:
    """Names of the city's wards and communes on this day, for a list to choose from."""
    return list(_communes(day).order_by("name_key").values_list("name", flat=True)[:MOST])


def find_commune(text: str, day: date) -> AdministrativeUnit | None:
    """The one commune a person means: full name, name without "phường"/"xã", or code; None when none or several fit."""
    key = fold(text)
    found = list(_communes(day).filter(name_key=key)[:2]) or list(_communes(day).filter(code=text.strip())[:2])
    found = found or list(_communes(day).filter(name_key__in=[f"phuong {key}", f"xa {key}"])[:2])
    return found[0] if len(found) == 1 else None


def _communes(day: date) -> QuerySet[AdministrativeUnit]:
    units: QuerySet[AdministrativeUnit] = AdministrativeUnit.objects.on(day)
    return units.filter(level=AdministrativeUnit.Level.COMMUNE)
