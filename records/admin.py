"""The Department of Health's decisions about access, kept by hand: each change is a command with its audit row."""

from __future__ import annotations

from django.contrib import admin

from records.commands.linkage_models import activate_linkage_model
from records.models import (
    AccessPeriod,
    ConsentPurpose,
    ConsentText,
    LinkageModel,
    PublicHoliday,
    ReadingLimit,
    RequestTerm,
    RestrictedCode,
    RetentionClass,
)
from registry.admin.base import CommandAdmin


@admin.register(AccessPeriod)
class AccessPeriodAdmin(CommandAdmin):
    """How long each basis keeps a record open."""

    list_display = ("basis", "days", "reason")
    fields = ("basis", "days", "reason")
    readonly_fields = ("basis",)


@admin.register(RestrictedCode)
class RestrictedCodeAdmin(CommandAdmin):
    """What only those with the permission read."""

    list_display = ("code", "applies_to", "group", "name", "active")
    list_filter = ("applies_to", "group", "active")
    search_fields = ("code",)
    fields = (("applies_to", "code"), "group", "name", "source", "active")


@admin.register(ReadingLimit)
class ReadingLimitAdmin(CommandAdmin):
    """How many residents' records an account opens within an hour."""

    list_display = ("role", "alerts_at", "stops_at", "reason")
    fields = ("role", ("alerts_at", "stops_at"), "reason")


@admin.register(LinkageModel)
class LinkageModelAdmin(CommandAdmin):
    """Versions of the matcher's weights: read, and one of them switched on."""

    list_display = ("version", "active", "loaded_at")
    fields = ("version", "active", "loaded_at", "origin", "thresholds", "weights")
    readonly_fields = ("version", "loaded_at", "origin", "thresholds", "weights")
    save_command = staticmethod(activate_linkage_model)


@admin.register(ConsentPurpose)
class ConsentPurposeAdmin(CommandAdmin):
    """What residents are asked."""

    list_display = ("name", "key", "recipient", "opens_record", "active", "position")
    fields = ("key", "name", "recipient", "opens_record", ("position", "active"), "source")


@admin.register(ConsentText)
class ConsentTextAdmin(CommandAdmin):
    """The words of a purpose: another wording is another number."""

    list_display = ("purpose", "number", "since")
    list_filter = ("purpose",)
    fields = ("purpose", "number", "body")


@admin.register(RequestTerm)
class RequestTermAdmin(CommandAdmin):
    """The law's terms."""

    list_display = ("key", "days", "unit", "source")
    fields = ("key", ("days", "unit"), "source")
    readonly_fields = ("key",)


@admin.register(PublicHoliday)
class PublicHolidayAdmin(CommandAdmin):
    """Days off and working days by decree; only what is confirmed is counted."""

    list_display = ("day", "name", "kind", "confirmed")
    list_filter = ("kind", "confirmed")
    fields = ("day", "name", ("kind", "confirmed"), "source")


@admin.register(RetentionClass)
class RetentionClassAdmin(CommandAdmin):
    """How long records are kept."""

    list_display = ("name", "key", "years", "source")
    fields = ("key", "name", "years", "criteria", "source")
