"""Facilities, their departments and rooms."""

from __future__ import annotations

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from registry.admin.base import CommandAdmin, DayFilter, FoldedSearch
from registry.models import Department, Facility, Room


@admin.register(Facility)
class FacilityAdmin(FoldedSearch, CommandAdmin):
    """Places of care, by MA_CSKCB."""

    list_display = ("code", "short_name", "kind", "care_level", "unit", "valid_from", "valid_to")
    list_display_links = ("code", "short_name")
    list_filter = ("kind", "care_level", DayFilter)
    search_fields = ("code", "name_key")
    list_select_related = ("unit",)
    autocomplete_fields = ("unit",)
    fieldsets = (
        (None, {"fields": (("code", "gln"), "name", "short_name", ("kind", "care_level"))}),
        (_("Địa chỉ"), {"fields": ("unit", "address")}),
        (_("Hiệu lực"), {"fields": (("valid_from", "valid_to"), "source")}),
    )


@admin.register(Department)
class DepartmentAdmin(FoldedSearch, CommandAdmin):
    """Departments of facilities."""

    list_display = ("facility", "code", "name")
    list_display_links = ("code", "name")
    search_fields = ("code", "facility__code", "facility__name_key")
    list_select_related = ("facility",)
    autocomplete_fields = ("facility",)


@admin.register(Room)
class RoomAdmin(FoldedSearch, CommandAdmin):
    """Rooms with a queue of their own."""

    list_display = ("facility", "code", "name", "department", "active")
    list_display_links = ("code", "name")
    list_filter = ("active",)
    search_fields = ("code", "facility__code", "facility__name_key")
    list_select_related = ("facility", "department")
    autocomplete_fields = ("facility", "department")
    fields = ("facility", "department", ("code", "name"), "active")
