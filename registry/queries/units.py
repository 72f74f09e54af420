"""Looking up administrative units by date."""

from __future__ import annotations

from collections.abc import Collection
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


def communes_called(names: Collection[str], day: date) -> dict[str, str]:
    """Folded name without "phường"/"xã" -> code, of those that name exactly one commune on this day."""
    keys = {f"{kind} {name}": name for name in names for kind in ("phuong", "xa")}
    found: dict[str, list[str]] = {}
    for key, code in _communes(day).filter(name_key__in=list(keys)).values_list("name_key", "code"):
        found.setdefault(keys[key], []).append(code)
    return {name: codes[0] for name, codes in found.items() if len(codes) == 1}


def _communes(day: date) -> QuerySet[AdministrativeUnit]:
    units: QuerySet[AdministrativeUnit] = AdministrativeUnit.objects.on(day)
    return units.filter(level=AdministrativeUnit.Level.COMMUNE)
