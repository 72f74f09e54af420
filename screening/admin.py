"""The Department of Health's view of screening programmes: the rules in force, each version with its sources, to look at."""

from __future__ import annotations

from django.contrib import admin

from registry.admin.base import ReadOnlyAdmin
from screening.models import Programme, ProgrammeVersion


@admin.register(Programme)
class ProgrammeAdmin(ReadOnlyAdmin):
    """Programmes to look at."""

    list_display = ("name", "short_name", "code")
    fields = ("name", "short_name", "code")


@admin.register(ProgrammeVersion)
class ProgrammeVersionAdmin(ReadOnlyAdmin):
    """Versions to look at: a live version is frozen by the database, drafts are loaded with the system."""

    list_display = ("programme", "number", "state", "created_at")
    list_filter = ("state",)
    list_select_related = ("programme",)
    fields = (("programme", "number", "state"), "rules", "note", ("created_by", "created_at"))
