"""What the clinics keep by hand for everybody: templates of an examination, rules of coding. Each change is a command."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet

from clinics.commands.examination_templates import save_shared_template
from clinics.models import Bed, CodingRule, ExaminationTemplate
from registry.admin.base import CommandAdmin, DayFilter


@admin.register(ExaminationTemplate)
class ExaminationTemplateAdmin(CommandAdmin):
    """Templates for everybody; a doctor's own are theirs."""

    list_display = ("name", "specialty", "facility", "main", "official", "active")
    list_filter = ("specialty", "official", "active")
    search_fields = ("name",)
    fields = (
        ("name", "specialty"), "facility", ("main", "codes"), "course", "findings", "conclusion", "advice",
        "source", ("official", "active"),
    )  # fmt: skip
    save_command = staticmethod(save_shared_template)

    def get_queryset(self, request: Any) -> QuerySet[ExaminationTemplate]:
        """Without what belongs to one doctor."""
        shared: QuerySet[ExaminationTemplate] = super().get_queryset(request).filter(owner=None)
        return shared


@admin.register(CodingRule)
class CodingRuleAdmin(CommandAdmin):
    """Which codes go with which sex and age; a rule refuses once somebody has checked it against its source."""

    list_display = ("first", "last", "kind", "sex", "from_age", "to_age", "verified", "valid_to")
    list_display_links = ("first", "last")
    list_filter = ("kind", "verified", DayFilter)
    search_fields = ("first", "last")
    fields = (
        "kind", ("first", "last"), "sex", ("from_age", "to_age"), ("valid_from", "valid_to"), "source", "verified",
    )  # fmt: skip


@admin.register(Bed)
class BedAdmin(CommandAdmin):
    """Beds of the departments; one out of use stays for the stays that name it."""

    list_display = ("code", "room", "department", "active")
    list_filter = ("active",)
    search_fields = ("code", "room", "department__name")
    autocomplete_fields = ("department",)
    fields = ("department", ("code", "room"), "active")
