"""Wards and communes, and what became of former ones."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from registry.admin.base import CommandAdmin, DayFilter, FoldedSearch
from registry.models import AdministrativeUnit, UnitSuccession


@admin.register(AdministrativeUnit)
class AdministrativeUnitAdmin(FoldedSearch, CommandAdmin):
    """Codes are reused: the list shows each row's period, and filters on a day."""

    list_display = ("code", "name", "level", "kind", "parent", "valid_from", "valid_to")
    list_display_links = ("code", "name")
    list_filter = ("level", DayFilter)
    search_fields = ("=code", "name_key")
    list_select_related = ("parent",)
    autocomplete_fields = ("parent",)
    fieldsets = (
        (None, {"fields": (("level", "kind"), ("code", "name"), "parent")}),
        (_("Hiệu lực"), {"fields": (("valid_from", "valid_to"), "source")}),
    )


@admin.register(UnitSuccession)
class UnitSuccessionAdmin(FoldedSearch, CommandAdmin):
    """Which new unit a former one's territory went to."""

    list_display = ("former", "former_code", "successor", "successor_code", "split")
    list_filter = ("split",)
    search_fields = ("=former__code", "=successor__code", "former__name_key", "successor__name_key")
    list_select_related = ("former", "successor")
    autocomplete_fields = ("former", "successor")

    @admin.display(description=_("mã cũ"), ordering="former__code")
    def former_code(self, row: Any) -> str:
        """The former unit's code."""
        return str(row.former.code)

    @admin.display(description=_("mã mới"), ordering="successor__code")
    def successor_code(self, row: Any) -> str:
        """The successor's code."""
        return str(row.successor.code)
