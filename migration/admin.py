"""The Department of Health's view of imports: profiles to look at and retire, batches to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from migration.models import ImportBatch, MappingProfile
from registry.admin.base import CommandAdmin, ReadOnlyAdmin


@admin.register(MappingProfile)
class MappingProfileAdmin(CommandAdmin):
    """Versions of mapping profiles: renamed or retired here. How a version reads is never rewritten, batches rest on it."""

    list_display = ("title", "name", "version", "active", "created_at")
    list_filter = ("active",)
    search_fields = ("title", "name")
    readonly_fields = ("name", "version", "spec", "created_at")
    fields = (("name", "version", "active"), "title", "spec", "created_at")

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Profiles come with the system; making one in the browser is the workbench's."""
        return False


@admin.register(ImportBatch)
class ImportBatchAdmin(ReadOnlyAdmin):
    """Batches to look at; their rows are on the pages of imports."""

    list_display = ("file_name", "facility", "profile", "state", "dry_run", "received_at", "ended_at")
    list_filter = ("state", "dry_run")
    list_select_related = ("facility", "profile")
    search_fields = ("file_name", "sha256")
    fields = (
        ("file_name", "size"), "sha256", ("facility", "profile", "source"), ("state", "dry_run"), "refusal",
        ("received_by", "received_at"), ("started_at", "ended_at"),
    )  # fmt: skip
